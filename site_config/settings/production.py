"""The servers. Every value without a default must be in the environment, or nothing starts."""

from django.core.exceptions import ImproperlyConfigured

from site_config.settings.base import *
from site_config.settings.base import database, env


def required(name: str) -> str:
    """Return a value of the environment; raise ImproperlyConfigured if it is missing or empty."""
    value: str = env.str(name, default="").strip()
    if not value:
        raise ImproperlyConfigured(f"Set {name} in the environment (see .env.example)")
    return value


DEBUG = False
SECRET_KEY = required("SECRET_KEY")
# Former keys, so that a new one ends nobody's session.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = [host.strip() for host in required("ALLOWED_HOSTS").split(",")]
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS]
WAGTAILADMIN_BASE_URL = required("SITE_URL")
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=1)

DATABASES = {"default": database(required("DATABASE_URL"))}

vars().update(env.email_url_config(required("EMAIL_URL")))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = required("DEFAULT_FROM_EMAIL")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz/$", r"^readyz/$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"

"""A developer's machine: the embedded database, plain static files, mail on the console."""

from site_config.local_database import database_url
from site_config.settings.base import *
from site_config.settings.base import CHAT_ATTACHMENTS_STORAGE, LOGGING, database, env

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="development-only-not-a-secret")
ALLOWED_HOSTS = ["*"]

DATABASES = {"default": database(database_url())}

SERVE_MEDIA = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "chat_attachments": CHAT_ATTACHMENTS_STORAGE,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Static files are served from where they lie; nothing is collected.
STATIC_ROOT = None  # type: ignore[assignment]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

# A developer needs whole tracebacks and has no use for a line per request.
LOGGING = LOGGING | {
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING")},
}

# The people of the demo site sign in with it; without it load_demo makes none.
DEMO_PASSWORD = "demo-kdl-2026"  # noqa: S105 - printed by `make run`, for development only

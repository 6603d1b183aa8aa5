"""The suite: the development settings, with what makes tests quick and repeatable."""

from site_config.settings.dev import *
from site_config.settings.dev import BASE_DIR, DATABASES, LOGGING, cache_alias

SECRET_KEY = "test-only"  # noqa: S105 - not a secret
DEBUG = False
# Tests end their connections themselves, and a crash in the middle of the suite loses nothing.
DATABASES["default"]["OPTIONS"].pop("pool")
DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MEDIA_ROOT = BASE_DIR / ".local" / "test-media"
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
CACHES = {
    "default": cache_alias("test-default"),
    "pages": cache_alias("test-pages"),
    "renditions": cache_alias("test-renditions"),
}
LOGGING = LOGGING | {"root": {"handlers": [], "level": "WARNING"}}

"""The suite: the development settings, with what makes tests quick and repeatable."""

from site_config.settings.dev import *
from site_config.settings.dev import (
    BASE_DIR,
    DATABASES,
    LOGGING,
    STORAGES,
    WAGTAILSEARCH_BACKENDS,
    cache_alias,
)

SECRET_KEY = "test-only"  # noqa: S105 - not a secret
DEBUG = False
# Tests end their connections themselves, and a crash in the middle of the suite loses nothing.
DATABASES["default"]["OPTIONS"].pop("pool")
DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MEDIA_ROOT = BASE_DIR / ".local" / "test-media"
STORAGES["chat_attachments"] = {
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {"location": str(BASE_DIR / ".local" / "test-private")},
}
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
CACHES = {
    "default": cache_alias("test-default"),
    "pages": cache_alias("test-pages"),
    "renditions": cache_alias("test-renditions"),
}
MAKE_SIZES_AHEAD = False
# What is asked for is looked up; a scan of all static files for each client would cost more.
WHITENOISE_AUTOREFRESH = True
# Only tests that search pay for the index: they ask for it by the fixture `search_index`.
WAGTAILSEARCH_BACKENDS["default"]["AUTO_UPDATE"] = False
LOGGING = LOGGING | {"root": {"handlers": [], "level": "WARNING"}}

VK_GROUP_ID = 224584658
VK_GROUP_TOKEN = "test-token"  # noqa: S105 - not a secret
VK_CALLBACK_SECRET = ["test-secret", "former-secret"]
VK_CALLBACK_CONFIRMATION = "c0nf1rm"
# Nobody listens there: a test that reaches for VK without a stand-in fails at once.
VK_API_BASE_URL = "http://127.0.0.1:9/method"

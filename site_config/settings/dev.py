"""A developer's machine: the embedded database, plain static files, mail on the console."""

from site_config.local_database import database_url
from site_config.settings.base import *
from site_config.settings.base import DATABASE_OPTIONS, env

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="development-only-not-a-secret")
ALLOWED_HOSTS = ["*"]

DATABASES = {"default": env.db_url_config(database_url())}
DATABASES["default"]["OPTIONS"] = DATABASE_OPTIONS

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

"""What all environments share. Values that differ come from the environment (see .env.example)."""

import os
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

import environ
from csp.constants import NONE, SELF

BASE_DIR = Path(__file__).resolve().parents[2]

env = environ.Env()
# What the process was given wins over the file.
env.read_env(os.environ.get("ENV_FILE", BASE_DIR / ".env"))

# --- Applications -------------------------------------------------------------------------------

INSTALLED_APPS = [
    "accounts",
    "chat",
    "pages",
    "search",
    "site_config.common",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.contrib.sitemaps",
    "wagtail.contrib.forms",
    "wagtail.contrib.routable_page",
    "wagtail.contrib.typed_table_block",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
]

# The page cache stands above all that costs time: a hit runs nothing below it. What it stores went
# through the rest of the list, so it carries their headers. The check for malformed text stands
# below the headers, because it answers with a page of its own; so does the limit on bodies, which
# stands above the first that reads one.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "site_config.common.health.HealthMiddleware",
    "site_config.common.request_log.RequestLogMiddleware",
    "pages.page_cache.PageCacheMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "site_config.common.headers.SecurityHeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "site_config.common.body_limit.BodyLimitMiddleware",
    "site_config.common.malformed.MalformedTextMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]

ROOT_URLCONF = "site_config.urls"
WSGI_APPLICATION = "site_config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "pages.context_processors.chrome",
            ],
        },
    },
]

# --- Database, cache, tasks ---------------------------------------------------------------------

# The pool bounds what one process takes, however many threads it has. It tries to reach a database
# that is away at growing intervals, until `reconnect_timeout` is over; then the next request makes
# it begin anew: short, or the site is away for minutes after the database has come back.
DATABASE_POOL = {"min_size": 1, "max_size": 12, "timeout": 5, "reconnect_timeout": 2}


def database(url: str) -> dict[str, Any]:
    """The database at this address, reached through a pool.

    A connection is tried before it is handed out, so that a restart of the database costs no
    visitor an error.
    """
    config: dict[str, Any] = env.db_url_config(url)
    options = {**config.get("OPTIONS", {}), "pool": DATABASE_POOL}
    return {**config, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}


REDIS_URL = env.str("REDIS_URL", default="")


def cache_alias(name: str, **options: object) -> dict[str, object]:
    """One cache of the site: Redis where REDIS_URL is set, else the memory of the process."""
    if REDIS_URL:
        return {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": f"kdl:{name}",
            **options,
        }
    return {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": name,
        "OPTIONS": {"MAX_ENTRIES": 5000},
        **options,
    }


CACHES = {
    "default": cache_alias("default"),
    "pages": cache_alias("pages"),
    "renditions": cache_alias("renditions", TIMEOUT=3600),
}

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

# What `manage.py run_clock` does, beside asking the task worker for a sign of life each minute.
CLOCK_EVERY_MINUTE = [["publish_scheduled"], ["send_chat_notices"]]
CLOCK_NIGHT_HOUR = 3
CLOCK_EVERY_NIGHT = [
    ["prune_db_task_results", "--min-age-days=2", "--failed-min-age-days=30"],
    ["clearsessions"],
    ["clean_chat"],
]

# --- VK -----------------------------------------------------------------------------------------

VK_GROUP_ID = env.int("VK_GROUP_ID", default=0)
VK_GROUP_TOKEN = env.str("VK_GROUP_TOKEN", default="")
# Several, divided by commas, while the secret is being changed: each is accepted.
VK_CALLBACK_SECRET = env.list("VK_CALLBACK_SECRET", default=[])
VK_CALLBACK_CONFIRMATION = env.str("VK_CALLBACK_CONFIRMATION", default="")
VK_API_BASE_URL = env.str("VK_API_BASE_URL", default="https://api.vk.ru/method")
VK_API_VERSION = "5.199"
# Where VK keeps files, takes them and is polled: these names and all below them, by https alone. A
# whole origin (http://127.0.0.1:9000) is the stand-in of development; servers refuse it.
VK_FILE_HOSTS = env.list(
    "VK_FILE_HOSTS", default=["userapi.com", "vkuserphoto.ru", "vk.com", "vk.ru"]
)
# Bytes; a message with all that VK allows to forward is far smaller.
VK_LARGEST_EVENT = 2 * 1024 * 1024
# In these an operator may take an answer back before the patient sees it.
VK_UNDO_SECONDS = 10

# --- Language and time --------------------------------------------------------------------------

LANGUAGE_CODE = "ru"
LANGUAGES = [("ru", _("Russian"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Europe/Moscow"
USE_I18N = True
USE_TZ = True

# --- Files --------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(BASE_DIR / "media"))()
# Servers leave the files that editors upload to nginx.
SERVE_MEDIA = False
# What patients send lies outside MEDIA_ROOT: no web server may show it.
PRIVATE_ROOT = env.path("PRIVATE_ROOT", default=str(BASE_DIR / "private"))()
CHAT_ATTACHMENTS_STORAGE = {
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {
        "location": f"{PRIVATE_ROOT}/chat",
        "file_permissions_mode": 0o600,
        "directory_permissions_mode": 0o700,
    },
}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "chat_attachments": CHAT_ATTACHMENTS_STORAGE,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# A page with many inline rows (synonyms, panel members, hours) posts a few thousand fields.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
# A file of 10 MB and its wrapping for the widget; elsewhere what deploy/nginx.conf lets through.
BODY_LIMITS = [("/chat/api/", 11 * 1024 * 1024), ("/", 20 * 1024 * 1024)]
# Only scripts call these: they get errors as JSON, whatever they say they accept.
JSON_PREFIXES = ("/chat/api/", "/admin/chat/api/")

# --- Chat ---------------------------------------------------------------------------------------

CHAT_STREAM = {
    # In each round every stream shows that it lives, and whose it is is asked again.
    "BEAT_SECONDS": 20,
    # A browser that takes nothing for this long is let go.
    "WRITE_SECONDS": 20,
    # How often it is noted whose patients are there.
    "SEEN_SECONDS": 60,
    # How many streams one thread, one network and one operator may have at once in a process.
    "CAPS": {"thread": 6, "network": 200, "operator": 20},
}

# --- Freshness of pages -------------------------------------------------------------------------

# Models of other apps than pages whose rows a public page shows: a change of one makes cached pages
# stale.
CONTENT_MODELS = [
    "chat.ChatHours",
    "chat.ChatHoursException",
    "chat.ChatSettings",
    "chat.ChatTopic",
    "chat.ChatWidget",
]
# What other apps keep of the content, they keep with this (see site_config.common.kept).
CONTENT_KEEPER = "pages.selectors.kept"

# --- Security -----------------------------------------------------------------------------------

# The public site: nothing from another host, nothing inline.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# Screens of the admin that do without inline scripts and styles: ours, and the way in.
CSP_STRICT_ADMIN_PREFIXES = [
    "/admin/login/",
    "/admin/prices/",
    "/admin/reports/catalogue/",
    "/admin/chat/",
]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "site_config.common.errors.csrf_failure"
# How many proxies of ours stand in front of the application; 0 trusts no forwarded address.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# --- Chat ---------------------------------------------------------------------------------------

# What finds pages and prices for an operator's answer.
CHAT_CONTENT_SEARCH = "site_config.chat_content.find_content"

# --- Mail ---------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="site@example.org")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Logs ---------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "site_config.common.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        # Our own request log says the same without addresses and query strings.
        "django.server": {"handlers": [], "propagate": False},
        "django.request": {"level": "ERROR"},
    },
}

# --- Wagtail ------------------------------------------------------------------------------------

WAGTAIL_SITE_NAME = "Дзагуров КДЛ"
WAGTAILADMIN_BASE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000")
WAGTAIL_I18N_ENABLED = False
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAILADMIN_PERMITTED_LANGUAGES = [("ru", _("Russian"))]
# A moment typed in the admin is meant by the laboratory's clock, wherever the person sits.
WAGTAIL_USER_TIME_ZONES = [TIME_ZONE]
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ALLOW_UNICODE_SLUGS = False
WAGTAIL_FINISH_WORKFLOW_ACTION = "pages.admin.review.publish"
WAGTAILADMIN_USER_LOGIN_FORM = "accounts.forms.AdminSignInForm"
WAGTAILEMBEDS_FINDERS: list[dict[str, str]] = []
# A task makes the sizes of a picture when it is saved; else they are made when first shown.
MAKE_SIZES_AHEAD = env.bool("MAKE_SIZES_AHEAD", default=True)
WAGTAILIMAGES_IMAGE_MODEL = "pages.SiteImage"
WAGTAILIMAGES_IMAGE_FORM_BASE = "pages.admin.images.ImageForm"
WAGTAILIMAGES_EXTENSIONS = ["avif", "gif", "jpg", "jpeg", "png", "webp"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 15 * 1024 * 1024
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 40_000_000
WAGTAILIMAGES_FORMAT_CONVERSIONS = {"avif": "avif", "webp": "webp"}
WAGTAILDOCS_EXTENSIONS = ["csv", "docx", "pdf", "rtf", "txt", "xlsx", "zip"]
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILSEARCH_BACKENDS = {
    "default": {
        "BACKEND": "wagtail.search.backends.database",
        "SEARCH_CONFIG": "russian",
        "AUTO_UPDATE": True,
    }
}

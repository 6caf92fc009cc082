"""Nothing set runs everything on this machine; each real part is one variable: docs/settings.md."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import tempfile
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from mmsite import env, mail, media_storage

BASE_DIR = Path(__file__).resolve().parent.parent
env.load_dotenv(BASE_DIR / ".env")

# -- where things are kept ------------------------------------------------------------------------------
VAR_DIR = Path(env.text("MMSITE_VAR", str(BASE_DIR / "var"))).resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True)
INDEX_ROOT = VAR_DIR / "index"
GRAPH_ROOT = VAR_DIR / "graph"
SENTIMENT_ROOT = VAR_DIR / "sentiment"
EXPORT_ROOT = VAR_DIR / "exports"
SHARED_DATA = Path(env.text("MMSITE_DATA", str(BASE_DIR.parent / "shared" / "data")))


def _local_secret() -> str:
    """A secret made once and kept under ``var/``, so that a clone starts without ceremony."""
    path = VAR_DIR / "secret_key"
    if not path.exists():
        # Written aside and linked, so that of several processes starting at once none reads half a key.
        with tempfile.NamedTemporaryFile("w", dir=VAR_DIR, encoding="ascii") as draft:
            draft.write(secrets.token_urlsafe(50))
            draft.flush()
            with contextlib.suppress(FileExistsError):
                os.link(draft.name, path)
    return path.read_text(encoding="ascii").strip()


# -- safety ---------------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG", False)
PRODUCTION = env.flag("PRODUCTION", False)
SECRET_KEY = env.text("SECRET_KEY") or _local_secret()
ALLOWED_HOSTS = list(env.names("ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]")))
CSRF_FAILURE_VIEW = "recommender.web.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = list(env.names("CSRF_TRUSTED_ORIGINS"))
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = env.integer("SECURE_HSTS_SECONDS", 31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# -- the application ------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "mmsite",
    "recommender.apps.RecommenderConfig",
    "analytics.apps.AnalyticsConfig",
    "mmsite.apps.DatabasePagesConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "ninja",
]
MIDDLEWARE = [
    "mmsite.measure.MeasureMiddleware",
    "mmsite.lane.LaneMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "mmsite.unavailable.UnavailableMiddleware",
]
ROOT_URLCONF = "mmsite.urls"
WSGI_APPLICATION = "mmsite.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "recommender.web.context.chrome",
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTHENTICATION_BACKENDS = ["mmsite.auth.AccountBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL, LOGIN_REDIRECT_URL, LOGOUT_REDIRECT_URL = "login", "feed", "feed"

# -- database -------------------------------------------------------------------------------------------
DATABASES = {
    "default": dj_database_url.parse(
        env.text("DATABASE_URL", f"sqlite:///{VAR_DIR / 'db.sqlite3'}"),
        conn_max_age=600,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = False
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        # SQLite maps as much of the file as it can. Mapped pages are the system's cache of files: shared by
        # all processes, and dropped when memory is short.
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536; "
            "PRAGMA mmap_size=2147418112; PRAGMA temp_store=MEMORY;"
        ),
    }


# -- Redis, cache, Celery ---------------------------------------------------------------------------------
def _socket_path(path: Path) -> Path:
    """``path``, or a short stand-in for it: the system allows about 100 bytes in a socket's name."""
    if len(os.fsencode(path)) <= 100:
        return path
    return Path(tempfile.gettempdir()) / f"mmsite-{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}.sock"


REDIS_SOCKET = _socket_path(VAR_DIR / "redis.sock")
REDIS_EMBEDDED = not env.text("REDIS_URL")
REDIS_URL = env.text("REDIS_URL", f"unix://{REDIS_SOCKET}?db=0")
CACHES = {
    "default": {
        "BACKEND": "mmsite.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "mmsite",
    }
}
# The database is asked on each request as it is; a look into Redis costs more than it saves.
SESSION_ENGINE = "mmsite.sessions"
CELERY_BROKER_URL = (
    REDIS_URL.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")
    if REDIS_URL.startswith("unix://")
    else REDIS_URL
)
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 6 * 3600, "socket_keepalive": True}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat")
CELERY_TASK_ROUTES = {
    "recommender.tasks.encode_query": {"queue": "query"},
    "analytics.tasks.score_now": {"queue": "query"},
    "recommender.tasks.encode_pending": {"queue": "encode"},
    "recommender.tasks.run_import": {"queue": "imports"},
    # Photos of reviews need the encoder.
    "analytics.tasks.score_pending": {"queue": "encode"},
    "analytics.tasks.find_regions": {"queue": "encode"},
    "analytics.tasks.retrain": {"queue": "encode"},
}
CELERY_BEAT_SCHEDULE = {
    task.rpartition(".")[2]: {
        "task": task,
        "schedule": seconds,
        # A message that waited a whole period is superseded by the next one.
        "options": {"expires": seconds},
    }
    for task, seconds in {
        "recommender.tasks.flush_impressions": 5,
        "recommender.tasks.sweep": 10,
        "recommender.tasks.rebuild_index": 120,
        "recommender.tasks.refresh_graph": 300,
        "recommender.tasks.purge": 3600,
        "analytics.tasks.sample_recall": 600,
        "analytics.tasks.score_pending": 10,
        "analytics.tasks.refresh_rollups": 5,
        "analytics.tasks.find_alerts": 120,
        "analytics.tasks.reconcile": 3600,
        "analytics.tasks.send_views": 60,
        "analytics.tasks.tidy_exports": 300,
        "analytics.tasks.look_for_drift": 20,
        "analytics.tasks.draw_map": 60,
    }.items()
}

# -- processes (manage.py serve) --------------------------------------------------------------------------
HOST = env.text("HOST", "127.0.0.1")
PORT = env.integer("PORT", 8000)
WEB_WORKERS = env.integer("WEB_WORKERS", 2)
WEB_THREADS = env.integer("WEB_THREADS", 4)  # requests one web worker answers at a time
ENCODE_THREADS = env.integer("ENCODE_THREADS", max(1, (os.cpu_count() or 2) // 2))
REDIS_MEMORY_MB = env.integer("REDIS_MEMORY_MB", 256)
DEMO_PASSWORD = env.text("DEMO_PASSWORD", "mmsite-demo")

# -- encoder, index, recommender ------------------------------------------------------------------------
ENCODER = env.text("ENCODER", "mmsite-mini")
ENCODER_DEVICE = env.text("ENCODER_DEVICE", "auto")
QUERY_TIMEOUT = env.number("QUERY_TIMEOUT", 2.0)  # seconds a page waits for a query to be encoded
VECTOR_INDEX = env.text("VECTOR_INDEX", "faiss")
VECTOR_INDEX_TOKEN = env.text("VECTOR_INDEX_TOKEN")  # user:password or a token, where Milvus asks for it
INDEX_HNSW_FROM = env.integer("INDEX_HNSW_FROM", 20_000)  # items below which search stays exact
#: what nobody waits for is done by a thread of its own, after the answer
WORK_ASIDE = True
FEED_PAGE = env.integer("FEED_PAGE", 24)

# -- uploads --------------------------------------------------------------------------------------------
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(VAR_DIR / "media")))
MEDIA_URL = "/media/"
MEDIA_STORAGE = env.text("MEDIA_STORAGE")  # a bucket that several machines share, in place of MEDIA_ROOT
IMPORT_MAX_BYTES = env.integer("IMPORT_MAX_BYTES", 4 * 1024**3)
IMPORT_FETCH_PRIVATE = env.flag("IMPORT_FETCH_PRIVATE", False)  # allow media URLs on private networks
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024**2
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000  # a mapping has one for each column, of several tables in a ZIP
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024**2
FILE_UPLOAD_TEMP_DIR = VAR_DIR / "uploads"
FILE_UPLOAD_TEMP_DIR.mkdir(exist_ok=True)

# -- mail -----------------------------------------------------------------------------------------------
# Without an address every mail becomes a file under var/mail, to be looked at.
globals().update(mail.options(env.text("EMAIL_URL"), VAR_DIR / "mail"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("EMAIL_FROM", "mmsite@localhost")
EMAIL_SUBJECT_PREFIX = ""
EMAIL_TIMEOUT = 30
SITE_URL = env.text("SITE_URL")  # where people reach this site, for links in mails and webhooks
ALERT_EMAILS = list(env.names("ALERT_EMAILS"))
ALERT_WEBHOOK_URL = env.text("ALERT_WEBHOOK_URL")

# -- monitoring -----------------------------------------------------------------------------------------
METRICS_TOKEN = env.text("METRICS_TOKEN")  # what a program sends to read /metrics
TRUST_REQUEST_ID = env.flag("TRUST_REQUEST_ID", False)  # whether the proxy in front sets X-Request-ID

# -- sentiment ------------------------------------------------------------------------------------------
ASPECTS_FILE = env.text("ASPECTS_FILE")  # the site's own aspects and their words, beside the shipped ones
SENTIMENT_TEXT_MODEL = env.text("SENTIMENT_TEXT_MODEL")  # a Hugging Face model or its folder; empty: the own
SENTIMENT_TEXT_LABELS = env.names("SENTIMENT_TEXT_LABELS")  # what its outputs mean, where it does not say
SPEECH_RECOGNISER = env.text("SPEECH_RECOGNISER")  # what turns recordings into words; empty: nothing does
SENTIMENT_TIMEOUT = env.number("SENTIMENT_TIMEOUT", 20.0)  # seconds that a score is waited for

# -- static files ---------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
# Every folder of static/ but node_modules, of which vendor/ holds copies of the few files used.
STATICFILES_DIRS = [
    (folder.name, folder)
    for folder in sorted((BASE_DIR / "static").iterdir())
    if folder.is_dir() and folder.name != "node_modules"
]
STORAGES = {
    "default": media_storage.options(MEDIA_STORAGE),
    "staticfiles": {"BACKEND": "mmsite.storage.StaticFilesStorage"},
}
# Pages ask for names with a hash alone; the others would be compressed for nobody.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# -- language and time ----------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Chinese"))]
LOCALE_PATHS = [BASE_DIR / "mmsite" / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = env.text("TIME_ZONE", "UTC")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "WARNING")},
    "loggers": {"django.request": {"level": "ERROR"}},
}

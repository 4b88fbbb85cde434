"""Settings of the web face, from the environment only; ``starting`` fills what is left out.

``CONSILIUM_SECRET_KEY``, ``CONSILIUM_DATA`` (the folder for what is kept),
``CONSILIUM_DATABASE`` (``postgres://user:password@host:5432/name``; SQLite in the
data folder where it is not given), ``CONSILIUM_HOSTS`` (names it answers to, separated by
commas), ``CONSILIUM_HTTPS`` (``yes`` behind a proxy that speaks TLS), ``CONSILIUM_EDITION``
(a folder with another edition; else the one activated at the desk),
``CONSILIUM_TIME_ZONE``, ``CONSILIUM_RATE`` (requests that make a plan, for one address and
minute), ``CONSILIUM_LRS_URL`` and ``CONSILIUM_LRS_KEY`` (a learning record store
and its `user:password`), ``CONSILIUM_HOOKS`` (a file that says which record
systems are trusted; ``hooks.trust``), ``CONSILIUM_ADMIN`` (``yes`` opens Django's admin of
accounts under ``/admin/``).
"""

from __future__ import annotations

from os import environ
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from consilium.web.databases import database

_HERE = Path(__file__).parent

DATA_FOLDER = Path(
    environ.get("CONSILIUM_DATA") or Path.home() / ".local" / "share" / "consilium"
).expanduser()
HOOKS_FILE = environ.get("CONSILIUM_HOOKS", "")
# Questions without an answer, for the editorial desk; `CONSILIUM_ASK_MISSES=no` keeps none.
ASK_MISSES = "" if environ.get("CONSILIUM_ASK_MISSES", "") == "no" else str(DATA_FOLDER)
# An OpenAI-compatible endpoint that may order statements; none unless it is set.
MODEL_URL = environ.get("CONSILIUM_MODEL_URL", "")
MODEL_NAME = environ.get("CONSILIUM_MODEL_NAME", "")
MODEL_KEY = environ.get("CONSILIUM_MODEL_KEY", "")
# A learning record store to which `consilium push` sends; none unless it is set.
LRS_URL = environ.get("CONSILIUM_LRS_URL", "")
LRS_KEY = environ.get("CONSILIUM_LRS_KEY", "")
# Ranking of statements by meaning too; needs the model that `consilium semantic` names.
SEMANTIC = environ.get("CONSILIUM_SEMANTIC", "") == "yes"
_ACTIVATED = DATA_FOLDER / "edition"
EDITION_FOLDER = environ.get("CONSILIUM_EDITION", "") or (
    str(_ACTIVATED) if (_ACTIVATED / "EDITION.yaml").is_file() else ""
)
RATE = int(environ.get("CONSILIUM_RATE") or 3000)
HTTPS = environ.get("CONSILIUM_HTTPS", "") == "yes"
ADMIN = environ.get("CONSILIUM_ADMIN", "") == "yes"

SECRET_KEY = environ.get("CONSILIUM_SECRET_KEY", "")
DEBUG = False
ALLOWED_HOSTS = [
    host.strip()
    for host in environ.get("CONSILIUM_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
    if host.strip()
]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "csp",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "consilium.web",
    "consilium.web.hooks",
    "consilium.web.people",
    "consilium.web.activity",
    *(["django.contrib.messages", "django.contrib.admin.apps.SimpleAdminConfig"] if ADMIN else []),
]
MIDDLEWARE = [
    "consilium.web.logs.log_requests",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "consilium.web.headers.add_headers",
    "consilium.web.refusals.explain_refusals",
    "consilium.web.limits.bound_requests",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "consilium.web.editions.remember_choices",
    "axes.middleware.AxesMiddleware",
    *(["django.contrib.messages.middleware.MessageMiddleware"] if ADMIN else []),
]
ROOT_URLCONF = "consilium.web.urls"
WSGI_APPLICATION = "consilium.web.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_HERE / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "consilium.web.editions.shown_on_every_page",
                *(
                    [
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                    if ADMIN
                    else []
                ),
            ],
        },
        "APP_DIRS": ADMIN,
    }
]

DATABASES = {"default": database(environ.get("CONSILIUM_DATABASE", ""), DATA_FOLDER)}
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "people:sign-in"
LOGIN_REDIRECT_URL = "people:account"
LOGOUT_REDIRECT_URL = "planner:home"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 1  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "consilium.web.people.views.locked_out"
AXES_IPWARE_META_PRECEDENCE_ORDER = ["REMOTE_ADDR"]
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_VERBOSE = False
OTP_TOTP_ISSUER = "consilium"

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_FOLDER / "static"
STATICFILES_DIRS = [_HERE / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILE_UPLOAD_HANDLERS = ["consilium.web.limits.OnlyInMemory"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 400
DATA_UPLOAD_MAX_NUMBER_FILES = 1

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = environ.get("CONSILIUM_TIME_ZONE", "UTC")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "connect-src": [SELF],
        "font-src": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "frame-src": [NONE],
        "img-src": [SELF],
        "object-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "worker-src": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "consilium.web.refusals.csrf_failed"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
if HTTPS:
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_SECURE = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "consilium.web.logs.AsJson"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "loggers": {
        "consilium": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
    },
}

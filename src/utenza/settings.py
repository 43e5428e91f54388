"""Django's settings, read from the environment and from the data folder; nothing here reaches the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from utenza.infra import configuration

CONFIGURATION = configuration.load()

BASE_DIR = Path(__file__).resolve().parent
DEBUG = CONFIGURATION.debug
SECRET_KEY = CONFIGURATION.secret_key
ALLOWED_HOSTS = CONFIGURATION.allowed_hosts
CSRF_TRUSTED_ORIGINS = CONFIGURATION.trusted_origins

STAGES = [
    "infra",
    "ledger",
    "parties",
    "catalog",
    "engagement",
    "application",
    "provisioning",
    "ordering",
    "usage",
    "rating",
    "charging",
    "billing",
    "delivery",
    "payments",
    "overdue",
    "care",
    "termination",
    "retention",
    "privacy",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    *[f"utenza.{stage}" for stage in STAGES],
    "utenza.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "utenza.web.middleware.RequestContextMiddleware",
]
ROOT_URLCONF = "utenza.web.urls"
WSGI_APPLICATION = "utenza.web.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "web" / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "utenza.web.jinja.environment",
            "context_processors": ["utenza.web.context.page"],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]
DATABASES: dict[str, dict[str, Any]] = {"default": CONFIGURATION.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "infra.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "account_login"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_ADAPTER = "utenza.web.accounts.StaffAccountAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("it", "Italiano")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = CONFIGURATION.home / "static"
STATICFILES_DIRS = [BASE_DIR / "web" / "static"]

SESSION_ENGINE = "utenza.infra.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CONFIGURATION.secure_cookies
CSRF_COOKIE_SECURE = CONFIGURATION.secure_cookies
HSTS_S = 365 * 24 * 3600


def behind_tls(on: bool) -> dict[str, Any]:
    """Return the settings of a house whose proxy speaks TLS: it tells us so, and browsers come back encrypted.

    The proxy must set X-Forwarded-Proto itself, whatever a visitor sent.
    """
    proxy = {"SECURE_HSTS_SECONDS": HSTS_S, "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}
    return proxy if on else {}


globals().update(behind_tls(CONFIGURATION.secure_cookies))
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

LOGGING_CONFIG = None  # utenza.infra.logs configures structured logs when a shell starts

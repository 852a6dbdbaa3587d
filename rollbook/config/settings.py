"""One file, all of it from the environment; what makes no sense is refused at start."""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from rollbook.foundation.postgresql import PLANNED_ONCE, SERVER_PATIENCE
from rollbook.operations.watch import errors

PACKAGE = Path(__file__).resolve().parent.parent


def _flag(name: str) -> bool:
    value = os.environ.get(name, "0")
    if value not in {"0", "1", ""}:
        raise ImproperlyConfigured(f"{name} is 1 or 0, not {value!r}.")
    return value == "1"


def _one_of(name: str, *values: str) -> str:
    """The first where nothing is told."""
    value = os.environ.get(name) or values[0]
    if value not in values:
        raise ImproperlyConfigured(f"{name} is one of {', '.join(filter(None, values))}, not {value!r}.")
    return value


def _number(name: str, default: int) -> int:
    value = os.environ.get(name) or str(default)
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise ImproperlyConfigured(f"{name} is a whole number, not {value!r}.")
    return int(value)


# Whoever is cut off without a word notices within half a minute, on either side; on a Unix socket it means nothing.
_OURS = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 25_000}
_THEIRS = {
    "tcp_keepalives_idle": "10s",
    "tcp_keepalives_interval": "5s",
    "tcp_keepalives_count": "3",
    "client_connection_check_interval": "5s",
}


def _database(variable: str, url: str, limits: dict[str, str] | None = None) -> dict[str, object]:
    """`limits` are told to the server at connecting; a transaction pooler takes none."""
    try:
        told = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except ProgrammingError as error:
        raise ImproperlyConfigured(f"{variable} is no PostgreSQL address: {error}") from error
    if limits:
        said = [f"-c {name}={value}" for name, value in (_THEIRS | limits).items()]
        told["options"] = " ".join([*said, told.get("options", "")]).strip()
    return {
        "ENGINE": "rollbook.foundation.postgresql" if PAGES else "django.db.backends.postgresql",
        "NAME": told.pop("dbname", "rollbook"),
        "USER": told.pop("user", ""),
        "PASSWORD": told.pop("password", ""),
        "HOST": told.pop("host", ""),
        "PORT": told.pop("port", ""),
        # Behind a transaction pooler nothing outlives a statement: no plan (foundation/compiled.py) and no cursor.
        "OPTIONS": {"connect_timeout": 5, "prepare_threshold": 2 if limits else None, **_OURS, **told},
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": not limits,
    }


def _mailer(url: str) -> tuple[str, SplitResult]:
    mail = urlsplit(url)
    kinds = {"smtp": "smtp", "smtps": "smtp", "console": "console", "file": "filebased", "": "dummy"}
    senseless = bool(url) != bool(mail.scheme) or (mail.scheme.startswith("smtp") and not mail.hostname)
    if senseless or mail.scheme not in kinds:
        raise ImproperlyConfigured("EMAIL_URL is smtp://user:password@host:587, smtps://..., console: or file:///folder.")
    return f"django.core.mail.backends.{kinds[mail.scheme]}.EmailBackend", mail


DEBUG = _flag("DEBUG")

# The address people type. Hosts, cookies, HSTS and the links in letters all follow from it.
PUBLIC_URL = os.environ.get("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
_public = urlsplit(PUBLIC_URL)
if _public.scheme not in {"http", "https"} or not _public.hostname or _public.path:
    raise ImproperlyConfigured(f"PUBLIC_URL is a scheme and a host, like https://crm.example.org, not {PUBLIC_URL!r}.")
SECURE = _public.scheme == "https"
LOCAL = _public.hostname in {"localhost", "127.0.0.1", "::1"}
if not (SECURE or LOCAL or DEBUG):
    raise ImproperlyConfigured("Passwords must not travel in the open: PUBLIC_URL begins with https:// .")
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"] if LOCAL else [_public.hostname]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

SECRET_KEY = os.environ.get("SECRET_KEY", "")
if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured("Set SECRET_KEY to 32 random characters or more (`rollbook run` makes one by itself).")
# Former keys, with blanks between: what was signed or encrypted by them is still read, and nothing new is.
SECRET_KEY_FALLBACKS = os.environ.get("SECRET_KEY_FALLBACKS", "").split()

# Where a browser finds the event stream: a path where a proxy passes it on, else the address of the live process.
LIVE_URL = os.environ.get("LIVE_URL", "/live/")

# The same database by two roles: `default` serves and may change neither ledger nor history; `owner` owns
# the schema and migrates. Where a hosting gives only one role, triggers alone keep the promise.
# A page waits for seconds at most, and leaves no transaction open behind it; a job may take its time.
if not os.environ.get("DATABASE_URL"):
    raise ImproperlyConfigured("Set DATABASE_URL, or use the command `rollbook`, which starts a database of its own.")
PAGES = os.environ.get("ROLLBOOK_PROCESS") == "web"
_owner_url = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
_SOON = dict([PLANNED_ONCE], statement_timeout=f"{SERVER_PATIENCE}s", idle_in_transaction_session_timeout="30s")
_LATER = {"idle_in_transaction_session_timeout": "5min"}
DATABASES = {
    "default": _database("DATABASE_URL", os.environ["DATABASE_URL"], _SOON if PAGES else _LATER),
    "owner": _database("DATABASE_OWNER_URL", _owner_url, _THEIRS),
    # Beside a long transaction, which nobody sees into: how far it is.
    "aside": _database("DATABASE_URL", os.environ["DATABASE_URL"], _LATER),
}
# Pages alone may go through PgBouncer in transaction mode; who listens, or keeps a connection for long, goes past it.
if PAGES and os.environ.get("DATABASE_POOLER_URL"):
    DATABASES["default"] = _database("DATABASE_POOLER_URL", os.environ["DATABASE_POOLER_URL"])
# A standby, for heavy reads that may be a moment old (foundation/replica.py).
if os.environ.get("DATABASE_REPLICA_URL"):
    _read_only = (_SOON if PAGES else _LATER) | {"default_transaction_read_only": "on"}
    DATABASES["replica"] = _database("DATABASE_REPLICA_URL", os.environ["DATABASE_REPLICA_URL"], _read_only)
    DATABASE_ROUTERS = ["rollbook.foundation.replica.Router"]

# From the lowest up; the order is also an import contract (pyproject.toml).
DOMAINS = [
    "history", "access", "imports", "fields", "people", "groups", "schedule", "journal", "billing", "comments",
]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "procrastinate.contrib.django",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    *(f"rollbook.domains.{domain}" for domain in DOMAINS),
    "rollbook.jobs",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ROOT_URLCONF = "rollbook.config.urls"
WSGI_APPLICATION = "rollbook.config.wsgi.application"
MIDDLEWARE = [
    "rollbook.web.headers.HeadersMiddleware",
    "csp.middleware.CSPMiddleware",
    "rollbook.web.watch.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "rollbook.web.middleware.ActorMiddleware",
    "rollbook.web.account.middleware.SeenMiddleware",
    "rollbook.web.middleware.LanguageMiddleware",
    "rollbook.web.account.middleware.SecondFactorMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "rollbook.web.middleware.DeclinedMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "jinja2",
        "DIRS": [PACKAGE / "web" / "templates"],
        "OPTIONS": {"environment": "rollbook.web.pages.environment", "extensions": ["jinja2.ext.i18n"]},
    },
]

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_SSL_REDIRECT = SECURE
SESSION_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
# A browser takes a cookie of such a name from this host alone, and over HTTPS alone: no neighbouring site can set one.
COOKIE_PREFIX = "__Host-" if SECURE else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid", f"{COOKIE_PREFIX}csrftoken"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}language"
CSRF_FAILURE_VIEW = "rollbook.web.handlers.outdated"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "rollbook.web.account.sessions"
SESSION_COOKIE_AGE = 30 * 24 * 3600
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
# HSTS is for this host: what else lies below a school's domain is the school's affair, and lists are for ever.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
BEHIND_PROXY = _flag("BEHIND_PROXY")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
_live = urlsplit(LIVE_URL)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "frame-src": ["'none'"],
        "worker-src": ["'none'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'", *([f"{_live.scheme}://{_live.netloc}"] if _live.netloc else [])],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 5
FILE_UPLOAD_HANDLERS = [
    "rollbook.web.files.Gate",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# Shared by all processes, so that tries are counted once, whoever answered them.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["rollbook.web.account.backends.Backend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username", "name", "email"]},
    },
]
PASSWORD_RESET_TIMEOUT = 3600
LOGIN_URL, LOGIN_REDIRECT_URL = "account_login", "/"

# Nobody signs up: people come by invitation, whose link stands for the proof that an address is theirs.
ACCOUNT_ADAPTER = "rollbook.web.account.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email", "username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "rollbook.domains.access.actions.passwords.ResetTokens"  # noqa: S105 (a class)
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_FORMS = {
    "login": "rollbook.web.account.forms.LoginForm",
    "reauthenticate": "rollbook.web.account.forms.ReauthenticateForm",
    "change_password": "rollbook.web.account.forms.ChangePasswordForm",
    "set_password": "rollbook.web.account.forms.SetPasswordForm",
    "reset_password": "rollbook.web.account.forms.ResetPasswordForm",
    "reset_password_from_key": "rollbook.web.account.forms.ResetPasswordKeyForm",
}
# Sign-in tries are counted by the adapter, which knows the devices of a person (docs/adr).
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "login_failed": "5/5m/key",
    "login_from_address": "20/m/ip",
    "login_of_account": "100/h/key",
    "refused_from_address": "20/m/ip",
    "link": "20/m/ip",
}

MFA_ADAPTER = "rollbook.web.account.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TRUST_ENABLED = True
MFA_TRUST_COOKIE_NAME = f"{COOKIE_PREFIX}mfa_trusted"
MFA_TRUST_COOKIE_AGE = timedelta(days=30)
MFA_TOTP_ISSUER = "Rollbook"
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL
MFA_FORMS = {
    "authenticate": "rollbook.web.account.forms.AuthenticateForm",
    "reauthenticate": "rollbook.web.account.forms.ReauthenticateByCodeForm",
    "add_webauthn": "rollbook.web.account.forms.AddKeyForm",
    "edit_webauthn": "rollbook.web.account.forms.EditKeyForm",
    "authenticate_webauthn": "rollbook.web.account.forms.AuthenticateByKeyForm",
    "reauthenticate_webauthn": "rollbook.web.account.forms.ReauthenticateByKeyForm",
    "login_webauthn": "rollbook.web.account.forms.SignInByKeyForm",
}
# How many proxies stand in front and write X-Forwarded-For; without one the header is not believed.
ALLAUTH_TRUSTED_PROXY_COUNT = int(BEHIND_PROXY)

# smtp://user:password@host:587 (STARTTLS), smtps://...:465, console: prints letters, file:///folder keeps them.
EMAIL_BACKEND, _mail = _mailer(os.environ.get("EMAIL_URL") or ("console:" if LOCAL else ""))
EMAIL_HOST, EMAIL_FILE_PATH = _mail.hostname or "", unquote(_mail.path) or None
EMAIL_PORT = _mail.port or (465 if _mail.scheme == "smtps" else 587)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.scheme == "smtp" and not _flag("EMAIL_PLAIN"), _mail.scheme == "smtps"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("EMAIL_FROM", f"Rollbook <rollbook@{_public.hostname}>")

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "ru"
LANGUAGES = [("ru", "Русский"), ("uk", "Українська"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]

STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT", PACKAGE.parent / "var" / "static"))
STATICFILES_DIRS = [PACKAGE / "web" / "static"]
PAPER_FONTS = PACKAGE / "web" / "static" / "built" / "fonts"  # of what is printed; no page loads them
# Names with a fingerprint, kept by browsers for ever; in development as they lie.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Files that people gave, and backups; how many of these are kept.
MEDIA_ROOT = Path(os.environ.get("FILES") or PACKAGE.parent / "var" / "files")
BACKUP_FOLDER = Path(os.environ.get("BACKUP_FOLDER") or PACKAGE.parent / "var" / "backups")
if BACKUP_FOLDER.resolve().is_relative_to(MEDIA_ROOT.resolve()):
    raise ImproperlyConfigured("Each backup would hold all that were made before: BACKUP_FOLDER lies outside of FILES.")
BACKUP_KEEP = max(1, _number("BACKUP_KEEP", 14))
# Said where copies of them go to another machine by themselves; else the owner is told that none do.
BACKUPS_ARE_COPIED = _flag("BACKUPS_ARE_COPIED")

# One line for each request and job, to stderr (foundation/logs.py); Django's own way is letters to administrators.
LOGGING_CONFIG = "rollbook.foundation.logs.configure"
LOGGING = {"level": _one_of("LOG_LEVEL", "INFO", "DEBUG", "WARNING", "ERROR")}
_one_of("LOG_FORMAT", "", "json", "lines")
# What takes longer, a request or a statement, is warned of.
SLOW_MS = _number("SLOW_MS", 100 if DEBUG else 1000)
# Who may read /metrics; without it, whoever asks from this machine and not through a proxy.
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")
PROCRASTINATE_ON_APP_READY = "rollbook.jobs.lines.prepare"
if os.environ.get("SENTRY_DSN"):
    errors.report_to(os.environ["SENTRY_DSN"], environment=_public.hostname)

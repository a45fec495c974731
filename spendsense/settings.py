"""Every setting of the product, read from the environment; closed unless the environment opens it."""

import os
import ssl
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from botocore.config import Config
from environs import Env

from spendsense.secrets import HOME_KEY, apps, database, signing_key

ROOT = Path(__file__).resolve().parent.parent
env = Env()
env.read_env(ROOT / ".env", recurse=False)

ENVIRONMENT: str = env.str("SPENDSENSE_ENV", "production")  # production, demo or test
AT_HOME = ENVIRONMENT in ("demo", "test")  # a machine of ours, with data of nobody
PROCESS: str = env.str("SPENDSENSE_PROCESS", "command")  # web, or anything that runs one thing at a time
VERSION = "0.1.0"
# Read when Polars is first imported: a process is one of several, and threads that wait for one person's rows cost more
# than they measure.
os.environ.setdefault("POLARS_MAX_THREADS", "1")

DEBUG = False
SECRET_KEY: str = env.str("SECRET_KEY", "home-only-not-a-secret" * 3 if AT_HOME else "")
SUBJECT_KEY: str = env.str("SUBJECT_KEY", "home-only-pseudonyms" * 2 if AT_HOME else "")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"] if AT_HOME else [])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
SITE_URL: str = env.str(  # where links in mails lead; never taken from a request, whose host anybody may write
    "SITE_URL", f"http://127.0.0.1:{env.str('PORT', '8000')}" if AT_HOME else f"https://{next(iter(ALLOWED_HOSTS), '')}"
).rstrip("/")
TRUSTED_PROXIES: int = env.int("TRUSTED_PROXIES", 0)
METRICS_NETWORKS = [ip_network(net) for net in env.list("METRICS_NETWORKS", ["127.0.0.0/8"] if AT_HOME else [])]

INSTALLED_APPS = [
    "spendsense",
    "operators",
    "recommendations",
    "personas",
    "accounts",
    "operators.console.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.github",
    "allauth.mfa",
    "accounts.quietsessions.Quiet",
    "allauth.headless",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "spendsense.logs.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "spendsense.middleware.AnswerHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "spendsense.middleware.OneTransaction",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "spendsense.middleware.Caller",
    "spendsense.middleware.LibraryRoutes",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "spendsense.urls"
WSGI_APPLICATION = "spendsense.wsgi.application"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False
FORMAT_MODULE_PATH = "spendsense.formats"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# what a person may take along and have erased, from the top down
LEAVING = ["operators.leaving", "recommendations.leaving", "personas.leaving", "accounts.leaving"]

# -- database: `default` serves and owns nothing; `owner` migrates and exists only where it was given

_serving = database(env)
_pooled = {"pool": {"min_size": 5, "max_size": 20, "timeout": 30, "max_idle": 600}} if PROCESS == "web" else {}
DATABASES = {
    "default": {
        **_serving,
        "CONN_MAX_AGE": 0 if _pooled else None,
        "CONN_HEALTH_CHECKS": not _pooled,
        "OPTIONS": {**_serving.get("OPTIONS", {}), **_pooled},
    }
}
if env.str("DATABASE_OWNER_URL", ""):
    _owner = env.dj_db_url("DATABASE_OWNER_URL", engine="django.db.backends.postgresql")
    # The owner is under row security like anybody; data migrations must see the rows they migrate.
    _owner["OPTIONS"] = {**_owner.get("OPTIONS", {}), "options": "-c app.current_role=maintenance"}
    DATABASES["owner"] = _owner

# -- Redis: cache and broker; a failed read of the cache is a miss

REDIS_URL: str = env.str("REDIS_URL", "redis://127.0.0.1:6379/0")
_redis_times_out = {"socket_connect_timeout": 5, "socket_timeout": 5}
CACHE_PREFIX: str = env.str("CACHE_PREFIX", "")
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": CACHE_PREFIX,
        "KEY_FUNCTION": "accounts.cachekeys.key",
        "OPTIONS": {"CONNECTION_POOL_KWARGS": _redis_times_out, "IGNORE_EXCEPTIONS": True},
    }
}
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_USE_SSL = {"ssl_cert_reqs": ssl.CERT_REQUIRED} if REDIS_URL.startswith("rediss://") else None
CELERY_BROKER_TRANSPORT_OPTIONS = {**_redis_times_out, "queue_order_strategy": "priority"}
CELERY_TASK_IGNORE_RESULT = True  # rows hold the outcome, the broker only wakes
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False  # a broker that is away must not hold a request; beat asks again
CELERY_BEAT_SCHEDULE = {
    "walk": {"task": "spendsense.walk", "schedule": 60.0},
    "chores": {"task": "spendsense.chores", "schedule": 600.0, "options": {"expires": 600}},
}

# -- objects: local disk unless a bucket is named

DATA_BUCKET: str = env.str("DATA_BUCKET", "spendsense-data")
ANALYTICS_BUCKET: str = env.str("ANALYTICS_BUCKET", "spendsense-analytics")
STORAGE: str = env.str("STORAGE", "disk")  # disk or s3
STORAGE_ROOT = Path(env.str("STORAGE_ROOT", str(ROOT / ".spendsense" / "objects")))
S3_ENDPOINT_URL: str | None = env.str("S3_ENDPOINT_URL", None)
S3_REGION: str | None = env.str("S3_REGION", None)
_S3_CLIENT = Config(
    signature_version="s3v4",
    connect_timeout=5,
    read_timeout=30,
    retries={"max_attempts": 3, "mode": "standard"},
    # A form for the global address is redirected to the bucket's region; other vendors' servers name buckets by path.
    s3={"addressing_style": "path" if S3_ENDPOINT_URL else "virtual"},
)


def _objects(bucket: str) -> dict[str, Any]:
    if STORAGE == "disk":
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {
                "location": STORAGE_ROOT / bucket,
                "allow_overwrite": True,
                "file_permissions_mode": 0o600,
                "directory_permissions_mode": 0o700,
            },
        }
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": S3_ENDPOINT_URL,
            "region_name": S3_REGION,
            "file_overwrite": True,
            "object_parameters": {"ServerSideEncryption": "AES256"},
            "client_config": _S3_CLIENT,
        },
    }


STORAGES = {
    "default": _objects(DATA_BUCKET),
    "analytics": _objects(ANALYTICS_BUCKET),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(ROOT / "staticfiles")))
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = AT_HOME
if AT_HOME:  # no collectstatic step between a clone and its demo
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# -- who may sign in

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email",)},
    },
    {"NAME": "accounts.signin.FourKindsOfCharacter"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "accounts.signin.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"  # else a sign-up would say whether the address is known
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = ACCOUNT_PHONE_VERIFICATION_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = ACCOUNT_PHONE_VERIFICATION_MAX_ATTEMPTS = 3
ACCOUNT_PHONE_VERIFICATION_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}
ACCOUNT_FORMS = {
    "login": "operators.console.signin.StaffSignIn",
    "change_password": "accounts.api.guesses.NewPassword",
}
MFA_FORMS = {
    "authenticate": "accounts.api.guesses.SignInCode",
    "reauthenticate": "accounts.api.guesses.ProofCode",
    "add_webauthn": "accounts.api.linking.KeyForm",
    "authenticate_webauthn": "accounts.api.linking.SignatureForm",
    "reauthenticate_webauthn": "accounts.api.linking.ProofForm",
}
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False  # accounts.limits counts
PASSWORD_RESET_TIMEOUT = 30 * 60
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = False
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
MFA_ADAPTER = "accounts.secondfactor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 0  # the library forgets a used code after one period; a code that lived longer would work twice
MFA_RECOVERY_CODE_COUNT = 10
MFA_TOTP_ISSUER = "SpendSense"
SECOND_FACTOR_KEYS: list[str] = env.list("SECOND_FACTOR_KEYS", [HOME_KEY] if AT_HOME else [])
WEBAUTHN_RP_ID: str = env.str("WEBAUTHN_RP_ID", "localhost" if AT_HOME else "")
SOCIALACCOUNT_ADAPTER = "accounts.providers.ProviderAdapter"
SOCIALACCOUNT_QUERY_EMAIL = True
SOCIALACCOUNT_EMAIL_REQUIRED = False  # a provider may keep it, and one that is taken is not asked for again
OAUTH_CALLBACK_URLS: list[str] = env.list("OAUTH_CALLBACK_URLS", [])
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, Any]] = {
    "google": {
        "APPS": apps(env, "GOOGLE"),
        "SCOPE": ["openid", "email", "profile"],
        "OAUTH_PKCE_ENABLED": True,
    },
    "github": {"APPS": apps(env, "GITHUB"), "SCOPE": ["user:email"], "OAUTH_PKCE_ENABLED": True},
}
HEADLESS_CLIENTS = ("app", "browser")
HEADLESS_TOKEN_STRATEGY = "accounts.bearer.TokenStrategy"  # noqa: S105 (a class)
HEADLESS_JWT_PRIVATE_KEY = signing_key(env, at_home=AT_HOME)
JWT_FORMER_PUBLIC_KEY: str = env.str("JWT_FORMER_PUBLIC_KEY", "").replace("\\n", "\n")
USERSESSIONS_ADAPTER = "accounts.signin.SessionsAdapter"
SESSION_ENGINE = "accounts.sessionstore"
SESSION_COOKIE_AGE = 30 * 24 * 3600
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"

# -- how often something may be tried: scope, how many, in how many seconds (accounts.limits)

HOUR, DAY = 3600, 24 * 3600
RATE_LIMITS: dict[str, tuple[int, int]] = {
    "login": (5, HOUR),  # wrong passwords of an address
    "login:account": (10, HOUR),  # wrong passwords of an account, known or not; then a lockout
    "register": (10, HOUR),
    "mfa": (5, 15 * 60),
    "code": (3, 10 * 60),  # wrong tries at one code that was sent
    "code:spent": (1, 10 * 60),
    "sms": (5, HOUR),
    "sms:day": (10, DAY),
    "sms:gap": (1, 30),
    "sms:ip": (20, HOUR),
    "reset": (3, HOUR),
    "mail": (5, HOUR),  # other mails about signing in, to one address
    "api": (env.int("API_REQUESTS_PER_HOUR", 1000), HOUR),
    "chat": (10, 60),
    "cards:batch": (100, 60),  # of an institution, as the others of cards
    "cards:write": (100, 60),
    "cards:retrieve": (1000, 60),
    "cards:read": (1000, 60),
    "cards:usage": (500, 60),
    "portraits": (30, HOUR),  # regenerations of a person
    "portraits:tenant": (300, HOUR),
}
LOCKOUT_SECONDS = (15 * 60, DAY)  # the first one, and how far it doubles
CHALLENGE_VERIFIER: str = env.str("CHALLENGE_VERIFIER", "")

# -- what is sent to people

SMS_SENDER: str = env.str("SMS_SENDER", "console" if AT_HOME else "sns")
SMS_REGION: str | None = env.str("SMS_REGION", None)
SMS_SENDER_ID: str = env.str("SMS_SENDER_ID", "")
EMAIL_BACKEND = f"django.core.mail.backends.{'console' if AT_HOME else 'smtp'}.EmailBackend"
EMAIL_HOST: str = env.str("MAIL_HOST", "localhost")
EMAIL_PORT: int = env.int("MAIL_PORT", 587)
EMAIL_HOST_USER: str = env.str("MAIL_USER", "")
EMAIL_HOST_PASSWORD: str = env.str("MAIL_PASSWORD", "")
EMAIL_USE_TLS: bool = env.bool("MAIL_TLS", True)
EMAIL_TIMEOUT = 5
DEFAULT_FROM_EMAIL: str = env.str("MAIL_FROM", "spendsense@localhost")

# -- a language model that speaks the OpenAI protocol; without a model every text is a template's

LANGUAGE_MODEL: str = env.str("LANGUAGE_MODEL", "")
LANGUAGE_MODEL_URL: str = env.str("LANGUAGE_MODEL_URL", "")
LANGUAGE_MODEL_KEY: str = env.str("LANGUAGE_MODEL_KEY", "")

# -- what people's notes become

PERSON_GENERATOR: str = env.str("PERSON_GENERATOR", "rules")  # rules, or openai: the language model above
PERSON_TOKEN_BUDGET: int = env.int("PERSON_TOKEN_BUDGET", 60_000)  # of one regeneration
PERSON_URL_FETCH: bool = env.bool("PERSON_URL_FETCH", False)

# -- what a browser is told

SECURE_HTTPS: bool = env.bool("SECURE_HTTPS", not AT_HOME)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = SECURE_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health$", r"^ready$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "spendsense.problems.csrf_failure"

# -- the API

# On a developer's machine a header alone may name the institution of a caller without credentials.
CARDS_TRUST_TENANT_HEADER: bool = env.bool("CARDS_TRUST_TENANT_HEADER", False)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.SignedIn"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["accounts.api.throttling.GeneralLimit"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["accounts.api.parsing.Json"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "spendsense.problems.handle",
    "URL_FORMAT_OVERRIDE": None,  # everything is JSON; a route that has formats reads its own parameter
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "COERCE_DECIMAL_TO_STRING": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "SpendSense",
    "DESCRIPTION": "Consent-aware financial education from a person's own bank transactions.",
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SORT_OPERATIONS": True,
    "ENUM_NAME_OVERRIDES": {
        "PersonaEnum": "personas.api.answers.PERSONAS",
        "PersonaWindowEnum": "personas.api.windows.OF_PERSONAS",
        "RoleEnum": "accounts.roles.Role",
        "StaffRoleEnum": "accounts.roles.OF_STAFF",
        "WindowEnum": "personas.models.snapshots.Window",
        "ItemTypeEnum": "operators.api.analyticsshapes.KINDS",
        "WorkStatusEnum": "operators.api.evaluation.STATUSES",
        "ExportStatusEnum": "accounts.api.leaving.STATUSES",
        "ItemStatusEnum": "operators.api.reviewshapes.STATUSES",
        "PriorityEnum": "operators.api.reviewshapes.PRIORITIES",
        "StrengthEnum": "personas.models.assignments.STRENGTHS",
        "AuditActionEnum": "operators.api.audit.ACTIONS",
        "DeedEnum": "operators.api.reviewshapes.DEEDS",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "spendsense.schema.without_trailing_slashes",
        "spendsense.schema.with_sign_in",
    ],
}

LOGGING_CONFIG = None  # spendsense.logs sets up structlog once, for web, worker and commands
LOG_LEVEL: str = env.str("LOG_LEVEL", "INFO")
LOG_FORMAT: str = env.str("LOG_FORMAT", "json")

SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # e-mail is unique on lower(email), which this check cannot see
]

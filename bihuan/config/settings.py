"""All settings. What differs between machines comes from the environment (docs/production.md lists the names)."""

from pathlib import Path

from csp.constants import NONE, SELF

from . import env

BASE = Path(__file__).resolve().parent.parent
HOME = Path(env.text("BIHUAN_HOME", str(BASE.parent / "var"))).resolve()
HOME.mkdir(parents=True, exist_ok=True)

MODE = env.text("BIHUAN_MODE", "demo")  # demo: one machine, invented company · production: refuses weak settings
PRODUCTION = MODE == "production"
DEBUG = env.flag("BIHUAN_DEBUG")
SECRET_KEY = env.text("BIHUAN_SECRET_KEY") or env.secret_file(HOME / "secret.key")
ALLOWED_HOSTS = env.names("BIHUAN_HOSTS", "127.0.0.1,localhost,[::1]")
ORIGIN = env.text("BIHUAN_ORIGIN", f"http://127.0.0.1:{env.number('PORT', 8000)}")  # links in mails and QR codes
CSRF_TRUSTED_ORIGINS = [ORIGIN] if ORIGIN.startswith("https://") else []

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "bihuan.kernel.ui",
    "bihuan.kernel.journal",
    "bihuan.kernel.numbering",
    "bihuan.kernel.calendars",
    "bihuan.kernel.deadlines",
    "bihuan.kernel.procedures",
    "bihuan.kernel.tables",
    "bihuan.kernel.access",
    "bihuan.kernel.signing",
    "bihuan.kernel.files",
    "bihuan.kernel.printing",
    "bihuan.kernel.proof",
    "bihuan.kernel.notify",
    "bihuan.kernel.lists",
    "bihuan.kernel.shelf",
    "bihuan.organisation",
    "bihuan.customers",
    "bihuan.equipment",
    "bihuan.quality",
    "bihuan.service",
    "bihuan.field",
    "bihuan.evidence",
    "bihuan.privacy",
    "bihuan.operations",
]

MIDDLEWARE = [
    "bihuan.kernel.watch.middleware.WatchMiddleware",
    "csp.middleware.CSPMiddleware",  # these two before others: they stamp what the others answer by themselves
    "bihuan.kernel.access.headers.HeadersMiddleware",
    "bihuan.kernel.ui.compress.CompressMiddleware",
    "bihuan.kernel.access.strangers.StrangersMiddleware",
    "bihuan.kernel.replica.ReplicaMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "bihuan.kernel.access.limits.LimitMiddleware",
    "django.middleware.common.CommonMiddleware",
    "bihuan.kernel.access.spooling.SpoolingMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "bihuan.kernel.access.middleware.ActorMiddleware",
]

ROOT_URLCONF = "bihuan.config.urls"
WSGI_APPLICATION = "bihuan.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "bihuan.kernel.ui.context.page",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "bihuan.kernel.ui.templatetags.ui"],
        },
    },
]

DATABASES = {"default": env.database(env.text("DATABASE_URL"), HOME / "bihuan.sqlite3"), **env.replica()}
DATABASE_ROUTERS = ["bihuan.kernel.replica.Router"] if "replica" in DATABASES else []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "organisation.Person"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "bihuan.kernel.access.passwords.OwnWordsValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
SECOND_FACTOR = env.flag("BIHUAN_SECOND_FACTOR", default=PRODUCTION)  # TOTP for headquarters and managers
SEED_KEYS = env.names("BIHUAN_SEED_KEYS")  # seal the seeds of authenticators, the first of them; empty: seed.key in HOME
TOTP_DRIFT = env.number("BIHUAN_TOTP_DRIFT", 1)  # half minutes a phone's clock may be off

OIDC_ISSUER = env.text("BIHUAN_OIDC_ISSUER")  # the company's own sign-in; this or LDAP_URL, not both
OIDC_CLIENT_ID = env.text("BIHUAN_OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env.text("BIHUAN_OIDC_CLIENT_SECRET")
OIDC_LABEL = env.text("BIHUAN_OIDC_LABEL")  # on the button; empty: 企业登录
OIDC_CLAIM = env.text("BIHUAN_OIDC_CLAIM", "sub")  # what the administrator writes beside a person
OIDC_SECOND_FACTOR = env.names("BIHUAN_OIDC_SECOND_FACTOR")  # values of acr or amr that count as a second factor
LDAP_URL = env.text("BIHUAN_LDAP_URL")
LDAP_BIND = env.text("BIHUAN_LDAP_BIND")  # uid={name},ou=people,dc=example,dc=com; empty: searched under LDAP_BASE
LDAP_BASE = env.text("BIHUAN_LDAP_BASE")
LDAP_ATTRIBUTE = env.text("BIHUAN_LDAP_ATTRIBUTE", "uid")
LDAP_SEARCHER = env.text("BIHUAN_LDAP_SEARCHER")
LDAP_SEARCHER_PASSWORD = env.text("BIHUAN_LDAP_SEARCHER_PASSWORD")
LDAP_CA = env.text("BIHUAN_LDAP_CA")  # file of the authority that signed the server's certificate; empty: the system's
LDAP_PLAIN = env.flag("BIHUAN_LDAP_PLAIN")  # passwords may cross the network unencrypted

RATE = env.number("BIHUAN_RATE", 1200)  # requests of one person a minute, and of their tokens; 0: any number
WEB_PROCESSES = max(1, env.number("BIHUAN_WEB_PROCESSES", 1))  # told by `bihuan up`; each holds its share of RATE

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if PRODUCTION:
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    LANGUAGE_COOKIE_NAME = "__Host-language"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SECURE_SSL_REDIRECT = env.flag("BIHUAN_SSL_REDIRECT", default=True)
    # An API call over plain HTTP fails instead of being led on (ASVS 4.1.2); probes on this machine speak plain HTTP.
    SECURE_REDIRECT_EXEMPT = [r"^api/", r"^healthz$", r"^readyz$", r"^metrics$"]
    if env.flag("BIHUAN_BEHIND_PROXY"):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "Asia/Shanghai"  # display where no branch says otherwise; stored times are UTC

STATIC_URL = "static/"
STATIC_ROOT = HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": HOME / "files"}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STORAGES |= env.object_storage()
STATICFILES_FINDERS = ["bihuan.kernel.ui.sheet.SheetFinder", "django.contrib.staticfiles.finders.AppDirectoriesFinder"]
STYLE_SHEET = HOME / "built"  # where the page's one sheet is put together
STYLE_SHEETS = [f"ui/{name}.css" for name in ("tokens", "base", "layout", "components", "figures", "records", "phone", "print")] + [
    "lists/lists.css", "access/access.css", "organisation/nouns.css", "equipment/equipment.css", "evidence/evidence.css",
]  # fmt: skip
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
FILES_ROOT = HOME / "files"
CLAMD = env.text("BIHUAN_CLAMD")  # the virus scanner: unix:/run/clamav/clamd.ctl or tcp:127.0.0.1:3310; empty: none is asked
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler", "bihuan.kernel.access.spooling.Spool"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
DATA_UPLOAD_MAX_NUMBER_FILES = 40

EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend" if env.text("BIHUAN_SMTP_HOST") else "django.core.mail.backends.dummy.EmailBackend"
)
EMAIL_HOST = env.text("BIHUAN_SMTP_HOST")
EMAIL_PORT = env.number("BIHUAN_SMTP_PORT", 465)
EMAIL_HOST_USER = env.text("BIHUAN_SMTP_USER")
EMAIL_HOST_PASSWORD = env.text("BIHUAN_SMTP_PASSWORD")
EMAIL_USE_SSL = EMAIL_PORT == 465
EMAIL_USE_TLS = EMAIL_PORT == 587
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("BIHUAN_MAIL_FROM", "bihuan@localhost")

COMPANY = env.text("BIHUAN_COMPANY", "")  # printed on every form; empty: the name of the headquarters branch
CHECKPOINT_KEY = env.text("BIHUAN_CHECKPOINT_KEY")  # empty: the file checkpoint.key in HOME, made the first time
CHECKPOINT_DIR = Path(env.text("BIHUAN_CHECKPOINT_DIR", str(HOME / "checkpoints")))  # in production: a disk of another machine
CHECKPOINT_MAIL = env.names("BIHUAN_CHECKPOINT_MAIL")  # who keeps checkpoints in a mailbox
WORKER_IN_PROCESS = env.flag("BIHUAN_WORKER_IN_PROCESS")

METRICS_TOKEN = env.text("BIHUAN_METRICS_TOKEN")  # empty: /metrics does not exist, and nothing is counted
TRACE = env.flag("BIHUAN_TRACE")  # carry the proxy's traceparent into log lines and answers
LOG = env.choice("BIHUAN_LOG", ("json", "plain"), "json" if PRODUCTION else "plain")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s", "datefmt": "%Y-%m-%dT%H:%M:%S%z"},
        "json": {"()": "bihuan.kernel.watch.logs.JsonLine"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "bihuan.request": {"level": "INFO" if LOG == "json" else "WARNING"},  # a person at a terminal does not read each request
        "bihuan.jobs": {"level": "INFO" if LOG == "json" else "WARNING"},
        "django": {"handlers": [], "level": "INFO", "propagate": True},  # without Django's own handlers: no mails with local values
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
    },
}

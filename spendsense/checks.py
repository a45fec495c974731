"""System checks with ids: unsafe settings and an unsafe database role refuse to start."""

from collections.abc import Callable, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

from accounts import secondfactor, tokens

_THIS_MACHINE = "http://127.0.0.1"


@register(Tags.security)
def settings_are_safe(**_: Any) -> list[CheckMessage]:
    """What must hold wherever real people's data is; demo and test are machines with data of nobody."""
    if settings.AT_HOME:
        return []
    wrong: list[CheckMessage] = []

    def refuse(bad: bool, number: int, sentence: str, hint: str) -> None:
        if bad:
            wrong.append(Error(sentence, hint=hint, id=f"spendsense.E{number:03}"))

    refuse(settings.ENVIRONMENT != "production", 1, "SPENDSENSE_ENV is unknown.", "Use production, demo or test.")
    refuse(len(settings.SECRET_KEY) < 50, 2, "SECRET_KEY is short.", "Set 50 random characters or more.")
    refuse(not settings.ALLOWED_HOSTS, 3, "ALLOWED_HOSTS is empty.", "Name the hosts that are served.")
    refuse(
        "*" in settings.ALLOWED_HOSTS,
        4,
        "ALLOWED_HOSTS admits every host.",
        "Name the hosts that are served.",
    )
    refuse(settings.DEBUG, 5, "DEBUG is on.", "Debug pages show people's rows.")
    refuse(not settings.SECURE_HTTPS, 6, "SECURE_HTTPS is off.", "Cookies and HSTS need HTTPS.")
    refuse(settings.SMS_SENDER != "sns", 7, "SMS_SENDER is a fake one.", "Set SMS_SENDER=sns.")
    refuse(
        not settings.HEADLESS_JWT_PRIVATE_KEY,
        8,
        "JWT_PRIVATE_KEY is missing.",
        "Make one: openssl genrsa 2048.",
    )
    refuse(
        bool(settings.HEADLESS_JWT_PRIVATE_KEY) and not _strong(tokens.private, settings.HEADLESS_JWT_PRIVATE_KEY),
        30,
        "JWT_PRIVATE_KEY is no RSA key of 2048 bits or more.",
        "Make one: openssl genrsa 2048.",
    )
    refuse(
        bool(settings.JWT_FORMER_PUBLIC_KEY) and not _strong(tokens.public, settings.JWT_FORMER_PUBLIC_KEY),
        31,
        "JWT_FORMER_PUBLIC_KEY is no public RSA key of 2048 bits or more.",
        "Write it from the former private key: openssl rsa -pubout. Leave it empty 30 days after a change.",
    )
    refuse(settings.STORAGE not in ("disk", "s3"), 9, "STORAGE is unknown.", "Use disk or s3.")
    refuse(
        len(settings.SUBJECT_KEY) < 32,
        15,
        "SUBJECT_KEY is short.",
        "Set 32 random characters or more, and keep them as long as the audit chain.",
    )
    refuse(
        not secondfactor.keys_are_sound(settings.SECOND_FACTOR_KEYS),
        21,
        "SECOND_FACTOR_KEYS is missing, or holds something else than keys.",
        "Make one: python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'.",
    )
    refuse(
        bool(settings.LANGUAGE_MODEL_URL) and not settings.LANGUAGE_MODEL_URL.startswith(("https://", _THIS_MACHINE)),
        35,
        "LANGUAGE_MODEL_URL is neither https nor on this machine.",
        "People's figures travel there; use an encrypted address.",
    )
    refuse(
        settings.PERSON_GENERATOR not in ("rules", "openai"), 40, "PERSON_GENERATOR is unknown.", "Use rules or openai."
    )
    refuse(
        settings.PERSON_GENERATOR == "openai" and not settings.LANGUAGE_MODEL,
        41,
        "PERSON_GENERATOR=openai names no model.",
        "Set LANGUAGE_MODEL; nothing falls back to the rules in silence.",
    )
    refuse(not settings.WEBAUTHN_RP_ID, 22, "WEBAUTHN_RP_ID is missing.", "Name the domain security keys belong to.")
    return wrong


def _strong(load: Callable[[str], RSAPrivateKey | RSAPublicKey], pem: str) -> bool:
    try:
        return load(pem).key_size >= 2048
    except (TypeError, ValueError):  # no key, another kind of key, or one behind a pass phrase
        return False


@register(Tags.security)
def a_header_is_no_credential(**_: Any) -> list[CheckMessage]:
    if settings.CARDS_TRUST_TENANT_HEADER and not settings.DEBUG:
        hint = "Unset it, and call with an API key."
        return [Error("CARDS_TRUST_TENANT_HEADER lets anybody in.", hint=hint, id="spendsense.E023")]
    return []


@register(Tags.database)
def database_role_is_harmless(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """The serving role must be an ordinary one that owns nothing, or row security is a decoration."""
    if not databases or DEFAULT_DB_ALIAS not in databases:
        return []
    try:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(_POWERS)
            superuser, bypasses, owns = cursor.fetchone()
            cursor.execute(_OPEN_TABLES)
            open_tables = [name for (name,) in cursor.fetchall()]
    except OperationalError as gone:
        return [
            Error(
                "The database cannot be asked who we are.",
                hint=f"Check DATABASE_URL: {_without_password(gone)}",
                id="spendsense.E010",
            )
        ]
    hint = "Serve as a login role that owns nothing; migrate as the owner (DATABASE_OWNER_URL)."
    wrong: list[CheckMessage] = []
    if superuser:
        wrong.append(Error("The serving role is a superuser.", hint=hint, id="spendsense.E011"))
    if bypasses:
        wrong.append(Error("The serving role has BYPASSRLS.", hint=hint, id="spendsense.E012"))
    if owns:
        wrong.append(Error("The serving role owns tables.", hint=hint, id="spendsense.E013"))
    if open_tables:
        wrong.append(
            Error(
                f"Tables with a user_id lack forced row security: {', '.join(open_tables)}.",
                hint="Give each its line in a guards migration: SELECT app_protect('table', 'kind').",
                id="spendsense.E014",
            )
        )
    return wrong


_POWERS = """
    SELECT rolsuper, rolbypassrls,
           EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p')
                   AND c.relnamespace = 'public'::regnamespace)
      FROM pg_roles r WHERE rolname = current_user
"""
_OPEN_TABLES = """
    SELECT c.relname
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id' AND NOT a.attisdropped
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
     ORDER BY 1
"""


def _without_password(gone: OperationalError) -> str:
    """libpq names host, port and role in its message, never the password."""
    return str(gone).strip().splitlines()[0] if str(gone).strip() else "no answer"

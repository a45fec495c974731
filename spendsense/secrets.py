"""What the settings may not contain: the database's address and the key that signs tokens."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from environs import Env

ENGINE = "django.db.backends.postgresql"
HOME_KEY = "aG9tZS1vbmx5LW5vdC1hLXNlY3JldC1ob21lLW9ubHk="  # opens the second factors of people who do not exist
NOWHERE = "postgresql://spendsense_app@127.0.0.1:5432/spendsense"


def database(env: Env) -> dict[str, Any]:
    """The serving role's connection: DATABASE_SECRET in AWS Secrets Manager, else DATABASE_URL."""
    if name := env.str("DATABASE_SECRET", ""):
        return from_secret(read_secret(name, env.str("AWS_REGION", None)))
    return dict(env.dj_db_url("DATABASE_URL", NOWHERE, engine=ENGINE))


@cache
def read_secret(name: str, region: str | None) -> str:
    import boto3  # only a machine that keeps a secret pays for the client

    return str(boto3.client("secretsmanager", region_name=region).get_secret_value(SecretId=name)["SecretString"])


def from_secret(text: str) -> dict[str, Any]:
    """The JSON that Secrets Manager keeps for a PostgreSQL database, as a Django connection."""
    secret: Mapping[str, Any] = json.loads(text)
    return {
        "ENGINE": ENGINE,
        "NAME": secret.get("dbname", "spendsense"),
        "USER": secret["username"],
        "PASSWORD": secret["password"],
        "HOST": secret["host"],
        "PORT": str(secret.get("port", 5432)),
        "OPTIONS": {"sslmode": secret.get("sslmode", "require")},
    }


def apps(env: Env, provider: str) -> list[dict[str, str]]:
    """What a sign-in provider knows us by; nothing is offered of a provider that does not know us."""
    client_id = env.str(f"{provider}_CLIENT_ID", "")
    return [{"client_id": client_id, "secret": env.str(f"{provider}_CLIENT_SECRET", "")}] if client_id else []


def signing_key(env: Env, *, at_home: bool) -> str:
    """The RSA key of the access tokens: JWT_PRIVATE_KEY; at home one that lives as long as the process."""
    given = env.str("JWT_PRIVATE_KEY", "").replace("\\n", "\n")
    return given or (_passing_key() if at_home else "")


@cache
def _passing_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

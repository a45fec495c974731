"""Unsafe settings, and an unsafe database role, refuse to start."""

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.db import connections

from spendsense import checks


def pem_of(bits):
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


SAFE = {
    "AT_HOME": False,
    "ENVIRONMENT": "production",
    "SECRET_KEY": "x" * 50,
    "ALLOWED_HOSTS": ["spendsense.example"],
    "DEBUG": False,
    "SECURE_HTTPS": True,
    "SMS_SENDER": "sns",
    "HEADLESS_JWT_PRIVATE_KEY": settings.HEADLESS_JWT_PRIVATE_KEY,
    "JWT_FORMER_PUBLIC_KEY": "",
    "STORAGE": "s3",
    "SECOND_FACTOR_KEYS": ["aG9tZS1vbmx5LW5vdC1hLXNlY3JldC1ob21lLW9ubHk="],
    "WEBAUTHN_RP_ID": "spendsense.example",
}


def ids(configured, **changes):
    for name, value in {**SAFE, **changes}.items():
        setattr(configured, name, value)
    return [found.id for found in checks.settings_are_safe()]


def test_safe_settings_start(settings):
    assert ids(settings) == []
    assert ids(settings, LANGUAGE_MODEL_URL="http://127.0.0.1:11434/v1") == []


@pytest.mark.parametrize(
    ("changes", "id"),
    [
        ({"ENVIRONMENT": "staging"}, "E001"),
        ({"LANGUAGE_MODEL_URL": "http://models.example/v1"}, "E035"),
        ({"PERSON_GENERATOR": "gpt"}, "E040"),
        ({"PERSON_GENERATOR": "openai", "LANGUAGE_MODEL": ""}, "E041"),
        ({"SECRET_KEY": "short"}, "E002"),
        ({"ALLOWED_HOSTS": []}, "E003"),
        ({"ALLOWED_HOSTS": ["*"]}, "E004"),
        ({"DEBUG": True}, "E005"),
        ({"SECURE_HTTPS": False}, "E006"),
        ({"SMS_SENDER": "console"}, "E007"),
        ({"SMS_SENDER": "outbox"}, "E007"),
        ({"HEADLESS_JWT_PRIVATE_KEY": ""}, "E008"),
        ({"HEADLESS_JWT_PRIVATE_KEY": "a key"}, "E030"),
        ({"HEADLESS_JWT_PRIVATE_KEY": pem_of(1024)}, "E030"),
        ({"JWT_FORMER_PUBLIC_KEY": "a key"}, "E031"),
        ({"JWT_FORMER_PUBLIC_KEY": pem_of(2048)}, "E031"),  # the private key, where the public one belongs
        ({"STORAGE": "floppy"}, "E009"),
        ({"SECOND_FACTOR_KEYS": []}, "E021"),
        ({"SECOND_FACTOR_KEYS": ["not a key"]}, "E021"),
        ({"WEBAUTHN_RP_ID": ""}, "E022"),
    ],
)
def test_an_unsafe_setting_is_refused(settings, changes, id):
    assert ids(settings, **changes) == [f"spendsense.{id}"]


def test_the_serving_role_is_harmless(db):
    assert checks.database_role_is_harmless(databases=["default"]) == []


@pytest.mark.django_db(databases=["default", "owner"])
def test_serving_as_the_owner_is_refused(monkeypatch):
    monkeypatch.setattr(checks, "connections", {"default": connections["owner"]})
    assert [found.id for found in checks.database_role_is_harmless(databases=["default"])] == ["spendsense.E013"]


def test_a_table_with_a_user_and_no_wall_is_named(live_db):
    owner = settings.DATABASES["owner"]
    with psycopg.connect(host=owner["HOST"], user=owner["USER"], dbname=live_db) as raw:
        raw.execute("CREATE TABLE diaries (user_id uuid)")
    (found,) = checks.database_role_is_harmless(databases=["default"])
    assert found.id == "spendsense.E014" and "diaries" in found.msg


def test_a_header_is_no_credential_on_a_real_machine(settings):
    assert checks.a_header_is_no_credential() == []
    settings.CARDS_TRUST_TENANT_HEADER = True
    assert [error.id for error in checks.a_header_is_no_credential()] == ["spendsense.E023"]
    settings.DEBUG = True
    assert checks.a_header_is_no_credential() == []

"""Where the database's address comes from, and how a process connects."""

import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from environs import Env
from moto import mock_aws

from spendsense import secrets

KEPT = {"username": "serve", "password": "p@ss", "host": "db.example", "port": 6543, "dbname": "members"}


@pytest.fixture
def kept(monkeypatch):
    for name, value in {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "eu-west-1"}.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        boto3.client("secretsmanager", region_name="eu-west-1").create_secret(
            Name="spendsense/db", SecretString=json.dumps(KEPT)
        )
        yield
    secrets.read_secret.cache_clear()


def test_a_named_secret_goes_before_the_url(kept, monkeypatch):
    monkeypatch.setenv("DATABASE_SECRET", "spendsense/db")
    monkeypatch.setenv("DATABASE_URL", "postgresql://other@elsewhere/db")
    database = secrets.database(Env())
    assert {name: database[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")} == {
        "USER": "serve",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "6543",
        "NAME": "members",
    }
    assert database["OPTIONS"]["sslmode"] == "require"


def test_without_a_secret_the_url_speaks(monkeypatch):
    monkeypatch.delenv("DATABASE_SECRET", raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgresql://serve@%2Frun%2Fpg/members")
    database = secrets.database(Env())
    assert (database["HOST"], database["NAME"], database["USER"]) == ("/run/pg", "members", "serve")


def told(expression, **environ):
    """What the settings say in a process with this environment and nothing else of ours."""
    ours = ("SPENDSENSE_", "DATABASE_", "REDIS_", "SECRET_KEY", "JWT_", "ALLOWED_HOSTS")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    words = [sys.executable, "-c", f"from spendsense import settings as s; print({expression})"]
    root = Path(__file__).resolve().parents[2]
    ended = subprocess.run(words, cwd=root, env={**clean, **environ}, capture_output=True, text=True, check=True)
    return ended.stdout.strip()


def test_the_web_has_a_pool_and_a_worker_a_lasting_connection():
    pooled = "(s.DATABASES['default']['OPTIONS'].get('pool'), s.DATABASES['default']['CONN_MAX_AGE'])"
    web = told(pooled, SPENDSENSE_ENV="test", SPENDSENSE_PROCESS="web")
    assert web == "({'min_size': 5, 'max_size': 20, 'timeout': 30, 'max_idle': 600}, 0)"
    assert told(pooled, SPENDSENSE_ENV="test") == "(None, None)"
    assert told("s.DATABASES['default']['CONN_HEALTH_CHECKS']", SPENDSENSE_ENV="test") == "True"


def test_production_is_closed_until_it_is_opened():
    closed = told("repr((s.SECRET_KEY, s.ALLOWED_HOSTS, s.DEBUG, s.SECURE_HTTPS, s.METRICS_NETWORKS, s.SMS_SENDER))")
    assert closed == "('', [], False, True, [], 'sns')"


def test_redis_over_tls_is_verified_and_gives_up_after_five_seconds():
    tls = told("s.CELERY_BROKER_USE_SSL, s._redis_times_out", REDIS_URL="rediss://cache.example:6380/0")
    assert "CERT_REQUIRED" in tls and "'socket_timeout': 5" in tls

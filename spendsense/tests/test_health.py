"""What a balancer and a scraper are told."""

import pytest
from redis.exceptions import ConnectionError as RedisAway

from accounts import parts
from spendsense import health


@pytest.fixture(autouse=True)
def _asked_anew():
    health._applied.cache_clear()


def test_a_living_process_says_so_without_the_database(client):
    assert client.get("/health").json()["status"] == "healthy"


def test_a_product_that_can_serve_is_ready(client, db):
    answer = client.get("/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "service": "spendsense",
        "database": "connected",
        "migrations": "applied",
        "cache": "connected",
        "broker": "connected",
        "storage": "connected",
    }


def test_without_cache_it_serves_on_and_says_what_is_missing(client, db, monkeypatch):
    def away(_):
        raise RedisAway

    monkeypatch.setattr(parts, "get_redis_connection", away)
    answer = client.get("/ready")
    assert answer.status_code == 200
    assert (answer.json()["cache"], answer.json()["degraded"]) == ("away", ["cache"])


def test_without_storage_it_serves_on(client, db, settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.STORAGE_ROOT = tmp_path / "file" / "objects"
    assert client.get("/ready").json()["degraded"] == ["storage"]


def test_with_an_unapplied_migration_it_does_not_serve(client, db, monkeypatch):
    def unapplied():
        raise health._Unapplied

    monkeypatch.setattr(health, "_applied", unapplied)
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert (answer.json()["status"], answer.json()["reason"]) == ("not_ready", "migrations")


def test_metrics_are_for_the_scrape_network_and_admins(calling, maya, ada, settings):
    settings.METRICS_NETWORKS = []
    assert calling().get("/metrics").json()["code"] == "AUTH_REQUIRED"
    assert calling(maya).get("/metrics").status_code == 403
    assert calling(ada).get("/metrics").status_code == 200
    assert calling(ada, second_factor=False).get("/metrics").json()["code"] == "MFA_REQUIRED"


def test_the_scrape_network_needs_no_token(client, db):
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert "rate_limiter_unavailable_total" in answer.content.decode()

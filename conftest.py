"""What every test stands on: a migrated database served by the role that owns nothing, and people who call."""

import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.db import connections
from django.utils import timezone
from psycopg import sql
from pytest_django.plugin import DjangoDbBlocker

from accounts import rowsecurity, sms
from accounts.models import User
from accounts.tests import factories
from recommendations import shelf
from spendsense import settings as shipped


@dataclass(frozen=True)
class Databases:
    """The databases of one test process: a migrated template, and copies of it."""

    process: str

    @property
    def template(self) -> str:
        return f"spendsense_template_{self.process}"

    def make(self, name: str, template: str | None = None) -> None:
        self.drop(name)
        copied = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
        self._run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)) + copied)

    def drop(self, name: str) -> None:
        """A server process outlives its closed connection by a moment, and only its own role may end it."""
        given_up = time.monotonic() + 10
        while True:
            try:
                return self._run(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
            except psycopg.errors.ObjectInUse:
                if time.monotonic() > given_up:
                    raise
                time.sleep(0.02)

    def serve(self, name: str) -> None:
        for alias in connections:
            connections[alias].close()
            connections[alias].settings_dict["NAME"] = name

    def _run(self, statement: sql.Composed) -> None:
        owner = configured.DATABASES["owner"]
        with psycopg.connect(
            host=owner["HOST"],
            port=owner["PORT"] or None,
            user=owner["USER"],
            password=owner["PASSWORD"] or None,
            dbname="postgres",
            autocommit=True,
        ) as connection:
            connection.execute(statement)


@pytest.fixture(scope="session")
def databases(worker_id: str, django_db_blocker: DjangoDbBlocker) -> Iterator[Databases]:
    here = Databases(worker_id)
    with django_db_blocker.unblock():
        here.make(here.template)
        here.serve(here.template)
        call_command("migrate", verbosity=0)
        for alias in connections:
            connections[alias].close()
    yield here
    here.drop(here.template)


@pytest.fixture(scope="session")
def django_db_setup(databases: Databases, worker_id: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    name = f"spendsense_test_{worker_id}"
    databases.make(name, databases.template)
    databases.serve(name)
    yield
    with django_db_blocker.unblock():
        for alias in connections:
            connections[alias].close()
    databases.drop(name)


@pytest.fixture
def live_db(
    databases: Databases, django_db_setup: None, worker_id: str, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """A database of its own, in which a test may commit, use threads and kill things."""
    name, shared = f"spendsense_live_{worker_id}", f"spendsense_test_{worker_id}"
    databases.make(name, databases.template)
    with django_db_blocker.unblock():
        databases.serve(name)
        yield name
        databases.serve(shared)
    databases.drop(name)


@pytest.fixture(autouse=True)
def _nobody_is_throttled(settings: Any) -> None:
    """Test processes share one Valkey and one address; a test of the limit sets its own."""
    settings.RATE_LIMITS = {scope: (1_000_000, seconds) for scope, (_, seconds) in settings.RATE_LIMITS.items()}


@pytest.fixture(autouse=True)
def _no_cards_are_kept() -> None:
    """Tests share a process and an institution, and take their cards back without telling anybody."""
    shelf.forget()


@pytest.fixture
def limited(settings: Any) -> Callable[..., None]:
    """The limits as they are shipped (or as given), on keys that no other test has: `limited(login=(2, 60))`."""

    def limit(**changed: tuple[int, int]) -> None:
        settings.CACHE_PREFIX = f"{uuid.uuid4()}:"
        settings.RATE_LIMITS = {**shipped.RATE_LIMITS, **changed}

    return limit


@pytest.fixture
def redis_away(settings: Any) -> None:
    """Nobody listens where Redis should be."""
    nowhere = {**settings.CACHES["default"], "LOCATION": "unix:///nowhere/valkey.sock?db=0"}
    settings.CACHES = {"default": nowhere}


@pytest.fixture
def own_cache(settings: Any) -> None:
    """Keys in Redis that no other test has."""
    settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": f"{uuid.uuid4()}:"}}


@pytest.fixture
def quick(settings: Any) -> None:
    """Passwords are hashed with the least work."""
    settings.PASSWORD_HASHERS = ["accounts.tests.signing.QuickArgon2"]


@pytest.fixture
def outbox(settings: Any) -> list[Any]:
    """The text messages that were sent."""
    settings.SMS_SENDER = "outbox"
    sms.outbox.clear()
    return sms.outbox


@pytest.fixture
def calling() -> Callable[..., Any]:
    """An API client as which somebody calls: `calling(maya).get("/api/users/me")`; nobody without an argument."""
    from accounts.tests.callers import client_of

    return client_of


@pytest.fixture
def site(live_db: str) -> Iterator[str]:
    """The live database, served to browsers."""
    from operators.tests import browsers

    with browsers.serving() as address:
        yield address


@pytest.fixture
def chromium() -> Iterator[Any]:
    binary = shutil.which("chromium")
    if binary is None:
        pytest.skip("Chromium is not installed, so no page was looked at: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=binary, args=["--no-sandbox", "--disable-gpu"])


@pytest.fixture
def maya(db: None) -> User:
    return factories.consenting("maya")


@pytest.fixture
def noor(db: None) -> User:
    """Has not agreed to anything."""
    return factories.UserFactory(email="noor@example.test")


@pytest.fixture
def omar(db: None) -> User:
    return factories.UserFactory(email="omar@example.test", role="operator", level="senior")


@pytest.fixture
def junior(db: None) -> User:
    return factories.UserFactory(email="june@example.test", role="operator", level="junior")


@pytest.fixture
def ada(db: None) -> User:
    return factories.UserFactory(email="ada@example.test", role="admin")


@pytest.fixture
def now() -> Any:
    return timezone.now()


@pytest.fixture
def seeing() -> Callable[[User], Any]:
    """Look at the database with somebody's eyes: `with seeing(maya): ...`."""
    return lambda user: rowsecurity.viewing(rowsecurity.of(user))


@pytest.fixture
def own_store(settings: Any, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Objects under a folder of this test, for this process and for those it starts."""
    root = tmp_path_factory.mktemp("store") / "objects"
    settings.STORAGE_ROOT = root
    settings.STORAGES = {
        **settings.STORAGES,
        **{
            alias: {**settings.STORAGES[alias], "OPTIONS": {**settings.STORAGES[alias]["OPTIONS"], "location": place}}
            for alias, place in (
                ("default", root / settings.DATA_BUCKET),
                ("analytics", root / settings.ANALYTICS_BUCKET),
            )
        },
    }
    monkeypatch.setenv("STORAGE_ROOT", str(root))
    return root


@pytest.fixture
def shared_db(live_db: str, own_store: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The live database and the store, also for processes that this test starts."""
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        monkeypatch.setenv(name, urlsplit(os.environ[name])._replace(path=f"/{live_db}").geturl())
    return live_db

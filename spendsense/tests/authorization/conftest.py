"""One world for all tests of the matrix, in a database and a store of its own; each test takes back what it wrote."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from spendsense.tests.authorization.world import World, built


@pytest.fixture(scope="package")
def _own_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    root = tmp_path_factory.mktemp("matrix")
    stores = {
        alias: {**store, "OPTIONS": {**store["OPTIONS"], "location": root / alias}}
        if alias in ("default", "analytics")
        else store
        for alias, store in settings.STORAGES.items()
    }
    with override_settings(STORAGE_ROOT=root, STORAGES=stores):
        yield


@pytest.fixture(scope="package")
def world(
    databases: Any, django_db_setup: None, worker_id: str, django_db_blocker: DjangoDbBlocker, _own_store: None
) -> Iterator[World]:
    name = f"spendsense_matrix_{worker_id}"
    databases.make(name, databases.template)
    with django_db_blocker.unblock():
        databases.serve(name)
        made = built(timezone.now())
    yield made
    with django_db_blocker.unblock():
        databases.serve(f"spendsense_test_{worker_id}")
    databases.drop(name)


@pytest.fixture(autouse=True)
def _in_the_world(world: World, db: None) -> None:
    """The world's database is served before a transaction is opened in it."""

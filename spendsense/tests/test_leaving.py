"""Leaving as the walk works it off: what ended stands outside, objects go, exports are made, a store may be away."""

import json
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import consent, erasure, outside, receipts, removal, rowsecurity, storage, takeout
from accounts.models import Export
from accounts.models.leaving import Scope
from accounts.pseudonyms import subject_ref
from accounts.purposes import Purpose
from accounts.tests import factories
from accounts.tests.senders import PLAIN
from accounts.uploads import receive
from spendsense import pipeline

HOUR = timedelta(hours=1)


@pytest.fixture
def away(own_store):
    """The store cannot be reached: where its folders were, there is a file."""

    @contextmanager
    def gone():
        aside = own_store.with_name("aside")
        own_store.rename(aside)
        own_store.write_bytes(b"")
        yield
        own_store.unlink()
        aside.rename(own_store)

    return gone


def walked(now=None, stages=("load", "export", "leave", "expire")):
    return pipeline.run(clock=lambda: now or timezone.now(), stages=stages)


def test_a_walk_ends_what_began(maya, own_store, now):
    theo = factories.consenting("theo")
    for user in (maya, theo):
        receive(user=user, file_name="May.csv", data=PLAIN, options={}, now=now)
    walked()
    takeout.request(user=theo, now=now)
    erased = erasure.erase(user=maya, scope=Scope.ACCOUNT, now=now)
    assert receipts.told(erased.erasure)["objects"]["found"] == 3  # the file, its accounts and its transactions
    done = walked()
    assert done.done == {"leave": 3} and done.failed == {"leave": 0}
    told = receipts.told(receipts.find(erasure_id=erased.erasure.pk, token=erased.token, now=now))
    assert told["status"] == "complete" and told["objects"] == {"found": 3, "deleted": 3, "remaining": 0}
    (key,) = storage.keys("ledger")
    content = json.loads(storage.get(key))
    assert content == {
        "kind": "erasure", "scope": "account", "subject_ref": subject_ref(maya.pk),
        "at": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }  # fmt: skip
    with rowsecurity.viewing(rowsecurity.of(theo)):
        assert Export.objects.get().status == "ready"
    assert walked().done == {}


def test_while_the_store_is_away_everything_waits_and_nothing_is_lost(maya, away, now, seeing):
    receive(user=maya, file_name="May.csv", data=PLAIN, options={}, now=now)
    with seeing(maya):
        consent.revoke(user=maya, purpose=Purpose.NOTES, now=now)
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now)
    takeout.request(user=maya, now=now)
    with away():
        erased = erasure.erase(user=factories.consenting("theo"), scope=Scope.ACCOUNT, now=now)
        failed = walked(now, stages=("leave", "expire"))
        assert failed.failed["leave"] == failed.done["leave"] == 1  # the stage gives up, the next one has its turn
    assert len(outside.due(tenant_id=maya.tenant_id)) == 2
    done = walked(now + HOUR, stages=("leave",))
    assert (done.done, done.failed) == ({"leave": 4}, {"leave": 0})
    assert len(list(outside.lines())) == 2
    found = receipts.find(erasure_id=erased.erasure.pk, token=erased.token, now=now + HOUR)
    assert receipts.told(found)["status"] == "complete"


def test_a_week_later_the_file_of_an_export_is_gone(maya, own_store, now):
    takeout.request(user=maya, now=now)
    walked(now, stages=("leave",))
    assert len(list(storage.keys("exports"))) == 1
    assert walked(now + timedelta(days=7), stages=("leave",)).done == {"leave": 1}
    assert list(storage.keys("exports")) == []


def test_another_institution_walks_past(maya, own_store, now):
    elsewhere = factories.TenantFactory(slug="elsewhere")
    erasure.erase(user=maya, scope=Scope.ACCOUNT, now=now)
    assert pipeline.run(clock=timezone.now, stages=["leave"], tenants=[elsewhere]).done == {}
    assert removal.due(tenant_id=maya.tenant_id, now=now) and outside.due(tenant_id=maya.tenant_id)

"""`run_pipeline` as it is typed: here, stage by stage, and through a worker of its own process."""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings as configured
from django.utils import timezone

from accounts import loads, storage, uploads
from accounts.tests import factories
from accounts.tests.senders import PLAIN, rows_of
from accounts.tests.typing_in import typed
from spendsense import pipeline

pytestmark = pytest.mark.usefixtures("own_store")


def received(user, data=PLAIN, name="a.csv"):
    return uploads.receive(user=user, file_name=name, data=data, options={}, now=timezone.now()).upload


def ran(*words):
    return typed("run_pipeline", *words, "--quiet")


def test_what_is_due_is_done_once(maya, noor):
    received(maya)
    received(noor)
    said = ran()
    assert said.code == 0 and said.lines == [
        "done  5 items  failed 0  0:00:00"
    ]  # two loads; one refresh, one consideration and one export: noor said no
    assert rows_of(maya)["transactions"] == rows_of(noor)["transactions"] == 4
    assert list(storage.keys(f"transactions/user_id={maya.pk}", store=storage.ANALYTICS))
    assert ran("--json").lines == [json.dumps({"done": 0, "failed": 0})]


def test_a_bad_file_fails_and_does_not_stop_the_good_one(maya, noor):
    received(maya, PLAIN + b"main,2025-06-31,-1.00,Kiosk,Food\n")
    received(noor)
    said = ran("--stage", "load")
    assert said.code == 1 and said.lines == ["done  2 items  failed 1  0:00:00"]
    assert rows_of(maya)["transactions"] == 0 and rows_of(noor)["transactions"] == 4
    assert ran("--stage", "load").code == 0  # a file that can never load is never due again


def test_a_file_that_is_gone_is_a_fault_of_ours_and_tried_again_later(maya):
    upload = received(maya)
    storage.delete(upload.s3_key)
    assert ran("--stage", "load").lines == ["done  1 items  failed 1  0:00:00"]
    assert ran("--stage", "load").lines == ["done  0 items  failed 0  0:00:00"]


def test_one_stage_leaves_the_others_for_later(maya):
    received(maya)
    assert ran("--stage", "export,expire").lines == ["done  0 items  failed 0  0:00:00"]
    assert ran("--stage", " load , ").lines == ["done  1 items  failed 0  0:00:00"]
    assert ran("--stage", "export").lines == ["done  1 items  failed 0  0:00:00"]


def test_one_tenant_leaves_the_others_for_later(maya):
    received(maya)
    factories.TenantFactory(slug="elsewhere")
    assert ran("--tenant", "elsewhere").lines == ["done  0 items  failed 0  0:00:00"]


def test_one_person_leaves_the_others_for_later(maya, noor):
    received(maya)
    received(noor)
    assert ran("--user", maya.email).lines == ["done  4 items  failed 0  0:00:00"]  # load, refresh, propose, export
    assert (rows_of(maya)["transactions"], rows_of(noor)["transactions"]) == (4, 0)
    assert ran("--user", maya.email).lines == ["done  0 items  failed 0  0:00:00"]
    assert ran("--user", noor.email).lines == ["done  1 items  failed 0  0:00:00"]


def test_a_dry_run_says_what_is_due_by_now_and_does_nothing(maya, noor):
    received(maya)
    received(noor)
    said = ran("--dry-run", "--json", "--stage", "load,refresh")
    due = [(line["stage"], line["due"]) for line in map(json.loads, said.lines)]
    assert due == [("load", 2), ("refresh", 1)]
    assert ran("--dry-run", "--user", maya.email, "--stage", "load").lines == ["due  default  load  1"]
    assert rows_of(maya)["transactions"] == 0
    assert set(pipeline.WAITING) == set(pipeline.STAGES)


def test_processes_share_the_files(shared_db):
    people = [factories.consenting(f"p{n}") for n in range(3)]
    for user in people:
        received(user)
    # three loads, one shard, its people considered at once, three exports
    assert ran("--workers", "2").lines == ["done  8 items  failed 0  0:00:00"]
    assert [rows_of(user)["transactions"] for user in people] == [4, 4, 4]


def test_a_file_that_killed_three_workers_is_failed_and_stands_in_nobodys_way(maya, noor, now):
    given_up, other = received(maya), received(noor)
    at = now
    for _ in range(loads.ATTEMPTS):
        assert loads.claim(tenant_id=maya.tenant_id, now=at, upload_id=given_up.pk)
        at += loads.LEASE + timedelta(seconds=1)
    assert loads.claim(tenant_id=maya.tenant_id, now=at).pk == other.pk


def test_a_store_that_is_away_costs_no_file_a_try_and_stops_no_other_stage(maya, noor, own_store):
    received(maya)
    assert ran().code == 0
    received(noor)
    aside = own_store.with_name("aside")
    own_store.rename(aside)
    own_store.write_bytes(b"a file where the folder should be")
    walked = pipeline.run(clock=timezone.now)
    assert (walked.done, walked.failed) == ({"load": 1}, {"load": 1})
    own_store.unlink()
    aside.rename(own_store)
    later = timezone.now() + loads.LEASE + timedelta(seconds=1)
    assert loads.claim(tenant_id=noor.tenant_id, now=later).attempts == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--stage", "dance"], f"There is no stage dance; the stages are {', '.join(pipeline.STAGES)}."),
        (["--tenant", "moon"], "There is no tenant moon."),
    ],
)
def test_wrong_usage_is_told_and_ends_with_2(db, words, sentence):
    said = ran(*words)
    assert (said.code, said.err) == (2, sentence)


def test_waiting_for_a_worker_that_is_not_there_ends(maya):
    received(maya)
    said = ran("--through-worker", "--wait", "0.1")
    assert said.code == 1 and said.err == "1 uploads still wait after 0 s. Is a worker running?"


@pytest.fixture
def worker(live_db, monkeypatch, tmp_path):
    """A Celery worker that sees the live database; it ends with the test."""
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        monkeypatch.setenv(name, urlsplit(os.environ[name])._replace(path=f"/{live_db}").geturl())
    with (tmp_path / "worker.log").open("wb") as log:
        words = ["-m", "celery", "-A", "spendsense", "worker", "--pool", "solo", "--without-gossip", "--without-mingle"]
        process = subprocess.Popen([sys.executable, *words], cwd=configured.ROOT, stdout=log, stderr=log)
        yield process
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def test_a_worker_in_another_process_loads_what_waits(worker):
    people = [factories.consenting(f"p{n}") for n in range(3)]
    for user in people:
        received(user)
    received(people[0], PLAIN + b"main,2025-06-31,-1.00,Kiosk,Food\n", "bad.csv")
    said = ran("--through-worker", "--wait", "60")
    assert said.code == 1, said  # the bad file is told
    assert said.lines[0].startswith("done  4 items  failed 1  ")
    assert worker.poll() is None
    assert [rows_of(user)["transactions"] for user in people] == [4, 4, 4]

"""`import_statements` as it is typed: for one person and for many, looked at, repeated, interrupted and gone on."""

import json
import os
import signal
import time
from decimal import Decimal

import pytest
from django.db import connections
from django.utils import timezone

from accounts import loads, rowsecurity, uploads
from accounts.models import Transaction, Upload, User
from accounts.models.uploads import Channel, Status
from accounts.tests import factories
from accounts.tests.senders import PLAIN, rows_of, send
from accounts.tests.typing_in import ended, started, typed

BAD = b"account_id,date,amount,merchant\nmain,2025-06-03,-1.00,Kiosk\nmain,2025-06-04,twelve,Kiosk\n"
SPLIT = b"""account_id,date,amount,merchant
c-1,2025-06-01,2000.00,Northwind Payroll
c-2,2025-06-02,-5.00,Kiosk
c-1,2025-06-03,-7.00,Kiosk
"""


@pytest.fixture(autouse=True)
def _files_stay_here(own_store):
    pass


@pytest.fixture
def folder(tmp_path):
    """A folder of statements: `folder(maya=b"...")` writes maya@example.test.csv."""
    place = tmp_path / "statements"
    place.mkdir()

    def write(**files):
        for name, data in files.items():
            (place / f"{name}@example.test.csv").write_bytes(data)
        return place

    return write


def imported(*words):
    return typed("import_statements", *words, "--quiet")


def person(name):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return User.objects.filter(email=name if "@" in name else f"{name}@example.test").first()


def test_files_of_one_person_by_e_mail_or_by_id(maya, noor, tmp_path):
    (tmp_path / "june.csv").write_bytes(PLAIN)
    said = imported(tmp_path / "june.csv", "--user", "MAYA@example.test")
    assert said.code == 0
    assert said.lines == ["done  1 files  4 rows  inserted 4  updated 0  unchanged 0  failed 0  0:00:00"]
    assert imported(tmp_path / "june.csv", "--user", noor.pk).code == 0
    assert rows_of(maya)["transactions"] == rows_of(noor)["transactions"] == 4
    with rowsecurity.viewing(rowsecurity.of(maya)):
        assert Upload.objects.get().channel == Channel.COMMAND


def test_a_second_time_nothing_is_new(maya, tmp_path):
    (tmp_path / "june.csv").write_bytes(PLAIN)
    imported(tmp_path, "--user", maya.email)
    again = imported(tmp_path, "--user", maya.email)
    assert again.lines == ["done  1 files  4 rows  inserted 0  updated 0  unchanged 4  failed 0  0:00:00"]
    assert rows_of(maya)["data_uploads"] == 1 and rows_of(maya)["transactions"] == 4


def test_people_by_the_names_of_their_files(maya, noor, folder):
    place = folder(maya=PLAIN, noor=PLAIN)
    said = imported(place, "--users-from-names", "--json")
    assert json.loads(said.out) == {
        "done": 2, "rows": 8, "inserted": 8, "updated": 0, "unchanged": 0, "failed": 0,
    }  # fmt: skip
    assert rows_of(maya)["transactions"] == rows_of(noor)["transactions"] == 4


def test_a_name_that_is_nobodys_is_told_and_made_only_when_asked(db, folder):
    place = folder(theo=PLAIN)
    said = imported(place, "--users-from-names")
    assert said.code == 1 and person("theo") is None
    assert said.lines[1] == (
        "failed  theo@example.test.csv  UNKNOWN_PERSON  There is no person theo@example.test; --create-users makes one."
    )
    assert imported(place, "--users-from-names", "--create-users").code == 0
    assert rows_of(person("theo"))["transactions"] == 4


def test_a_file_named_after_nobody_makes_nobody(db, tmp_path):
    (tmp_path / "statement.csv").write_bytes(PLAIN)
    said = imported(tmp_path, "--users-from-names", "--create-users")
    assert said.code == 1 and person("statement") is None
    assert '"statement" is not an e-mail address' in said.lines[1]


def test_a_name_that_is_of_another_tenant_or_of_staff_gets_no_rows(omar, folder):
    elsewhere = factories.TenantFactory(slug="elsewhere")
    stranger = factories.UserFactory(email="theo@example.test", tenant=elsewhere)
    said = imported(folder(theo=PLAIN, omar=PLAIN), "--users-from-names", "--create-users")
    assert said.code == 1 and [line.split("  ")[2] for line in said.lines[1:]] == ["UNKNOWN_PERSON"] * 2
    assert rows_of(stranger)["data_uploads"] == 0


def test_one_big_file_for_many_people(db, tmp_path):
    (tmp_path / "all.csv").write_bytes(SPLIT)
    said = imported(tmp_path / "all.csv", "--split-by", "account_id", "--create-users")
    assert said.lines == ["done  1 files  3 rows  inserted 3  updated 0  unchanged 0  failed 0  0:00:00"]
    assert rows_of(person("c-1@import.invalid"))["transactions"] == 2
    assert rows_of(person("c-2@import.invalid"))["transactions"] == 1


def test_a_split_reads_what_a_load_reads(db, tmp_path):
    german = "Account_ID;date;amount;merchant\nc-1;01.06.2025;-7,50;Café Grün\n".encode("latin-1")
    (tmp_path / "all.csv").write_bytes(german)
    said = imported(tmp_path / "all.csv", "--split-by", "account_id", "--create-users", "--encoding", "latin-1")
    assert said.code == 0, said.out
    with rowsecurity.viewing(rowsecurity.of(person("c-1@import.invalid"))):
        assert Transaction.objects.values_list("merchant", "amount").get() == ("Café Grün", Decimal("-7.50"))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (PLAIN.replace(b"account_id", b"who"), "The first line names no column account_id to split by."),
        (SPLIT + b",2025-06-03,-7.00,Kiosk\n", "Line 5 has no account_id, so it belongs to nobody. Fill it in."),
        (b"\xff\xfe\0", "is not valid utf-16"),
        (b"account_id,date\n" + b'"' + b"x" * 200_000 + b'"', "Line 2 cannot be read"),
    ],
)
def test_a_file_that_cannot_be_split_is_told_why(db, tmp_path, data, sentence):
    (tmp_path / "all.csv").write_bytes(data)
    said = imported(tmp_path / "all.csv", "--split-by", "account_id", "--create-users")
    assert said.code == 1 and sentence in said.out


def test_a_bad_part_is_told_with_its_person(db, tmp_path):
    (tmp_path / "all.csv").write_bytes(SPLIT + b"c-2,2025-06-04,twelve,Kiosk\n")
    said = imported(tmp_path / "all.csv", "--split-by", "account_id", "--create-users")
    assert said.code == 1
    assert said.lines[1].startswith("failed  all.csv  account_id c-2, among its own rows  line 3  AMOUNT_INVALID  ")
    assert rows_of(person("c-1@import.invalid"))["transactions"] == 2
    assert rows_of(person("c-2@import.invalid"))["transactions"] == 0


def test_a_bad_file_is_named_with_its_line_and_the_others_are_loaded(maya, noor, folder):
    said = imported(folder(maya=BAD, noor=PLAIN), "--users-from-names")
    assert said.code == 1
    assert said.lines[0].startswith("done  2 files  4 rows  inserted 4  updated 0  unchanged 0  failed 1")
    assert said.lines[1].startswith("failed  maya@example.test.csv  line 3  AMOUNT_INVALID  ")
    assert said.lines[1].endswith('AMOUNT_INVALID  amount "twelve" is not an amount. Write it like -1234.56.')
    assert rows_of(maya)["transactions"] == 0 and rows_of(noor)["transactions"] == 4


def test_enough_failures_stop_it(db, folder):
    place = folder(**{f"p{n}": BAD for n in range(5)})
    said = imported(place, "--users-from-names", "--create-users", "--stop-after-failures", 2)
    assert said.code == 1 and said.lines[0].startswith("done  2 files  ") and len(said.lines) == 3


def test_a_look_prints_the_report_of_a_preview_and_stores_nothing(calling, maya, tmp_path):
    (tmp_path / "june.csv").write_bytes(PLAIN)
    said = imported(tmp_path / "june.csv", "--user", maya.email, "--dry-run")
    assert said.code == 0
    report = json.loads(said.lines[0])
    shown = send(calling(maya), PLAIN, to="/preview").json()
    shown.pop("ingestion_timestamp"), report.pop("ingestion_timestamp")
    assert report == {"file": "june.csv", **shown}
    assert rows_of(maya) == dict.fromkeys(rows_of(maya), 0)


def test_a_look_makes_nobody_and_shows_each_part(db, tmp_path):
    (tmp_path / "all.csv").write_bytes(SPLIT)
    said = imported(tmp_path / "all.csv", "--split-by", "account_id", "--create-users", "--dry-run")
    reports = [json.loads(line) for line in said.lines[:2]]
    assert [report["summary"]["transactions_valid"] for report in reports] == [2, 1]
    assert person("c-1@import.invalid") is None


def test_wishes_of_the_sender_reach_the_reader(maya, tmp_path):
    data = b"account_id;date;amount;merchant\nmain;03/04/2025;1,50;Kiosk\n"
    (tmp_path / "a.csv").write_bytes(data)
    wishes = ("--sign-policy", "plaid", "--date-order", "dmy", "--decimal-mark", ",", "--encoding", "utf-8")
    report = json.loads(imported(tmp_path, "--user", maya.email, "--dry-run", *wishes).lines[0])
    assert [(row["date"], row["amount"]) for row in report["rows"]] == [("2025-04-03", -1.5)]


def test_the_notes_beside_generated_files_are_no_statement(maya, tmp_path):
    (tmp_path / "label.json").write_text("[]")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "folder.csv" / "june.CSV").write_bytes(PLAIN)
    (tmp_path / "readme.txt").write_text("no statement")
    assert imported(tmp_path, "--user", maya.email).lines[0].startswith("done  1 files  4 rows")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["{here}", "--user", "ghost@example.test"], "There is no user ghost@example.test in tenant default."),
        (["{here}", "--user", "omar@example.test"], "omar@example.test is staff; statements belong to consumers."),
        (["{here}/none", "--users-from-names"], "none is not there."),
        (["{here}", "--users-from-names"], "There is no .json or .csv file under the given paths."),
        (["{here}", "--users-from-names", "--tenant", "moon"], "There is no tenant moon."),
    ],
)
def test_wrong_usage_is_told_and_ends_with_2(omar, tmp_path, words, sentence):
    said = imported(*(word.format(here=tmp_path) for word in words))
    assert said.code == 2 and said.err.endswith(sentence)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--workers", "-1", "--user", "x"], "-1 is no number of processes; 0 means this one"),
        (["--encoding", "klingon", "--user", "x"], "invalid choice: 'klingon'"),
        (["--user", "x", "--users-from-names"], "not allowed with argument"),
        ([], "one of the arguments --user --users-from-names --split-by is required"),
    ],
)
def test_an_option_that_cannot_be_meant_is_told(db, tmp_path, words, sentence):
    assert sentence in imported(tmp_path, *words).err


def test_the_shell_hears_2_for_wrong_usage_and_1_for_a_bad_file(shared_db, folder):
    place = folder(theo=BAD)
    wrong = started("import_statements", place, "--workers", "-1", "--users-from-names")
    failed = started("import_statements", place, "--users-from-names", "--create-users")
    wrong, failed = ended(wrong), ended(failed)
    assert (wrong.code, failed.code) == (2, 1)
    assert "Traceback" not in wrong.err + failed.err and "line 3  AMOUNT_INVALID" in failed.out


def test_a_file_that_another_worker_has_is_not_called_done(maya, tmp_path):
    now = timezone.now()
    uploads.receive(user=maya, file_name="a.csv", data=PLAIN, options={}, now=now, channel=Channel.COMMAND)
    assert loads.claim(tenant_id=maya.tenant_id, now=now).status == Status.PROCESSING
    (tmp_path / "june.csv").write_bytes(PLAIN)
    said = imported(tmp_path / "june.csv", "--user", maya.email)
    assert said.code == 1 and "STILL_LOADING" in said.lines[1]


def test_a_file_that_was_received_and_not_loaded_is_counted_as_new(maya, tmp_path):
    uploads.receive(user=maya, file_name="a.csv", data=PLAIN, options={}, now=timezone.now(), channel=Channel.COMMAND)
    (tmp_path / "june.csv").write_bytes(PLAIN)
    assert "inserted 4" in imported(tmp_path / "june.csv", "--user", maya.email).lines[0]


def test_two_workers_load_what_one_does(shared_db, folder):
    place = folder(**{f"p{n}": PLAIN for n in range(6)}, bad=BAD)
    (place / "later").mkdir()
    for n in range(6):  # the same people twice: two workers meet them at the same time
        (place / "later" / f"p{n}@example.test.csv").write_bytes(PLAIN + b"main,2025-07-01,-9.00,Kiosk,Food\n")
    said = imported(place, "--users-from-names", "--create-users", "--workers", 2)
    assert said.code == 1 and len(said.lines) == 2, said.out
    assert said.lines[0].startswith("done  13 files  54 rows  inserted 30  updated 0  unchanged 24  failed 1  ")
    assert {rows_of(person(f"p{n}"))["transactions"] for n in range(6)} == {5}


def completed():
    with rowsecurity.viewing(rowsecurity.pipeline(factories.TenantFactory().pk)):
        return Upload.objects.filter(status=Status.COMPLETED).count()


@pytest.mark.parametrize("workers", [0, 2])
def test_ctrl_c_ends_after_the_file_in_hand_and_running_again_goes_on(shared_db, folder, workers):
    files = 40
    place = folder(**{f"p{n:03}": PLAIN for n in range(files)})
    words = (place, "--users-from-names", "--create-users", "--workers", workers)
    process = started("import_statements", *words)
    given_up = time.monotonic() + 60
    while completed() < 3 and time.monotonic() < given_up:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the command and to its workers
    stopped = ended(process)
    assert stopped.code == 130 and "Traceback" not in stopped.err
    assert "Run the command again to go on." in stopped.err
    loaded = completed()
    assert 3 <= loaded < files
    assert stopped.lines[0].startswith(f"done  {loaded} files  {4 * loaded} rows  inserted {4 * loaded}  ")
    with rowsecurity.viewing(rowsecurity.pipeline(factories.TenantFactory().pk)):
        assert not Upload.objects.exclude(status=Status.COMPLETED).exists()
    again = imported(*words)
    new = 4 * (files - loaded)
    assert again.code == 0
    assert again.lines[0].startswith(
        f"done  {files} files  160 rows  inserted {new}  updated 0  unchanged {160 - new}  "
    )


def test_a_fault_of_ours_costs_its_file_and_no_other(live_db, folder):
    """Loading breaks for whoever has a kiosk; mended, the command goes on."""
    place = folder(maya=PLAIN + b"main,2025-06-05,-1.00,Broken Kiosk,Food\n", noor=PLAIN)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE transactions ADD CONSTRAINT broken CHECK (merchant <> 'Broken Kiosk')")
    connections["owner"].close()
    said = imported(place, "--users-from-names", "--create-users")
    assert (said.code, said.lines[0].split("  ")[1:3]) == (1, ["2 files", "4 rows"])
    assert said.lines[1].startswith("failed  maya@example.test.csv  PROCESSING_FAILED  It could not be loaded: ")
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        upload = Upload.objects.get(user=person("maya"))
    assert (upload.status, upload.attempts, upload.retry_after is None) == (Status.PENDING, 1, False)

"""Former personas are brought over once, with their ids and times; nothing is lost, and a run can be taken back."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection, connections, transaction

from accounts import rowsecurity
from accounts.tests import factories
from accounts.tests.typing_in import started, typed
from personas.models import LegacyRow, LegacyRun, Person, Portrait, PortraitVersion, Submission
from personas.portraits import sha256
from personas.tests.test_runs_killed import gone, killed_where_it_waits

COMMAND = "migrate_legacy_personas"
START = datetime(2024, 5, 1, 10, tzinfo=UTC)


def row(number, **changed):
    at = START + timedelta(minutes=number)
    return {
        "id": str(UUID(int=number)),
        "raw_text": f"Text {number}. I save.",
        "persona": {"name": f"Name {number}", "score": number / 4, "big": 1e22},
        "created_at": at.isoformat(),
        "updated_at": (at + timedelta(days=1)).isoformat(),
        **changed,
    }


@pytest.fixture
def tenant(db):
    return factories.TenantFactory()


@pytest.fixture
def dump(tmp_path, tenant):
    def write(*rows, name="dump.json"):
        path = tmp_path / name
        path.write_text(json.dumps(rows))
        return path

    return write


def stored(model, **wanted):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return list(model.objects.filter(**wanted).order_by("pk"))


def ran(source, *words):
    return typed(COMMAND, "--quiet", "--source", source, *words)


def first_line(ended):
    return ended.lines[0]


MOVED = "done  {} rows  migrated {}  already present {}  quarantined {}"


def test_a_row_becomes_a_person_with_its_text_its_persona_and_their_times(dump, tenant):
    ended = ran(dump(row(1), row(2)))
    assert ended.code == 0, ended
    assert ended.lines == [MOVED.format(2, 2, 0, 0), "compared  2 rows  matched 2  mismatches 0"]
    persona = stored(Portrait)[0]
    (person,) = stored(Person, pk=persona.person_id)
    (text,) = stored(Submission, person_id=person.pk)
    (version,) = stored(PortraitVersion, person_id=person.pk)
    at, later = START + timedelta(minutes=1), START + timedelta(days=1, minutes=1)
    assert (persona.id, persona.version, persona.created_at, persona.updated_at) == (UUID(int=1), 1, at, later)
    assert persona.persona == version.persona == {"name": "Name 1", "score": 0.25, "big": 10**22}
    assert (person.origin, person.created_at, person.tenant_id) == ("migration", at, tenant.pk)
    assert (person.person_data_count, person.characters) == (1, len("Text 1. I save."))
    assert (text.raw_text, text.source, text.created_at) == ("Text 1. I save.", "migration", at)
    assert text.sha256 == sha256("Text 1. I save.")
    assert persona.computed_from_data_ids == version.data_ids == [text.pk]
    assert version.portrait_id == UUID(int=1)
    (run,) = stored(LegacyRun)
    assert (run.status, run.mode, run.read, run.migrated) == ("completed", "live", 2, 2)
    assert run.finished_at and run.report["found"] == {"matched": 2}


def test_a_second_run_adds_nothing(dump):
    path = dump(row(1), row(2))
    assert ran(path).code == 0
    again = ran(path)
    assert (again.code, first_line(again)) == (0, MOVED.format(2, 0, 2, 0))
    assert len(stored(Person)) == len(stored(Submission)) == len(stored(PortraitVersion)) == 2


BAD = [
    row(3, raw_text=""),
    row(4, persona=None),
    row(5, persona="{"),
    row(6, persona=[]),
    row(7, raw_text="x" * 100_001),
    row(8, raw_text="a\x00b"),
    row(9, id="seventeen"),
    row(10, id=None),
    row(11, created_at="soon"),
    row(1, raw_text="Another text under an id of before."),
]


def test_what_cannot_be_brought_over_is_kept_with_its_reason(dump):
    ended = ran(dump(row(1), *BAD))
    assert ended.code == 3, ended
    assert first_line(ended) == MOVED.format(11, 1, 0, 10)
    kept = {one.old_id: (one.reason, one.raw) for one in stored(LegacyRow, outcome="quarantined")}
    assert {key: reason for key, (reason, _) in kept.items()} == {
        str(UUID(int=3)): "missing_text",
        str(UUID(int=4)): "missing_persona",
        str(UUID(int=5)): "invalid_json",
        str(UUID(int=6)): "persona_not_an_object",
        str(UUID(int=7)): "text_too_long",
        str(UUID(int=8)): "text_not_storable",
        "seventeen": "malformed_id",
        "row 9": "malformed_id",
        str(UUID(int=11)): "malformed_time",
        f"{UUID(int=1)} row 11": "id_in_use",
    }
    whole = [json.loads(raw["json"]) if "json" in raw else raw for _, raw in kept.values()]
    assert all(bad in whole for bad in BAD) and len(whole) == len(BAD)
    assert len(stored(Person)) == 1
    assert f"quarantined  {UUID(int=3)}  missing_text" in ended.lines
    assert ended.lines[-1] == "compared  11 rows  kept aside 10  matched 1  mismatches 0"


def test_an_id_that_somebody_has_already_is_not_taken(dump, tenant):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        person = Person.objects.create(tenant=factories.TenantFactory(slug="elsewhere"))
        Portrait.objects.create(id=UUID(int=1), tenant_id=person.tenant_id, person=person, persona={})
    ended = ran(dump(row(1), row(2)))
    assert (ended.code, first_line(ended)) == (3, MOVED.format(2, 1, 0, 1))
    assert stored(LegacyRow, outcome="quarantined")[0].reason == "id_in_use"


def test_a_row_that_comes_twice_is_one_persona(dump):
    ended = ran(dump(row(1), row(1), row(2), row(1)), "--chunk", "3")
    assert (ended.code, first_line(ended)) == (0, MOVED.format(4, 2, 2, 0))
    assert len(stored(Person)) == 2


def test_who_was_deleted_since_does_not_come_back(dump):
    path = dump(row(1), row(2))
    ran(path)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Person.objects.filter(portrait=UUID(int=1)).delete()
    again = ran(path)
    assert (again.code, again.lines) == (
        0,
        [MOVED.format(2, 0, 2, 0), "compared  2 rows  gone 1  matched 1  mismatches 0"],
    )
    assert len(stored(Person)) == 1


def test_a_dry_run_writes_nothing(dump):
    ended = ran(dump(row(1), BAD[0]), "--dry-run")
    assert (ended.code, ended.lines) == (3, ["counted  2 rows  migrated 1  already present 0  quarantined 1"])
    assert not (stored(LegacyRun) or stored(LegacyRow) or stored(Person))


def test_comparing_before_anything_was_brought_over_looks_at_the_source(dump):
    ended = ran(dump(row(1)), "--validate-only")
    assert (ended.code, first_line(ended)) == (0, "counted  1 rows  migrated 1  already present 0  quarantined 0")
    assert "yet" in ended.err and not stored(LegacyRun)


def test_comparing_writes_its_report_and_nothing_else(dump):
    path = dump(row(1))
    ran(path)
    before = [stored(Person), stored(LegacyRow)]
    ended = ran(path, "--validate-only")
    assert (ended.code, ended.lines) == (0, ["compared  1 rows  matched 1  mismatches 0"])
    assert [stored(Person), stored(LegacyRow)] == before
    assert stored(LegacyRun, mode="validate")[0].report["mismatches"] == 0


def tamper(statement):
    """As an owner of the tables could, past every trigger."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("changed", "finding"),
    [
        (lambda rows: [*rows, row(3)], "not_migrated"),
        (lambda rows: [rows[0] | {"raw_text": "Another."}, rows[1]], "not_migrated"),
        (lambda rows: [rows[0], row(2, raw_text="")], "not_kept"),
    ],
)
def test_a_source_that_says_something_else_is_a_mismatch(dump, changed, finding):
    rows = [row(1), row(2)]
    ran(dump(*rows))
    ended = ran(dump(*changed(rows)), "--validate-only")
    assert ended.code == 1, ended
    assert any(line.startswith("mismatch") and line.endswith(finding) for line in ended.lines)


def test_a_person_without_a_persona_is_a_mismatch(dump):
    path = dump(row(1), row(2))
    ran(path)
    tamper("DELETE FROM personas WHERE id = '00000000-0000-0000-0000-000000000001'")
    ended = ran(path, "--validate-only")
    assert ended.code == 1, ended
    assert stored(LegacyRun, mode="validate")[0].report["persons_without_submission_or_persona"] == 1


def run_id():
    (run,) = stored(LegacyRun, mode="live")
    return run.pk


def test_a_run_is_taken_back_and_can_be_made_again(dump):
    path = dump(row(1), row(2), BAD[0])
    ran(path)
    ended = typed(COMMAND, "--quiet", "--rollback", run_id(), "--chunk", "1")
    assert (ended.code, ended.lines) == (0, ["taken back  2 persons  left 0  0:00:00"])
    assert not (stored(Person) or stored(Submission) or stored(Portrait) or stored(PortraitVersion))
    assert sorted(one.outcome for one in stored(LegacyRow)) == ["quarantined", "rolled_back", "rolled_back"]
    assert stored(LegacyRun)[0].status == "rolled_back"
    again = ran(path)
    assert (again.code, first_line(again)) == (3, MOVED.format(3, 2, 0, 1))


def test_whoever_was_added_to_since_stays(dump):
    ran(dump(row(1), row(2)))
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        person = Person.objects.get(portrait=UUID(int=1))
        Person.objects.filter(pk=person.pk).update(person_data_count=2)
    ended = typed(COMMAND, "--quiet", "--rollback", run_id())
    assert (ended.code, ended.lines) == (
        1,
        ["taken back  1 persons  left 1  0:00:00", f"left, added to since: {UUID(int=1)}"],
    )
    assert [one.pk for one in stored(Portrait)] == [UUID(int=1)]
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        Person.objects.update(person_data_count=1)
    assert typed(COMMAND, "--quiet", "--rollback", run_id()).code == 0
    report = stored(LegacyRun)[0].report["rollback"]
    assert (report["removed"], report["left"], stored(Portrait)) == (2, [], [])


@pytest.mark.parametrize(
    "words",
    [
        ("--source", "dump.xml"), ("--source", "table:no_such_table"), ("--source", "table:tenants"), (),
        ("--rollback", UUID(int=9)), ("--source", "x.json", "--chunk", "0"),
        ("--source", "x.json", "--dry-run", "--validate-only"), ("--source", "x.json", "--tenant", "nobody"),
    ],
)  # fmt: skip
def test_wrong_usage_is_told_in_a_sentence(tenant, words):
    ended = typed(COMMAND, "--quiet", *words)
    assert ended.code in (1, 2) and ended.err and "Traceback" not in ended.err


@pytest.mark.parametrize(
    "name", ["gone.json", "dump.xml", "table:no_such_table", "table:tenants", "table:x;y", "broken.json"]
)
def test_a_source_that_cannot_be_read_is_wrong_usage_and_leaves_no_run(tenant, tmp_path, name):
    if name == "broken.json":
        (tmp_path / name).write_text("no rows")
        name = str(tmp_path / name)
    ended = typed(COMMAND, "--quiet", "--source", name)
    assert ended.code == 2 and ended.err and not stored(LegacyRun)


def test_one_institution_does_not_take_back_anothers_run(dump):
    ran(dump(row(1)))
    factories.TenantFactory(slug="elsewhere")
    ended = typed(COMMAND, "--quiet", "--tenant", "elsewhere", "--rollback", run_id())
    assert ended.code == 1 and len(stored(Person)) == 1


def test_nobody_but_maintenance_sees_what_was_kept(dump, omar):
    ran(dump(row(1), BAD[0]))
    for viewer in (rowsecurity.NOBODY, rowsecurity.SIGNIN, rowsecurity.of(omar), rowsecurity.pipeline(omar.tenant_id)):
        with rowsecurity.viewing(viewer):
            assert not LegacyRow.objects.exists() and not LegacyRun.objects.exists()


def test_json_lines_for_programs(dump):
    ended = ran(dump(row(1), BAD[0]), "--json")
    first, aside, compared = map(json.loads, ended.out.splitlines())
    assert (first["read"], first["migrated"], first["quarantined"]) == (2, 1, 1)
    assert aside == {"quarantined": str(UUID(int=3)), "reason": "missing_text"}
    assert compared["compared"]["mismatches"] == 0


# -- from a table, killed half way


@pytest.fixture
def table(shared_db):
    """120 rows of a former table in a database that other processes see."""
    factories.TenantFactory()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (serving,) = cursor.fetchone()
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "CREATE TABLE legacy_personas (id uuid PRIMARY KEY, raw_text text, persona jsonb,"
            " created_at timestamp, updated_at timestamptz)"
        )
        cursor.executemany(
            "INSERT INTO legacy_personas VALUES (%(id)s, %(raw_text)s, %(persona)s, %(created_at)s, %(updated_at)s)",
            [{**one, "persona": json.dumps(one["persona"])} for one in map(row, range(1, 121))],
        )
        cursor.execute(f"GRANT SELECT ON legacy_personas TO {serving}")
    connections["owner"].close()
    return "table:legacy_personas"


def test_a_table_is_brought_over(table):
    ended = ran(table, "--chunk", "50")
    assert (ended.code, ended.lines) == (
        0,
        [MOVED.format(120, 120, 0, 0), "compared  120 rows  matched 120  mismatches 0"],
    )


def test_a_killed_run_goes_on_where_it_stopped_and_nothing_is_there_twice(table):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        # Somebody writes the id of row 70 and has not committed: the third chunk waits, and is killed.
        person = Person.objects.create(tenant=factories.TenantFactory())
        Portrait.objects.create(id=UUID(int=70), tenant_id=person.tenant_id, person=person, persona={})
        session = killed_where_it_waits(started(COMMAND, "--quiet", "--source", table, "--chunk", "30"))
        transaction.set_rollback(True)
    gone(session)
    (run,) = stored(LegacyRun)
    assert (run.status, run.read, run.migrated) == ("running", 60, 60)
    assert len(stored(Person)) == len(stored(Submission)) == len(stored(Portrait)) == len(stored(LegacyRow)) == 60
    ended = ran(table, "--chunk", "30")
    assert (ended.code, ended.lines) == (
        0,
        [MOVED.format(120, 120, 0, 0), "compared  120 rows  matched 120  mismatches 0"],
    )
    assert [one.pk for one in stored(LegacyRun)] == [run.pk]
    assert len(stored(Person)) == len(stored(Submission)) == len(stored(PortraitVersion)) == 120

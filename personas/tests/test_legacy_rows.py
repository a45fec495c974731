"""What a source gives is read whatever its size, and judged before anything is written."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from accounts.fingerprints import fingerprint
from personas.legacy import sources
from personas.legacy.rows import LONGEST, Reason, Sound, judged, kept, parsed
from personas.portraits import sha256

ID = "0f6c0e7b-6a0e-4c53-9d0e-2f0f5b1d9a11"
ROW = {
    "id": ID,
    "raw_text": "I save.",
    "persona": {"name": "Maya"},
    "created_at": "2024-05-01T10:00:00Z",
    "updated_at": "2024-06-01T10:00:00+02:00",
}


def test_a_row_that_can_be_brought_over():
    row = judged(ROW, 1)
    assert row.key == ID
    assert row.found == Sound(
        UUID(ID),
        "I save.",
        '{"name":"Maya"}',
        datetime(2024, 5, 1, 10, tzinfo=UTC),
        datetime(2024, 6, 1, 8, tzinfo=UTC),
        sha256("I save."),
        fingerprint({"name": "Maya"}),
    )


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"id": None}, Reason.MALFORMED_ID),
        ({"id": "17"}, Reason.MALFORMED_ID),
        ({"raw_text": None}, Reason.MISSING_TEXT),
        ({"raw_text": ""}, Reason.MISSING_TEXT),
        ({"raw_text": " \n\t\u200b"}, Reason.MISSING_TEXT),
        ({"raw_text": " " * 200}, Reason.MISSING_TEXT),
        ({"raw_text": 7}, Reason.MISSING_TEXT),
        ({"raw_text": "x" * (LONGEST + 1)}, Reason.TEXT_TOO_LONG),
        ({"raw_text": "a\x00b"}, Reason.TEXT_NOT_STORABLE),
        ({"raw_text": "a\ud800b"}, Reason.TEXT_NOT_STORABLE),
        ({"persona": None}, Reason.MISSING_PERSONA),
        ({"persona": ""}, Reason.MISSING_PERSONA),
        ({"persona": "null"}, Reason.MISSING_PERSONA),
        ({"persona": "{"}, Reason.INVALID_JSON),
        ({"persona": '{"a": NaN}'}, Reason.INVALID_JSON),
        ({"persona": '{"a": 1e999}'}, Reason.INVALID_JSON),
        ({"persona": '{"a": "\\u0000"}'}, Reason.INVALID_JSON),
        ({"persona": '{"a": "\\ud800"}'}, Reason.INVALID_JSON),
        ({"persona": "[" * 100_000}, Reason.INVALID_JSON),
        ({"persona": "[]"}, Reason.PERSONA_NOT_AN_OBJECT),
        ({"persona": ["a"]}, Reason.PERSONA_NOT_AN_OBJECT),
        ({"created_at": None}, Reason.MALFORMED_TIME),
        ({"created_at": "yesterday"}, Reason.MALFORMED_TIME),
        ({"updated_at": 7}, Reason.MALFORMED_TIME),
    ],
)
def test_a_row_that_cannot_says_why_and_is_kept_as_a_table_can_hold_it(changed, reason):
    row = judged(ROW | changed, 17)
    assert row.found == reason
    json.dumps(kept(row.given), allow_nan=False).encode()
    assert "\\u0000" not in json.dumps(kept(row.given)).replace("\\\\u0000", "")


def test_a_row_without_an_id_is_known_by_its_place():
    assert judged({}, 17).key == "row 17"
    assert judged(ROW | {"id": "x" * 81}, 17).key == "row 17"
    assert judged(ROW | {"id": "a\x00"}, 17).key == "row 17"
    assert judged(ROW | {"id": "17"}, 3).key == "17"


def test_an_update_that_is_missing_was_the_creation_and_a_time_without_zone_is_utc():
    found = judged(ROW | {"updated_at": None, "created_at": "2024-05-01 10:00:00"}, 1).found
    assert found.created_at == found.updated_at == datetime(2024, 5, 1, 10, tzinfo=UTC)


def test_numbers_are_what_the_database_gives_back():
    assert parsed("[1e22, 1.5, -0.0, 1e-7, 3]") == [10**22, 1.5, 0.0, 1e-7, 3]
    assert [type(one) for one in parsed("[1e22, 1.5]")] == [int, float]


def rows(path):
    return list(sources.source(str(path)).rows())


@pytest.mark.parametrize("piece", [1, 2, 7, 1 << 16])
@pytest.mark.parametrize(
    "text",
    [
        json.dumps([ROW, {"id": "]"}, {}]),
        json.dumps([ROW, {"id": "]"}, {}], indent=2),
        json.dumps({"export_format": "json", "total_exported": 3, "personas": [ROW, {"id": "]"}, {}]}),
        "\ufeff [ " + json.dumps(ROW) + " ,\n" + json.dumps({"id": "]"}) + ",{}]\n",
    ],
)
def test_a_dump_in_json_is_read_in_pieces(tmp_path, monkeypatch, text, piece):
    monkeypatch.setattr(sources, "PIECE", piece)
    path = tmp_path / "dump.json"
    path.write_text(text)
    assert rows(path) == [ROW, {"id": "]"}, {}]


@pytest.mark.parametrize(
    "text", ["", "{}", "[", '[{"id": 1}', '[{"id": 1} {"id": 2}]', '[{"id": 1},', '[{"id":', "x[1]"]
)
def test_a_file_that_is_no_array_of_rows_is_told(tmp_path, text):
    path = tmp_path / "dump.json"
    path.write_text(text)
    with pytest.raises(sources.Unreadable):
        rows(path)


def test_something_else_than_an_object_in_an_array_is_a_row_too(tmp_path):
    path = tmp_path / "dump.json"
    path.write_text('[1, "two", {}]')
    assert [judged(one, 1).found for one in rows(path)] == [Reason.MALFORMED_ID] * 3


def test_a_dump_in_csv(tmp_path):
    path = tmp_path / "dump.csv"
    path.write_text(
        "\ufeffid,raw_text,persona,created_at,updated_at\n"
        f'{ID},"I save.\nA lot.","{{""name"": ""Maya""}}",2024-05-01,\n'
        "17,,,,\n"
    )
    first, second = rows(path)
    assert judged(first, 1).found.text == "I save.\nA lot."
    assert judged(first, 1).found.persona == '{"name":"Maya"}'
    assert second == {"id": "17", "raw_text": None, "persona": None, "created_at": None, "updated_at": None}


@pytest.mark.parametrize(
    "content", [b"id,raw_text\n1,2\n", b"", b"id,raw_text,persona,created_at,updated_at\n\xff\xfe,"]
)
def test_a_csv_without_its_columns_or_in_another_encoding_is_told(tmp_path, content):
    path = tmp_path / "dump.csv"
    path.write_bytes(content)
    with pytest.raises(sources.Unreadable):
        rows(path)


@pytest.mark.parametrize(
    "named", ["dump.xml", "missing.json", "table:", "table:a b", 'table:a"; DROP TABLE users', "table:a.b.c"]
)
def test_what_is_no_source_is_told(named):
    with pytest.raises(sources.Unreadable):
        sources.source(named)

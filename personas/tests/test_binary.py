"""The cursor that carries a shard: values as they are, counted and refused like any other statement's."""

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from personas import binary

VALUES = {"words": ['a "quoted" one', "", "ü", None], "raw": b"\x00\xff\\"}


def test_values_arrive_and_come_back_as_they_are(db):
    with binary.cursor() as cursor:
        cursor.execute("SELECT %(words)b::text[], %(raw)b::bytea, array_length(%(words)b::text[], 1)", VALUES)
        assert cursor.fetchall() == [(VALUES["words"], VALUES["raw"], 4)]


def test_its_statements_are_counted_and_its_errors_are_djangos(db):
    with CaptureQueriesContext(connection) as captured, binary.cursor() as cursor:
        cursor.execute("SELECT cardinality(%(words)b::text[])", VALUES)
    assert len(captured) == 1
    with pytest.raises(ProgrammingError), transaction.atomic(), binary.cursor() as cursor:
        cursor.execute("SELECT something FROM nowhere")

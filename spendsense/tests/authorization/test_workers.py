"""A command or a task that names no context reads nothing and writes nothing; a command names those of the table."""

import io
from contextlib import suppress

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection

from accounts import rowsecurity
from accounts.models import User
from spendsense.tests.authorization.workers import CALLED_AS_IT_IS, COMMANDS

WITH_A_PERSON = """
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE a.attname IN ('user_id', 'subject_ref') AND NOT a.attisdropped AND c.relnamespace = 'public'::regnamespace
       AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition ORDER BY 1
"""


def test_without_a_context_there_is_nobody(world):
    with rowsecurity.viewing(rowsecurity.NOBODY), connection.cursor() as cursor:
        cursor.execute(WITH_A_PERSON)
        tables = [table for (table,) in cursor.fetchall()]
        assert {"users", "transactions", "user_personas", "audit_entries", "exports"} <= set(tables)
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (0,), f"{table} is read by whoever comes"


def test_without_a_context_nothing_is_written(world):
    with rowsecurity.viewing(rowsecurity.NOBODY):
        assert User.objects.update(role="admin") == 0
        assert User.objects.filter(pk=world.people["maya"].pk).delete()[0] == 0
    with pytest.raises(ProgrammingError, match="row-level security"), rowsecurity.viewing(rowsecurity.NOBODY):
        User.objects.create(email="nobody@example.test", tenant=world.people["maya"].tenant)


@pytest.mark.parametrize("agreed", ["maya", "zoe"])
def test_the_pipeline_of_an_institution_sees_its_consenting_people_only(world, agreed):
    with rowsecurity.viewing(rowsecurity.pipeline(world.people[agreed].tenant_id)):
        seen = set(User.objects.values_list("pk", flat=True))
    assert seen == {world.people[name].pk for name in (["zoe"] if agreed == "zoe" else ["maya", "theo"])}


@pytest.mark.parametrize("name", CALLED_AS_IT_IS)
def test_a_command_looks_with_no_other_eyes_than_the_tables(world, name):
    used = set()

    def noted(execute, sql, params, many, context):
        if "app.current_role" in str(sql):
            used.add(str(params[0]))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(noted), suppress(SystemExit):  # some end with 1 to say what they found
        call_command(name, stdout=io.StringIO(), stderr=io.StringIO())
    assert used - {""} <= COMMANDS[name]

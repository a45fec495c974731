"""Nothing can be called that stands in no table, and no table speaks of what is not there."""

from collections import Counter

from celery import current_app
from django.contrib import admin
from django.core.management import get_commands

from spendsense.tests.authorization import console, doors, routes
from spendsense.tests.authorization.table import COLUMNS, LINES
from spendsense.tests.authorization.workers import COMMANDS, TASKS

OURS = {"accounts", "personas", "recommendations", "operators", "spendsense"}
OF_SCRAPERS = {"GET /metrics"}  # its own test in test_doors


def tabled() -> set[str]:
    of_library = {
        f"{method} /api/auth/{client}/v1/{route}"
        for client in doors.CLIENTS
        for method, _, route in (operation.partition(" ") for operation in doors.LIBRARY)
        if client == "app" or f"{method} {route}" not in doors.OF_APPS
    }
    ours = {routes.nameless(line.operation) for line in LINES}
    return ours | set(doors.OPEN) | of_library | set(doors.PAGES) | console.operations() | OF_SCRAPERS


def test_every_operation_stands_in_a_table():
    missing = routes.operations() - tabled()
    assert not missing, f"Say in spendsense/tests/authorization who may call {sorted(missing)}."


def test_no_table_speaks_of_what_cannot_be_called():
    stale = tabled() - routes.operations()
    assert not stale, f"There is no {sorted(stale)} any more: take the lines away."


def test_a_line_has_a_word_for_every_column_and_stands_once():
    assert all(len(line.cells.replace("|", "").split()) == len(COLUMNS) for line in LINES)
    assert not [one for one, times in Counter(line.operation for line in LINES).items() if times > 1]


def test_the_console_has_the_pages_of_the_table_and_no_other():
    registered = {model._meta.label_lower for model in admin.site._registry}
    assert registered == set(console.PAGES)


def test_every_command_of_ours_stands_in_the_table():
    assert {name for name, app in get_commands().items() if app in OURS} == set(COMMANDS)


def test_every_task_stands_in_the_table():
    current_app.loader.import_default_modules()
    assert {name for name in current_app.tasks if not name.startswith("celery.")} == set(TASKS)

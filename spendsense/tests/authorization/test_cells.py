"""Every cell of the table: its status and code, nothing of others in the answer, nothing written or logged of a no."""

import pytest

from spendsense.tests.authorization import changes
from spendsense.tests.authorization.calls import call, code_of, filled, said
from spendsense.tests.authorization.table import ALWAYS, COLUMNS, LINES, SERVICE

CELLS = [(line, column) for line in LINES for column in COLUMNS if line.cell(column) != "-"]
REFUSED = [(line, column) for line in LINES for column in ALWAYS]


def named(cells):
    return [f"{line.operation}, {column}" for line, column in cells]


def everything(world):
    """What no log line says of anybody."""
    return set().union(*world.identity.values(), *world.money.values(), *world.notes.values())


def held(world, line, who, whom, status, code, caplog):
    caplog.set_level("INFO")
    words, before = world.named(whom), changes.counted()
    answer = call(world, line, who, words)
    assert (answer.status_code, code_of(answer)) == (status, code), answer.content[:500]
    sent = filled(line.path, words) + str(filled(line.body, words))
    told = said(answer)
    leaked = {secret for secret in world.secrets(seen_by=who, shown=status < 400) if secret in told}
    assert not {secret for secret in leaked if secret not in sent}
    written = changes.since(before)
    if status >= 400:
        assert written <= line.locks
        assert not {one for one in everything(world) if one in caplog.text}
    elif line.method == "GET":
        assert written <= changes.OF_AUDIT | line.marks


@pytest.mark.parametrize(("line", "column"), CELLS, ids=named(CELLS))
def test_a_cell_holds(world, line, column, caplog):
    who, whom = COLUMNS[column]
    cell = line.cell(column)
    held(world, line, who, whom, line.status(cell), line.code(cell), caplog)


@pytest.mark.parametrize(("line", "column"), REFUSED, ids=named(REFUSED))
def test_who_is_always_refused_is_refused_here(world, line, column, caplog):
    held(world, line, *ALWAYS[column], caplog)


@pytest.mark.parametrize("line", LINES, ids=[line.operation for line in LINES])
def test_a_service_reaches_the_routes_of_its_scopes(world, line, caplog):
    code = line.code(str(line.service)) if line.service >= 400 else ""
    held(world, line, *SERVICE, line.service, code, caplog)

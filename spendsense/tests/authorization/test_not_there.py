"""Somebody else's, nothing's and no id at all: the same status, code, sentence and headers."""

import re
from uuid import uuid4

import pytest

from spendsense.tests.authorization.calls import VARYING, call, code_of
from spendsense.tests.authorization.table import COLUMNS, LINES

NAMING = [
    (line, column)
    for line in LINES
    for column in ("other", "admin of elsewhere")
    if "{" in line.path and "{version}" not in line.path and line.cell(column) == "404"
]


def seen(world, line, who, words):
    answer = call(world, line, who, words)
    told = answer.json()
    del told["request_id"]
    for given in words.values():
        told["detail"] = told["detail"].replace(given, "it")
    headers = {name: value for name, value in answer.items() if name not in {*VARYING, "Content-Length"}}
    return answer.status_code, code_of(answer), told, headers


@pytest.mark.parametrize(("line", "column"), NAMING, ids=[f"{line.operation}, {column}" for line, column in NAMING])
def test_not_yours_is_not_there(world, line, column):
    who, whom = COLUMNS[column]
    named = re.findall(r"\{(\w+)}", line.path)
    theirs = {word: world.named(whom)[word] for word in named}
    nothing = {word: str(uuid4()) for word in named}
    no_id = dict.fromkeys(named, "no-id-at-all")
    first = seen(world, line, who, theirs)
    assert first == seen(world, line, who, nothing)
    assert first == seen(world, line, who, no_id)


def test_the_person_of_a_path_is_asked_before_what_is_theirs(world):
    """theo names a transition of maya's under his own name, and his own under hers."""
    (acknowledge,) = (line for line in LINES if line.path.endswith("acknowledge"))
    maya, theo = world.ids["maya"], world.ids["theo"]
    for person, transition in ((maya, theo), (maya, maya), (theo, maya)):
        answer = call(world, acknowledge, "theo", {**person, "transition": transition["transition"]})
        assert answer.status_code == 404

"""Our own pages of the console: each answers whom the table says, and shows nobody what is not theirs."""

import pytest

from spendsense.tests.authorization import changes
from spendsense.tests.authorization.calls import filled, said
from spendsense.tests.authorization.console import OURS

STAFF = ("june", "omar", "ada")
FORM = "application/x-www-form-urlencoded"
CASES = [pytest.param(page, method, id=f"{method} {page.path}") for page in OURS for method in page.statuses()]


def asked(world, who, method, page, whom="maya"):
    words = world.named(whom)
    before = changes.counted()
    answer = world.callers[who].browser().generic(method, filled(page.path, words), "", FORM)
    told = said(answer)
    for word in page.path.split("{")[1:]:
        told = told.replace(words[word.partition("}")[0]], "it")
    # A refusal that the table names is said on the page itself, to those it is for.
    shown = answer.status_code in {200, page.statuses()[method]} - {404}
    unseen = world.secrets(seen_by=who if who in world.people else "nobody", shown=shown)
    assert not {secret for secret in unseen if secret in told}
    written = changes.since(before)
    may = changes.OF_AUDIT | page.writes if shown else set()
    assert written <= may, f"{who} wrote {written} by {method} {page.path}"
    return answer


@pytest.mark.parametrize(("page", "method"), CASES)
def test_it_answers_staff_as_the_table_says(world, page, method):
    for who in STAFF:
        due = page.statuses()[method] if who in page.shown_to else 403
        assert asked(world, who, method, page).status_code == due, who


@pytest.mark.parametrize(("page", "method"), [case for case in CASES if case.values[0].names])
def test_what_it_names_is_not_there_for_another_institution(world, page, method):
    assert asked(world, "fred", method, page).status_code == 404


@pytest.mark.parametrize(("page", "method"), CASES)
def test_nobody_else_passes_its_door(world, page, method):
    for who in ("nobody", "dead", "gwen", "bare", "maya"):
        answer = asked(world, who, method, page)
        assert (answer.status_code, answer["Location"][:13]) == (302, "/admin/login/"), who

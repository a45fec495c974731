"""Every page of the console, by its address: the hidden buttons too."""

import pytest

from spendsense.tests.authorization import changes, console
from spendsense.tests.authorization.calls import said

LABELS = list(console.PAGES)
STAFF = ("june", "omar", "ada")
FORM = "application/x-www-form-urlencoded"


def asked(world, who, method, label, page, row=""):
    path = f"/admin/{label.replace('.', '/')}/{page}".replace("{}", row or "7")
    before = changes.counted()
    answer = world.callers[who].browser().generic(method, path, "", FORM)
    told = said(answer).replace(row or "\0", "it")
    unseen = world.secrets(seen_by=who if who in world.people else "nobody", shown=answer.status_code == 200)
    assert not {secret for secret in unseen if secret in told}
    written = changes.since(before)
    assert written <= (changes.OF_AUDIT if answer.status_code == 200 and page == "{}/change/" else set())
    return answer


def row_of(world, label, whom="maya"):
    return world.named(whom)[console.PAGES[label].row] if console.PAGES[label].row else "7"


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_list_and_what_is_made_from_it_are_for_whom_the_table_says(world, label, method):
    page = console.PAGES[label]
    for who in STAFF:
        assert asked(world, who, method, label, "").status_code == (200 if who in page.shown_to else 403)
        assert asked(world, who, method, label, "add/").status_code == (200 if who in page.made_by else 403)
    assert asked(world, "fred", method, label, "").status_code == 200  # of his own institution


@pytest.mark.parametrize("label", LABELS)
def test_a_row_is_shown_to_staff_of_its_institution(world, label):
    page = console.PAGES[label]
    for who in (*STAFF, "fred"):
        due = 403 if who not in (*page.shown_to, "fred") else 404 if who == "fred" else 200
        seen = asked(world, who, "GET", label, "{}/change/", row_of(world, label)).status_code
        assert seen == (due if page.row else 302), who


@pytest.mark.parametrize("label", [label for label in LABELS if console.PAGES[label].row])
def test_a_row_that_is_not_theirs_is_as_little_there_as_none(world, label):
    def page(row):
        answer = asked(world, "fred", "GET", label, "{}/change/", row)
        return answer.status_code, answer.content.decode().replace(str(answer["X-Request-ID"]), "")

    theirs = page(row_of(world, label))
    assert theirs[0] == 404
    assert page("00000000-0000-0000-0000-000000000007") == theirs == page("no-id-at-all")


@pytest.mark.parametrize("label", LABELS)
def test_nothing_is_changed_deleted_or_told_by_the_stock_pages(world, label):
    page, row = console.PAGES[label], row_of(world, label)
    for who in (*STAFF, "fred"):
        for method in ("GET", "POST"):
            assert asked(world, who, method, label, "{}/delete/", row).status_code == 403
            assert asked(world, who, method, label, "{}/history/", row).status_code == 404
        if page.row and not page.made_by:
            assert asked(world, who, "POST", label, "{}/change/", row).status_code == 403


@pytest.mark.parametrize("label", [label for label in LABELS if console.PAGES[label].made_by])
def test_what_a_form_of_ours_does_is_for_admins_of_its_institution(world, label):
    due = {"june": 403, "omar": 403, "fred": 404, "ada": 200}  # an empty form is shown again
    for who, status in due.items():
        assert asked(world, who, "POST", label, "{}/change/", row_of(world, label)).status_code == status


@pytest.mark.parametrize("label", LABELS)
def test_nobody_else_passes_the_door_of_the_console(world, label):
    for who in ("nobody", "dead", "gwen", "bare", "maya"):
        for page in console.OF_A_PAGE:
            answer = asked(world, who, "POST" if page == "add/" else "GET", label, page, row_of(world, label))
            assert (answer.status_code, answer["Location"][:13]) == (302, "/admin/login/")
    assert world.callers["service"].client().get("/admin/").status_code == 403


def test_at_the_door_a_consumer_is_told_that_it_is_not_theirs(world):
    assert world.callers["maya"].browser().get("/admin/", follow=True).status_code == 403


@pytest.mark.parametrize("operation", console.OF_THE_SITE)
def test_the_site_itself_answers_staff(world, operation):
    method, path = operation.split()
    for who in STAFF:
        answer = world.callers[who].browser().generic(method, path.replace("{}", "nowhere"), "", FORM)
        assert answer.status_code == console.OF_THE_SITE[operation]
        told = said(answer)
        assert not {secret for secret in world.secrets(seen_by=who, shown=True) if secret in told}

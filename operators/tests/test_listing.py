"""Lists read what their address asks for, and write the addresses of the rest of it."""

import pytest
from django.http import QueryDict

from operators.console.listing import Column, Filter, Listing, Shown, asked

STATUS = Filter("status", "Status", (("pending", "Waiting"), ("approved", "Approved")), default="pending")
RISK = Filter("risk", "Risk", (("overdue", "Overdue"), ("stale", "Stale")), several=True)
SINCE = Filter("since", "Since")
LIST = Listing(
    (Column("Title", "title"), Column("Age", "created_at", number=True), Column("Tags")),
    sort="created_at",
    filters=(STATUS, RISK, SINCE),
    search="title",
)


def read(query=""):
    return asked(QueryDict(query), LIST)


def test_nothing_asked_is_what_the_list_begins_with():
    found = read()
    assert found.chosen == {"status": ("pending",), "risk": (), "since": ()}
    assert (found.sort, found.descending, found.page, found.size, found.offset) == ("created_at", False, 1, 50, 0)
    assert not found.narrowed and found.address() == "?"


def test_all_of_it_comes_out_of_the_address():
    found = read("status=approved&risk=overdue&risk=stale&since=2026-11-01&q=rent&sort=-title&page=3&size=25")
    assert found.one("status") == "approved" and found.chosen["risk"] == ("overdue", "stale")
    assert found.day("since").isoformat() == "2026-11-01"
    assert (found.q, found.sort, found.descending, found.offset) == ("rent", "title", True, 50)
    assert found.narrowed
    assert read(found.address().removeprefix("?")) == found


def test_a_default_is_taken_away_by_choosing_nothing():
    found = read("status=")
    assert found.chosen["status"] == () and found.narrowed
    assert found.address() == "?status="


@pytest.mark.parametrize(
    "query",
    ["status=nonsense&since=tomorrow", "sort=password", "size=7", "page=-1", "page=0", "page=x", "page=²", "size=1e9"],
)
def test_what_there_is_not_is_read_as_not_asked(query):
    found = read(query)
    assert (found.sort, found.size, found.page) == ("created_at", 50, 1) and found.day("since") is None


def test_a_page_beyond_every_database_is_cut():
    assert read("page=99999999").offset < 1_000_001


def test_a_search_loses_what_postgresql_refuses():
    assert read("q=a%00b").q == "ab"


def test_another_filter_begins_at_the_first_page():
    found = read("page=3&q=rent")
    assert found.address(page=4) == "?q=rent&page=4"
    assert found.address(size=25) == "?q=rent&size=25"


def test_a_heading_sorts_and_turns_around():
    heads = Shown(read(), [], 0).heads
    assert [(head.label, head.sorted, head.address) for head in heads] == [
        ("Title", "", "?sort=title"),
        ("Age", "ascending", "?sort=-created_at"),
        ("Tags", "", ""),
    ]
    assert Shown(read("sort=-created_at"), [], 0).heads[1].address == "?"


def test_the_pages_before_and_after():
    middle = Shown(read("page=2"), list(range(50)), 120)
    assert (middle.first, middle.last, middle.pages) == (51, 100, 3)
    assert (middle.before, middle.after) == ("?", "?page=3")
    last = Shown(read("page=3"), list(range(20)), 120)
    assert (last.first, last.last, last.after) == (101, 120, "")
    assert Shown(read("page=9"), [], 120).before == "?page=3"

"""Uses of cards told over the API, kept, counted and summed up."""

import pytest

from recommendations.models import CardUsage
from recommendations.tests.carding import HERE, made, post, refused, rows


def test_a_use_is_told_kept_and_counted(desk):
    card = made(desk)
    to = f"/{card['card_id']}/usage"
    answer = desk.post(f"{HERE}{to}")
    told = answer.json()
    assert (answer.status_code, answer["X-Event-Recorded"], told.pop("last_used_at")[-1]) == (200, "true", "Z")
    assert told == {"card_id": card["card_id"], "usage_count": 1, "unique_usage_count": 1, "event_recorded": True}
    said = {"workflow_id": "w", "workflow_type": "operator_preview", "metadata": {"a": [1]}}
    assert post(desk, said, to, **{"X-Session-ID": "tab-1", "X-Trace-ID": "t-1"})["X-Event-Recorded"] == "true"
    again = post(desk, said | {"session_id": "other"}, to)
    assert (again["X-Event-Recorded"], again.json()["usage_count"], again.json()["unique_usage_count"]) == (
        "false",
        3,
        2,
    )
    (event, _) = desk.get(f"{HERE}{to}").json()["items"]
    assert {name: event[name] for name in event if name not in ("usage_id", "used_at")} == {
        "card_version": 1,
        "workflow_id": "w",
        "workflow_type": "operator_preview",
        "session_id": "tab-1",
        "metadata": {"a": [1]},
    }
    assert {event.trace_id for event in rows(CardUsage)} >= {"t-1"}
    assert desk.get(f"{HERE}/{card['card_id']}").json()["updated_at"] == card["updated_at"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"workflow_id": "x" * 256}, ("workflow_id", "TOO_LONG")),
        ({"workflow_type": 3}, ("workflow_type", "WRONG_TYPE")),
        ({"session_id": "a\x00"}, ("session_id", "NOT_TEXT")),
        ({"metadata": []}, ("metadata", "WRONG_TYPE")),
        ({"metadata": {"a": "x" * 8192}}, ("metadata", "TOO_LARGE")),
        ({"metadata": {"a": "\x00"}}, ("metadata.a", "NOT_TEXT")),
        ({"usage_count": 7}, ("usage_count", "UNKNOWN_FIELD")),
    ],
)
def test_a_bad_use_is_refused_and_not_counted(desk, body, field):
    card = made(desk)
    refused(post(desk, body, f"/{card['card_id']}/usage"), 400, "VALIDATION_ERROR", field)
    assert desk.get(f"{HERE}/{card['card_id']}").json()["usage_count"] == 0
    assert rows(CardUsage) == []


def test_uses_are_summed_up(desk, now):
    one = made(desk)
    two = post(desk, {"cards": [{"card_type": "voice", "content": {"tone": "plain"}}]}, "/batch").json()["cards"][0]
    for card, workflow in ((one, "w-1"), (one, "w-2"), (two, "w-1"), (one, None)):
        said = {"workflow_id": workflow, "workflow_type": workflow and "recommendation_generation"}
        post(desk, said, f"/{card['card_id']}/usage")
    today = now.date().isoformat()

    def summed(**query):
        return desk.get(f"{HERE}/usage/summary", {"from": today, "to": today, **query}).json()

    told = summed()
    assert told.pop("groups") == [
        {"key": "insight", "events": 3, "distinct_cards": 1},
        {"key": "voice", "events": 1, "distinct_cards": 1},
    ]
    assert told == {
        "from": today,
        "to": today,
        "group_by": "card_type",
        "total_events": 4,
        "distinct_cards": 2,
        "distinct_workflows": 2,
    }
    assert [group["key"] for group in summed(group_by="workflow_type")["groups"]] == ["recommendation_generation", None]
    assert summed(group_by="day")["groups"] == [{"key": today, "events": 4, "distinct_cards": 2}]
    assert [group["key"] for group in summed(group_by="card")["groups"]] == [one["card_id"], two["card_id"]]
    assert desk.get(f"{HERE}/usage/summary").json()["total_events"] == 4
    assert desk.get(f"{HERE}/usage/summary", {"to": "2020-01-01"}).json()["groups"] == []
    here = f"{HERE}/{one['card_id']}/usage"
    assert desk.get(here, {"from": today, "to": today}).json()["total"] == 3
    assert desk.get(here, {"to": "2020-01-01"}).json()["total"] == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2025-01-01", "to": "2026-01-02"}, ("from", "OUT_OF_RANGE")),
        ({"from": "2025-01-02", "to": "2025-01-01"}, ("from", "OUT_OF_RANGE")),
        ({"from": "yesterday"}, ("from", "NOT_A_DATE")),
        ({"to": "2025-02-30"}, ("to", "NOT_A_DATE")),
        ({"group_by": "moon"}, ("group_by", "UNKNOWN_CHOICE")),
    ],
)
def test_a_bad_summary_is_refused(desk, query, field):
    refused(desk.get(f"{HERE}/usage/summary", query), 400, "VALIDATION_ERROR", field)


def test_a_summary_covers_366_days(desk):
    assert desk.get(f"{HERE}/usage/summary", {"from": "2024-01-01", "to": "2024-12-31"}).status_code == 200

"""How often the cards API may be called, what a call costs, and what its metrics tell."""

from uuid import uuid4

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.keys import Scope
from accounts.tests.senders import statements_of
from recommendations.tests.carding import (
    BODIES,
    HERE,
    INSIGHT,
    keyed,
    made,
    post,
    refused,
)
from recommendations.tests.factories import CardFactory


def test_an_institution_has_its_limit_of_each_group(desk, ada, stranger, calling, limited):
    limited(**{"cards:write": (2, 60), "cards:read": (1, 60)})
    answer = keyed(desk)
    assert (answer["X-RateLimit-Limit"], answer["X-RateLimit-Remaining"]) == ("2", "1")
    assert keyed(desk)["Idempotency-Replayed"] == "true"
    last = keyed(calling(ada), INSIGHT | {"content": {}})
    assert refused(last, 429, "RATE_LIMITED") and int(last["Retry-After"]) <= 60
    assert last["X-RateLimit-Remaining"] == "0" and last["X-RateLimit-Reset"].isdecimal()
    assert keyed(stranger).status_code == 201
    assert [desk.get(HERE).status_code for _ in range(2)] == [200, 429]
    assert post(desk, BODIES[f"{HERE}/retrieve"], "/retrieve").status_code == 200


def test_without_redis_everybody_is_admitted(desk, limited, redis_away):
    limited(**{"cards:read": (1, 60)})
    assert [desk.get(HERE).status_code for _ in range(3)] == [200, 200, 200]


def test_statements_do_not_grow_with_cards(desk, omar, with_key):
    cards = [str(CardFactory(tenant=omar.tenant).pk) for _ in range(30)]
    service = with_key(Scope.CARDS_WRITE)
    service.get(HERE)  # notes that the key was used

    def asked(call):
        with CaptureQueriesContext(connection) as captured:
            assert call().status_code in (200, 201)
        return len(statements_of(captured))

    for count in (1, 30):
        assert asked(lambda count=count: post(service, {"card_ids": cards[:count]}, "/retrieve")) == 2
        assert asked(lambda count=count: service.get(HERE, {"page_size": count})) == 3
    assert asked(lambda: post(service, {}, f"/{cards[0]}/usage")) == 2
    for start, count in ((0, 1), (1, 40)):
        items = [{"card_type": "voice", "content": {"tone": str(n)}} for n in range(start, start + count)]
        assert asked(lambda items=items: post(service, {"cards": items}, "/batch")) == 6


def test_metrics_hold_no_ids(desk):
    card = made(desk)
    desk.get(f"{HERE}/{card['card_id']}")
    post(desk, {"workflow_id": "w", "workflow_type": str(uuid4())}, f"/{card['card_id']}/usage")
    desk.generic("BREW", f"{HERE}/{card['card_id']}")
    told = desk.get("/metrics").content.decode()
    lines = [line for line in told.splitlines() if line.startswith(("cards_api", "card_usage", "cards_usage"))]
    assert 'endpoint="/api/v1/cards/{card_id}",method="GET",status="200"' in "\n".join(lines)
    assert 'card_usage_events_total{card_type="insight",workflow_type="other"}' in "\n".join(lines)
    assert 'cards_api_operations_total{operation="create",status="201"}' in "\n".join(lines)
    assert card["card_id"] not in told and "BREW" not in told

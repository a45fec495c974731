"""The cards API as a test calls it: routes and bodies, and what is checked of every answer."""

from uuid import UUID, uuid4

from rest_framework.test import APIClient

from accounts import rowsecurity

HERE = "/api/v1/cards"
INSIGHT = {"card_type": "insight", "title": "What a limit does", "content": {"key": "utilization-basics"}}
SNAPSHOT = {
    "company": {"name": "Northwind Credit Union", "industry": "Banking", "description": "Member-owned bank"},
    "audience": {"primary": "Savers", "pain_points": ["Fees"]},
    "voice": {"tone": "warm, plain"},
    "insights": {"key_differentiators": ["No monthly fee"]},
}


def authorised(secret):
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {secret}")
    return client


def rows(model, **filters):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return list(model.objects.filter(**filters))


def post(client, body, to="", **headers):
    return client.post(f"{HERE}{to}", body, format="json", headers=headers or None)


def made(client, **fields):
    answer = post(client, INSIGHT | {"content": {"key": str(uuid4())}} | fields)
    assert answer.status_code == 201, answer.content
    return answer.json()


def keyed(client, body=INSIGHT, to="", key="k-1"):
    return post(client, body, to, **{"Idempotency-Key": key})


def refused(answer, status, code, *fields):
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code), answer.content
    assert answer["Content-Type"] == "application/problem+json"
    if fields:
        assert [(error["field"], error["code"]) for error in told["errors"]] == list(fields)
    return told


def every_route(card_id):
    return {
        "read": [
            ("get", HERE),
            ("get", f"{HERE}/{card_id}"),
            ("post", f"{HERE}/retrieve"),
            ("get", f"{HERE}/{card_id}/versions"),
            ("get", f"{HERE}/{card_id}/versions/1"),
            ("get", f"{HERE}/{card_id}/usage"),
            ("get", f"{HERE}/usage/summary"),
        ],
        "use": [("post", f"{HERE}/{card_id}/usage")],
        "write": [
            ("patch", f"{HERE}/{card_id}"),
            ("post", HERE),
            ("post", f"{HERE}/batch"),
            ("delete", f"{HERE}/{card_id}"),
            ("post", f"{HERE}/{card_id}/restore"),
        ],
    }


BODIES = {
    HERE: INSIGHT,
    f"{HERE}/batch": {"cards": [{"card_type": "voice", "content": {"tone": "plain"}}]},
    f"{HERE}/retrieve": {"card_ids": [str(UUID(int=7))]},
}


def outcomes(client, card_id):
    return {
        kind: {
            getattr(client, verb)(path, BODIES.get(path, {}) if verb != "get" else None, format="json").status_code
            for verb, path in routes
        }
        for kind, routes in every_route(card_id).items()
    }

"""The doors that name nobody: open ones, the sign-in library's, its pages, and the metrics."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.tests.callers import session_for
from accounts.tests.senders import PLAIN
from spendsense.tests.authorization import changes, doors
from spendsense.tests.authorization.calls import said
from spendsense.tests.authorization.world import Caller

SIGNED_IN = ("maya", "noor", "june", "ada", "bare", "fred")
NOT = ("nobody", "dead", "gwen")
ROUTES = [(f"/api/auth/{client}/v1/", route) for client in doors.CLIENTS for route in doors.LIBRARY]
ROUTES = [(at, route) for at, route in ROUTES if "/app/" in at or route not in doors.OF_APPS]


def tells_nothing_of_others(world, who, answer):
    told, owns = said(answer), who if who in world.people else "nobody"
    assert not {secret for secret in world.secrets(seen_by=owns, shown=False) if secret in told}


@pytest.mark.parametrize("operation", doors.OPEN)
@pytest.mark.parametrize("who", [*NOT, *SIGNED_IN, "service"])
def test_an_open_door_answers_everybody_alike(world, operation, who):
    method, path = operation.split()
    before = changes.counted()
    answer = world.callers[who].client().generic(method, path.replace("{}", "no-id-at-all"), "", "application/json")
    assert answer.status_code == doors.OPEN[operation]
    tells_nothing_of_others(world, "nobody", answer)
    assert not changes.since(before)


@pytest.mark.parametrize("id", ["export", "person"])
@pytest.mark.parametrize("guess", ["", "?token=guessed"])
def test_a_file_is_for_its_link_and_not_for_its_person(world, id, guess):
    for who in ("nobody", "maya", "ada"):
        answer = world.callers[who].client().get(f"/api/exports/{world.ids['maya'][id]}/file{guess}")
        assert (answer.status_code, answer.json()["code"]) == (404, "EXPORT_NOT_FOUND")


def test_a_form_for_an_object_is_judged_by_its_signature_and_not_by_who_sends_it(world):
    form = {"file": SimpleUploadedFile("statement.csv", PLAIN), "signature": "0" * 64}
    for who in ("nobody", "maya", "theo", "ada"):
        client, before = world.callers[who].client(), changes.counted()
        answers = [
            client.post(f"/api/uploads/{named}/object", form, format="multipart")
            for named in (world.ids["maya"]["upload"], uuid4())
        ]
        codes = {(answer.status_code, answer.json()["code"]) for answer in answers}
        assert len(codes) == 1 and answers[0].status_code in (403, 404), codes
        assert not changes.since(before)


def test_a_receipt_is_for_whoever_holds_its_token(world):
    erasure, token = world.ids["gwen"]["erasure"], world.ids["gwen"]["token"]
    for who in ("nobody", "theo", "fred", "dead"):
        client = world.callers[who].client()
        shown = client.get(f"/api/erasures/{erasure}?token={token}")
        assert shown.status_code == 200
        tells_nothing_of_others(world, "nobody", shown)
        for guess in ("", "?token=", "?token=guessed", f"?token={token[:-1]}"):
            assert client.get(f"/api/erasures/{erasure}{guess}").json()["code"] == "ERASURE_NOT_FOUND"


@pytest.mark.parametrize(("at", "route"), ROUTES, ids=[f"{at} {route}" for at, route in ROUTES])
def test_a_route_of_the_library_speaks_to_whoever_calls(world, at, route):
    method, path = route.split()
    anonymous, signed_in = doors.LIBRARY[route]
    due = dict.fromkeys(NOT, anonymous) | dict.fromkeys(("maya", "ada", "bare"), signed_in) | {"service": 403}
    for who, status in due.items():
        before = changes.counted()
        answer = world.callers[who].client().generic(method, at + path, "{}", "application/json")
        assert answer.status_code == status, (who, answer.content)
        tells_nothing_of_others(world, who, answer)
        if status >= 400 and route != "DELETE auth/session":  # which answers 401 when it is done
            assert changes.since(before) <= {"django_session"}


@pytest.mark.parametrize("page", doors.PAGES)
def test_a_page_of_the_sign_in_speaks_to_whoever_looks(world, page):
    method, path = page.split()
    anonymous, signed_in = doors.PAGES[page]
    for who, status in {"nobody": anonymous, "dead": anonymous, "maya": signed_in, "ada": signed_in}.items():
        caller = world.callers[who]
        if method == "POST" and who in world.people:  # a page may end the session it is called with
            caller = Caller(session_key=str(session_for(world.people[who]).session_key))
        answer = caller.browser().generic(method, path.replace("{}", "7"), "", "application/x-www-form-urlencoded")
        assert answer.status_code == status, (who, answer.content[:300])
        tells_nothing_of_others(world, who, answer)


METRICS = {"nobody": 401, "dead": 401, "maya": 403, "june": 403, "omar": 403, "bare": 401, "ada": 200, "service": 200}


@pytest.mark.parametrize("who", METRICS)
def test_metrics_are_for_admins_services_and_the_network_that_scrapes(world, who):
    answer = world.callers[who].client(REMOTE_ADDR="203.0.113.9").get("/metrics")
    assert answer.status_code == METRICS[who], answer.content[:200]
    tells_nothing_of_others(world, "nobody", answer)

"""Who may call the cards API, and for which institution."""

from uuid import UUID, uuid4

import pytest

from accounts import keys, rowsecurity
from accounts.keys import Scope
from accounts.models import ApiKey, StoredAnswer
from recommendations.models import Card, CardUsage
from recommendations.tests.carding import (
    BODIES,
    HERE,
    INSIGHT,
    authorised,
    made,
    outcomes,
    post,
    refused,
    rows,
)


@pytest.mark.parametrize("slash", ["", "/"])
def test_every_route_is_for_whom_it_is(desk, junior, ada, maya, calling, with_key, slash):
    card_id = made(desk)["card_id"]
    good = {200, 201, 204}
    for client, read, use, write in (
        (calling(), {401}, {401}, {401}),
        (calling(maya), {403}, {403}, {403}),
        (calling(junior), good, good, {403}),
        (with_key(Scope.CARDS_READ), good, {403}, {403}),
        (with_key(Scope.METRICS_READ), {403}, {403}, {403}),
        (with_key(Scope.CARDS_WRITE), good, good, good),
    ):
        found = outcomes(client, card_id)
        assert found["read"] <= read and found["use"] <= use and found["write"] <= write, found
    refused(calling().get(f"{HERE}{slash}"), 401, "AUTH_REQUIRED")
    refused(calling(maya).get(f"{HERE}/{uuid4()}{slash}"), 403, "FORBIDDEN_ROLE")
    refused(authorised("ss_guessed").get(f"{HERE}{slash}"), 401, "TOKEN_INVALID")
    assert calling(ada).get(f"{HERE}{slash}").status_code == 200


def test_another_institution_finds_nothing_and_leaves_nothing(desk, stranger):
    card = made(desk)
    here = f"{HERE}/{card['card_id']}"
    for answer in (
        stranger.get(here),
        stranger.patch(here, {"title": "Mine"}, format="json"),
        stranger.delete(here, headers={"Idempotency-Key": "a"}),
        post(stranger, {}, f"/{card['card_id']}/restore"),
        post(stranger, {}, f"/{card['card_id']}/usage", **{"Idempotency-Key": "b"}),
        stranger.get(f"{here}/usage"),
        stranger.get(f"{here}/versions"),
        stranger.get(f"{here}/versions/1"),
    ):
        assert "not found" in refused(answer, 404, "CARD_NOT_FOUND")["detail"]
    told = post(stranger, {"card_ids": [card["card_id"]]}, "/retrieve").json()
    assert (told["cards"], told["missing_ids"]) == ([], [card["card_id"]])
    assert stranger.get(HERE).json()["total"] == 0
    assert rows(CardUsage) == rows(StoredAnswer) == []
    assert desk.get(here).json() == card


@pytest.mark.parametrize("id", ["1", "none", "usages", str(UUID(int=7))])
def test_what_is_not_there_is_not_found(desk, id):
    here = f"{HERE}/{id}"
    for answer in (
        desk.get(here),
        desk.patch(here, {}, format="json"),
        desk.delete(here),
        post(desk, {}, f"/{id}/restore"),
        post(desk, {}, f"/{id}/usage"),
        desk.get(f"{here}/usage"),
        desk.get(f"{here}/versions"),
        desk.get(f"{here}/versions/1"),
    ):
        refused(answer, 404, "CARD_NOT_FOUND")
    assert rows(CardUsage) == []


def test_a_header_only_repeats_the_institution(desk, omar, elsewhere):
    assert desk.get(HERE, headers={"X-Tenant-ID": str(omar.tenant_id).upper()}).status_code == 200
    for other in (elsewhere.pk, uuid4()):
        refused(post(desk, INSIGHT, **{"X-Tenant-ID": str(other)}), 404, "TENANT_NOT_FOUND")
    for malformed in ("", "1", omar.tenant_id.hex):
        refused(post(desk, INSIGHT, **{"X-Tenant-ID": malformed}), 401, "TENANT_INVALID")
    for path, body in BODIES.items():
        told = desk.post(path, body | {"tenant_id": str(elsewhere.pk)}, format="json")
        refused(told, 403, "TENANT_MISMATCH")
    assert post(desk, INSIGHT | {"tenant_id": str(omar.tenant_id)}).status_code == 201
    assert len(rows(Card)) == 1


def test_a_key_of_the_platform_says_for_whom(omar, db):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        ApiKey.objects.create(name="Platform", prefix="0", key_hash=keys._hashed("ss_platform"), scopes=["cards:write"])
    platform = authorised("ss_platform")
    refused(post(platform, INSIGHT, **{"Idempotency-Key": "a"}), 401, "TENANT_REQUIRED")
    refused(post(platform, INSIGHT, **{"X-Tenant-ID": str(uuid4())}), 404, "TENANT_NOT_FOUND")
    named = {"X-Tenant-ID": str(omar.tenant_id), "Idempotency-Key": "a"}
    assert post(platform, INSIGHT, **named).status_code == 201
    assert post(platform, INSIGHT, **named)["X-Idempotency-Cache"] == "HIT"
    assert [card.tenant_id for card in rows(Card)] == [omar.tenant_id]


def test_a_header_alone_is_trusted_only_where_the_setting_says_so(omar, settings, calling):
    named = {"X-Tenant-ID": str(omar.tenant_id)}
    refused(post(calling(), INSIGHT, **named), 401, "AUTH_REQUIRED")
    settings.CARDS_TRUST_TENANT_HEADER = True
    assert post(calling(), INSIGHT, **named).status_code == 201
    refused(calling().get(HERE), 401, "AUTH_REQUIRED")
    refused(calling().get(HERE, headers={"X-Tenant-ID": str(uuid4())}), 404, "TENANT_NOT_FOUND")

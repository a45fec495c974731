"""One dossier when many write at once: versions without gaps, lineages that hold everything, nothing half stored."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from django.db import connection, transaction

from accounts import consent, rowsecurity
from accounts.models import StoredAnswer
from accounts.purposes import Purpose
from accounts.refusals import ConsentRequired
from accounts.tests import factories
from accounts.tests.callers import client_of
from accounts.tests.speaking import failing, saying, speaking
from personas import dossiers, narrator, portraying
from personas.models import Notes, Person, Portrait, PortraitSource, PortraitVersion, Submission
from personas.portraits.document import blank
from personas.sittings import Change, Text
from personas.tests.at_once import elsewhere, until_somebody_waits_for_a_row
from personas.tests.dossiers import PersonFactory, portrayed, submitted

MANY = 8


@pytest.fixture
def omar(live_db):
    return factories.UserFactory(email="omar@example.test", role="operator", level="senior")


@pytest.fixture
def vera(live_db):
    return factories.consenting("vera", Purpose.NOTES)


@pytest.fixture
def person(omar):
    return PersonFactory(tenant=omar.tenant)


def at_once(work, many=MANY):
    """The same by so many, all beginning together."""
    together = threading.Barrier(many)

    def alone(n):
        try:
            together.wait(30)
            return work(n)
        finally:
            connection.close()

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(alone, range(many)))


def holds():
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return [table.objects.count() for table in (Submission, Portrait, PortraitVersion, PortraitSource, Notes)]


def regenerating(clients, person, headers=None):
    url = f"/v1/person/{person.pk}/data-and-regenerate"
    return lambda n: clients[n].post(url, {"raw_text": f"Text {n}."}, format="json", headers=headers)


def gapless(person, many=MANY):
    """Versions 1 to N, each made of what the one before was made of and more, the last of everything."""
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        versions = list(PortraitVersion.objects.filter(person=person).order_by("version"))
        assert [version.version for version in versions] == list(range(1, many + 1))
        lineages = [set(version.data_ids) for version in versions]
        assert all(before < after for before, after in pairwise(lineages))
        texts = list(
            Submission.objects.filter(person=person).order_by("created_at", "seq").values_list("pk", flat=True)
        )
        stands = Portrait.objects.get(person=person)
        assert versions[-1].data_ids == stands.computed_from_data_ids == texts and len(texts) == many
        sources = PortraitSource.objects.filter(persona_version=versions[-1]).order_by("position")
        assert list(sources.values_list("person_data_id", flat=True)) == texts
        assert (stands.version, Person.objects.get(pk=person.pk).revision) == (many, 2 * many)


class TestByTheRules:
    def test_as_many_versions_as_texts_without_a_gap(self, omar, person):
        clients = [client_of(omar) for _ in range(MANY)]
        answers = at_once(regenerating(clients, person))
        assert {answer.status_code for answer in answers} == {201}
        assert sorted(answer.json()["persona"]["version"] for answer in answers) == list(range(1, MANY + 1))
        gapless(person)

    def test_one_key_is_written_once(self, omar, person):
        clients = [client_of(omar) for _ in range(MANY)]
        url, headers = f"/v1/person/{person.pk}/data-and-regenerate", {"Idempotency-Key": "k"}
        answers = at_once(lambda n: clients[n].post(url, {"raw_text": "Once."}, format="json", headers=headers))
        assert holds() == [1, 1, 1, 1, 0]
        good = [answer for answer in answers if answer.status_code == 201]
        assert good and len({answer.content for answer in good}) == 1
        assert {answer.json()["code"] for answer in answers if answer not in good} <= {"IDEMPOTENCY_IN_FLIGHT"}

    def test_two_who_merge_each_other_become_one(self, omar):
        both = [PersonFactory(tenant=omar.tenant) for _ in range(2)]
        hung = []
        for one in both:
            submitted(one, "x")
            hung.append(portrayed(one))
        clients = [client_of(omar) for _ in range(2)]

        def merge(n):
            body = {"persona_id_1": str(hung[n].pk), "persona_id_2": str(hung[1 - n].pk)}
            return clients[n].post("/v1/persona/merge", body, format="json")

        codes = sorted(answer.status_code for answer in at_once(merge, 2))
        assert codes[0] == 200 and codes[1] in (404, 409)
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            assert Person.objects.get().person_data_count == Submission.objects.count() == 2

    def test_who_opens_twice_has_one(self, vera):
        clients = [client_of(vera) for _ in range(4)]
        answers = at_once(lambda n: clients[n].post("/v1/person", {}, format="json"), 4)
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


class TestARevocation:
    def adds(self, vera, person, now):
        def work():
            with rowsecurity.viewing(rowsecurity.of(vera)):
                return dossiers.add(by=vera, person_id=person.pk, text=Text("x"), now=now)

        return work

    def revokes(self, vera, now):
        with rowsecurity.viewing(rowsecurity.of(vera)):
            return consent.revoke(user=vera, purpose=Purpose.NOTES, now=now)

    def test_that_has_begun_is_waited_for(self, vera, now):
        person = PersonFactory(user=vera)
        with transaction.atomic():
            self.revokes(vera, now)
            writing = elsewhere(self.adds(vera, person, now))
            until_somebody_waits_for_a_row()
        with pytest.raises(ConsentRequired):
            writing.result(30)
        assert holds() == [0] * 5

    def test_waits_for_who_writes_already(self, vera, now):
        person = PersonFactory(user=vera)
        with transaction.atomic():
            self.adds(vera, person, now)()
            revoking = elsewhere(lambda: self.revokes(vera, now))
            until_somebody_waits_for_a_row()
        assert revoking.result(30) and holds()[0] == 1


def document(handler):
    """What a good model says: notes, or a document."""
    shape = "response_format" in handler.server.heard[-1]
    saying(json.dumps(blank()) if shape else "- walks")(handler)


def notes_of(model):
    return [
        json.loads(heard["messages"][1]["content"])["texts"] for heard in model.heard if "response_format" not in heard
    ]


@pytest.fixture
def provided(settings, monkeypatch):
    settings.PERSON_GENERATOR = "openai"
    monkeypatch.setattr(narrator, "PAUSE", 0)
    return settings


class TestByAProvider:
    def test_nothing_is_held_while_it_thinks_and_each_text_is_noted_once(self, omar, person, provided):
        open_transactions = []

        def watching(handler):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%%'"
                )
                open_transactions.append(cursor.fetchone()[0])
            connection.close()
            document(handler)

        client = client_of(omar)
        with speaking(provided, watching) as model:
            for n in range(3):
                answer = regenerating([client] * 3, person, {"Idempotency-Key": f"k-{n}"})(n)
                assert answer.status_code == 201, answer.json()
        assert notes_of(model) == [["Text 0."], ["Text 1."], ["Text 2."]]
        assert open_transactions == [0] * 6
        assert holds() == [3, 1, 3, 6, 3]
        gapless(person, 3)
        persona = answer.json()["persona"]["persona"]
        assert persona["_meta"]["model_used"] == "small"
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            version = PortraitVersion.objects.get(version=3)
            assert (version.generator, version.prompt_version) == ("small", narrator.PROMPT_VERSION)
            assert version.tokens_in > 0 and Notes.objects.first().model == "small"

    def test_as_many_versions_as_texts_and_no_text_noted_twice(self, omar, person, provided):
        clients = [client_of(omar) for _ in range(4)]
        with speaking(provided, document) as model:
            answers = at_once(regenerating(clients, person), 4)
        assert {answer.status_code for answer in answers} == {201}
        gapless(person, 4)
        assert sorted(texts[0] for texts in notes_of(model) if len(texts) == 1) == [f"Text {n}." for n in range(4)]

    @pytest.mark.parametrize("say", [failing(500), saying("no json"), saying('{"meta": {}}')])
    def test_a_failure_stores_nothing_and_leaves_the_key_free(self, omar, person, provided, say):
        client, send = client_of(omar), {"Idempotency-Key": "k"}
        with speaking(provided, say):
            refused = regenerating([client], person, send)(0)
            assert (refused.status_code, refused.json()["code"]) == (503, "PERSONA_GENERATION_FAILED")
            assert int(refused["Retry-After"]) > 0 and "Text 0" not in refused.content.decode()
            former = client.post("/v1/persona", {"raw_text": "Text 0."}, format="json")
            assert (former.status_code, former.json()["code"]) == (503, "PERSONA_GENERATION_FAILED")
            batch = client.post("/v1/persona/batch", ["a", "b"], format="json")
            assert batch.status_code == 503
        assert holds() == [0] * 5
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            assert Person.objects.count() == 1 and not StoredAnswer.objects.exists()
        with speaking(provided, document):
            assert regenerating([client], person, send)(0).json()["persona"]["version"] == 1

    def test_a_repeated_key_asks_nobody(self, omar, person, provided):
        client, send = client_of(omar), {"Idempotency-Key": "k"}
        with speaking(provided, document) as model:
            first = regenerating([client], person, send)(0)
            heard = len(model.heard)
            again = regenerating([client], person, send)(0)
        assert again.content == first.content and again["Idempotency-Replayed"] == "true"
        assert len(model.heard) == heard and holds()[:3] == [1, 1, 1]

    def test_more_than_the_budget_is_refused_before_it_is_asked(self, omar, person, provided):
        provided.PERSON_TOKEN_BUDGET = 1
        with speaking(provided, document) as model:
            refused = regenerating([client_of(omar)], person)(0)
        assert (refused.status_code, refused.json()["code"]) == (409, "TOKEN_BUDGET_EXCEEDED")
        assert model.heard == [] and holds() == [0] * 5

    def test_who_stops_agreeing_while_it_thinks_gets_nothing_stored(self, vera, provided, now):
        person = PersonFactory(user=vera)

        def revoking(handler):
            with rowsecurity.viewing(rowsecurity.of(vera)):
                consent.revoke(user=vera, purpose=Purpose.NOTES, now=now)
            connection.close()
            document(handler)

        with speaking(provided, revoking):
            refused = regenerating([client_of(vera)], person)(0)
        assert (refused.status_code, refused.json()["code"]) == (409, "CONSENT_REQUIRED")
        assert holds() == [0] * 5

    def test_of_who_does_not_agree_it_hears_nothing(self, vera, provided):
        noor = factories.UserFactory(email="noor@example.test")
        PersonFactory(user=vera)
        with speaking(provided, document) as model:
            for user, code in ((noor, "CONSENT_REQUIRED"), (vera, "PERSON_EXISTS")):
                refused = client_of(user).post("/v1/persona", {"raw_text": "x"}, format="json")
                assert (refused.status_code, refused.json()["code"]) == (409, code)
        assert model.heard == []

    def test_names_changed_while_it_thinks_are_those_of_the_portrait(self, omar, person, provided, now):
        named = []

        def renaming(handler):
            if "response_format" in handler.server.heard[-1] and not named:
                named.append(1)
                with rowsecurity.viewing(rowsecurity.of(omar)):
                    dossiers.rename(by=omar, person_id=person.pk, names={"first_name": "Ada"}, now=now)
                connection.close()
            document(handler)

        with speaking(provided, renaming) as model:
            answer = regenerating([client_of(omar)], person)(0)
        assert answer.json()["persona"]["persona"]["meta"]["name"] == "Ada"
        assert len(notes_of(model)) == 1

    def test_when_others_are_always_quicker_one_is_told_to_come_again(self, omar, person, provided, monkeypatch):
        monkeypatch.setattr(portraying, "SECONDS", 1)

        def hurrying(handler):
            with rowsecurity.viewing(rowsecurity.MAINTENANCE):
                Person.objects.filter(pk=person.pk).update(revision=len(handler.server.heard) + 1)
            connection.close()
            document(handler)

        with speaking(provided, hurrying):
            refused = regenerating([client_of(omar)], person)(0)
        assert (refused.status_code, refused.json()["code"]) == (409, "PERSON_BUSY")
        assert refused["Retry-After"] == "5" and holds() == [0] * 5

    def test_a_change_that_is_over_is_no_change_of_now(self, omar, person, provided, now):
        """The act itself: a sitting of an earlier moment is refused."""
        with speaking(provided, document), rowsecurity.viewing(rowsecurity.of(omar)):
            changes = [Change(person.pk, (Text("x"),))]
            sittings = dossiers.sittings(by=omar, changes=changes, now=now)
            drawn = portraying.by_provider(sittings, {}, seconds=20)
            dossiers.add(by=omar, person_id=person.pk, text=Text("y"), now=now)
            with pytest.raises(dossiers.Moved):
                dossiers.keep(by=omar, drawn=drawn, now=now)

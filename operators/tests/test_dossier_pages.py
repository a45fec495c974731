"""The pages of dossiers: texts, versions and what changed between them, and what staff may do with it."""

import re

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import consent, rowsecurity
from accounts.models import AuditEntry
from accounts.purposes import Purpose
from accounts.tests import factories
from accounts.tests.callers import session_for
from personas import dossiers
from personas.models import Person, PortraitVersion, Submission
from personas.portraits.comparing import differing
from personas.portraits.document import blank
from personas.sittings import Change, Text

INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*\ssrc=)", re.IGNORECASE)
LIST = "/admin/personas/person/"
TEXTS = ("I work as a nurse in Leeds. I struggle with late fees.", "My goal is an emergency fund. Call me by phone.")


def at(user):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = session_for(user).session_key
    return client


def read(answer, status=200):
    assert answer.status_code == status, answer.content[:300]
    text = answer.content.decode()
    assert not INLINE.search(text)
    return re.sub(r"\s+", " ", text)


def made(by, now, *texts, **linked):
    with rowsecurity.viewing(rowsecurity.of(by)):
        person = dossiers.open(by=by, names={"first_name": "Maya", "last_name": "<b>Lee</b>"}, now=now, **linked)
        for text in texts:
            dossiers.portray(by=by, changes=[Change(person.pk, (Text(text),))], now=now)
        return person


@pytest.fixture
def maya_told(omar, now):
    return made(omar, now, *TEXTS)


def page(person, deed="change"):
    return f"{LIST}{person.pk}/{deed}/"


def stored(model, **wanted):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return list(model.objects.filter(**wanted))


def test_without_any_the_list_says_so(omar):
    assert "There are no dossiers." in read(at(omar).get(LIST))


def test_the_list_names_people_and_leads_to_them(omar, maya_told):
    text = read(at(omar).get(LIST))
    assert "Maya &lt;b&gt;Lee&lt;/b&gt;" in text and page(maya_told) in text and "1 to 1 of 1 dossiers" in text


def test_a_dossier_shows_its_texts_its_versions_and_what_they_say(omar, maya_told):
    text = read(at(omar).get(page(maya_told)))
    assert "2 texts · version 2" in text
    assert TEXTS[0] in text and "#text-2" in text and "rules-v1" in text
    assert "<dt>Role</dt><dd>nurse</dd>" in text and "<dd>I struggle with late fees.</dd>" in text
    assert "The two views may differ." in text and "This person is no user" in text


def test_two_versions_are_compared_field_by_field(omar, maya_told):
    text = read(at(omar).get(page(maya_told), {"a": 2, "b": 1}))
    assert "Version 1 compared with version 2" in text
    assert "<ins>My goal is an emergency fund. </ins>" in text and "<del>" not in text
    assert 'aria-label="Compare version 1" checked' in text and 'aria-label="with version 2" checked' in text
    assert "Both say the same." in read(at(omar).get(page(maya_told), {"a": 1, "b": 1}))
    assert at(omar).get(page(maya_told), {"a": 1, "b": 9}).status_code == 404


def test_a_list_that_grows_says_its_former_entries_as_before(omar, now):
    person = made(omar, now, "I want to save by summer.", "I want to save for a trip.")
    text = read(at(omar).get(page(person), {"a": 1, "b": 2}))
    assert "I want to save by summer. <ins>I want to save for a trip. </ins>" in text and "<del>" not in text


def test_a_comparison_knows_documents_of_another_shape():
    before, after = blank(), blank() | {"strengths": ["Patient"], "identity": "nothing"}
    (one,) = differing(before, after)
    assert (one.section, one.before, one.after) == ("strengths", (), ("Patient",))
    assert differing({}, before) == []


def test_a_text_is_added_and_the_persona_made_anew(omar, maya_told):
    client = at(omar)
    assert "1 to 100,000 characters" in read(client.get(page(maya_told, "add")))
    answer = client.post(page(maya_told, "add"), {"raw_text": "I enjoy hiking.\r\nAnd <script>."})
    assert (answer.status_code, answer["Location"]) == (302, page(maya_told))
    text = read(client.get(page(maya_told)))
    assert "Added, and read anew." in text and "version 3" in text and "And &lt;script&gt;." in text
    newest = stored(Submission, person_id=maya_told.pk, source="web")
    assert [one.raw_text for one in newest] == ["I enjoy hiking.\nAnd <script>."]


@pytest.mark.parametrize("said", ["", " \n\t", "\u200b", "x" * 100_001, "a\x00b"])
def test_what_is_no_text_is_refused_and_nothing_is_kept(omar, maya_told, said):
    read(at(omar).post(page(maya_told, "add"), {"raw_text": said}), 400)
    assert len(stored(Submission)) == len(stored(PortraitVersion)) == 2


def test_the_persona_is_made_anew_of_what_is_there(omar, maya_told):
    answer = at(omar).post(page(maya_told, "regenerate"))
    assert answer.status_code == 302
    assert sorted(one.version for one in stored(PortraitVersion)) == [1, 2, 3]


def test_nothing_is_made_of_nothing(omar, now):
    person = made(omar, now)
    client = at(omar)
    assert client.post(page(person, "regenerate")).status_code == 302
    text = read(client.get(page(person)))
    assert "There is nothing to read." in text and "Nothing has been handed in." in text
    assert not stored(PortraitVersion)


def test_a_provider_is_not_asked_from_the_console(omar, maya_told, settings):
    settings.PERSON_GENERATOR = "openai"
    client = at(omar)
    assert "Make the persona anew" not in read(client.get(page(maya_told)))
    assert client.post(page(maya_told, "regenerate")).status_code == 302
    assert client.post(page(maya_told, "add"), {"raw_text": "More."}).status_code == 302
    assert (len(stored(Submission)), len(stored(PortraitVersion))) == (3, 2)


def test_deleting_asks_for_the_word(omar, maya_told):
    client = at(omar)
    assert "2 texts and 2 versions go for good" in read(client.get(page(maya_told, "remove")))
    read(client.post(page(maya_told, "remove"), {"word": "yes"}), 400)
    assert len(stored(Person)) == 1
    answer = client.post(page(maya_told, "remove"), {"word": "delete"})
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    assert not (stored(Person) or stored(Submission) or stored(PortraitVersion))


@pytest.fixture
def june(omar):
    return factories.UserFactory(email="june@example.test", role="operator", level="junior")


def test_a_junior_reads_and_adds_and_may_not_delete(june, maya_told):
    client = at(june)
    assert "remove/" not in read(client.get(page(maya_told)))
    assert client.post(page(maya_told, "add"), {"raw_text": "More."}).status_code == 302
    assert client.get(page(maya_told, "remove")).status_code == 403
    assert client.post(page(maya_told, "remove"), {"word": "delete"}).status_code == 403


def test_another_institutions_staff_find_nobody(maya_told):
    fred = factories.UserFactory(
        email="fred@example.test", role="admin", tenant=factories.TenantFactory(slug="elsewhere")
    )
    client = at(fred)
    assert "There are no dossiers." in read(client.get(LIST))
    for deed in ("change", "add", "remove"):
        assert client.get(page(maya_told, deed)).status_code == 404
    assert client.post(page(maya_told, "regenerate")).status_code == 404


def test_without_the_consent_for_notes_there_is_no_dossier(omar, now):
    user = factories.consenting("theo", Purpose.NOTES)
    person = made(omar, now, *TEXTS, user_id=user.pk)
    client = at(omar)
    assert "Not known: nothing has been measured" in read(client.get(page(person)))
    with rowsecurity.viewing(rowsecurity.of(user)):
        consent.revoke(user=user, purpose=Purpose.NOTES, now=now)
    assert client.get(page(person)).status_code == 404
    assert "There are no dossiers." in read(client.get(LIST))
    assert client.post(page(person, "add"), {"raw_text": "More."}).status_code == 404


def test_whoever_looks_leaves_a_row(omar, maya_told):
    before = len(stored(AuditEntry, action="view_person"))
    at(omar).get(page(maya_told))
    assert len(stored(AuditEntry, action="view_person")) == before + 1


def test_a_longer_history_costs_no_more_statements(omar, now):
    def asked(person):
        client = at(omar)
        client.get(page(person))
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page(person)).status_code == 200
        return len(captured)

    short, long = made(omar, now, *TEXTS), made(omar, now, *(f"I struggle with thing {n}." for n in range(9)))
    assert asked(short) == asked(long)

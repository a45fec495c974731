"""Acts on dossiers: what piles up, what it was made of, who must agree, and what is sealed."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts import consent, rowsecurity
from accounts.keys import Scope, Service
from accounts.models import AuditEntry, StoredAnswer
from accounts.purposes import Purpose
from accounts.refusals import ConsentRequired
from accounts.tests import factories
from personas import dossiers, persons, portraits
from personas.keeping import PersonFull
from personas.models import Person, Portrait, PortraitSource, PortraitVersion, Submission
from personas.profiles import UserNotFound
from personas.sittings import Change, Text
from personas.tests.dossiers import BEGAN, PersonFactory, portrayed, submitted

HOUR = timedelta(hours=1)
WALKS, SAVES = "I prefer to walk to work. I like quiet mornings.", "My goal is to save for a small boat."


@pytest.fixture
def vera(db):
    return factories.consenting("vera", Purpose.NOTES)


@pytest.fixture
def service(db):
    return Service(uuid4(), factories.TenantFactory().pk, frozenset({Scope.PERSONS_WRITE}))


def acting(by, act, **given):
    eyes = rowsecurity.service(by.tenant_id, by.actor) if isinstance(by, Service) else rowsecurity.of(by)
    with rowsecurity.viewing(eyes):
        return act(by=by, **given)


def opened(by, now, **given):
    return acting(by, dossiers.open, now=now, **given)


def portrays(by, person_id, *texts, now, **more):
    change = Change(person_id, tuple(Text(text) for text in texts), **more)
    (kept,) = acting(by, dossiers.portray, changes=[change], now=now)
    return kept


def row(person):
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return Person.objects.get(pk=person.pk)


def deeds():
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        return list(AuditEntry.objects.select_related("detail").order_by("seq"))


class TestOpening:
    def test_of_nobody_in_particular(self, omar, now):
        person = row(opened(omar, now, names={"first_name": "Ada", "gender": "female"}))
        assert (person.first_name, person.last_name, person.gender, person.user_id) == ("Ada", None, "female", None)
        assert (person.origin, person.revision, person.person_data_count, person.created_at) == ("person", 0, 0, now)

    def test_of_a_user_who_agrees_to_notes_and_once(self, omar, vera, now):
        assert opened(omar, now, user_id=vera.pk).user_id == vera.pk
        for by in (omar, vera):
            with pytest.raises(dossiers.PersonExists):
                opened(by, now, user_id=vera.pk)

    def test_not_of_a_user_who_agrees_to_something_else(self, omar, maya, now):
        with pytest.raises(ConsentRequired):
            opened(omar, now, user_id=maya.pk)
        with pytest.raises(ConsentRequired):
            opened(maya, now, user_id=maya.pk)

    def test_not_of_staff_and_not_of_another_institution(self, omar, ada, now):
        zoe = factories.consenting("zoe", Purpose.NOTES, tenant=factories.TenantFactory(slug="elsewhere"))
        for user in (ada, zoe):
            with pytest.raises(UserNotFound):
                opened(omar, now, user_id=user.pk)


class TestAdding:
    def test_a_text_is_kept_as_it_was_sent_and_changes_no_portrait(self, omar, now):
        person = opened(omar, now)
        first = portrays(omar, person.pk, WALKS, now=now).portrait
        made = acting(omar, dossiers.add, person_id=person.pk, text=Text(f"  {SAVES}\r\n", "chat"), now=now + HOUR)
        assert (made.raw_text, made.source, made.author_id, made.created_at) == (
            f"  {SAVES}\r\n", "chat", omar.pk, now + HOUR,
        )  # fmt: skip
        assert made.sha256 == portraits.sha256(f"  {SAVES}\r\n")
        kept = row(person)
        assert (kept.revision, kept.person_data_count, kept.characters) == (3, 2, len(WALKS) + len(SAVES) + 4)
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            assert Portrait.objects.get() == first and Portrait.objects.get().version == 1

    @pytest.mark.parametrize(
        ("full", "text"),
        [({"person_data_count": 1000}, "x"), ({"characters": 5_000_000}, "x"), ({"characters": 4_999_999}, "xx")],
    )
    def test_a_person_who_is_full_takes_nothing_more(self, omar, now, full, text):
        person = PersonFactory(tenant=omar.tenant, **full)
        with pytest.raises(PersonFull):
            acting(omar, dossiers.add, person_id=person.pk, text=Text(text), now=now)
        with pytest.raises(PersonFull):
            portrays(omar, person.pk, text, now=now)
        assert row(person).revision == 0

    def test_the_last_one_that_fits_is_taken(self, omar, now):
        person = PersonFactory(tenant=omar.tenant, person_data_count=999, characters=4_999_999)
        acting(omar, dossiers.add, person_id=person.pk, text=Text("x"), now=now)
        assert (row(person).person_data_count, row(person).characters) == (1000, 5_000_000)


class TestPortraying:
    def test_the_document_is_that_of_the_rules_over_everything(self, omar, now):
        person = opened(omar, now, names={"first_name": "Ada", "last_name": "King"})
        acting(omar, dossiers.add, person_id=person.pk, text=Text(WALKS), now=now)
        kept = portrays(omar, person.pk, SAVES, now=now + HOUR)
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            texts = list(persons.submissions([person.pk]))
        read = [portraits.Submission(one.pk, one.raw_text, one.sha256, one.created_at) for one in texts]
        names = portraits.Names("Ada", "King")
        assert kept.portrait.persona == portraits.of(read, names).document
        assert kept.portrait.persona["meta"]["name"] == "Ada King"
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            version = PortraitVersion.objects.get()
        assert version.input_hash == portraits.input_hash(read, names, "rules-v1")
        assert (version.generator, version.tokens_in, version.created_by) == ("rules-v1", 0, omar.pk)
        assert (version.version, version.persona, version.data_ids) == (1, kept.portrait.persona, [t.pk for t in texts])

    def test_each_version_is_made_of_all_that_was_there_oldest_first_under_one_id(self, omar, now):
        person = opened(omar, now)
        kept = [portrays(omar, person.pk, f"Text {n}.", now=now + n * HOUR) for n in range(3)]
        ids = [one.submissions[0].pk for one in kept]
        assert {one.portrait.pk for one in kept} == {kept[0].portrait.pk}
        assert [one.portrait.version for one in kept] == [1, 2, 3]
        assert [one.portrait.computed_from_data_ids for one in kept] == [ids[:1], ids[:2], ids]
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            portrait = Portrait.objects.get()
            assert (portrait.created_at, portrait.updated_at) == (now, now + 2 * HOUR)
            versions = PortraitVersion.objects.order_by("version")
            assert [version.data_ids for version in versions] == [ids[:1], ids[:2], ids]
            assert list(
                PortraitSource.objects.filter(persona_version__version=3)
                .order_by("position").values_list("person_data_id", flat=True)
            ) == ids  # fmt: skip
            assert persons.sources(portrait) == [one.submissions[0] for one in kept]
        assert row(person).revision == 6

    def test_two_texts_at_once_are_read_in_their_order(self, omar, now):
        person = opened(omar, now)
        kept = portrays(omar, person.pk, WALKS, SAVES, now=now)
        assert [one.raw_text for one in kept.submissions] == [WALKS, SAVES]
        assert kept.portrait.computed_from_data_ids == [one.pk for one in kept.submissions]

    def test_a_person_can_begin_with_a_portrait(self, omar, service, now):
        for by in (omar, service):
            kept = portrays(by, None, WALKS, now=now, opens=True)
            person = row(kept.portrait.person)
            assert (person.origin, person.user_id, person.person_data_count, person.revision) == ("legacy", None, 1, 2)
            assert person.characters == len(WALKS)

    def test_one_that_a_consumer_begins_is_their_own(self, vera, maya, now):
        assert portrays(vera, None, WALKS, now=now, opens=True).portrait.person.user_id == vera.pk
        with pytest.raises(dossiers.PersonExists):
            portrays(vera, None, WALKS, now=now, opens=True)
        with pytest.raises(ConsentRequired):
            portrays(maya, None, WALKS, now=now, opens=True)

    def test_many_begin_at_once_or_none(self, omar, vera, now):
        changes = [Change(None, (Text(f"Text {n}."),), opens=True) for n in range(20)]
        kept = acting(omar, dossiers.portray, changes=changes, now=now)
        assert [one.submissions[0].raw_text for one in kept] == [f"Text {n}." for n in range(20)]
        with pytest.raises(dossiers.PersonExists):
            acting(vera, dossiers.portray, changes=changes, now=now)
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            assert (Person.objects.count(), Submission.objects.count(), PortraitVersion.objects.count()) == (20, 20, 20)

    def test_withdrawing_a_portrait_leaves_what_it_was_made_of(self, omar, now):
        person = opened(omar, now)
        first = portrays(omar, person.pk, WALKS, now=now)
        acting(omar, dossiers.withdraw, person_id=person.pk, now=now)
        with pytest.raises(persons.PersonaNotFound):
            acting(omar, lambda by: persons.portrait(person))
        again = portrays(omar, person.pk, SAVES, now=now)
        assert again.portrait.version == 1 and again.portrait.pk != first.portrait.pk
        assert len(again.portrait.computed_from_data_ids) == 2

    @pytest.mark.parametrize("origin", ["legacy", "migration"])
    def test_who_began_with_a_portrait_goes_with_it(self, omar, now, origin):
        person = PersonFactory(tenant=omar.tenant, origin=origin)
        portrays(omar, person.pk, WALKS, now=now)
        acting(omar, dossiers.withdraw, person_id=person.pk, now=now)
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            assert not Person.objects.exists() and not Submission.objects.exists()


class TestMerging:
    def test_everything_of_the_second_is_of_the_first(self, omar, now):
        first, second = PersonFactory(tenant=omar.tenant), PersonFactory(tenant=omar.tenant)
        older = submitted(second, SAVES, BEGAN)
        mine = submitted(first, WALKS, BEGAN + HOUR)
        before = portrayed(first)
        portrayed(second)
        kept = portrays(omar, first.pk, "They are one.", now=now, absorbs=second.pk)
        assert (kept.portrait.pk, kept.portrait.version) == (before.pk, 2)
        ids = [older.pk, mine.pk, kept.submissions[0].pk]
        assert kept.portrait.computed_from_data_ids == ids
        person = row(first)
        assert (person.person_data_count, person.characters) == (3, len(SAVES) + len(WALKS) + len("They are one."))
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            assert Person.objects.count() == Portrait.objects.count() == 1
            assert [(one.pk, one.created_at) for one in persons.submissions([first.pk])][:2] == [
                (older.pk, BEGAN), (mine.pk, BEGAN + HOUR),
            ]  # fmt: skip

    def test_who_absorbs_a_user_is_that_user(self, omar, vera, now):
        first, second = PersonFactory(tenant=omar.tenant), PersonFactory(user=vera)
        submitted(second, SAVES)
        portrays(omar, first.pk, now=now, absorbs=second.pk)
        assert row(first).user_id == vera.pk
        with rowsecurity.viewing(rowsecurity.of(vera)):
            consent.revoke(user=vera, purpose=Purpose.NOTES, now=now)
        with rowsecurity.viewing(rowsecurity.of(omar)):
            assert not Person.objects.exists()

    def test_two_users_stay_two_and_nobody_is_merged_with_themselves(self, omar, vera, now):
        first, second = PersonFactory(user=vera), PersonFactory(user=factories.consenting("theo", Purpose.NOTES))
        with pytest.raises(dossiers.TwoUsers):
            portrays(omar, first.pk, now=now, absorbs=second.pk)
        with pytest.raises(dossiers.SamePerson):
            portrays(omar, first.pk, now=now, absorbs=first.pk)
        with pytest.raises(persons.PersonNotFound):
            portrays(omar, first.pk, now=now, absorbs=uuid4())

    def test_together_they_may_not_hold_more_than_one_may(self, omar, now):
        first = PersonFactory(tenant=omar.tenant, person_data_count=600)
        second = PersonFactory(tenant=omar.tenant, person_data_count=401)
        with pytest.raises(PersonFull):
            portrays(omar, first.pk, now=now, absorbs=second.pk)


def every_act(person, now):
    return {
        "add": lambda by: acting(by, dossiers.add, person_id=person.pk, text=Text("x"), now=now),
        "portray": lambda by: portrays(by, person.pk, "x", now=now),
        "rename": lambda by: acting(by, dossiers.rename, person_id=person.pk, names={"first_name": "X"}, now=now),
        "withdraw": lambda by: acting(by, dossiers.withdraw, person_id=person.pk, now=now),
        "remove": lambda by: acting(by, dossiers.remove, person_id=person.pk, now=now),
    }


@pytest.mark.parametrize("act", ["add", "portray", "rename", "withdraw", "remove"])
class TestWhoMay:
    def test_a_person_staff_and_services_while_the_person_agrees(self, vera, omar, service, now, act):
        for by in (vera, omar, service):
            person = PersonFactory(user=vera)
            every_act(person, now)[act](by)
            if act != "remove":
                acting(by, dossiers.remove, person_id=person.pk, now=now)

    def test_nobody_once_the_person_agrees_no_more(self, vera, omar, service, now, act):
        person = PersonFactory(user=vera)
        with rowsecurity.viewing(rowsecurity.of(vera)):
            consent.revoke(user=vera, purpose=Purpose.NOTES, now=now)
        for by in (vera, omar, service):
            with pytest.raises(ConsentRequired):
                every_act(person, now)[act](by)

    def test_to_others_there_is_no_such_person(self, vera, maya, now, act):
        fred = factories.UserFactory(role="admin", tenant=factories.TenantFactory(slug="elsewhere"))
        theirs, nobodys = PersonFactory(user=vera), PersonFactory(tenant=vera.tenant)
        for person, by in ((theirs, maya), (nobodys, maya), (theirs, fred), (nobodys, fred), (nobodys, vera)):
            with pytest.raises(persons.PersonNotFound):
                every_act(person, now)[act](by)

    def test_what_staff_and_services_write_is_sealed_once_and_with_ids_only(self, vera, omar, service, now, act):
        for by in (vera, omar, service):
            person = PersonFactory(user=vera)
            before = len(deeds())
            every_act(person, now)[act](by)
            new = deeds()[before:]
            if by is vera:
                assert not new
            else:
                (deed,) = new
                wanted = "person_delete" if act == "remove" else "person_write"
                assert (deed.action, deed.object_id, deed.detail.detail["did"]) == (wanted, str(person.pk), act)
                assert deed.operator_id == (omar.pk if by is omar else None)
                assert deed.detail.detail["by"] == by.actor
            if act != "remove":
                acting(vera, dossiers.remove, person_id=person.pk, now=now)


def test_own_is_named_by_nothing_and_only_by_a_consumer(vera, omar, now):
    person = PersonFactory(user=vera)
    acting(vera, dossiers.add, person_id=None, text=Text(WALKS), now=now)
    assert portrays(vera, None, SAVES, now=now).portrait.person_id == person.pk
    with pytest.raises(persons.PersonNotFound):
        acting(omar, dossiers.add, person_id=None, text=Text(WALKS), now=now)


def test_names_and_gender_are_cleared_by_null_and_stand_in_the_next_portrait(omar, now):
    person = opened(omar, now, names={"first_name": "Ada", "last_name": "King", "gender": "female"})
    acting(omar, dossiers.rename, person_id=person.pk, names={"last_name": None, "gender": "x"}, now=now)
    meta = portrays(omar, person.pk, WALKS, now=now).portrait.persona["meta"]
    assert (meta["name"], meta["gender"], meta["age"], meta["age_range"]) == ("Ada", "x", None, None)


def test_a_removal_takes_the_answers_along_that_quote_the_person(omar, now):
    person = PersonFactory(tenant=omar.tenant)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        for key, payload in (("theirs", f'{{"person_id":"{person.pk}"}}'), ("another's", "{}"), ("empty", None)):
            StoredAnswer.objects.create(
                tenant_id=omar.tenant_id, actor=omar.actor, route="POST /v1/person", key=key, fingerprint="0" * 64,
                response_payload=payload, expires_at=now + HOUR,
            )  # fmt: skip
    acting(omar, dossiers.remove, person_id=person.pk, now=now)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert set(StoredAnswer.objects.values_list("key", flat=True)) == {"another's", "empty"}


def test_staff_who_are_shown_dossiers_leave_a_row_for_each_and_nobody_else_does(omar, vera, service, now):
    shown = [PersonFactory(user=vera), PersonFactory(tenant=omar.tenant)]
    for by in (omar, vera, service):
        acting(by, dossiers.viewed, shown=shown, section="person", now=now)
    acting(omar, dossiers.viewed, shown=[], section="person", now=now)
    seen = deeds()
    assert [(one.action, one.object_id, one.operator_id) for one in seen] == [
        ("view_person", str(person.pk), omar.pk) for person in shown
    ]
    assert seen[0].subject_ref and not seen[1].subject_ref
    assert seen[0].detail.detail == {
        "section": "person", "operator_role": "operator", "operator_level": "senior", "user_id": str(vera.pk),
    }  # fmt: skip

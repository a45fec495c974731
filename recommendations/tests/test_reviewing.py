"""What staff may do with an item in every state, what they are told when they may not, and what is left behind."""

from datetime import timedelta
from itertools import pairwise, product
from uuid import uuid4

import pytest

from accounts import audit, consent, rowsecurity
from accounts.models import AuditEntry, User
from accounts.purposes import Purpose
from accounts.refusals import ConsentRequired, Refused, Unacceptable
from accounts.tests import factories
from personas.tests.at_once import elsewhere
from recommendations import claims, flags, items, proposals, recording, reviewing
from recommendations.lifecycle import LEGAL, Status, Verb
from recommendations.models import Card, Claim, Flag, Recommendation, RecordedMove
from recommendations.tests.proposed import MADE_AT, proposed

NOW = MADE_AT + timedelta(hours=1)
REASON = "It does not fit what this person has."


@pytest.fixture
def item(maya):
    return proposed(maya)


@pytest.fixture
def staff(omar):
    with rowsecurity.viewing(rowsecurity.of(omar)):
        yield omar


def as_it_is(item):
    return Recommendation.objects.get(pk=item.pk)


def moves(item):
    return list(
        RecordedMove.objects.filter(recommendation_id=item.pk).order_by("revision").values_list("verb", flat=True)
    )


ACTS = {
    Verb.APPROVE: lambda item, by: reviewing.approve(item_id=item.pk, by=by, now=NOW),
    Verb.REJECT: lambda item, by: reviewing.reject(item_id=item.pk, by=by, now=NOW, reason=REASON),
    Verb.MODIFY: lambda item, by: reviewing.modify(item_id=item.pk, by=by, now=NOW, changes={"title": "Another title"}),
    Verb.OVERRIDE: lambda item, by: reviewing.override(item_id=item.pk, by=by, now=NOW, reason=REASON),
    Verb.UNDO: lambda item, by: reviewing.undo(item_id=item.pk, by=by, now=NOW),
}
TO = {
    Status.PENDING: (),
    Status.APPROVED: (Verb.APPROVE,),
    Status.REJECTED: (Verb.REJECT,),
    Status.WITHDRAWN: (Verb.OVERRIDE,),
}
DECIDING = {Verb.APPROVE, Verb.REJECT, Verb.MODIFY}


@pytest.mark.parametrize(("status", "verb"), list(product(Status, ACTS)))
def test_every_verb_in_every_status_does_what_the_table_says(item, staff, status, verb):
    for before in TO[status]:
        ACTS[before](item, staff)
    legal = {move.after for move in LEGAL if (move.verb, move.before) == (verb, status)}
    if verb is Verb.UNDO and status is Status.PENDING:
        with pytest.raises(reviewing.NotLastDecision):  # a pending item is undone after an edit only
            ACTS[verb](item, staff)
        ACTS[Verb.MODIFY](item, staff)
    if not legal:
        refusal = items.AlreadyDecided if verb in DECIDING else proposals.IllegalMove
        with pytest.raises(refusal):
            ACTS[verb](item, staff)
        assert as_it_is(item).status == status
        return
    revision = as_it_is(item).revision
    ACTS[verb](item, staff)
    after = as_it_is(item)
    assert {Status(after.status)} == legal
    assert after.revision == revision + 1
    assert moves(item)[-1] == verb
    assert AuditEntry.objects.order_by("seq").last().action == verb
    assert audit.verify(tenant_id=staff.tenant_id).valid


def test_what_was_decided_says_when_and_not_by_whom(item, staff, ada):
    reviewing.approve(item_id=item.pk, by=staff, now=NOW)
    with pytest.raises(items.AlreadyDecided, match="decided at 09:00:00 UTC on 2026-11-20") as told:
        reviewing.reject(item_id=item.pk, by=ada, now=NOW, reason=REASON)
    assert told.value.extra == {"decided_at": NOW.isoformat()}


@pytest.mark.parametrize("verb", list(ACTS))
def test_a_revision_that_has_passed_is_refused(item, staff, verb):
    with pytest.raises(items.RevisionConflict) as told:
        items.in_hand(item_id=item.pk, revision=7)
    assert told.value.extra == {"revision": 1}
    ACTS[Verb.MODIFY](item, staff)
    more = {"reason": REASON} if verb in (Verb.REJECT, Verb.OVERRIDE) else {}
    more |= {"changes": {"title": "A third title"}} if verb is Verb.MODIFY else {}
    act = getattr(reviewing, verb.value)
    with pytest.raises(items.RevisionConflict):
        act(item_id=item.pk, by=staff, now=NOW, revision=1, **more)
    act(item_id=item.pk, by=staff, now=NOW, revision=2, **more)


@pytest.mark.parametrize("reason", ["too short", " " * 20, "x" * 501])
def test_a_reason_is_a_reason(item, staff, reason):
    for act in (reviewing.reject, reviewing.override, flags.raise_flag):
        with pytest.raises(Unacceptable, match="10 to 500"):
            act(item_id=item.pk, by=staff, now=NOW, reason=reason)
    assert moves(item) == ["propose"]


def test_nobody_elses_item_is_there(item):
    stranger = factories.UserFactory(
        email="far@example.test", role="operator", level="senior", tenant=factories.TenantFactory(slug="elsewhere")
    )
    with rowsecurity.viewing(rowsecurity.of(stranger)), pytest.raises(items.RecommendationNotFound):
        reviewing.approve(item_id=item.pk, by=stranger, now=NOW)
    with rowsecurity.viewing(rowsecurity.of(stranger)), pytest.raises(items.RecommendationNotFound):
        reviewing.approve(item_id=uuid4(), by=stranger, now=NOW)


def test_approving_asks_for_a_standing_card_a_whole_text_and_no_doubt(item, staff):
    mine = Recommendation.objects.filter(pk=item.pk)
    mine.update(guardrails_passed=False)
    with pytest.raises(reviewing.GuardrailFailed):
        reviewing.approve(item_id=item.pk, by=staff, now=NOW)
    mine.update(guardrails_passed=True, flagged=True)
    with pytest.raises(reviewing.OpenFlag):
        reviewing.approve(item_id=item.pk, by=staff, now=NOW)
    mine.update(flagged=False)
    Card.objects.filter(pk=item.card_id).update(is_active=False, deleted_at=NOW)
    with pytest.raises(reviewing.CardDeleted):
        reviewing.approve(item_id=item.pk, by=staff, now=NOW)
    assert as_it_is(item).status == "pending"


def test_who_revoked_is_out_of_reach(maya, omar, item):
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=NOW)
    with rowsecurity.viewing(rowsecurity.of(omar)), pytest.raises(items.RecommendationNotFound):
        reviewing.approve(item_id=item.pk, by=omar, now=NOW)
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.grant(user=maya, purpose=Purpose.ANALYSIS, now=NOW)
    with rowsecurity.viewing(rowsecurity.of(omar)), pytest.raises(ConsentRequired):
        reviewing.approve(item_id=item.pk, by=omar, now=NOW)  # made under a consent that has ended


def test_an_offer_needs_the_consent_to_offers(maya, omar):
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.grant(user=maya, purpose=Purpose.PARTNER_OFFERS, now=MADE_AT)
    item = proposed(maya, offer=True)
    with rowsecurity.viewing(rowsecurity.of(maya)):
        consent.revoke(user=maya, purpose=Purpose.PARTNER_OFFERS, now=NOW)
    with rowsecurity.viewing(rowsecurity.of(omar)), pytest.raises(ConsentRequired):
        reviewing.approve(item_id=item.pk, by=omar, now=NOW)


def test_who_holds_an_item_decides_about_it(item, staff, ada):
    held = claims.claim(item_id=item.pk, by=ada, now=NOW)
    for verb in DECIDING | {Verb.OVERRIDE}:
        with pytest.raises(items.Claimed) as told:
            ACTS[verb](item, staff)
        assert told.value.extra == {"held_by": str(ada.pk), "until": held.expires_at.isoformat()}
    with pytest.raises(items.Claimed):
        claims.claim(item_id=item.pk, by=staff, now=NOW)
    taken = claims.claim(item_id=item.pk, by=staff, now=NOW, take_over=True)
    assert (taken.operator_id, taken.expires_at) == (staff.pk, NOW + claims.HELD)
    ACTS[Verb.APPROVE](item, staff)
    assert not Claim.objects.exists()


def test_a_hold_is_renewed_runs_out_and_is_let_go(item, staff, ada):
    first = claims.claim(item_id=item.pk, by=ada, now=NOW)
    later = NOW + timedelta(minutes=4)
    again = claims.claim(item_id=item.pk, by=ada, now=later)
    assert (again.claimed_at, again.expires_at) == (first.claimed_at, later + claims.HELD)
    assert [one.pk for one in claims.standing(tenant_id=staff.tenant_id, now=later)] == [item.pk]
    claims.release(item_id=item.pk, by=staff)  # not hers to let go
    over = later + claims.HELD
    assert claims.standing(tenant_id=staff.tenant_id, now=over) == []
    assert claims.claim(item_id=item.pk, by=staff, now=over).operator_id == staff.pk
    claims.release(item_id=item.pk, by=staff)
    assert not Claim.objects.exists()
    ACTS[Verb.REJECT](item, staff)
    with pytest.raises(items.AlreadyDecided):
        claims.claim(item_id=item.pk, by=staff, now=over)


def test_an_edit_is_kept_with_what_stood_there(item, staff):
    changes = {
        "title": "  What a limit has to do with it ",
        "content": "Plain words about a card at 68 % of its limit.",
        "rationale": "We're showing you this because your Visa is at 68 % of its limit.",
        "priority": "low",
    }
    edited = reviewing.modify(item_id=item.pk, by=staff, now=NOW, changes=changes)
    after = as_it_is(item)
    assert (after.title, after.content, after.rationale, after.priority) == (
        changes["title"].strip(),
        *(changes[name] for name in ("content", "rationale", "priority")),
    )
    assert (after.modified_by, after.modified_at, after.guardrails_passed) == (staff.pk, NOW, True)
    assert edited.revision == after.revision == 2
    move = RecordedMove.objects.get(recommendation_id=item.pk, verb="modify")
    assert (move.before["title"], move.after["title"]) == (item.title, after.title)
    reviewing.undo(item_id=item.pk, by=staff, now=NOW)
    restored = as_it_is(item)
    for name in (*changes, "modified_at", "modified_by", "guardrails_passed", "status"):
        assert getattr(restored, name) == getattr(item, name), name


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"content": "You should pay this off today."}, "advice"),
        ({"title": "Careless spending"}, "tone"),
        ({"rationale": "We're showing you this because your Visa is at 69 % of its limit."}, "figures"),
        ({"rationale": "We're showing you this because Reelhouse charges your Visa, at 68 %."}, "figures"),
        ({"content": "People like you save $120.00 a month."}, "figures"),
        ({"title": "Only 3 days left"}, "figures"),
    ],
)
def test_an_edit_that_fails_is_refused_with_what_was_found(item, staff, changes, check):
    with pytest.raises(Unacceptable) as told:
        reviewing.modify(item_id=item.pk, by=staff, now=NOW, changes=changes)
    assert told.value.code == "GUARDRAIL_FAILED"
    assert [one["name"] for one in told.value.extra["checks"] if one["status"] == "fail"] == [check]
    assert (as_it_is(item).revision, moves(item)) == (1, ["propose"])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"title": "Tiny"},
        {"title": "x" * 256},
        {"content": "   "},
        {"content": "<script>alert(1)</script>"},
        {"rationale": "Because."},
        {"rationale": "Your Visa is at 68 % of its limit, and that is that."},
        {"priority": "urgent"},
        {"priority": "high"},
    ],
)
def test_an_edit_that_is_none_is_refused(item, staff, changes):
    with pytest.raises(Unacceptable) as told:
        reviewing.modify(item_id=item.pk, by=staff, now=NOW, changes=changes)
    assert told.value.code == "VALIDATION_ERROR"


def test_an_edit_that_passes_answers_the_flag_of_the_system(item, staff):
    Recommendation.objects.filter(pk=item.pk).update(guardrails_passed=False, flagged=True)
    beside = {"tenant_id": item.tenant_id, "user_id": item.user_id, "recommendation_id": item.pk}
    flag = Flag.objects.create(**beside, flag_reason=recording.SYSTEM_FLAG, flagged_at=MADE_AT)
    ACTS[Verb.MODIFY](item, staff)
    flag.refresh_from_db()
    assert (flag.resolved, flag.resolved_by) == (True, staff.pk)
    assert not as_it_is(item).flagged
    ACTS[Verb.UNDO](item, staff)
    flag.refresh_from_db()
    after = as_it_is(item)
    assert (flag.resolved, after.flagged, after.guardrails_passed) == (False, True, False)


def test_a_flag_hides_blocks_and_is_resolved_once(item, staff):
    flag = flags.raise_flag(item_id=item.pk, by=staff, now=NOW, reason=REASON)
    with pytest.raises(flags.AlreadyFlagged):
        flags.raise_flag(item_id=item.pk, by=staff, now=NOW, reason=REASON)
    with pytest.raises(reviewing.OpenFlag):
        ACTS[Verb.APPROVE](item, staff)
    resolved = flags.resolve(flag_id=flag.pk, by=staff, now=NOW, resolution="Looked at it, it is right.")
    assert (resolved.resolved, resolved.resolved_by) == (True, staff.pk)
    with pytest.raises(flags.FlagResolved):
        flags.resolve(flag_id=flag.pk, by=staff, now=NOW, resolution="Looked at it, it is right.")
    with pytest.raises(flags.FlagNotFound):
        flags.resolve(flag_id=uuid4(), by=staff, now=NOW, resolution="Looked at it, it is right.")
    ACTS[Verb.APPROVE](item, staff)
    assert [entry.action for entry in AuditEntry.objects.order_by("seq")] == ["flag", "resolve_flag", "approve"]


def test_rejecting_answers_the_flag_and_undoing_brings_it_back(item, staff):
    flag = flags.raise_flag(item_id=item.pk, by=staff, now=NOW, reason=REASON)
    ACTS[Verb.REJECT](item, staff)
    assert Flag.objects.get(pk=flag.pk).resolved
    with pytest.raises(flags.NotOpen):
        flags.raise_flag(item_id=item.pk, by=staff, now=NOW, reason=REASON)
    ACTS[Verb.UNDO](item, staff)
    after = as_it_is(item)
    assert (after.status, after.flagged, after.rejection_reason, after.rejected_by) == ("pending", True, None, None)
    assert not Flag.objects.get(pk=flag.pk).resolved


def test_undoing_ends_with_five_minutes_a_showing_or_somebody_else(item, staff, junior, ada):
    ACTS[Verb.APPROVE](item, staff)
    with pytest.raises(reviewing.SomebodyElses):
        reviewing.undo(item_id=item.pk, by=junior, now=NOW)
    with pytest.raises(reviewing.UndoExpired):
        reviewing.undo(item_id=item.pk, by=staff, now=NOW + timedelta(minutes=5, microseconds=1))
    Recommendation.objects.filter(pk=item.pk).update(shown_at=NOW)
    with pytest.raises(reviewing.UndoShown):
        reviewing.undo(item_id=item.pk, by=staff, now=NOW)
    Recommendation.objects.filter(pk=item.pk).update(shown_at=None)
    reviewing.undo(item_id=item.pk, by=ada, now=NOW + timedelta(minutes=5))
    after = as_it_is(item)
    assert (after.status, after.approved_at, after.approved_by) == ("pending", None, None)
    with pytest.raises(reviewing.NotLastDecision):
        reviewing.undo(item_id=item.pk, by=staff, now=NOW)
    assert moves(item) == ["propose", "approve", "undo"]


def test_many_are_decided_at_once_each_for_itself(maya, item, staff):
    other = proposed(maya, key="other")
    ACTS[Verb.REJECT](other, staff)
    third, batch = proposed(maya, key="third"), uuid4()
    bulk = reviewing.decide_all(
        verb=Verb.APPROVE, item_ids=[third.pk, other.pk, uuid4(), item.pk, third.pk], by=staff, now=NOW, batch_id=batch
    )
    assert [one.pk for one in bulk.succeeded] == [third.pk, item.pk]
    assert [refused.code for _, refused in bulk.failed] == ["ALREADY_DECIDED", "RECOMMENDATION_NOT_FOUND"]
    rows = AuditEntry.objects.filter(batch_id=batch).order_by("seq").values_list("recommendation_id", flat=True)
    assert list(rows) == [third.pk, item.pk]


def test_deciding_makes_what_was_kept_of_the_readers_answers_old(maya, item, staff):
    def generation():
        return User.objects.get(pk=maya.pk).cache_generation

    seen = [generation()]
    for step in (
        lambda: ACTS[Verb.APPROVE](item, staff),
        lambda: flags.raise_flag(item_id=item.pk, by=staff, now=NOW, reason=REASON),
        lambda: flags.resolve(flag_id=Flag.objects.get().pk, by=staff, now=NOW, resolution=REASON),
        lambda: ACTS[Verb.UNDO](item, staff),
        lambda: ACTS[Verb.APPROVE](item, staff),
        lambda: ACTS[Verb.OVERRIDE](item, staff),
    ):
        step()
        seen.append(generation())
    assert [after - before for before, after in pairwise(seen)] == [1] * 6
    other = proposed(maya, key="other")
    ACTS[Verb.MODIFY](other, staff)
    ACTS[Verb.REJECT](other, staff)
    assert generation() == seen[-1]  # its reader never saw it


@pytest.mark.parametrize(("verb", "statements"), [(Verb.APPROVE, 13), (Verb.REJECT, 12), (Verb.MODIFY, 21)])
def test_a_decision_costs_so_many_statements(item, staff, django_assert_num_queries, verb, statements):
    """Savepoints included; five seal the audit row, and an edit reads the shelf when the process has none."""
    with django_assert_num_queries(statements):
        ACTS[verb](item, staff)


def test_of_twenty_at_once_one_wins(live_db):
    maya = factories.consenting("maya")
    item = proposed(maya)
    omar = factories.UserFactory(email="omar@example.test", role="operator", level="senior")

    def decide():
        try:
            with rowsecurity.viewing(rowsecurity.of(omar)):
                ACTS[Verb.APPROVE](item, omar)
        except Refused as refused:
            return refused.code
        return "done"

    answers = [one.result(60) for one in [elsewhere(decide) for _ in range(20)]]
    assert sorted(answers) == ["ALREADY_DECIDED"] * 19 + ["done"]
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        assert moves(item) == ["propose", "approve"]
        assert as_it_is(item).revision == 2
        assert AuditEntry.objects.count() == 1

"""An operator's edit of an item, held against every guardrail as if a run had written it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from accounts.models import ConsentRecord
from accounts.refusals import Unacceptable
from recommendations import guardrails, versions
from recommendations.considering import checks
from recommendations.guardrails import Check
from recommendations.models import Priority, Recommendation, Trace
from recommendations.recalling import cited_of, person_of
from recommendations.shelf import shelf
from recommendations.wording import problems

TITLE = (5, 255)
CONTENT = 20_000
EDITABLE = ("title", "content", "rationale", "priority")


class EditInvalid(Unacceptable):
    pass


class EditFailed(Unacceptable):
    """What the guardrails say of it comes along, so that whoever edits sees the words that were matched."""

    code = "GUARDRAIL_FAILED"

    def __init__(self, found: tuple[Check, ...]) -> None:
        said = " ".join(check.detail for check in found if check.status == "fail" and check.detail)
        super().__init__(said or "The guardrails refuse this edit.", checks=[check.as_json() for check in found])


def accepted(item: Recommendation, changes: Mapping[str, str]) -> dict[str, str]:
    """The fields that change, trimmed, when the whole item passes with them."""
    changed = valid(item, changes)
    found = checked(item, changed)
    if not guardrails.passed(found):
        raise EditFailed(found)
    return changed


def checked(
    item: Recommendation, changed: Mapping[str, str], *, trace: Mapping[str, Any] | None = None
) -> tuple[Check, ...]:
    """Every check over the item as it would read; figures are held against what its trace cites."""
    if trace is None:
        trace = Trace.objects.filter(recommendation_id=item.pk).values_list("trace_data", flat=True).get()
    piece = versions.pieces([(item.card_id, item.card_version)])[item.card_id, item.card_version]
    standing: dict[str, Any] = dict(
        ConsentRecord.objects.filter(
            user_id=item.user_id,
            revoked_at=None,
            since__lte=item.created_at,
            purpose__in=("analysis", "partner_offers"),
        ).values_list("purpose", "id")
    )
    person = replace(person_of(trace), consents=standing)
    texts = (
        changed.get("title", item.title),
        item.presentation.get("summary") or "",
        changed.get("content", item.content),
        *item.partner_checks,
    )
    return checks(
        piece,
        changed.get("rationale", item.rationale),
        cited_of(trace),
        person,
        shelf(tenant_id=item.tenant_id),
        texts=tuple(filter(None, texts)),
        disclosure=item.disclosure,
    )


def valid(item: Recommendation, changes: Mapping[str, str]) -> dict[str, str]:
    """The fields that change, trimmed, where each of them can stand."""
    said = {name: text.strip() for name, text in changes.items() if name in EDITABLE}
    changed = {name: text for name, text in said.items() if text != getattr(item, name)}
    if not changed:
        raise EditInvalid("Nothing of the item changes by this.")
    wrong = [_error(name, sentence) for name, text in changed.items() for sentence in _wrong(name, text)]
    if wrong:
        raise EditInvalid(wrong[0]["message"], errors=wrong)
    return changed


def _wrong(name: str, text: str) -> Iterator[str]:
    if guardrails.has_markup(text):
        yield "Texts are plain: there is markup in this one."
    if name == "title" and not TITLE[0] <= len(text) <= TITLE[1]:
        yield f"A title has {TITLE[0]} to {TITLE[1]} characters."
    if name == "content" and not text:
        yield "There is no content left."
    if name == "content" and len(text) > CONTENT:
        yield f"A content has at most {CONTENT:,} characters."
    if name == "rationale":
        yield from problems(text)
    if name == "priority" and text not in Priority.values():
        yield f"A priority is one of {', '.join(Priority.values())}."


def _error(field: str, message: str) -> dict[str, str]:
    return {"field": field, "code": "INVALID", "message": message}

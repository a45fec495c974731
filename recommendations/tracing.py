"""What a trace says: everything that went into an item and everything that came out, in one document."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from recommendations.considering import Chosen, Considered
from recommendations.explaining import reasons_of, why
from recommendations.facts import Person, Slot
from recommendations.matching import Candidate
from recommendations.pieces import Piece, Shelf
from recommendations.rewriting import TEMPERATURE

SCHEMA = 1
ENGINE = "1.0.0"
MATCHED = {0: 1.0, 1: 0.5, 2: 0.25}
RANKS = {0: "primary persona", 1: "secondary persona", 2: "for everybody"}
LEFT_OUT = frozenset({"not_servable", "persona_mismatch"})  # cards that were never candidates
INPUTS = ("upload_ids", "transaction_count", "data_fingerprint", "algorithm_version", "corrections", "currency")


@dataclass(frozen=True)
class Made:
    """What a trace knows of the run besides the person and the shelf."""

    run_id: UUID
    recommendation_id: UUID
    trace_id: UUID
    at: datetime
    took_ms: int


@dataclass(frozen=True)
class Common:
    """What the traces of one person and run say alike, put into text once."""

    considered: Considered
    person: Person
    shelf: Shelf

    @cached_property
    def document(self) -> str:
        return encoded(
            {
                "schema": SCHEMA,
                "user_id": self.person.user_id,
                "tenant_id": self.person.tenant_id,
                "engine_version": ENGINE,
                "inputs": inputs_of(self.person, self.shelf, self.considered),
                "signals": self.person.signals,
                "persona_assignment": self.person.assignment,
            }
        )

    @property
    def looked(self) -> str:
        """Every card that was looked at, whatever became of it."""
        return f"[{','.join(text for text, _ in self._looked)}]"

    @cached_property
    def candidates(self) -> str:
        return f"[{','.join(text for text, left_out in self._looked if not left_out)}]"

    @cached_property
    def _looked(self) -> tuple[tuple[str, bool], ...]:
        return tuple(
            (encoded(candidate_of(candidate, outcome, reasons)), not LEFT_OUT.isdisjoint(reasons))
            for candidate, outcome, reasons in self.considered.looked
        )


def trace_of(made: Made, chosen: Chosen, common: Common, cites: Sequence[Any]) -> dict[str, Any]:
    """The whole document, as it is stored."""
    found: dict[str, Any] = json.loads(common.document)
    found |= json.loads(own_text(made, chosen, common.person, cites))
    found["selection"]["candidates"] = json.loads(common.candidates)
    return found


def own_text(made: Made, chosen: Chosen, person: Person, cites: Sequence[Any]) -> str:
    """What a trace says beside what it has in common with others of its person and run."""
    return encoded(_own(made, chosen, person, cites))


def _own(made: Made, chosen: Chosen, person: Person, cites: Sequence[Any]) -> dict[str, Any]:
    piece, told = chosen.piece, chosen.told
    said = told.worded
    return {
        "trace_id": made.trace_id,
        "recommendation_id": made.recommendation_id,
        "run_id": made.run_id,
        "type": piece.kind,
        "title": piece.title,
        "subject": piece.subject,
        "generated_at": made.at,
        "selection": {
            "position": chosen.position,
            "priority": chosen.priority,
            "reason": _reason(chosen.candidate),
            "relevance": {
                "persona_match": MATCHED[chosen.candidate.rank or 0],
                "trigger_strength": _strength(chosen.candidate),
            },
        },
        "signals_used": reasons_of(chosen, person),
        "eligibility": _eligibility(chosen),
        "rationale": {
            "template_id": f"{piece.subject}@{piece.version}",
            "variables": said.variables,
            "citations": list(cites),
            "dropped_sentences": said.dropped_sentences,
            "fallback_used": said.fallback_used,
            "text": told.text,
            "rewritten_from": said.text if told.rewrite else None,
        },
        "guardrails": {"passed": told.passed, "checks": [check.as_json() for check in told.checks]},
        "disclosure": told.disclosure,
        "llm": {
            "model": told.rewrite.model if told.rewrite else None,
            "temperature": TEMPERATURE if told.rewrite else None,
            "tokens": told.rewrite.tokens if told.rewrite else 0,
        },
        "stages": {
            "signals_detected_at": person.inputs.get("measured_at"),
            "persona_assigned_at": person.inputs.get("assigned_at"),
            "content_matched_at": made.at,
            "rationale_generated_at": made.at,
            "guardrails_checked_at": made.at,
        },
        "generation_time_ms": made.took_ms,
    }


def inputs_of(person: Person, shelf: Shelf, considered: Considered) -> dict[str, Any]:
    return {
        "as_of": person.as_of,
        "decision_window": person.decision_window,
        **{name: person.inputs.get(name) for name in INPUTS},
        "monthly_income": None if person.monthly_income is None else f"{person.monthly_income:.2f}",
        "top_category": person.top_category,
        "accounts": [
            {
                "account_id": one.account_id,
                "kind": one.kind,
                "type": one.type,
                "subtype": one.subtype,
                "name": one.name,
                "last4": one.last4,
                "balance": _money(one.balance),
                "limit": _money(one.limit),
                "named": one.named,
            }
            for one in person.accounts
        ],
        "liabilities": list(person.liabilities),
        "consents": dict(person.consents),
        "rule_set": person.inputs.get("rule_set"),
        "guardrail_lists": shelf.lists,
        "other_cards": [  # never candidates, but their titles and partners are names that no text may misuse
            f"{one.piece.card_id}@{one.piece.version}" for one, _, why in considered.looked if LEFT_OUT & set(why)
        ],
        "voice_card": cited(shelf.voice),
        "audience_cards": [cited(piece) for piece in shelf.audiences],
        "excluded_subjects": {
            "live": sorted(live.subject for live in person.live),
            "rejected_90d": sorted(person.rejected),
        },
        "live": [
            {"subject": live.subject, "kind": live.kind, "matched_persona": live.matched_persona}
            for live in person.live
        ],
    }


def cited(piece: Piece | None) -> dict[str, Any] | None:
    if piece is None:
        return None
    return {"card_id": piece.card_id, "version": piece.version, "content_hash": piece.content_hash}


def candidate_of(candidate: Candidate, outcome: str, reasons: Sequence[str]) -> dict[str, Any]:
    piece = candidate.piece
    return {
        "card_id": piece.card_id,
        "key": piece.key,
        "version": piece.version,
        "content_hash": piece.content_hash,
        "type": piece.kind,
        "rank": candidate.rank,
        "matched_persona": candidate.matched_persona,
        "trigger_strength": _strength(candidate),
        "outcome": outcome,
        "reasons": list(reasons),
    }


def citation_of(slot: Slot, transactions: Sequence[str], count: int) -> dict[str, Any]:
    return {
        "slot": slot.slot,
        "text": slot.text,
        "signal": slot.signal,
        "accounts": list(slot.accounts),
        "transactions": list(transactions),
        "count": count,
    }


def presentation_of(chosen: Chosen, person: Person) -> dict[str, Any]:
    """What the reader sees of card and evidence, frozen with the item."""
    content = chosen.piece.content
    change = person.assignment.get("counterfactual")
    partner = chosen.piece.partner
    return {
        "format": content.get("format") or "article",
        "summary": chosen.piece.summary or None,
        "category": content.get("category"),
        "tags": list(chosen.piece.tags),
        "difficulty": content.get("difficulty"),
        "read_time_minutes": content.get("read_time_minutes"),
        "sources": content.get("sources") or [],
        "partner": {name: partner.get(name) for name in ("name", "logo_url", "external_url")}
        if chosen.piece.offer
        else None,
        "why": why(reasons_of(chosen, person), person.currency),
        "counterfactual": change
        and {
            "direction": change["direction"],
            "persona": person.primary,
            "then": change["then"],
            "sentences": change["sentences"],
        },
    }


def _eligibility(chosen: Chosen) -> dict[str, Any]:
    screened = chosen.told.screened
    if screened is None:
        return {"status": None, "criteria": [], "held_products": [], "partner_checks": []}
    return {
        "status": screened.status,
        "criteria": list(screened.criteria),
        "held_products": list(screened.held_products),
        "partner_checks": list(screened.partner_checks),
    }


def _reason(candidate: Candidate) -> str:
    words = RANKS[candidate.rank or 0]
    return f"{words}, trigger {_strength(candidate):.2f}" if candidate.strength else words


def _strength(candidate: Candidate) -> float:
    return round(float(candidate.strength), 4)


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def plain(value: Any) -> Any:
    return json.loads(encoded(value))


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return float(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date() | UUID():
            return str(value)
        case Mapping():
            return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in a trace.")


# As JSON holds it: numbers, texts, lists and objects, in a form that reads back equal.
encoded = json.JSONEncoder(default=_plain, separators=(",", ":")).encode

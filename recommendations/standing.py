"""What a run reads of many people, in a number of statements that does not grow with them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from accounts.models import Account, ConsentRecord, LedgerSpan, Liability, Upload, User
from accounts.models.uploads import Status
from accounts.statements.classes import ORDER, Flow
from personas import measured
from personas.assigning import highest
from personas.models import Assignment, RuleSet, Snapshot, Transition, Window
from personas.rules import Persona
from personas.rules.document import Document
from personas.rulesets import document_of
from recommendations.assigned import assigned
from recommendations.facts import Holding, Person
from recommendations.models import Outcome
from recommendations.pieces import Shelf
from recommendations.wording import placeholders

STATED = ("pk", "tenant_id", "monthly_income")
PURPOSES = ("analysis", "partner_offers")
DECIDING = (Window.DAYS_30, Window.DAYS_180)
KINDS = {"credit_card": "card", "high_yield_savings": "savings", "money_market": "savings", "cd": "savings"}
NOT_SPENDING = [ORDER.index(flow) for flow in (Flow.INCOME, Flow.TRANSFER, Flow.PAYMENT)]
TOP_CATEGORY = """
    SELECT DISTINCT ON (user_id) user_id, category
      FROM (SELECT t.user_id, t.category, sum(t.amount) AS spent
              FROM unnest(%s::uuid[], %s::date[], %s::int[]) AS asked (user_id, until, days)
              JOIN transactions t ON t.user_id = asked.user_id AND t.date <= asked.until
                   AND t.date > asked.until - asked.days
             WHERE t.amount < 0 AND NOT t.pending AND t.category IS NOT NULL AND NOT t.flow = ANY(%s)
             GROUP BY t.user_id, t.category) spent
     ORDER BY user_id, spent, category
"""


def persons(*, user_ids: Collection[UUID], shelf: Shelf) -> tuple[dict[UUID, Person], dict[UUID, Outcome]]:
    """Everybody of whom something can be said, and why there is nothing to say to the others."""
    snapshots = _snapshots(user_ids)
    assignments = _assignments(user_ids)
    silent = {user_id: reason for user_id in user_ids if (reason := _silent(snapshots[user_id], assignments[user_id]))}
    speaking = [user_id for user_id in user_ids if user_id not in silent]
    deciding = {user_id: _deciding(assignments[user_id]) for user_id in speaking}
    came_from = dict(
        Transition.objects.filter(assignment_id__in=[row.pk for row in deciding.values()]).values_list(
            "assignment_id", "from_persona"
        )
    )
    documents = _documents(row.rule_set_id for row in deciding.values())
    stated = {row[0]: row[1:] for row in User.objects.filter(pk__in=speaking).values_list(*STATED)}
    accounts, owed = _accounts(speaking), _owed(speaking)
    consents, uploads, rows = _consents(speaking), _uploads(speaking), _rows(speaking)
    newest = {user_id: snapshots[user_id][row.window_type] for user_id, row in deciding.items()}
    categories = _top_categories(newest) if _asks_for_category(shelf) else {}
    found = {}
    for user_id, row in deciding.items():
        snapshot = newest[user_id]
        signals = {window: measured.as_object(one) for window, one in snapshots[user_id].items()}
        tenant_id, income = stated[user_id]
        version, rules_hash, document = documents[row.rule_set_id]
        found[user_id] = Person(
            user_id=user_id,
            tenant_id=tenant_id,
            as_of=snapshot.as_of,
            decision_window=row.window_type,
            signals=signals,
            assignment=_assigned(row, came_from.get(row.pk), signals[row.window_type], document),
            accounts=tuple(accounts[user_id]),
            liabilities=tuple(owed[user_id]),
            monthly_income=income,
            consents={purpose: consents[user_id].get(purpose) for purpose in PURPOSES},
            inputs={
                "upload_ids": uploads.get(user_id, []),
                "transaction_count": rows.get(user_id, 0),
                "data_fingerprint": snapshot.data_fingerprint,
                "algorithm_version": snapshot.algorithm_version,
                "corrections": [str(one) for one in snapshot.corrections],
                "currency": snapshot.meta.get("currency"),
                "rule_set": {"version": version, "hash": rules_hash},
                "snapshot_id": str(snapshot.pk),
                "measured_at": snapshot.computed_at,
                "assigned_at": row.assigned_at,
            },
            top_category=categories.get(user_id),
        )
    return found, silent


def _silent(snapshots: Mapping[str, Snapshot], assignments: Mapping[str, Assignment]) -> Outcome | None:
    if not any(window in snapshots and not snapshots[window].no_signals for window in DECIDING):
        return Outcome.NO_SIGNALS
    given = any(window in assignments and window in snapshots for window in DECIDING)
    return None if given else Outcome.NO_ASSIGNMENT


def _deciding(assignments: Mapping[str, Assignment]) -> Assignment:
    """Of 30d and 180d the one that says where the person stands; the shorter where both do."""
    given = {window: assignments[window] for window in DECIDING if window in assignments}
    stands = highest(row.primary_persona for row in given.values())
    return next(row for row in given.values() if row.primary_persona == stands)


def _snapshots(user_ids: Collection[UUID]) -> dict[UUID, dict[str, Snapshot]]:
    rows = (
        Snapshot.objects.filter(user_id__in=user_ids, backfill=False)
        .order_by("user_id", "time_window", "-computed_at")
        .distinct("user_id", "time_window")
    )
    return _by_window((row.user_id, row.time_window, row) for row in rows)


def _assignments(user_ids: Collection[UUID]) -> dict[UUID, dict[str, Assignment]]:
    rows = (
        Assignment.objects.filter(user_id__in=user_ids, window_type__in=DECIDING)
        .order_by("user_id", "window_type", "-assigned_at", "-seq")
        .distinct("user_id", "window_type")
    )
    return _by_window((row.user_id, row.window_type, row) for row in rows)


def _documents(ids: Iterable[UUID]) -> dict[UUID, tuple[int | None, str, Document]]:
    """The rules that assignments were made by, with version and hash; few, whatever the number of people."""
    rows = RuleSet.objects.filter(pk__in=set(ids))
    return {row.pk: (row.version, row.hash, document_of(row)) for row in rows}


def _by_window(rows: Iterable[tuple[UUID, str, Any]]) -> dict[UUID, dict[str, Any]]:
    found: dict[UUID, dict[str, Any]] = defaultdict(dict)
    for user_id, window, row in rows:
        found[user_id][window] = row
    return found


def _assigned(row: Assignment, came_from: str | None, signals: Mapping[str, Any], document: Document) -> dict[str, Any]:
    return assigned(
        assignment_id=str(row.pk),
        persona=Persona(row.primary_persona),
        strength=row.primary_match_strength,
        secondary=row.secondary_personas,
        all_matches=row.all_matches,
        window=row.window_type,
        came_from=came_from,
        source=row.source,
        criteria=row.criteria,
        document=document,
        signals=signals,
        days=Window(row.window_type).days,
    )


def _accounts(user_ids: Collection[UUID]) -> dict[UUID, list[Holding]]:
    rows = Account.objects.filter(user_id__in=user_ids).order_by("user_id", "id")
    found: dict[UUID, list[Holding]] = defaultdict(list)
    for row in rows:
        kind = KINDS.get(row.account_type, row.account_type)
        name = row.name or row.account_type.replace("_", " ").capitalize()
        found[row.user_id].append(
            Holding(
                str(row.pk),
                kind,
                row.type,
                row.subtype,
                name,
                row.account_number_last4,
                row.balance,
                row.limit,
                bool(row.name),
            )
        )
    return found


def _owed(user_ids: Collection[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in Liability.objects.filter(user_id__in=user_ids).order_by("user_id", "account_id"):
        found[row.user_id].append(
            {
                "account_id": str(row.account_id),
                "minimum": _text(row.minimum_payment_amount),
                "last_payment": _text(row.last_payment_amount),
                "statement": _text(row.last_statement_balance),
                "last_payment_on": _text(row.last_payment_date),
                "due_on": _text(row.next_payment_due_date),
                "is_overdue": row.is_overdue,
            }
        )
    return found


def _text(value: object) -> str | None:
    return None if value is None else f"{value:.2f}" if isinstance(value, Decimal) else str(value)


def _consents(user_ids: Collection[UUID]) -> dict[UUID, dict[str, UUID]]:
    found: dict[UUID, dict[str, UUID]] = defaultdict(dict)
    rows = ConsentRecord.objects.filter(
        user_id__in=user_ids, revoked_at=None, purpose__in=["analysis", "partner_offers"]
    )
    for user_id, purpose, consent_id in rows.values_list("user_id", "purpose", "id"):
        found[user_id][purpose] = consent_id
    return found


def _uploads(user_ids: Collection[UUID]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = defaultdict(list)
    rows = Upload.objects.filter(
        user_id__in=user_ids, status=Status.COMPLETED, reverted_at=None, duplicate_of=None
    ).order_by("user_id", "upload_id")
    for user_id, upload_id in rows.values_list("user_id", "upload_id"):
        found[user_id].append(str(upload_id))
    return found


def _rows(user_ids: Collection[UUID]) -> dict[UUID, int]:
    counted = LedgerSpan.objects.filter(user_id__in=user_ids).values("user_id").annotate(rows=Sum("posted"))
    return {one["user_id"]: one["rows"] for one in counted}


def _asks_for_category(shelf: Shelf) -> bool:
    """Only a shelf that speaks of a category pays for reading rows."""
    templates = (piece.text(name) for piece in shelf.pieces for name in ("rationale_template", "fallback_rationale"))
    return any("top_category" in placeholders(template) for template in templates)


def _top_categories(newest: Mapping[UUID, Snapshot]) -> dict[UUID, str]:
    asked = list(newest.items())
    days = [Window(one.time_window).days for _, one in asked]
    with connection.cursor() as cursor:
        cursor.execute(
            TOP_CATEGORY, [[user_id for user_id, _ in asked], [one.as_of for _, one in asked], days, NOT_SPENDING]
        )
        return {user_id: _in_words(category) for user_id, category in cursor.fetchall()}


def _in_words(category: str) -> str:
    """The last part of a path, or a code, as a word: `food & drink/groceries`, `FOOD_AND_DRINK_GROCERIES`."""
    return category.rpartition("/")[2].replace("_", " ").strip().capitalize()

"""Person by person: three reads, dictionaries, one write a table; with psycopg directly, and through the ORM."""

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
from django.db.models import Count, Max, Min, Q

from accounts import models
from accounts.statements.classes import Flow
from bench.rivals.judged import Judged, judge
from bench.rivals.measured import measure
from bench.rivals.person import LOOKBACK, Account, Person, Row, Signals, Span, main_currency, person
from personas.catalogue import CATALOGUE
from personas.models import Assignment, Profile, Snapshot
from personas.rules import Persona
from personas.rulesets import Active

FLOWS = [flow.value for flow in Flow]
INTEREST = "BANK_FEES_INTEREST_CHARGE"
OWNED = """
    SELECT a.id, a.external_id, a.type, a.subtype, a.name, a.account_number_last4, a.iso_currency_code,
           (a.balance * 100)::bigint, (a."limit" * 100)::bigint, (l.minimum_payment_amount * 100)::bigint,
           (l.last_payment_amount * 100)::bigint, (l.last_statement_balance * 100)::bigint, l.last_payment_date,
           l.next_payment_due_date, l.is_overdue
      FROM accounts a LEFT JOIN liabilities l ON l.account_id = a.id AND l.user_id = a.user_id
     WHERE a.user_id = %s
"""
HELD = """
    SELECT account_id, iso_currency_code, count(*) FILTER (WHERE NOT pending), count(*) FILTER (WHERE pending),
           count(*) FILTER (WHERE NOT pending AND date > %(today)s), min(date) FILTER (WHERE NOT pending),
           max(date) FILTER (WHERE NOT pending AND date <= %(today)s)
      FROM transactions WHERE user_id = %(user)s GROUP BY account_id, iso_currency_code
"""
RECEIVED = """
    SELECT max(processed_at AT TIME ZONE 'UTC')::date FROM data_uploads
     WHERE user_id = %s AND status = 'completed' AND reverted_at IS NULL
"""
USED = """
    SELECT account_id, date, (amount * 100)::bigint, merchant, coalesce(merchant_entity_id, merchant_key), flow,
           coalesce(category_detailed = 'BANK_FEES_INTEREST_CHARGE', false),
           category_primary IS NOT NULL OR category_detailed IS NOT NULL
      FROM transactions
     WHERE user_id = %s AND date > %s AND date <= %s AND NOT pending AND iso_currency_code = %s
     ORDER BY date, external_id COLLATE "C"
"""
SNAPSHOT = [
    "snapshot_id", "tenant_id", "user_id", "time_window", "as_of", "cards", "merchants", "meta", "corrections",
    "no_signals", "algorithm_version", "data_fingerprint", "backfill", "computed_at",
    *(signal.column for signal in CATALOGUE.values()),
]  # fmt: skip
ASSIGNMENT = [
    "assignment_id", "tenant_id", "user_id", "window_type", "primary_persona", "primary_match_strength",
    "secondary_personas", "all_matches", "criteria_met", "criteria", "met", "snapshot_id", "as_of",
    "data_fingerprint", "rule_set_id", "rule_set_version", "profile_persona", "source", "assigned_at",
]  # fmt: skip
MARKED = """
    INSERT INTO persona_profiles (profile_id, tenant_id, user_id, persona_id, persona_name, persona, as_of,
                                  rule_set_version, algorithm_version, refreshed_at)
    VALUES (gen_random_uuid(), %(tenant)s, %(user)s, %(number)s, %(name)s, %(persona)s, %(as_of)s, %(version)s,
            'rival', %(now)s)
        ON CONFLICT (user_id) DO UPDATE
       SET persona_id = EXCLUDED.persona_id, persona_name = EXCLUDED.persona_name, persona = EXCLUDED.persona,
           as_of = EXCLUDED.as_of, rule_set_version = EXCLUDED.rule_set_version,
           algorithm_version = EXCLUDED.algorithm_version, refreshed_at = EXCLUDED.refreshed_at
"""


def _insert(table: str, columns: list[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(f'%({name})s' for name in columns)})"


STORE, APPEND = _insert("signal_snapshots", SNAPSHOT), _insert("user_personas", ASSIGNMENT)


def tight(raw: psycopg.Connection, user_id: UUID, tenant_id: UUID, active: Active, now: datetime) -> None:
    today = now.date()
    accounts = [Account(*row) for row in raw.execute(OWNED, [user_id])]
    spans = [Span(*row) for row in raw.execute(HELD, {"user": user_id, "today": today})]
    as_of = _as_of(spans) or raw.execute(RECEIVED, [user_id]).fetchone()[0] or today
    asked = [user_id, as_of - timedelta(days=LOOKBACK), as_of, main_currency(accounts, spans)]
    rows = (Row(*row[:5], FLOWS[row[5]], *row[6:]) for row in raw.execute(USED, asked))
    snapshots, assignments, stands = _product(person(accounts, spans, rows, as_of), user_id, tenant_id, active, now)
    with raw.cursor() as cursor:
        cursor.executemany(STORE, [_dumped(one, "cards", "merchants", "meta") for one in snapshots])
        listed = ("secondary_personas", "all_matches", "criteria_met", "criteria")
        cursor.executemany(APPEND, [_dumped(one, *listed) for one in assignments])
        numbered = {"number": stands.number, "name": stands.title_words, "persona": stands.value} if stands else {}
        nobody = {"number": None, "name": None, "persona": None}
        marked = {"tenant": tenant_id, "user": user_id, "as_of": as_of, "version": active.version, "now": now}
        cursor.execute(MARKED, nobody | numbered | marked)


def through_the_orm(raw: psycopg.Connection, user_id: UUID, tenant_id: UUID, active: Active, now: datetime) -> None:
    today = now.date()
    owed = {one.account_id: one for one in models.Liability.objects.filter(user_id=user_id)}
    accounts = [_account(one, owed.get(one.pk)) for one in models.Account.objects.filter(user_id=user_id)]
    posted, pending = Q(pending=False), Q(pending=True)
    spans = [
        Span(*row)
        for row in models.Transaction.objects.filter(user_id=user_id)
        .values("account_id", "iso_currency_code")
        .annotate(
            posted=Count("id", filter=posted),
            waiting=Count("id", filter=pending),
            later=Count("id", filter=posted & Q(date__gt=today)),
            first_on=Min("date", filter=posted),
            last_on=Max("date", filter=posted & Q(date__lte=today)),
        )
        .values_list("account_id", "iso_currency_code", "posted", "waiting", "later", "first_on", "last_on")
    ]
    as_of = _as_of(spans)
    if as_of is None:  # rare: nothing posted
        received = models.Upload.objects.filter(user_id=user_id, status="completed", reverted_at=None)
        newest = received.aggregate(newest=Max("processed_at"))["newest"]
        as_of = newest.date() if newest else today
    rows = models.Transaction.objects.filter(
        user_id=user_id,
        date__gt=as_of - timedelta(days=LOOKBACK),
        date__lte=as_of,
        pending=False,
        iso_currency_code=main_currency(accounts, spans),
    )
    ordered = sorted(rows, key=lambda row: (row.date, row.external_id))
    known = person(accounts, spans, map(_row, ordered), as_of)
    snapshots, assignments, stands = _product(known, user_id, tenant_id, active, now)
    for kept in snapshots:
        for name in ("cards", "merchants", "meta"):
            kept[name] = json.loads(_json(kept[name]))
    Snapshot.objects.bulk_create(Snapshot(**kept) for kept in snapshots)
    for given in assignments:
        for name in ("criteria_met", "criteria"):
            given[name] = json.loads(_json(given[name], float))
    Assignment.objects.bulk_create(Assignment(**given) for given in assignments)
    Profile.objects.update_or_create(
        user_id=user_id,
        defaults={
            "tenant_id": tenant_id,
            "persona": stands.value if stands else None,
            "persona_id": stands.number if stands else None,
            "persona_name": stands.title_words if stands else None,
            "as_of": as_of,
            "rule_set_version": active.version,
            "algorithm_version": "rival",
            "refreshed_at": now,
        },
    )


def _as_of(spans: Iterable[Span]) -> date | None:
    return max((span.last_on for span in spans if span.last_on), default=None)


def _product(
    known: Person, user_id: UUID, tenant_id: UUID, active: Active, now: datetime
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], Persona | None]:
    """The rows of the two tables, and the persona where the person stands."""
    snapshots, judged = [], {}
    whose = {"tenant_id": tenant_id, "user_id": user_id, "as_of": known.as_of, "data_fingerprint": ""}
    for window, signals in measure(known).items():
        quiet = not {"credit", "income"} & set(signals["meta"]["categories_present"])
        snapshots.append(_snapshot(signals, window, quiet, now) | whose)
        if not quiet:
            judged[window] = (snapshots[-1]["snapshot_id"], judge(signals))
    primaries = [judged[window][1].matches[0] for window in (30, 180) if window in judged]
    stands = min(map(Persona, primaries), key=list(Persona).index) if primaries else None
    assignments = [
        _assignment(one, window, snapshot_id, active, now) | whose | {"profile_persona": stands.value}
        for window, (snapshot_id, one) in judged.items()
        if stands
    ]
    return snapshots, assignments, stands


def _snapshot(signals: Signals, window: int, quiet: bool, now: datetime) -> dict[str, Any]:
    return {
        "snapshot_id": uuid4(),
        "time_window": f"{window}d",
        "cards": signals["cards"],
        "merchants": signals["merchants"],
        "meta": signals["meta"],
        "corrections": [],
        "no_signals": quiet,
        "algorithm_version": "rival",
        "backfill": False,
        "computed_at": now,
        **{signal.column: signals[path] for path, signal in CATALOGUE.items()},
    }


def _assignment(judged: Judged, window: int, snapshot_id: UUID, active: Active, now: datetime) -> dict[str, Any]:
    return {
        "assignment_id": uuid4(),
        "window_type": f"{window}d",
        "primary_persona": judged.matches[0],
        "primary_match_strength": judged.strength,
        "secondary_personas": judged.matches[1:3],
        "all_matches": judged.matches,
        "criteria_met": judged.facts,
        "criteria": judged.criteria,
        "met": judged.met,
        "snapshot_id": snapshot_id,
        "rule_set_id": active.id,
        "rule_set_version": active.version,
        "source": "computed",
        "assigned_at": now,
    }


def _dumped(row: dict[str, Any], *names: str) -> dict[str, Any]:
    kind = float if "criteria" in names else str
    return row | {name: _json(row[name], kind) for name in names}


def _json(value: Any, decimal: type = str) -> str:
    """In a list a decimal is a text with all its places; in evidence it is a number."""
    return json.dumps(value, default=lambda one: decimal(one) if isinstance(one, Decimal) else one.isoformat())


def _account(one: models.Account, owed: models.Liability | None) -> Account:
    return Account(
        one.pk, one.external_id, one.type, one.subtype, one.name, one.account_number_last4, one.iso_currency_code,
        _cents(one.balance), _cents(one.limit),
        *(
            (
                _cents(owed.minimum_payment_amount), _cents(owed.last_payment_amount),
                _cents(owed.last_statement_balance), owed.last_payment_date, owed.next_payment_due_date,
                owed.is_overdue,
            )
            if owed
            else ()
        ),
    )  # fmt: skip


def _row(one: models.Transaction) -> Row:
    return Row(
        one.account_id, one.date, _cents(one.amount) or 0, one.merchant, one.merchant_entity_id or one.merchant_key,
        FLOWS[one.flow], one.category_detailed == INTEREST,
        one.category_primary is not None or one.category_detailed is not None,
    )  # fmt: skip


def _cents(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount * 100)

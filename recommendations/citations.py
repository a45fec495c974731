"""Which rows of a person stand behind the facts that were used: at most fifty ids, and how many there are."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import connection

from accounts.statements.classes import ORDER, Flow
from recommendations.facts import Person, Rows, Slot

LISTED = 50
LOOKBACK = {Rows.INCOME: 180, Rows.SUBSCRIPTIONS: 90}  # as the signals look back; the others by their window
NOT_SPENDING = tuple(ORDER.index(flow) for flow in (Flow.INCOME, Flow.TRANSFER, Flow.PAYMENT))
FOUND = f"""
    SELECT asked.place, found.ids, found.count
      FROM jsonb_to_recordset(%s::jsonb) AS asked
           (place int, user_id uuid, rows text, since date, until date, merchants text[], accounts uuid[],
            uploads uuid[])
     CROSS JOIN LATERAL (
           SELECT count(*) AS count, (array_agg(t.id::text ORDER BY t.date DESC, t.id))[1:{LISTED}] AS ids
             FROM transactions t
            WHERE t.user_id = asked.user_id AND t.date > asked.since AND t.date <= asked.until AND NOT t.pending
              AND t.upload_id = ANY(asked.uploads)
              AND CASE asked.rows
                  WHEN 'interest' THEN t.flow = {ORDER.index(Flow.INTEREST)} AND t.amount < 0
                  WHEN 'income' THEN t.flow = {ORDER.index(Flow.INCOME)} AND t.amount > 0
                  WHEN 'subscriptions' THEN t.amount < 0
                       AND coalesce(t.merchant_entity_id, t.merchant_key) = ANY(asked.merchants)
                  WHEN 'savings' THEN t.account_id = ANY(asked.accounts)
                  ELSE t.amount < 0 AND t.flow NOT IN {NOT_SPENDING} END) found
"""


@dataclass(frozen=True)
class Asked:
    """Rows of one kind over some days of one person."""

    user_id: str
    rows: Rows
    since: date
    until: date
    merchants: tuple[str, ...]
    accounts: tuple[str, ...]
    uploads: tuple[str, ...]  # what has come since stands behind nothing that was said before


@dataclass(frozen=True)
class Cited:
    transactions: tuple[str, ...] = ()
    count: int = 0


def asked_of(slot: Slot, person: Person) -> Asked | None:
    """The rows that a fact was read from, where it was read from rows."""
    if slot.rows is None:
        return None
    days = LOOKBACK.get(slot.rows, int(slot.window.removesuffix("d")))
    merchants: tuple[str, ...] = ()
    if slot.rows is Rows.SUBSCRIPTIONS:
        named = person.slots.get("top_merchants")
        merchants = named.merchants if named else ()
    held = tuple(one.account_id for one in person.accounts if one.kind == "savings")
    return Asked(
        str(person.user_id),
        slot.rows,
        person.as_of - timedelta(days=days),
        person.as_of,
        merchants,
        held if slot.rows is Rows.SAVINGS else (),
        tuple(person.inputs["upload_ids"]),
    )


def behind(used: Iterable[tuple[Person, Slot]]) -> dict[tuple[UUID, Slot], Cited]:
    """What stands behind each fact of each person: one statement for everybody's."""
    asked = {(person.user_id, slot): asked_of(slot, person) for person, slot in used}
    found = cited(one for one in asked.values() if one)
    return {fact: found[one] if one else Cited() for fact, one in asked.items()}


def cited(asked: Iterable[Asked]) -> Mapping[Asked, Cited]:
    wanted = list(dict.fromkeys(asked))
    if not wanted:
        return {}
    sent = [
        {
            "place": place,
            "user_id": one.user_id,
            "rows": one.rows.value,
            "since": one.since.isoformat(),
            "until": one.until.isoformat(),
            "merchants": one.merchants,
            "accounts": one.accounts,
            "uploads": one.uploads,
        }
        for place, one in enumerate(wanted)
    ]
    with connection.cursor() as cursor:
        cursor.execute(FOUND, [json.dumps(sent)])
        return {wanted[place]: Cited(tuple(ids or ()), count) for place, ids, count in cursor.fetchall()}

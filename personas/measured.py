"""The latest measurement of a person: its snapshots, and the object that the contract shows of one."""

from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from personas.catalogue import CATALOGUE, Category
from personas.models import Snapshot, Window
from personas.signals.credit import CARD
from personas.signals.rendering import CATEGORIES
from personas.signals.subscriptions import MERCHANT

# What a list holds as text with all its places, because JSON has neither decimals nor days.
DECIMALS = {
    *("balance", "limit", "utilization_pct", "minimum_payment", "last_payment", "interest_charged"),
    *("amount", "average_charge"),
}
DAYS = {"first_charge_date", "last_charge_date"}
CENT = Decimal("0.01")
# As text, because most reads of a person begin with it, and writing it from fields costs more than all the rest of it.
LATEST = """
    SELECT DISTINCT ON (time_window) *
      FROM signal_snapshots
     WHERE user_id = %(user)s AND time_window = ANY(%(windows)s) AND NOT backfill
     ORDER BY time_window, computed_at DESC
"""


def latest(*, user_id: UUID, windows: Collection[Window]) -> dict[Window, Snapshot]:
    """The newest of each window, back-fills aside, whether or not it says anything. One statement."""
    rows = Snapshot.objects.raw(LATEST, {"user": user_id, "windows": [window.value for window in windows]})
    return {Window(row.time_window): row for row in rows}


def as_object(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    """What `signals.as_object` gave of the measured row: the same values of the same types."""
    nested: dict[str, dict[str, Any]] = {category: {} for category in CATEGORIES}
    for signal in CATALOGUE.values():
        nested[signal.category][signal.name] = getattr(snapshot, signal.column)
    nested[Category.CREDIT]["cards"] = [_typed(card, CARD) for card in snapshot.cards]
    nested[Category.SUBSCRIPTIONS]["merchants"] = [_typed(one, MERCHANT) for one in snapshot.merchants]
    begins = snapshot.as_of - timedelta(days=Window(snapshot.time_window).days - 1)
    nested["meta"] = {**snapshot.meta, "as_of": snapshot.as_of, "window_start": begins}
    return nested


def days_covered(snapshot: Snapshot) -> int:
    return int(snapshot.signal("spending.days_covered") or 0)


def not_enough(snapshot: Snapshot) -> list[dict[str, str]]:
    """What the rows of its window cannot tell, each with the sentence that says so."""
    listed: list[dict[str, str]] = snapshot.meta.get("not_enough", [])
    return listed


def _typed(stored: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """In the contract's order, which jsonb does not keep."""
    return {name: _value(name, stored.get(name)) for name in names}


def _value(name: str, stored: Any) -> Any:
    if stored is None:
        return None
    if name in DECIMALS:
        return Decimal(str(stored)).quantize(CENT)
    return date.fromisoformat(stored) if name in DAYS else stored

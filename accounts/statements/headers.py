"""Governs which line of a CSV file is a header, and what each of its columns means."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from . import bank


class Layout(StrEnum):
    ACCOUNTS = "A"
    LIABILITIES = "L"
    TRANSACTIONS = "T"
    BANK = "B"


def _same(*names: str) -> dict[str, tuple[str, ...]]:
    return {name: (name,) for name in names}


# Our name for a column, then the names a file may use for it; the first one present is read.
COLUMNS: dict[Layout, dict[str, tuple[str, ...]]] = {
    Layout.ACCOUNTS: {
        **_same("account_id", "holder_category", "iso_currency_code", "mask"),
        "name": ("account_name",),
        "type": ("account_type",),
        "subtype": ("account_subtype",),
        "available": ("balance_available",),
        "current": ("balance_current",),
        "limit": ("balance_limit",),
    },
    Layout.LIABILITIES: {
        "account_id": ("liability_account_id", "account_id"),
        **_same(
            "apr_percentage", "apr_type", "minimum_payment_amount", "last_payment_amount",
            "last_payment_date",
            "last_statement_balance", "is_overdue", "next_payment_due_date", "interest_rate",
        ),
    },
    Layout.TRANSACTIONS: {
        "transaction_id": ("transaction_id", "id"),
        "merchant": ("merchant_name", "merchant"),
        "category": ("personal_finance_category", "category"),
        **_same(
            "account_id", "date", "amount", "name", "description", "merchant_entity_id", "payment_channel",
            "category_primary", "category_detailed", "pending", "pending_transaction_id", "iso_currency_code",
        ),
    },
    Layout.BANK: bank.COLUMNS,
}  # fmt: skip
REQUIRED: dict[Layout, tuple[frozenset[str], ...]] = {
    Layout.ACCOUNTS: (
        frozenset({"account_id", "account_type", "account_subtype", "balance_current", "iso_currency_code"}),
    ),
    Layout.LIABILITIES: (
        frozenset({"liability_account_id"}),
        frozenset({"account_id", "apr_percentage"}),
        frozenset({"account_id", "minimum_payment_amount"}),
    ),
    Layout.TRANSACTIONS: (frozenset({"account_id", "date", "amount"}),),
    Layout.BANK: (frozenset({"date", "amount"}), frozenset({"date", "debit", "credit"})),
}


@dataclass(frozen=True)
class Header:
    """`columns` has our name for each cell, None for one that is not read."""

    layout: Layout
    columns: tuple[str | None, ...]
    written: tuple[str, ...]
    repeated: tuple[str, ...]
    currency: str | None

    @property
    def named(self) -> int:
        """How many cells a row must have: empty header cells at the end ask for nothing."""
        return max((n for n, name in enumerate(self.written, 1) if name.strip()), default=0)


def fold(cell: str) -> str:
    name = unicodedata.normalize("NFC", cell).replace("\ufeff", "").strip().casefold()
    return re.sub(r"[\s\-]", "_", name)


def recognise(cells: list[str]) -> Header | None:
    names = [fold(cell) for cell in cells]
    for layout in Layout:
        columns, currency = _meanings(layout, names)
        offered = {name for name in columns if name} | (set(names) if layout is not Layout.BANK else set())
        if any(required <= offered for required in REQUIRED[layout]):
            repeated = tuple(name for name, times in Counter(filter(None, names)).items() if times > 1)
            return Header(layout, tuple(columns), tuple(cells), repeated, currency)
    return None


def nearly(cells: list[str]) -> tuple[int, list[str]]:
    """How many columns of the best layout are there, and which required ones are not."""
    names = [fold(cell) for cell in cells]
    best: tuple[int, list[str]] = (0, [])
    for layout in (Layout.TRANSACTIONS, Layout.ACCOUNTS, Layout.LIABILITIES, Layout.BANK):
        columns, _ = _meanings(layout, names)
        offered = {name for name in columns if name} | (set(names) if layout is not Layout.BANK else set())
        missing = min((required - offered for required in REQUIRED[layout]), key=lambda gap: (len(gap), sorted(gap)))
        known = sum(1 for name in columns if name)
        if known > best[0]:
            best = known, sorted(missing)
    return best


def _meanings(layout: Layout, names: list[str]) -> tuple[list[str | None], str | None]:
    if layout is Layout.BANK:
        return bank.meanings(names)
    columns: list[str | None] = [None] * len(names)
    for ours, accepted in COLUMNS[layout].items():
        for name in accepted:
            if name in names:
                columns[names.index(name)] = ours
                break
    return columns, None

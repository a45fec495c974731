"""The audit log as a file: one CSV line for each row of the chain, whole enough to verify it elsewhere."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from accounts.chain import SEALED
from accounts.models import AuditEntry
from operators import auditing, days
from operators.auditing import Wanted
from operators.rendering import plain

COLUMNS = ("audit_id", *SEALED, "hash", "detail")


def name(wanted: Wanted, *, now: datetime, zone: str) -> str:
    """`start` and today where no day is named."""
    return f"audit-{wanted.first or 'start'}-{wanted.last or days.day_of(now, zone)}.csv"


def lines(entries: Iterable[AuditEntry]) -> Iterator[str]:
    yield _line(COLUMNS)
    for entry in entries:
        detail = json.dumps(auditing.detail_of(entry), ensure_ascii=False, sort_keys=True)
        yield _line([entry.pk, *(getattr(entry, column) for column in SEALED), entry.hash, detail])


def _line(values: Iterable[Any]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow("" if value is None else plain(_told(value)) for value in values)
    return written.getvalue()


def _told(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)

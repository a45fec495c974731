"""How a row of the audit chain is sealed, and where a chain that was tampered with breaks."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from accounts.fingerprints import fingerprint

SEALED = (
    "tenant_id",
    "seq",
    "at",
    "operator_id",
    "action",
    "object_type",
    "object_id",
    "subject_ref",
    "recommendation_id",
    "batch_id",
    "request_id",
    "ip_address",
    "detail_hash",
    "prev_hash",
)


@dataclass(frozen=True)
class Verdict:
    """What a verification found: how far the chain reaches, and its first broken row if there is one."""

    rows: int
    head_seq: int
    head_hash: str
    first_broken_seq: int | None

    @property
    def valid(self) -> bool:
        return self.first_broken_seq is None


def seal(row: Mapping[str, Any]) -> str:
    return fingerprint({name: _written(row[name]) for name in SEALED})


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value if value is None or isinstance(value, int) else str(value)


def verdict(
    rows: Iterable[Mapping[str, Any]], *, after: int, follows: str, anchors: Mapping[int, str], head: tuple[int, str]
) -> Verdict:
    """Walk rows in order from the one behind `after`, whose hash is `follows`.

    A gap, a foreign predecessor, a changed field, a changed detail, a missing end or an anchor that says otherwise
    breaks the chain at that row.
    """
    count, seq, last = 0, after, follows
    for seq, last, broken in _walked(rows, after, follows, anchors):
        count += 1
        if broken:
            return Verdict(count, seq, last, seq)
    if max((*anchors, head[0])) > seq:
        return Verdict(count, seq, last, seq + 1)
    return Verdict(count, seq, last, None if (seq, last) == head else seq)


def _walked(
    rows: Iterable[Mapping[str, Any]], after: int, follows: str, anchors: Mapping[int, str]
) -> Iterator[tuple[int, str, bool]]:
    expected, previous = after + 1, follows
    for row in rows:
        if row["seq"] != expected:
            yield expected, previous, True
            return
        genuine = (
            row["prev_hash"] == previous
            and row["hash"] == seal(row)
            and (row["detail__detail"] is None or fingerprint(row["detail__detail"]) == row["detail_hash"])
            and anchors.get(expected, row["hash"]) == row["hash"]
        )
        previous = row["hash"]
        yield expected, previous, not genuine
        expected += 1

"""What staff should be told of at once: each alert is a question about this moment's numbers; nothing is stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.words import Word
from operators.today import Today, today
from recommendations import faults

QUEUE, REJECTED, FEW, FAILURES, FAULTS = 50, 0.20, 10, 5, 5


class Severity(Word):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Type(Word):
    HIGH_REJECTION_RATE = "high_rejection_rate"
    LONG_QUEUE = "long_queue"
    GUARDRAIL_FAILURES = "guardrail_failures"
    FLAGGED_ITEM = "flagged_item"
    CONTENT_GAP = "content_gap"
    LLM_ERRORS = "llm_errors"
    STALE_DATA = "stale_data"
    AUDIT_CHAIN_BROKEN = "audit_chain_broken"


@dataclass(frozen=True)
class Alert:
    type: Type
    severity: Severity
    message: str
    count: int
    action_url: str | None
    created_at: datetime

    @property
    def id(self) -> str:
        """There is one of each at most."""
        return self.type.value


QUEUE_PAGE = "/admin/operators/reviewitem/"


def now_holding(*, tenant_id: UUID, zone: str, now: datetime) -> list[Alert]:
    numbers = today(tenant_id=tenant_id, zone=zone, now=now)
    return alerts(numbers, provider_faults=faults.of_the_last_hour(now=now), now=now)


def alerts(numbers: Today, *, provider_faults: int, now: datetime) -> list[Alert]:
    """Everything that holds, the most severe first."""
    found = [
        Alert(kind, severity, message, count, url, now)
        for kind, severity, message, count, url in _holding(numbers, provider_faults)
    ]
    return sorted(found, key=lambda alert: list(Severity).index(alert.severity))


def _holding(numbers: Today, failed: int) -> Iterator[tuple[Type, Severity, str, int, str | None]]:
    decided = numbers.approved + numbers.rejected
    if numbers.chain_valid is False:
        said = "The last verification of the audit chain failed. Verify it again, and tell an administrator."
        yield Type.AUDIT_CHAIN_BROKEN, Severity.HIGH, said, 1, "/admin/operators/auditentry/"
    if numbers.pending > QUEUE:
        said = f"{numbers.pending:,} items wait for a decision."
        yield Type.LONG_QUEUE, Severity.HIGH, said, numbers.pending, f"{QUEUE_PAGE}?sort=created_at"
    if numbers.failed_checks > FAILURES:
        said = f"{numbers.failed_checks:,} items made today fail the guardrails."
        yield Type.GUARDRAIL_FAILURES, Severity.HIGH, said, numbers.failed_checks, f"{QUEUE_PAGE}?failed=1"
    if numbers.without_content:
        said = f"For {people(numbers.without_content)} there are too few cards. Write or mend some."
        yield Type.CONTENT_GAP, Severity.HIGH, said, numbers.without_content, "/admin/recommendations/card/"
    if decided > FEW and numbers.rejected / decided > REJECTED:
        said = f"{numbers.rejected:,} of {decided:,} decisions today were rejections."
        yield Type.HIGH_REJECTION_RATE, Severity.MEDIUM, said, numbers.rejected, "/admin/operators/analytics/"
    if numbers.open_flags:
        said = f"{numbers.open_flags:,} {'flag is' if numbers.open_flags == 1 else 'flags are'} open."
        yield Type.FLAGGED_ITEM, Severity.MEDIUM, said, numbers.open_flags, "/admin/operators/flag/"
    if failed > FAULTS:
        said = f"The language model failed {failed:,} times in the last hour. Texts fall back to templates."
        yield Type.LLM_ERRORS, Severity.MEDIUM, said, failed, None
    if numbers.stale * 2 > numbers.consenting:
        said = f"The data of {people(numbers.stale)} is more than 45 days old, of {numbers.consenting:,} who agree."
        yield Type.STALE_DATA, Severity.LOW, said, numbers.stale, "/admin/operators/userfile/?stale=1"


def people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"

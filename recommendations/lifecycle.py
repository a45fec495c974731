"""The life of a saying: its statuses, and the one table of legal moves between them."""

from dataclasses import dataclass

from accounts.words import Word


class Status(Word):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Verb(Word):
    PROPOSE = "propose"
    APPROVE = "approve"
    REJECT = "reject"
    MODIFY = "modify"
    WITHDRAW = "withdraw"
    OVERRIDE = "override"
    UNDO = "undo"


class Withdrawal(Word):
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    NO_LONGER_ELIGIBLE = "no_longer_eligible"
    NO_SIGNALS = "no_signals"
    CARD_DELETED = "card_deleted"
    CONSENT_REVOKED = "consent_revoked"
    OVERRIDDEN = "overridden"


@dataclass(frozen=True)
class Move:
    verb: Verb
    before: Status | None
    after: Status


P, A, R, W = Status.PENDING, Status.APPROVED, Status.REJECTED, Status.WITHDRAWN

# A database trigger holds the same table.
LEGAL = frozenset(
    {
        Move(Verb.PROPOSE, None, P),
        Move(Verb.APPROVE, P, A),
        Move(Verb.REJECT, P, R),
        Move(Verb.MODIFY, P, P),
        Move(Verb.WITHDRAW, P, W),
        Move(Verb.WITHDRAW, A, W),
        Move(Verb.OVERRIDE, P, W),
        Move(Verb.OVERRIDE, A, W),
        Move(Verb.UNDO, A, P),
        Move(Verb.UNDO, R, P),
        Move(Verb.UNDO, P, P),
    }
)
OPEN = frozenset({P, A})
DECISIONS = frozenset({Verb.APPROVE, Verb.REJECT, Verb.MODIFY})

"""Governs which way money went: the sign policy of a file, the evidence for it, and the stored sign."""

from dataclasses import dataclass
from enum import StrEnum

import polars as pl


class SignPolicy(StrEnum):
    AUTO = "auto"
    INFLOW_POSITIVE = "inflow_positive"
    PLAID = "plaid"
    UNSIGNED = "unsigned"


@dataclass(frozen=True)
class Signs:
    policy: SignPolicy
    evidence: dict[str, int]
    guessed: bool


def decide(policy: str, cents: pl.Series, income: pl.Series, *, directed: bool) -> Signs:
    """The policy to use; `directed` says that the file had debit and credit, or type, columns."""
    evidence = {
        "income_positive": int(((cents > 0) & income).sum()),
        "income_negative": int(((cents < 0) & income).sum()),
        "negative_rows": int((cents < 0).sum()),
    }
    if policy != SignPolicy.AUTO:
        return Signs(SignPolicy(policy), evidence, guessed=False)
    if directed:
        return Signs(SignPolicy.INFLOW_POSITIVE, evidence, guessed=False)
    if not evidence["negative_rows"]:
        return Signs(SignPolicy.UNSIGNED, evidence, guessed=True)
    if evidence["income_negative"] > evidence["income_positive"]:
        return Signs(SignPolicy.PLAID, evidence, guessed=False)
    return Signs(SignPolicy.INFLOW_POSITIVE, evidence, guessed=not evidence["income_positive"])


def stored(policy: SignPolicy, income: pl.Series) -> pl.Expr:
    """The stored cents: credit positive, debit negative."""
    cents = pl.col("cents")
    if policy is SignPolicy.PLAID:
        return -cents
    if policy is SignPolicy.UNSIGNED:
        # A written `+` or `CR` says what no class can say better.
        return pl.when(income | pl.col("credited")).then(cents).otherwise(-cents)
    return cents

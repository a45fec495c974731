"""Pay, bills and daily life, as streams."""

import polars as pl

from .awkward import Awkward
from .chance import between, happens
from .stories import Income
from .stream import CARD, FIRST, LAST, MONTHLY, SECOND_CARD, TAKE_TURNS, Stream, when, wherever
from .traits import is_awkward

CYCLES = (7, 14, MONTHLY, MONTHLY)  # weekly, biweekly, twice a month, monthly
_TWICE = pl.col("cycle") == 2


def _steady_twice(at: str) -> pl.Expr:
    return pl.col(f"income{at}").eq(Income.STEADY) & _TWICE


def pay() -> list[Stream]:
    means, cycle = pl.col("means"), pl.col("cycle")
    step = cycle.replace_strict(list(range(len(CYCLES))), CYCLES, return_dtype=pl.Int64)
    cents = pl.when(step > 0).then(means * step // 30).when(_TWICE).then(means // 2).otherwise(means)
    newest = (
        pl.when(step > 0)
        .then(between("pay", 0, 6))
        .when(_TWICE)
        .then(between("pay", 4, 7))
        .otherwise(between("pay", FIRST, LAST))
    )
    return [
        Stream(
            name="pay",
            pool="payroll",
            account="checking",
            cents=cents,
            inflow=True,
            step=step,
            offset=newest,
            active=when("income", Income.STEADY),
            spread=100,
        ),
        Stream(
            name="pay2",
            pool="payroll",
            account="checking",
            cents=means // 2,
            inflow=True,
            spread=100,
            offset=between("pay", 4, 7) + 15,
            active=_steady_twice,
            rhythm="pay",
        ),
        Stream(
            name="second-job",
            pool="second_payroll",
            account="checking",
            cents=means // 4,
            inflow=True,
            step=14,
            active=wherever(is_awkward(Awkward.TWO_PAYROLLS)),
            spread=300,
        ),
        Stream(
            name="client",
            pool="clients",
            account="checking",
            cents=means * pl.col("gap_step") // 30,
            inflow=True,
            step=pl.col("gap_step"),
            offset=between("client", 3, 25),
            jitter=1,
            spread=100,
            swing=pl.col("swing"),
            active=when("income", Income.GAPS_WILD, Income.GAPS_UNEVEN, Income.GAPS_EVEN),
        ),
        Stream(
            name="gig",
            pool="clients",
            account="checking",
            cents=means * pl.col("gig_step") // 30,
            inflow=True,
            step=pl.col("gig_step"),
            offset=between("gig", 0, 3),
            jitter=1,
            spread=300,
            among=3,
            swing=pl.col("swing"),
            active=when("income", Income.GIGS),
        ),
    ]


def bills() -> list[Stream]:
    return [
        *(
            Stream(name=name, pool=name, account="checking", cents=pl.col(name), spread=spread)
            for name, spread in (
                ("rent", 0),
                ("electricity", 2500),
                ("internet", 0),
                ("mobile", 300),
                ("insurance", 0),
                ("loan", 0),
            )
        ),
        Stream(
            name="fee",
            pool="fee",
            account="checking",
            cents=pl.lit(500),
            active=wherever(happens("fee", 100)),
        ),
    ]


def daily_life() -> list[Stream]:
    return [
        Stream(
            name="groceries",
            pool="groceries",
            account="checking",
            cents=pl.col("groceries"),
            step=5,
            offset=pl.lit(0),
            jitter=1,
            spread=3500,
            among=5,
        ),
        Stream(
            name="dining",
            pool="dining",
            account=CARD,
            cents=pl.col("dining"),
            step=4,
            jitter=2,
            spread=5000,
            among=6,
        ),
        Stream(
            name="coffee",
            pool="coffee",
            account=CARD,
            cents=pl.col("coffee"),
            step=6,
            jitter=3,
            spread=2500,
            among=2,
        ),
        Stream(
            name="fuel",
            pool="fuel",
            account=SECOND_CARD,
            cents=pl.col("fuel"),
            step=9,
            jitter=2,
            spread=2000,
            among=3,
        ),
        # Sixteen shops in turn: none is seen three times in 90 days, so none looks like a subscription.
        Stream(
            name="shopping",
            pool="shopping",
            account=CARD,
            cents=pl.col("shopping"),
            step=7,
            jitter=3,
            spread=7000,
            among=TAKE_TURNS,
        ),
        Stream(
            name="refund",
            pool="refund",
            account=CARD,
            cents=pl.col("shopping"),
            inflow=True,
            spread=4000,
            step=pl.when(is_awkward(Awkward.REFUNDS)).then(17).otherwise(67),
            among=2,
            active=wherever(happens("refund", 250) | is_awkward(Awkward.REFUNDS)),
        ),
    ]

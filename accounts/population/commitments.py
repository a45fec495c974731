"""Cards, subscriptions and savings, as streams."""

import polars as pl

from .awkward import Awkward
from .chance import between, happens
from .stories import Credit, Saving
from .stream import CARD, Active, Stream, when, wherever
from .subscribing import PRICES
from .traits import is_awkward


def cards() -> list[Stream]:
    interest = when("credit", Credit.MAXED, Credit.CARRYING)
    streams = [
        Stream(
            name="interest",
            pool="interest_charge",
            account="card",
            spread=400,
            active=interest,
            cents=pl.when(interest("")).then(pl.col("interest")).otherwise(pl.col("interest_before")),
        ),
        Stream(
            name="late-fee",
            pool="late_fee",
            account="card",
            cents=pl.lit(3900),
            active=when("credit", Credit.OVERDUE),
        ),
    ]
    for card, held in (("", pl.col("has_card")), ("2", pl.col("second_card"))):
        for kind, at in (("paid", ""), ("paid-before", "_before")):
            # Before a change other amounts were paid, so that habit is a stream of its own.
            active = _habit_before(held) if at else _habit(held)
            cents = pl.col(f"payment{card}{at}")
            ended = pl.when(pl.col(f"credit{at}") == Credit.OVERDUE).then(60).otherwise(0)
            name = f"{kind}{card}"
            streams += [
                Stream(
                    name=name,
                    pool="card_payment",
                    account="checking",
                    cents=cents,
                    active=active,
                    ended=ended,
                ),
                Stream(
                    name=f"{name}-credit",
                    pool="card_credit",
                    account=f"card{card}",
                    cents=cents,
                    inflow=True,
                    active=active,
                    ended=ended,
                    rhythm=name,
                ),
            ]
    return streams


def _habit(held: pl.Expr) -> Active:
    return lambda at: held & (pl.col(f"credit{at}") == pl.col("credit"))


def _habit_before(held: pl.Expr) -> Active:
    return lambda at: held & (pl.col(f"credit{at}") != pl.col("credit"))


def subscriptions() -> list[Stream]:
    weekly = pl.col("weekly_box")
    box = pl.col("price_box") * 12 // 52
    steady = pl.col("was").is_null()
    cancelled = steady & (happens("cancelled", 80) | is_awkward(Awkward.CANCELLED_SUBSCRIPTIONS))
    return [
        *(
            Stream(
                name=kind,
                pool=kind,
                account=CARD,
                cents=pl.col(f"price_{kind}"),
                active=_subscribes(kind, ~weekly if kind == "box" else pl.lit(True)),
            )
            for kind in PRICES
        ),
        Stream(
            name="weekly-box",
            pool="weekly",
            account=CARD,
            cents=box,
            step=7,
            active=lambda at: (pl.col(f"has_box{at}") & weekly) | is_awkward(Awkward.WEEKLY_SUBSCRIPTIONS),
        ),
        Stream(
            name="cancelled",
            pool="cancelled",
            account=CARD,
            cents=pl.lit(1450),
            step=7,
            ended=between("cancelled on", 20, 40),
            active=wherever(cancelled),
        ),
    ]


def _subscribes(kind: str, also: pl.Expr) -> Active:
    return lambda at: pl.col(f"has_{kind}{at}") & also


def savings() -> list[Stream]:
    saves = when("saving", Saving.STRONG, Saving.MODERATE, Saving.TRICKLE)
    ledger = ~is_awkward(Awkward.NO_SAVINGS_LEDGER)
    return [
        Stream(name="saved", pool="to_savings", account="checking", cents=pl.col("saved"), active=saves),
        Stream(
            name="saved-credit",
            pool="from_checking",
            account="savings",
            cents=pl.col("saved"),
            inflow=True,
            active=lambda at: saves(at) & ledger,
            rhythm="saved",
        ),
        Stream(
            name="earned",
            pool="interest_earned",
            account="savings",
            cents=pl.col("earned"),
            inflow=True,
            active=lambda at: pl.col(f"saving{at}").ne(Saving.NONE) & ledger,
        ),
    ]

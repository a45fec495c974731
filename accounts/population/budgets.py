"""What a person earns, spends and puts aside: amounts that make the traits of a story true."""

import polars as pl

from .chance import between, happens
from .debts import with_cards
from .stories import Income, Saving, Subscriptions
from .subscribing import with_subscriptions
from .traits import by_trait

GIG_STEPS = (4, 10, 21)  # days; none of them is a rhythm that payroll has


def with_budget(people: pl.DataFrame) -> pl.DataFrame:
    return people.pipe(_income).pipe(_living).pipe(with_cards).pipe(with_subscriptions).pipe(_saving)


def _income(people: pl.DataFrame) -> pl.DataFrame:
    """`means` is a month's net income; who spends a large share on subscriptions lives with family."""
    heavy = (Subscriptions.HEAVY, Subscriptions.DOMINANT)
    gigs = pl.col("income").eq(Income.GIGS) | pl.col("income_before").eq(Income.GIGS)
    swing = {
        Income.GAPS_WILD: between("swing", 4200, 6000),
        Income.GAPS_UNEVEN: between("swing", 2450, 2600),
        Income.GAPS_EVEN: between("swing", 200, 900),
    }
    return people.with_columns(
        with_family=pl.col("subscriptions").is_in(heavy),
        cycle=between("pay cycle", 0, 3),
        gig_step=between("gig step", 0, len(GIG_STEPS) - 1).replace_strict(list(range(len(GIG_STEPS))), GIG_STEPS),
        gap_step=between("gap step", 48, 60),
        swing=pl.when(gigs).then(between("swing", 5500, 7000)).otherwise(by_trait("income", swing, pl.lit(0))),
    ).with_columns(
        means=pl.when("with_family")
        .then(between("means", 180_000, 300_000))
        .otherwise(between("means", 240_000, 680_000))
    )


def _living(people: pl.DataFrame) -> pl.DataFrame:
    """Amounts of one occasion (groceries, dining, ...) or one month (bills), and `living`, a month of all."""
    means, alone = pl.col("means"), ~pl.col("with_family")
    people = people.with_columns(
        rent=pl.when(alone).then(means * between("rent", 26, 34) // 100).otherwise(0),
        electricity=pl.when(alone).then(means * 22 // 1000).otherwise(0),
        internet=pl.when(alone).then(between("internet", 40, 80) * 100 - 1).otherwise(0),
        mobile=between("mobile", 25, 70) * 100,
        insurance=means * 3 // 100,
        loan=pl.when(happens("loan", 350)).then(means * 4 // 100).otherwise(0),
        groceries=means * 20 // 1000,
        dining=means * 9 // 1000,
        coffee=between("coffee", 420, 760),
        fuel=pl.when(happens("car", 700)).then(means * 12 // 1000).otherwise(0),
        shopping=means * 18 // 1000,
    )
    return people.with_columns(
        on_card=pl.col("dining") * 30 // 4 + pl.col("coffee") * 30 // 6 + pl.col("shopping") * 30 // 7,
    ).with_columns(
        living=pl.sum_horizontal("rent", "electricity", "internet", "mobile", "insurance", "loan", "on_card")
        + pl.col("groceries") * 30 // 5
        + pl.col("fuel") * 30 // 9
    )


def _saving(people: pl.DataFrame) -> pl.DataFrame:
    monthly = {
        Saving.STRONG: pl.max_horizontal(pl.lit(48_000), pl.col("means") * between("saved", 12, 18) // 100),
        Saving.MODERATE: between("saved", 230, 310) * 100,
        Saving.TRICKLE: between("saved", 10, 60) * 100,
    }
    people = people.with_columns(saved=by_trait("saving", monthly, pl.lit(0)))
    held = {
        Saving.STRONG: pl.col("saved") * between("held", 130, 180) // 10,
        Saving.MODERATE: pl.col("saved") * between("held", 12, 40),
        Saving.TRICKLE: pl.col("saved") * between("held", 400, 800),
    }
    return people.with_columns(held=by_trait("saving", held, between("held", 300, 9000) * 100)).with_columns(
        earned=pl.max_horizontal(pl.lit(1), pl.col("held") * 2 // 10_000)
    )

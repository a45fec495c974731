"""Which subscriptions a person has and what each costs, by the trait of subscriptions."""

import polars as pl

from .awkward import Awkward
from .chance import between, happens
from .stories import Subscriptions
from .traits import by_trait, is_awkward

# Cents of a usual monthly price, by what the subscription is.
PRICES = {
    "streaming": 1299,
    "music": 999,
    "gym": 3499,
    "cloud": 499,
    "box": 2799,
    "news": 1199,
    "games": 1499,
    "meals": 5499,
    "language": 1099,
}


def with_subscriptions(people: pl.DataFrame) -> pl.DataFrame:
    """One price per kind, scaled so that together they reach the share of spending that the trait asks."""
    counts = {
        Subscriptions.LIGHT: between("count", 4, 8),
        Subscriptions.HEAVY: between("count", 3, 4),
        Subscriptions.DOMINANT: between("count", 5, 9),
    }
    share = {
        Subscriptions.LIGHT: between("share", 40, 70),
        Subscriptions.HEAVY: between("share", 130, 210),
        Subscriptions.DOMINANT: between("share", 190, 290),
    }
    few = between("count", 0, 2)
    people = people.with_columns(
        by_trait(f"subscriptions{at}", counts, few).alias(f"count{at}") for at in ("", "_before")
    )
    people = people.with_columns(
        (((pl.lit(place) + between("first kind", 0, len(PRICES) - 1)) % len(PRICES)) < pl.col(f"count{at}")).alias(
            f"has_{kind}{at}"
        )
        for at in ("", "_before")
        for place, kind in enumerate(PRICES)
    )
    usual = pl.sum_horizontal(
        pl.when(pl.col(f"has_{kind}") | pl.col(f"has_{kind}_before")).then(price).otherwise(0)
        for kind, price in PRICES.items()
    )
    most = (
        pl.when(pl.col("count_before") > pl.col("count"))
        .then(pl.col("subscriptions_before"))
        .otherwise(pl.col("subscriptions"))
    )
    # Without any subscription the prices stay as they are listed.
    people = people.with_columns(usual=pl.max_horizontal(pl.lit(1), usual), most=most)
    aim = by_trait(
        "most",
        {
            trait: pl.max_horizontal(pl.lit(6500), pl.col("living") * part // (1000 - part))
            for trait, part in share.items()
        },
        pl.col("usual"),
    )
    weekly = happens("weekly box", 150) | is_awkward(Awkward.WEEKLY_SUBSCRIPTIONS)
    return people.with_columns(aim=aim, weekly_box=weekly).with_columns(
        (price * pl.col("aim") // pl.col("usual") // 10 * 10 + 9).alias(f"price_{kind}")
        for kind, price in PRICES.items()
    )

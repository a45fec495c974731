"""Governs which charges of a merchant recur: their rhythm, their plans, and what they cost a month."""

import polars as pl

from .rounding import nano

CHARGES = 3
MONTHLY = pl.col("gap").is_between(25, 35)
WEEKLY = pl.col("gap").is_between(6, 8)
PLANS = (2, 3)


def recurring(charges: pl.DataFrame) -> pl.DataFrame:
    """One row for each merchant of a person that recurs, by `group`.

    Takes rows in the ledger's order: group, at, day, charge (cents), subscribed, divided. Answers with group, times,
    total, first, last (days), newest (the place of the last row), nanos (a month, in billionths of a cent),
    frequency and rule.
    """
    found = rhythms(charges.sort("group", maintain_order=True), "group")
    cadence, others = found.filter("even"), found.filter(~pl.col("even"))
    sized = others.join(_plans(charges, others), on="group", how="left")
    by_category = (
        sized.filter(pl.col("frequency_of_plans").is_null(), pl.col("subscribed"), pl.col("gap") <= 45)
        .with_columns(
            nanos=nano(pl.col("total").cast(pl.Int128) * 30, pl.col("divided")),
            frequency=pl.when(pl.col("gap") > 10).then(pl.lit("monthly")).otherwise(pl.lit("irregular")),
            rule=pl.lit("category"),
        )
    )  # fmt: skip
    by_plans = sized.filter(pl.col("frequency_of_plans").is_not_null()).with_columns(
        nanos="nanos_of_plans", frequency="frequency_of_plans", rule=pl.lit("cadence")
    )
    cadence = cadence.with_columns(rule=pl.lit("cadence"))
    columns = ["group", "times", "total", "first", "last", "newest", "nanos", "frequency", "rule"]
    return pl.concat([frame.select(columns) for frame in (cadence, by_plans, by_category)])


def rhythms(charges: pl.DataFrame, key: str) -> pl.DataFrame:
    """One row for each key with three charges on three days; `even` when they come evenly and vary little."""
    apart = pl.col("day") - pl.col("day").shift()
    gap = pl.when((pl.col(key) == pl.col(key).shift()) & (apart > 0)).then(apart)
    charge, n = pl.col("charge").cast(pl.Int128), pl.col("times").cast(pl.Int128)
    total = pl.col("total").cast(pl.Int128)
    spread = n * pl.col("squares") - total * total
    frequency = pl.when(MONTHLY).then(pl.lit("monthly")).when(WEEKLY).then(pl.lit("weekly"))
    return (
        charges.with_columns(gap=gap)
        .group_by(key, maintain_order=True)
        .agg(
            pl.col("group", "divided").first() if key != "group" else pl.col("divided").first(),
            pl.col("gap").median(),
            pl.col("subscribed").any(),
            days=pl.col("gap").count() + 1,
            times=pl.len(),
            total=pl.col("charge").sum(),
            squares=(charge * charge).sum(),
            first=pl.col("day").first(),
            last=pl.col("day").last(),
            newest=pl.col("at").last(),
        )
        .filter(pl.col("times") >= CHARGES, pl.col("days") >= CHARGES)
        .with_columns(
            even=(MONTHLY | WEEKLY) & (spread * 100 <= (n - 1) * total * total // n),
            frequency=frequency,
            nanos=pl.when(MONTHLY).then(nano(total, n)).otherwise(nano(total * 52, n * 12)),
        )
    )


def _plans(charges: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """group, nanos_of_plans, frequency_of_plans for merchants with two or three plans, each of its own rhythm."""
    may_hold_plans = others.filter(pl.col("times") >= CHARGES * PLANS[0]).select("group")
    rows = charges.join(may_hold_plans, on="group", how="semi", maintain_order="left").sort("group", "charge", "at")
    starts = (pl.col("group") != pl.col("group").shift()) | (pl.col("charge") * 10 > pl.col("charge").shift() * 11)
    rows = rows.with_columns(plan=starts.fill_null(True).cast(pl.Int64).cum_sum()).sort("plan", "at")
    sound = (
        rhythms(rows, "plan")
        .filter("even")
        .group_by("group")
        .agg(
            sound=pl.len(),
            nanos_of_plans=pl.col("nanos").sum(),
            frequency_of_plans=pl.when((pl.col("frequency") == "monthly").all())
            .then(pl.lit("monthly"))
            .otherwise(pl.lit("weekly")),
        )
    )
    plans = rows.group_by("group").agg(plans=pl.col("plan").n_unique())
    return (
        sound.join(plans, on="group")
        .filter(pl.col("plans").is_between(*PLANS), pl.col("sound") == pl.col("plans"))
        .drop("sound", "plans")
    )

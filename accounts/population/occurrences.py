"""From schedules to dated rows: every occurrence of every stream for all people of a batch, by column."""

from datetime import date

import polars as pl

from .chance import between, mix, salt, word
from .merchants import sizes
from .months import same_day_of_months
from .recipe import Recipe
from .stream import FIRST, LAST, MONTHLY, TAKE_TURNS, Stream
from .streams import STREAMS

EPOCH = date(1970, 1, 1)


def occurrences(people: pl.DataFrame, recipe: Recipe, changed_ago: int) -> pl.DataFrame:
    """number, stream, k, ago (days before `until`), day, account, cents, place in the directory; in no order.

    `k` counts back from `until`: a row keeps its id whatever else the person does.
    """
    plans = pl.concat([_plan(stream, code, people, recipe, changed_ago) for code, stream in enumerate(STREAMS)])
    rows = (
        plans.with_columns(k=pl.int_ranges(0, pl.col("times")))
        .explode("k")
        .with_columns(drawn=mix(pl.col("chance") + pl.col("k").cast(pl.UInt64)))
        .with_columns(ago=_ago(recipe))
        .filter(pl.col("ago") >= pl.col("low"), pl.col("ago") < pl.col("high"))
    )
    return rows.select(
        "number",
        "stream",
        "k",
        "ago",
        "account",
        cents=_cents(),
        place=_place(),
        day=((recipe.until - EPOCH).days - pl.col("ago")).cast(pl.Int32).cast(pl.Date),
    )


def _plan(stream: Stream, code: int, people: pl.DataFrame, recipe: Recipe, changed_ago: int) -> pl.DataFrame:
    """One row per person who has the stream: when, how much and where."""
    rhythm = stream.rhythm or stream.name
    step = stream.step if isinstance(stream.step, pl.Expr) else pl.lit(stream.step, dtype=pl.Int64)
    newest = stream.offset
    if newest is None:
        longest = pl.max_horizontal(step - 1, pl.lit(0))
        newest = pl.when(step == MONTHLY).then(between(rhythm, FIRST, LAST)).otherwise(between(rhythm, 0, longest))
    start, size = sizes()[stream.pool]
    account = stream.account if isinstance(stream.account, pl.Expr) else pl.lit(stream.account)
    plan = people.select(
        "number",
        "codes",
        now=stream.active(""),
        before=stream.active("_before"),
        cents=stream.cents,
        step=step,
        newest=newest,
        account=account,
        ended=stream.ended,
        swing=stream.swing,
        chance=pl.col("key") ^ word(salt(rhythm)),
        favourite=between(f"{stream.pool} favourite", 0, size - 1),
    ).filter(pl.col("now") | pl.col("before"), pl.col("cents") > 0)
    low = pl.max_horizontal(pl.col("ended"), pl.when("now").then(0).otherwise(changed_ago))
    span = recipe.days - pl.col("newest")
    return plan.select(
        "number",
        "account",
        "chance",
        low=low.cast(pl.Int64),
        high=pl.when("before").then(recipe.days).otherwise(changed_ago).cast(pl.Int64),
        stream=pl.lit(code, dtype=pl.Int64),
        cents=pl.col("cents").cast(pl.Int64),
        step=pl.col("step").cast(pl.Int64),
        newest=pl.col("newest").cast(pl.Int64),
        swing=pl.col("swing").cast(pl.Int64),
        times=pl.when(pl.col("step") > 0)
        .then(span // pl.max_horizontal("step", pl.lit(1)) + 1)
        .otherwise(span // 28 + 1)
        .cast(pl.Int64),
        spread=pl.lit(stream.spread, dtype=pl.Int64),
        jitter=pl.lit(stream.jitter, dtype=pl.Int64),
        inflow=pl.lit(stream.inflow),
        among=pl.lit(stream.among, dtype=pl.Int64),
        start=pl.lit(start, dtype=pl.Int64),
        size=pl.lit(size, dtype=pl.Int64),
        favourite="favourite",
        codes=pl.col("codes").cast(pl.Int64),
    )


def _field(shift: int, values: pl.Expr) -> pl.Expr:
    """A number below `values` from the drawn bits above `shift`."""
    return (pl.col("drawn") // word(2**shift) // word(2)).cast(pl.Int64) % values


def _ago(recipe: Recipe) -> pl.Expr:
    """The newest occurrence is never late, so a person's last day is the same however the draw falls."""
    by_step = (
        pl.col("newest")
        + pl.col("k") * pl.col("step")
        + pl.when(pl.col("k") > 0).then(_field(20, pl.col("jitter") + 1)).otherwise(0)
    )
    months, table = same_day_of_months(recipe.until, FIRST, LAST, recipe.days)
    place = pl.when(pl.col("step") == MONTHLY).then((pl.col("newest") - FIRST) * months + pl.col("k")).otherwise(0)
    return pl.when(pl.col("step") == MONTHLY).then(pl.lit(table).gather(place)).otherwise(by_step)


def _cents() -> pl.Expr:
    spread = pl.col("spread")
    turn = (pl.col("k") % 3).replace_strict([0, 1, 2], [1, -1, 0], return_dtype=pl.Int64)
    basis_points = 10_000 + _field(0, 2 * spread + 1) - spread + pl.col("swing") * turn
    cents = pl.max_horizontal(pl.lit(1), pl.col("cents") * basis_points // 10_000)
    return pl.when("inflow").then(cents).otherwise(-cents)


def _place() -> pl.Expr:
    """Twice the number of the merchant, plus 1 for the vocabulary of codes, as the directory is laid out."""
    visit = (
        pl.when(pl.col("among") == TAKE_TURNS)
        .then(pl.col("k"))
        .otherwise(_field(40, pl.max_horizontal(pl.lit(1), pl.col("among"))))
    )
    merchant = pl.col("start") + (pl.col("favourite") + visit) % pl.col("size")
    return merchant * 2 + pl.col("codes")

"""A batch of synthetic people: who they are, their accounts, rows and debts, what they were made for."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import polars as pl

from .chance import happens
from .disturbances import disturb_rows
from .dues import liabilities
from .holdings import accounts
from .households import change_ago, households
from .ledger import transactions
from .occurrences import occurrences
from .recipe import Persona, Recipe

ENOUGH_BEFORE = 120  # days in which two incomes 60 days apart and three monthly charges are certain


@dataclass(frozen=True)
class Batch:
    """Frames in the order of the people's numbers; the rows of one person by day."""

    recipe: Recipe
    people: pl.DataFrame
    accounts: pl.DataFrame
    transactions: pl.DataFrame
    liabilities: pl.DataFrame

    def of(self, user_id: str) -> "Batch":
        """The batch of one person."""
        frames = ("people", "accounts", "transactions", "liabilities")
        return Batch(
            self.recipe,
            *(
                getattr(self, name).slice(*places.get(user_id, (0, 0)))
                for name, places in zip(frames, self._places, strict=True)
            ),
        )

    @cached_property
    def _places(self) -> tuple[dict[str, tuple[int, int]], ...]:
        """Where each person's rows begin in the four frames, and how many there are: they lie together."""
        return tuple(
            _runs(frame["user_id"]) for frame in (self.people, self.accounts, self.transactions, self.liabilities)
        )


def _runs(user_ids: pl.Series) -> dict[str, tuple[int, int]]:
    runs = user_ids.rle().struct.unnest()
    starts = runs["len"].cum_sum() - runs["len"]
    return dict(zip(runs["value"], zip(starts, runs["len"], strict=True), strict=True))


def people(recipe: Recipe, first: int, last: int) -> Batch:
    """Persons first (included) to last (excluded), counted from 0, as their bank shows them on `until`."""
    changed_ago = change_ago(recipe)
    folk = households(recipe, first, last)
    rows = disturb_rows(occurrences(folk, recipe, changed_ago), folk)
    return Batch(
        recipe,
        _known(folk, recipe, changed_ago),
        accounts(folk, rows),
        transactions(rows, folk),
        liabilities(folk, rows, recipe.until),
    )


def people_before(recipe: Recipe, first: int, last: int) -> Batch:
    """Those of them who change midway, as their bank showed them on the last day of their earlier persona."""
    changed_ago = change_ago(recipe)
    folk = households(recipe, first, last).filter(pl.col("was").is_not_null())
    rows = disturb_rows(occurrences(folk, recipe, changed_ago).filter(pl.col("ago") >= changed_ago), folk)
    known = _known(folk, recipe, changed_ago).with_columns(
        persona=folk["was"],
        strength=folk["was_strength"],
        second=folk["was_second"],
        change_from=pl.lit(None, dtype=pl.String),
        change_on=pl.lit(None, dtype=pl.Date),
        windows=_words("30d", "180d") if recipe.days - changed_ago >= ENOUGH_BEFORE else _words(),
    )
    return Batch(
        recipe,
        known,
        accounts(folk, rows, changed_ago, "_before"),
        transactions(rows, folk),
        liabilities(folk, rows, recipe.until, changed_ago, "_before"),
    )


def label(batch: Batch) -> list[dict[str, object]]:
    """What each person was made to be; `windows` are those in which rule set 1 has to find exactly that."""
    known = batch.people.select(
        "user_id",
        "email",
        "persona",
        "strength",
        "second",
        "windows",
        "consent",
        "awkward",
        "change_from",
        pl.col("change_on").cast(pl.String),
    )
    return known.to_dicts()


def _known(folk: pl.DataFrame, recipe: Recipe, changed_ago: int) -> pl.DataFrame:
    changed_on = recipe.until - timedelta(days=changed_ago - 1)
    return folk.select(
        "number",
        "user_id",
        "name",
        "email",
        "consent",
        "persona",
        "strength",
        "second",
        change_from="was",
        change_on=pl.when(pl.col("was").is_not_null()).then(pl.lit(changed_on)),
        awkward="awkward",
        windows=_windows(changed_ago),
        monthly_income_cents=pl.when(happens("income stated", 700)).then(pl.col("means")),
    )


def _windows(changed_ago: int) -> pl.Expr:
    """An awkward person promises nothing; earlier card interest stays for 180 days in the long window."""
    lingers = pl.col("was").eq(Persona.HIGH_UTILIZATION).fill_null(False) & (changed_ago < 180)
    return (
        pl.when(pl.col("awkward").is_not_null())
        .then(_words())
        .when(lingers)
        .then(_words("30d"))
        .otherwise(_words("30d", "180d"))
    )


def _words(*windows: str) -> pl.Expr:
    return pl.lit(pl.Series([list(windows)], dtype=pl.List(pl.String))).first()

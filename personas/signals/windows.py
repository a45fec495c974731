"""Governs the windows: which rows lie in which, and sums over all of them in one pass."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from .frames import LOOKBACK

QUARTER = 90  # days; subscriptions and the emergency fund look at these whatever the window


@dataclass(frozen=True)
class Windows:
    """The asked windows and the quarter, in days, ascending."""

    asked: tuple[int, ...]

    def __post_init__(self) -> None:
        wrong = [days for days in self.asked if not 1 <= days <= LOOKBACK]
        if wrong or not self.asked:
            raise ValueError(f"A window is 1 to {LOOKBACK} days, and at least one is needed; got {self.asked}.")

    @property
    def bounds(self) -> list[int]:
        return sorted({*self.asked, QUARTER})

    def over(
        self,
        keys: pl.DataFrame,
        rows: pl.DataFrame,
        sums: Mapping[str, pl.Expr],
        largest: Mapping[str, pl.Expr] | None = None,
    ) -> pl.DataFrame:
        """One row per key and window, in order: `rows` that lie in it, their sums and maxima; 0 without rows.

        A row is added up once, in the shortest window that holds it; longer windows add the shorter ones.
        """
        largest = largest or {}
        (key,) = keys.columns
        shortest = pl.lit(None, dtype=pl.Int16)
        for days in reversed(self.bounds):
            shortest = pl.when(pl.col("age") < days).then(pl.lit(days, dtype=pl.Int16)).otherwise(shortest)
        # Chosen before they are grouped: inside a group the same expressions take several times as long.
        parts = (
            rows.select(key, window=shortest, **sums, **largest)
            .group_by(key, "window")
            .agg(
                pl.len().cast(pl.Int64).alias("rows"),
                pl.col(list(sums)).sum(),
                pl.col(list(largest)).max(),
            )
        )
        return (
            self.each(keys)
            .join(parts, on=[key, "window"], how="left", maintain_order="left")
            .with_columns(
                pl.col("rows", *sums).fill_null(0).cum_sum().over(key),
                pl.col(list(largest)).fill_null(0).cum_max().over(key),
            )
        )

    def each(self, keys: pl.DataFrame) -> pl.DataFrame:
        """Every key with every window, by key and then by length."""
        return keys.join(pl.DataFrame({"window": self.bounds}, schema={"window": pl.Int16}), how="cross")


def days_divided(window: pl.Expr) -> pl.Expr:
    """D(N): the days that an amount of N days is spread over to become a month's."""
    return pl.min_horizontal(window.cast(pl.Int64), pl.max_horizontal(pl.col("days_covered"), pl.lit(30)))

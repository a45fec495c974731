"""Governs how numbers are rounded: once, at the end, half away from zero, in integers of 128 bits."""

import polars as pl

WIDE = pl.Int128
NANO = 10**9


def quotient(of: pl.Expr, by: pl.Expr, scale: int = 1) -> pl.Expr:
    """The whole number nearest to of / by x scale; null unless `by` is positive."""
    of, by = of.cast(WIDE), by.cast(WIDE)
    return pl.when(by > 0).then(of.sign() * ((of.abs() * scale * 2 + by) // (by * 2)))


def money(cents: pl.Expr) -> pl.Expr:
    return decimal(cents, 2)


def percent(of: pl.Expr, by: pl.Expr) -> pl.Expr:
    return decimal(quotient(of, by, 10_000), 2)


def decimal(units: pl.Expr, places: int) -> pl.Expr:
    """A whole number of hundredths (of tenths) as an exact decimal."""
    return (units.cast(pl.Decimal(38, places)) / 10**places).cast(pl.Decimal(18, places))


def nano(of: pl.Expr, by: pl.Expr | int = 1, scale: int = 1) -> pl.Expr:
    """of / by x scale in billionths: sums of such means do not depend on the order of adding, as floats do."""
    return quotient(of, pl.lit(by) if isinstance(by, int) else by, scale * NANO)


def whole(nanos: pl.Expr) -> pl.Expr:
    """The whole number nearest to a sum of means that is not negative; 1e-9 of a unit (100 cents) is added first,
    so that a half that was cut short by the last digit still counts as one.
    """
    return (nanos + (NANO // 2 + NANO // 10**7)) // NANO

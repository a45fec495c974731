"""Chance without a state: every number is an integer mix of who it is about and what it decides."""

import zlib

import polars as pl

_GOLDEN = 0x9E37_79B9_7F4A_7C15
ROOT_OF_TWO = 0x6A09_E667_F3BC_C909  # the digits of the square root of 2 behind the point, in 64 bits
_WORD = 2**64


def word(value: int) -> pl.Expr:
    return pl.lit(value % _WORD, dtype=pl.UInt64)


def mix(value: pl.Expr) -> pl.Expr:
    """One splitmix64 step; unsigned 64-bit columns wrap, so any chunking gives the same bits."""
    z = value + word(_GOLDEN)
    z = (z ^ (z // word(2**30))) * word(0xBF58_476D_1CE4_E5B9)
    z = (z ^ (z // word(2**27))) * word(0x94D0_49BB_1331_11EB)
    return z ^ (z // word(2**31))


def person_key(seed: int, number: pl.Expr) -> pl.Expr:
    return mix(mix(word(seed)) + number.cast(pl.UInt64))


def salt(about: str) -> int:
    """A fixed number for a word; Python's own hash differs from one process to the next."""
    return zlib.crc32(about.encode()) * _GOLDEN % _WORD


def between(about: str, low: int | pl.Expr, high: int | pl.Expr) -> pl.Expr:
    """An integer from low to high, both included, for the person in column `key`."""
    drawn = mix(pl.col("key") ^ word(salt(about))) // word(2)
    return low + drawn.cast(pl.Int64) % (high - low + 1)


def happens(about: str, per_mille: int) -> pl.Expr:
    return between(about, 0, 999) < per_mille


def spread_evenly(about: str, seed: int, number: pl.Expr, *, step: int = _GOLDEN) -> pl.Expr:
    """A float in [0, 1) that fills the interval evenly over consecutive people.

    Independent draws would leave rare stories out of a small population; multiples of an irrational step
    do not.
    Two decisions about the same people need two steps, or the one would follow from the other.
    """
    start = mix(word(seed ^ salt(about)))
    return ((number.cast(pl.UInt64) * word(step) + start) // word(2**11)).cast(pl.Float64) * 2.0**-53

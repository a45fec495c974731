"""Whom money goes to and comes from: invented names, and the words two kinds of bank file use for them."""

from functools import cache

import polars as pl

from .pools import pools

_STORES = (417, 1203, 2288)


def _entity(pool: str, place: int) -> str | None:
    """Two of three merchants are known to the vendor by an id."""
    return f"ent_{pool}_{place:02}" if place % 3 else None


def _rows() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for kind, pool in pools().items():
        pair_primary, _, pair_detailed = pool.pair.partition("/")
        code_primary, _, code_detailed = pool.codes.partition("/")
        for place, name in enumerate(pool.names):
            for store in _STORES if pool.stores else (None,):
                for primary, detailed in ((pair_primary, pair_detailed), (code_primary, code_detailed)):
                    rows.append(
                        {
                            "pool": kind,
                            "merchant": name if store is None else f"{name} #{store:04}",
                            "merchant_key": name.casefold(),
                            "merchant_entity_id": _entity(kind, place),
                            "category_primary": None if primary == "-" else primary,
                            "category_detailed": detailed or None,
                            "payment_channel": pool.channel,
                        }
                    )
    return rows


@cache
def directory() -> pl.DataFrame:
    """Every name twice, at place 2 * name + vocabulary: first in `Primary/Detailed` words, then in codes."""
    return pl.DataFrame(_rows(), infer_schema_length=None)


@cache
def sizes() -> dict[str, tuple[int, int]]:
    """Where each pool begins in the directory, counted in names, and how many names it has."""
    places: dict[str, tuple[int, int]] = {}
    reached = 0
    for kind, pool in pools().items():
        size = len(pool.names) * (len(_STORES) if pool.stores else 1)
        places[kind] = (reached, size)
        reached += size
    return places

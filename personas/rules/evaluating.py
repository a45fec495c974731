"""Evaluates a document over a frame: one boolean column per criterion, folded into matches and strength."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from itertools import product

import polars as pl

from personas.catalogue import Signal, Type
from personas.rules.document import FALLBACK, Criterion, Document, Fold, Node, Op, Persona, Strength

SECONDARIES = 2
TEXTS = (pl.String, pl.Categorical, pl.Enum)
KEPT = 64
Dtypes = tuple[tuple[str, pl.DataType], ...]


def known(signal: Signal, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """The signal's column, null wherever its value is missing, not finite or of the wrong type.

    Whole numbers and decimals stay what they are; texts that are numbers become floats.
    """
    column, dtype = pl.col(signal.path), schema.get(signal.path)
    if signal.type is Type.FLAG:
        return column if dtype == pl.Boolean else _missing(pl.Boolean())
    if signal.type is Type.WORD:
        if not isinstance(dtype, TEXTS):
            return _missing(pl.String())
        word = column.cast(pl.String)
        return pl.when(word.is_in(signal.words)).then(word).alias(signal.path)
    if isinstance(dtype, TEXTS):
        column = column.cast(pl.String).cast(pl.Float64, strict=False)
    elif dtype is None or not dtype.is_numeric():
        return _missing(pl.Float64())
    elif not dtype.is_float():
        return column
    return pl.when(column.is_finite()).then(column).alias(signal.path)


def _missing(dtype: pl.DataType) -> pl.Expr:
    return pl.repeat(None, pl.len(), dtype=dtype)


def fold(node: Node, leaf: Callable[[Criterion], pl.Expr]) -> pl.Expr:
    if isinstance(node, Criterion):
        return leaf(node)
    horizontal = pl.all_horizontal if node.fold is Fold.ALL else pl.any_horizontal
    return horizontal([fold(child, leaf) for child in node.children])


def meets(criterion: Criterion, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """Whether a criterion is met, row by row; what is missing never satisfies."""
    value, threshold = known(criterion.signal, schema), criterion.threshold
    if criterion.signal.type not in (Type.FLAG, Type.WORD):
        # The nearest floats of two decimals stand in the decimals' own order, so nothing is lost here.
        value = value.cast(pl.Float64)
        if isinstance(threshold, tuple):
            threshold = tuple(map(float, threshold))
    if isinstance(threshold, tuple):
        return value.is_in(list(threshold)).fill_null(False)
    answers = {
        Op.AT_LEAST: value.ge,
        Op.ABOVE: value.gt,
        Op.AT_MOST: value.le,
        Op.BELOW: value.lt,
        Op.EQUAL: value.eq,
    }
    return answers[criterion.op](pl.lit(threshold)).fill_null(False)


def evaluate(frame: pl.DataFrame, document: Document) -> pl.DataFrame:
    """One row per row of `frame`, in its order: primary, strength, secondary, all_matches, `matched_<slug>`
    and one column per criterion id.
    """
    met = frame.select(_criteria(document, dtypes(frame, document.signals())))
    matches, pattern, strength = _folds(document)
    matched = met.select(matches)
    answers = _answers(tuple(rules.persona for rules in document.personas))
    found = pl.concat([answers[matched.select(pattern).to_series()], matched, met], how="horizontal")
    return found.insert_column(1, found.select(strength).to_series())


def strength(row: pl.DataFrame, persona: Persona, document: Document) -> Strength:
    """How strongly one row would be this persona, whether or not it is: what its tiers say, else weak."""
    if persona is FALLBACK:
        return Strength.DEFAULT
    met = row.select(_criteria(document, dtypes(row, document.signals())))
    tiers = next(rules.tiers for rules in document.personas if rules.persona is persona)
    holding = (tier.tier for tier in tiers if met.select(fold(tier.when, _answered)).item())
    return next(holding, Strength.WEAK)


def dtypes(frame: pl.DataFrame, paths: Iterable[str]) -> Dtypes:
    """The types of those columns that are there: what expressions over signals depend on."""
    schema = frame.schema
    return tuple((path, schema[path]) for path in sorted(paths) if path in schema)


# Building expressions costs more than running them for one person; they depend on nothing but these arguments.
@lru_cache(maxsize=KEPT)
def _criteria(document: Document, known_dtypes: Dtypes) -> list[pl.Expr]:
    schema = dict(known_dtypes)
    return [meets(one, schema).alias(str(one.id)) for one in document.criteria()]


@lru_cache(maxsize=KEPT)
def _folds(document: Document) -> tuple[list[pl.Expr], pl.Expr, pl.Expr]:
    names = [f"matched_{rules.persona}" for rules in document.personas]
    matches = [fold(rules.match, _answered).alias(name) for rules, name in zip(document.personas, names, strict=True)]
    pattern = pl.sum_horizontal(pl.when(name).then(1 << place).otherwise(0) for place, name in enumerate(names))
    return matches, pattern, _strength(document)


def _answered(criterion: Criterion) -> pl.Expr:
    return pl.col(str(criterion.id))


@cache
def _answers(personas: tuple[Persona, ...]) -> pl.DataFrame:
    """The answer to every pattern of matches; a pattern is a number with one bit per persona."""
    rows = []
    for holds_reversed in product((False, True), repeat=len(personas)):
        bits = zip(personas, reversed(holds_reversed), strict=True)
        matches = [persona.value for persona, held in bits if held] or [FALLBACK.value]
        rows.append((matches[0], matches[1 : 1 + SECONDARIES], matches))
    words = pl.List(pl.String)
    return pl.DataFrame(rows, schema={"primary": pl.String, "secondary": words, "all_matches": words}, orient="row")


def _strength(document: Document) -> pl.Expr:
    """The first tier of the primary that holds; no other persona's tier speaks."""
    primary = pl.col("primary")
    said = [
        pl.when((primary == rules.persona.value) & fold(tier.when, _answered)).then(pl.lit(tier.tier.value))
        for rules in document.personas
        for tier in rules.tiers
    ]
    default = pl.when(primary == FALLBACK.value).then(pl.lit(Strength.DEFAULT.value))
    return pl.coalesce(default, *said, pl.lit(Strength.WEAK.value)).alias("strength")

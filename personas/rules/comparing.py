"""What another document would change for the same people in one window: the pure part of a simulation."""

import hashlib
from typing import Any

import polars as pl

from personas.rules.document import Document, Persona
from personas.rules.evaluating import evaluate
from personas.rules.evidence import criteria

SHOWN = 100
PRIORITY = pl.Enum([persona.value for persona in Persona])


def compare(frame: pl.DataFrame, before: Document, after: Document) -> dict[str, Any]:
    """`frame` holds a user_id and the signals that either document names, one row per user with signals."""
    old, new = evaluate(frame, before), evaluate(frame, after)
    pairs = pl.DataFrame(
        {
            "from": old["primary"].cast(PRIORITY),
            "to": new["primary"].cast(PRIORITY),
            "was": old["strength"],
            "is": new["strength"],
        }
    )
    moved = pairs["from"] != pairs["to"]
    counts_before, counts_after = _per_persona(pairs["from"]), _per_persona(pairs["to"])
    return {
        "changed": int(moved.sum()),
        "unchanged": int((~moved).sum()),
        "before": counts_before,
        "after": counts_after,
        "delta": {slug: counts_after[slug] - counts_before[slug] for slug in counts_before},
        "movements": _counted(pairs, ["from", "to"]),
        "strength_changes": [
            {"persona": row["from"], "from": row["was"], "to": row["is"], "count": row["count"]}
            for row in _counted(pairs.filter(~moved & (pairs["was"] != pairs["is"])), ["from", "was", "is"])
        ],
        "criteria": _met(old, new, before, after),
        "sample": _sample(frame, pairs, moved, before, after),
    }


def _per_persona(primaries: pl.Series) -> dict[str, int]:
    counts = dict(primaries.cast(pl.String).value_counts().iter_rows())
    return {persona.value: counts.get(persona.value, 0) for persona in Persona}


def _counted(pairs: pl.DataFrame, by: list[str]) -> list[dict[str, Any]]:
    return pairs.group_by(by).agg(count=pl.len()).sort(by).to_dicts()


def _met(old: pl.DataFrame, new: pl.DataFrame, before: Document, after: Document) -> list[dict[str, Any]]:
    """Every criterion of the new document, then those that only the old one has; null where it has none."""
    sides = [
        {str(one.id): int(answers[str(one.id)].sum()) for one in document.criteria()}
        for answers, document in ((old, before), (new, after))
    ]
    return [
        {"id": name, "met_before": sides[0].get(name), "met_after": sides[1].get(name)}
        for name in {**sides[1], **sides[0]}
    ]


def _sample(
    frame: pl.DataFrame, pairs: pl.DataFrame, moved: pl.Series, before: Document, after: Document
) -> list[dict[str, Any]]:
    """People who move: the lowest hashes of every pair take places in turn, until all are taken."""
    people = pairs.select("from", "to", user_id=frame["user_id"].cast(pl.String))
    movers = people.with_row_index("row").filter(moved)
    digests = [hashlib.sha256(user_id.encode()).hexdigest() for user_id in movers["user_id"]]
    chosen = (
        movers.with_columns(digest=pl.Series(digests, dtype=pl.String))
        .with_columns(turn=pl.col("digest").rank("ordinal").over("from", "to"))
        .sort("turn", "from", "to")
        .head(SHOWN)
        .sort("from", "to", "digest")
    )
    shown = frame[chosen["row"]]
    was = [{one["id"]: one["met"] for one in person} for person in criteria(shown, before)]
    return [
        {
            "user_id": row["user_id"],
            "from": row["from"],
            "to": row["to"],
            "criteria": [one | {"met_before": known.get(one["id"])} for one in person],
        }
        for row, known, person in zip(chosen.to_dicts(), was, criteria(shown, after), strict=True)
    ]

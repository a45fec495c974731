"""What can be said at the desk about a statement: its report, its signals and the persona of every window."""

from typing import Any

from accounts.statements import Statement
from personas import rules
from personas.signals import Frames, as_object, measure, no_signals


def explained(statement: Statement, frames: Frames, document: rules.Document) -> dict[str, Any]:
    """Without windows where the file would be refused, without a persona where there are no signals."""
    if not statement.ok:
        return {"report": statement.report(), "windows": {}}
    measured = measure(*frames)
    found = rules.evaluate(measured, document)
    return {
        "report": statement.report(),
        "windows": {
            row["window"]: {"signals": as_object(row)}
            | (_nobody() if no_signals(row) else _persona(row, persona, evidence, document))
            for row, persona, evidence in zip(
                measured.iter_rows(named=True),
                found.iter_rows(named=True),
                rules.criteria(measured, document),
                strict=True,
            )
        },
    }


def _persona(
    row: dict[str, Any], found: dict[str, Any], evidence: list[dict[str, Any]], document: rules.Document
) -> dict[str, Any]:
    days = int(row["window"].removesuffix("d"))
    return {
        "primary": found["primary"],
        "strength": found["strength"],
        "secondary_personas": found["secondary"],
        "all_matches": found["all_matches"],
        "criteria": evidence,
        "counterfactual": rules.counterfactual(as_object(row), document, window_days=days),
    }


def _nobody() -> dict[str, Any]:
    return {
        "primary": None,
        "strength": None,
        "secondary_personas": [],
        "all_matches": [],
        "criteria": [],
        "counterfactual": None,
    }

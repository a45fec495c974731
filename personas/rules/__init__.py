"""Rules are data: read, evaluated, explained, linted and compared by pure functions."""

from personas.rules.comparing import compare
from personas.rules.counterfactual import counterfactual, sentences, smallest_change
from personas.rules.differing import diff
from personas.rules.document import FALLBACK, Document, Persona, Strength
from personas.rules.errors import Error, InvalidDocument
from personas.rules.evaluating import evaluate, strength
from personas.rules.evidence import as_text, criteria, criteria_met, told
from personas.rules.linting import Finding, lint
from personas.rules.objects import frame_of
from personas.rules.reading import read, read_tree, shipped

__all__ = [
    "FALLBACK",
    "Document",
    "Error",
    "Finding",
    "InvalidDocument",
    "Persona",
    "Strength",
    "as_text",
    "compare",
    "counterfactual",
    "criteria",
    "criteria_met",
    "diff",
    "evaluate",
    "frame_of",
    "lint",
    "read",
    "read_tree",
    "sentences",
    "shipped",
    "smallest_change",
    "strength",
    "told",
]

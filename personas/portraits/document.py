"""The shape of a persona document: twelve sections, each with all its fields, as one JSON Schema."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from accounts.words import Word

TEXT_LENGTH, ENTRY_LENGTH, ENTRIES = 400, 200, 8
NAME_LENGTH = 511  # first and last name, with a space


class Kind(Word):
    TEXT = "text"
    LIST = "list"


T, L = Kind.TEXT, Kind.LIST
# fmt: off
SECTIONS: dict[str, dict[str, Kind] | Kind] = {
    "identity": {"core_description": T, "self_perception": T, "archetypes": L, "values": L, "beliefs": L},
    "cognition": {
        "thinking_style": T, "decision_making": T, "learning_style": T, "problem_solving": T, "risk_tolerance": T,
    },
    "behavior": {"patterns": L, "habits": L, "routines": T, "social_behavior": T, "energy_level": T},
    "communication": {"tone": T, "style": T, "vocabulary": T, "non_verbal": T, "preferences": L},
    "strengths": L,
    "challenges": L,
    "interests": {"primary": L, "secondary": L, "passions": L},
    "skills": {"hard_skills": L, "soft_skills": L, "expertise": L},
    "motivations": {"primary_drives": L, "goals": L, "fears": L, "aspirations": T},
    "relationships": {
        "relational_style": T, "role_in_groups": T, "preferred_relationships": T, "influence_on_others": T,
    },
    "financial": {"goals": L, "concerns": L, "constraints": L, "preferred_contact": T},
}
# fmt: on
Path = tuple[str, ...]


def fields() -> Iterator[tuple[Path, Kind]]:
    """Every field that is read out of texts sentence by sentence, in the order of the document."""
    for section, held in SECTIONS.items():
        if isinstance(held, Kind):
            yield (section,), held
        else:
            yield from (((section, name), kind) for name, kind in held.items())


def blank() -> dict[str, Any]:
    """Nothing is known yet: every section and field is there."""
    empty: dict[str, Any] = {"meta": dict.fromkeys(_META)}
    for section, held in SECTIONS.items():
        empty[section] = _nothing(held) if isinstance(held, Kind) else {name: _nothing(held[name]) for name in held}
    return empty


def at(document: dict[str, Any], path: Path) -> Any:
    return document[path[0]] if len(path) == 1 else document[path[0]][path[1]]


def put(document: dict[str, Any], path: Path, value: Any) -> None:
    inside = document if len(path) == 1 else document[path[0]]
    inside[path[-1]] = value


def valid(document: Any, *, written_by_model: bool = False) -> list[str]:
    """What is wrong with a document, in sentences that repeat nothing it says; a model writes no `_meta`."""
    found = sorted(_validator(written_by_model).iter_errors(document), key=lambda error: list(map(str, error.path)))
    return [_sentence(error) for error in found]


def _nothing(kind: Kind) -> Any:
    return [] if kind is Kind.LIST else ""


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _known_or_null(longest: int) -> dict[str, Any]:
    return {"type": ["string", "null"], "maxLength": longest}


_OF: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: {"type": "string", "maxLength": TEXT_LENGTH},
    Kind.LIST: {"type": "array", "maxItems": ENTRIES, "items": {"type": "string", "maxLength": ENTRY_LENGTH}},
}
_META = {
    "name": _known_or_null(NAME_LENGTH),
    "role": _known_or_null(TEXT_LENGTH),
    "location": _known_or_null(TEXT_LENGTH),
    "created_at": _known_or_null(TEXT_LENGTH),
    "age": {"type": "null"},
    "age_range": {"type": "null"},
    "gender": _known_or_null(TEXT_LENGTH),
}
_COUNT = {"type": "integer", "minimum": 0}
_COUNTED = ("raw_text_length", "cleaned_text_length", "prompt_version", "submissions", "chunks")
_SPENT = ("excluded_sentences", "tokens_in", "tokens_out")
_MADE = _object({"model_used": {"type": "string", "maxLength": 100}, **dict.fromkeys(_COUNTED + _SPENT, _COUNT)})

WRITTEN = _object(
    {
        "meta": _object(_META),
        **{
            section: _OF[held] if isinstance(held, Kind) else _object({name: _OF[held[name]] for name in held})
            for section, held in SECTIONS.items()
        },
    }
)
SCHEMA = _object({**WRITTEN["properties"], "_meta": _MADE})


@cache
def _validator(written_by_model: bool) -> Draft202012Validator:
    return Draft202012Validator(WRITTEN if written_by_model else SCHEMA)


def _sentence(error: ValidationError) -> str:
    where = ".".join(map(str, error.path)) or "the document"
    rule = error.validator_value
    match error.validator:
        case "required":
            missing = ", ".join(key for key in rule if key not in error.instance)
            return f"{where} lacks {missing}."
        case "additionalProperties":
            return f"{where} may have no other keys than {', '.join(error.schema['properties'])}."
        case "type":
            return f"{where} must be {' or '.join([rule] if isinstance(rule, str) else rule)}."
        case "maxLength":
            return f"{where} may have at most {rule} characters."
        case "maxItems":
            return f"{where} may have at most {rule} entries."
        case _:
            return f"{where} must be at least {rule}."

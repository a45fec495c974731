"""Reads a rule document, or the tree of a card, and finds everything that is wrong with it at once."""

import json
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

from personas.catalogue import CATALOGUE, Signal
from personas.rules.document import FALLBACK, FORMAT, Document, Node, Persona, PersonaRules, Strength, Tier
from personas.rules.errors import Error, Errors, InvalidDocument, at, listed
from personas.rules.trees import Trees

MAX_NAME = 120
TIERS = (Strength.STRONG, Strength.MODERATE)


class _RepeatedKey(ValueError):
    pass


@cache
def shipped() -> Document:
    """Version 1, which serves every tenant that has published nothing."""
    return read(resources.files("personas").joinpath("rule_sets/v1.toml").read_bytes(), format="toml")


def read(data: bytes | Mapping[str, Any], *, format: Literal["toml", "json"] = "json") -> Document:
    trees = Trees(CATALOGUE, Errors(), ids=True)
    document = _document(_parsed(data, format) if isinstance(data, bytes) else data, trees)
    if document is None or trees.errors.found:
        raise InvalidDocument(trees.errors.found)
    return document


def read_tree(data: object, *, catalogue: Mapping[str, Signal] = CATALOGUE, path: str = "") -> Node:
    """The tree of a card: without ids, and over a catalogue that may hold more than the signals."""
    trees = Trees(catalogue, Errors(), ids=False)
    node = trees.node(data, path, depth=1)
    if node is None or trees.errors.found:
        raise InvalidDocument(trees.errors.found)
    return node


def _parsed(data: bytes, format: Literal["toml", "json"]) -> Any:
    try:
        text = data.decode("utf-8")
        return tomllib.loads(text) if format == "toml" else json.loads(text, object_pairs_hook=_once)
    except UnicodeDecodeError:
        reason = "it is not UTF-8 text"
    except RecursionError:
        reason = "it is nested too deeply"
    except _RepeatedKey as repeated:
        reason = f'the key "{repeated}" stands twice in one object'
    except ValueError as problem:
        reason = str(problem)
    sentence = f"The document cannot be read as {format.upper()}: {reason}."
    raise InvalidDocument([Error(path="", code="UNREADABLE", sentence=sentence)])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key, value in pairs:
        if key in content:
            raise _RepeatedKey(key)
        content[key] = value
    return content


def _document(value: object, trees: Trees) -> Document | None:
    content = trees.errors.record(value, "", {"format", "version", "name", "persona"}, "A rule document")
    if content is None:
        return None
    if content.get("format") != FORMAT or isinstance(content.get("format"), bool):
        trees.errors.add("format", "FORMAT_UNKNOWN", f"format is {FORMAT}; nothing else is understood.")
    version, name = content.get("version"), content.get("name", "")
    if version is not None and (isinstance(version, bool) or not isinstance(version, int) or version < 1):
        trees.errors.add("version", "VERSION_INVALID", "version is a whole number from 1 on, or left out.")
    if not isinstance(name, str) or len(name) > MAX_NAME or not name.isprintable():
        trees.errors.add("name", "NAME_INVALID", f"name is one line of at most {MAX_NAME} characters.")
    rules = _personas(content.get("persona"), trees)
    if rules is None or trees.errors.found:
        return None
    return Document(version, name, rules)


def _personas(given: object, trees: Trees) -> tuple[PersonaRules, ...] | None:
    if not isinstance(given, list):
        trees.errors.add("persona", "PERSONAS_INVALID", "persona is the list of the five personas, in order.")
        return None
    if len(given) != len(Persona):
        said = f"persona names {listed(list(Persona))}, once each and in this order."
        trees.errors.add("persona", "PERSONAS_INVALID", said)
    read = [
        _persona(persona, entry, f"persona.{position}", trees)
        for position, (persona, entry) in enumerate(zip(Persona, given, strict=False))
    ]
    return tuple(rules for rules in read if rules is not None)


def _persona(persona: Persona, value: object, path: str, trees: Trees) -> PersonaRules | None:
    fields = {"slug", "id", "name", "match", "strength"}
    content = trees.errors.record(value, path, fields, "A persona")
    if content is None:
        return None
    for key, wanted in (("slug", persona.value), ("id", persona.number), ("name", persona.title_words)):
        if content.get(key) != wanted or isinstance(content.get(key), bool):
            said = f"The persona in place {persona.number} has the {key} {wanted}."
            trees.errors.add(at(path, key), "PERSONA_ORDER", said)
    if persona is FALLBACK:
        for key in ("match", "strength"):
            if key in content:
                said = f"{FALLBACK} has no criteria: it is said when nothing else matches."
                trees.errors.add(at(path, key), "FALLBACK_HAS_CRITERIA", said)
        return None
    if "match" not in content:
        said = f"{persona.value} needs a match: the tree of criteria that makes it hold."
        trees.errors.add(at(path, "match"), "MATCH_MISSING", said)
        return None
    match = trees.node(content["match"], at(path, "match"), depth=1)
    tiers = _tiers(content.get("strength", []), at(path, "strength"), trees)
    return PersonaRules(persona, match, tiers) if match else None


def _tiers(value: object, path: str, trees: Trees) -> tuple[Tier, ...]:
    if not isinstance(value, list):
        trees.errors.add(path, "TIERS_INVALID", "strength is a list of tiers.")
        return ()
    tiers: list[Tier] = []
    for position, entry in enumerate(value):
        here = at(path, position)
        content = trees.errors.record(entry, here, {"tier", "when"}, "A tier")
        if content is None:
            continue
        tier = content.get("tier")
        if tier not in TIERS:
            said = "A tier is strong or moderate; weak is the rest."
            trees.errors.add(at(here, "tier"), "TIER_UNKNOWN", said)
        elif any(tier == other.tier for other in tiers):
            trees.errors.add(at(here, "tier"), "TIER_TWICE", f"The tier {tier} stands here twice.")
        when = trees.node(content.get("when"), at(here, "when"), depth=1)
        if tier in TIERS and when:
            tiers.append(Tier(Strength(tier), when))
    return tuple(tiers)

"""A synthetic population: people who never existed, their statements, and what is known about them."""

from .awkward import Awkward
from .batch import Batch, label, people, people_before
from .recipe import Persona, Recipe, RecipeError, SignPolicy, parse_mix
from .rendering import as_csv, as_json, as_plain

__all__ = [
    "Awkward",
    "Batch",
    "Persona",
    "Recipe",
    "RecipeError",
    "SignPolicy",
    "as_csv",
    "as_json",
    "as_plain",
    "label",
    "parse_mix",
    "people",
    "people_before",
]

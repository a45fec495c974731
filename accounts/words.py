"""A word that a table holds: an enum whose values are its check constraint and its choices."""

from enum import StrEnum


class Word(StrEnum):
    @classmethod
    def values(cls) -> list[str]:
        return [word.value for word in cls]

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        return [(word.value, word.value.replace("_", " ")) for word in cls]

"""What a portrait is made from and what it is: submissions and names in, a document with its making out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Submission:
    """One text, as it was sent."""

    id: UUID
    text: str
    sha256: str
    at: datetime


@dataclass(frozen=True)
class Names:
    """What the person's row holds; written into the document by the program, never read out of a text."""

    first: str | None = None
    last: str | None = None
    gender: str | None = None

    @property
    def joined(self) -> str | None:
        return " ".join(name for name in (self.first, self.last) if name) or None


@dataclass(frozen=True)
class Portrait:
    """A document, who made it from which wording (of cues or of prompts), and what that cost."""

    document: dict[str, Any]
    generator: str
    prompt_version: int
    tokens_in: int = 0
    tokens_out: int = 0

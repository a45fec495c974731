"""What a person's notes say, by readable rules: texts in, a document of twelve sections out."""

from personas.portraits.cleaning import cleaned
from personas.portraits.document import SCHEMA, valid
from personas.portraits.lineage import input_hash, joined, sha256
from personas.portraits.redaction import redacted
from personas.portraits.rules import GENERATOR, VERSION, of
from personas.portraits.said import Names, Portrait, Submission

__all__ = [
    "GENERATOR",
    "SCHEMA",
    "VERSION",
    "Names",
    "Portrait",
    "Submission",
    "cleaned",
    "input_hash",
    "joined",
    "of",
    "redacted",
    "sha256",
    "valid",
]

"""What a person's notes say, by readable rules: texts in, a document of twelve sections out."""

from personas.portraits.chunks import chunks
from personas.portraits.cleaning import cleaned
from personas.portraits.document import SCHEMA, WRITTEN, valid
from personas.portraits.lineage import input_hash, joined, moment, sha256
from personas.portraits.redaction import redacted
from personas.portraits.rules import GENERATOR, VERSION, discreet, made, of, write_known
from personas.portraits.said import Names, Portrait, Submission

__all__ = [
    "GENERATOR",
    "SCHEMA",
    "VERSION",
    "WRITTEN",
    "Names",
    "Portrait",
    "Submission",
    "chunks",
    "cleaned",
    "discreet",
    "input_hash",
    "joined",
    "made",
    "moment",
    "of",
    "redacted",
    "sha256",
    "valid",
    "write_known",
]

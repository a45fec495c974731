"""What a document came from: the hash of everything that went in, and the submissions as one text."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from accounts.fingerprints import fingerprint
from personas.portraits.said import Names, Submission


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def input_hash(submissions: Sequence[Submission], names: Names, generator: str, prompt_version: int = 1) -> str:
    """Equal input gives an equal hash, and with the rules an equal document."""
    return fingerprint(
        {
            "submissions": [submission.sha256 for submission in submissions],
            "names": [names.first, names.last, names.gender],
            "generator": [generator, prompt_version],
        }
    )


def joined(submissions: Sequence[Submission]) -> str:
    """Oldest first, each under a line with its number and time."""
    return "\n\n".join(
        f"--- Submission {number} ({moment(submission.at)}) ---\n{submission.text}"
        for number, submission in enumerate(submissions, 1)
    )


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")

"""Rule documents as files at the desk: TOML by their ending, JSON otherwise."""

from pathlib import Path

from accounts.management.people import wrong_usage
from personas import rules


def read_document(path: str) -> rules.Document:
    """Ends the command as wrongly used when there is no such file; an invalid document is for the caller."""
    try:
        data = Path(path).read_bytes()
    except OSError as problem:
        raise wrong_usage(f"{path} cannot be read: {problem.strerror}.") from problem
    return rules.read(data, format="toml" if path.endswith(".toml") else "json")


def document_at(path: str) -> rules.Document:
    try:
        return read_document(path)
    except rules.InvalidDocument as invalid:
        found = "\n".join(f"  {one['path'] or 'document'}: {one['sentence']}" for one in invalid.errors)
        raise wrong_usage(f"{path} is not a valid rule document.\n{found}") from invalid

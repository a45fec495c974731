"""What a received file calls itself and what it is: its stored name, its type, and what no statement looks like."""

import re
import unicodedata

from accounts.models.uploads import FileType
from accounts.refusals import Unacceptable

CONTENT_TYPES = {FileType.JSON: "application/json", FileType.CSV: "text/csv"}
NAME_LENGTH = 100
LOOKED_AT = 4096
# The first bytes of what is no text: archives and spreadsheets, compressed files, documents, pictures, programs.
SIGNATURES = (
    *(b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"7z\xbc\xaf", b"Rar!", b"PAR1"),
    *(b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"),
    *(b"%PDF", b"\xd0\xcf\x11\xe0", b"SQLite format 3", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x7fELF", b"MZ\x90"),
)
HTML = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body|script|\?xml)", re.IGNORECASE)


class UnsupportedFileType(Unacceptable):
    status = 415
    code = "UNSUPPORTED_FILE_TYPE"
    sentence = "Send a statement as .csv or .json. Spreadsheets, archives and documents are not read."


def stored_name(given: str) -> str:
    """The last path component with plain characters only; a file name is shown, never used as a path."""
    last = re.split(r"[/\\]", given)[-1]
    plain = re.sub(r"[^\w.\-]", "_", unicodedata.normalize("NFC", last)).lstrip(".")
    if not plain.strip("_"):
        return "statement.csv"
    stem, _, extension = plain.rpartition(".")
    if stem and extension.lower() in FileType.values():
        return f"{_cut(stem)}.{extension}"
    return _cut(plain)


def _cut(name: str) -> str:
    """With room left for the extension; counted in bytes, because a disk does, whatever the script."""
    return name.encode()[: NAME_LENGTH - len(".json")].decode(errors="ignore")


def file_type(name: str) -> FileType:
    """By the extension of the stored name."""
    extension = name.rpartition(".")[2].lower()
    if "." not in name or extension not in FileType.values():
        raise UnsupportedFileType
    return FileType(extension)


def refuse_other_kinds(head: bytes) -> None:
    """The first 4 KB must look like text of the kind that the name claims."""
    if head.startswith(SIGNATURES) or HTML.match(head):
        raise UnsupportedFileType

"""Governs how the bytes of a file become text."""

import codecs
import re

from .problems import Findings, Severity

NAMES = {
    "utf-8": "utf-8",
    "utf-16": "utf-16",
    "latin-1": "cp1252",
    "windows-1252": "cp1252",
    "windows-1250": "cp1250",
    "iso-8859-2": "iso-8859-2",
    "iso-8859-15": "iso-8859-15",
}
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
NOT_LATIN = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}"  # characters of UTF-8, whole
    rb"|[\xc0\xc1][\x80-\xbf]|[\xf0-\xf7][\x80-\xbf]{2}"  # overlong or cut ones
    rb"|[\x80-\xff]{3}|[\x81\x8d\x8f\x90\x9d]"
    rb"|[A-Za-z\xc0-\xd6\xd8-\xf6\xf8-\xff][\xa1-\xbf\xd7\xf7][A-Za-z\xc0-\xd6\xd8-\xf6\xf8-\xff]"
)


def decode(data: bytes, wanted: str | None, findings: Findings, *, guess: bool) -> tuple[str, str] | None:
    """The text and the name of its encoding, or None with the reason noted. `guess` admits Latin-1 (CSV
    only).
    """
    name, mark = _announced(data, wanted, guess=guess)
    try:
        text = data[mark:].decode(name)
    except UnicodeDecodeError as error:
        if wanted or mark or not guess or name != "utf-8":
            findings.file(
                "ENCODING_INVALID",
                f"The byte at offset {mark + error.start} is not valid {_plain(name)}. "
                "Save the file again as UTF-8, or name its encoding with the option encoding.",
            )
            return None
        name = "windows-1252"
        if not _latin(data, findings):
            return None
        text = data.decode("cp1252")
    if not text.strip():
        findings.file("EMPTY_FILE", "The file is empty. Export the statement again and send the new file.")
        return None
    if "\0" in text:
        findings.file(
            "NUL_BYTE",
            f"The character at position {text.index(chr(0)) + 1} is a NUL, so this is not a text file. "
            "Export the statement as CSV or JSON.",
        )
        return None
    return text, _plain(name)


def _announced(data: bytes, wanted: str | None, *, guess: bool) -> tuple[str, int]:
    for mark, name in MARKS:
        if data.startswith(mark) and wanted in (None, "utf-8", "utf-16"):
            return name, len(mark)
    if wanted:
        return "utf-16-le" if wanted == "utf-16" else NAMES.get(wanted, "utf-8"), 0
    head = data[:4096]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if guess and not odd and even > 0.3 * len(head[::2]):
        return "utf-16-be", 0
    if guess and not even and odd > 0.3 * len(head[1::2]):
        return "utf-16-le", 0
    return "utf-8", 0


def _latin(data: bytes, findings: Findings) -> bool:
    doubt = NOT_LATIN.search(data)
    if doubt:
        findings.file(
            "ENCODING_UNSUPPORTED",
            f"The bytes at offset {doubt.start()} are neither UTF-8 nor Western European text. "
            "Save the file again as UTF-8, or name its encoding with the option encoding.",
        )
        return False
    findings.file(
        "ENCODING_GUESSED",
        "The file is not UTF-8 and was read as Western European text (Windows-1252). "
        "Look at names with accents; if they are wrong, name the encoding with the option encoding.",
        severity=Severity.WARNING,
    )
    return True


def _plain(codec: str) -> str:
    return next(
        (name for name, of in reversed(NAMES.items()) if of == codec),
        codec.removesuffix("-le").removesuffix("-be"),
    )

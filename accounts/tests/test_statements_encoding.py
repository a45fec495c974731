"""Encodings: announced, found, guessed with a warning, or refused with the byte offset."""

from datetime import date

import pytest

from accounts.statements import Options, Statement, parse
from accounts.statements.problems import Severity

TEXT = "account_id,date,amount,merchant_name\na,2025-01-05,-1,{}\n"


def read(data: bytes, encoding: str | None = None) -> Statement:
    return parse(data, Options(file_type="csv", today=date(2025, 6, 1), account_key=b"k", encoding=encoding))


def merchant(data: bytes, encoding: str | None = None) -> str:
    return str(read(data, encoding).transactions["merchant"].item())


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_found_with_and_without_a_mark(codec: str) -> None:
    statement = read(TEXT.format("Zoë Café").encode(codec))
    assert statement.transactions["merchant"].item() == "Zoë Café"
    assert statement.detected["encoding"] in ("utf-8", "utf-16")


def test_western_text_is_guessed_and_told() -> None:
    statement = read(TEXT.format("Zoë Müller “x”").encode("cp1252"))
    assert statement.transactions["merchant"].item() == "Zoë Müller “x”"
    assert "ENCODING_GUESSED" in [problem.code for problem in statement.problems]


@pytest.mark.parametrize(
    "tail",
    [
        "Zoë ".encode() + b"\xe9",
        b"\xe9\xe9\xe9",
        b"a\xbfb",
        b"a\xd7b",
        b"x\x81",
        b"\xc0\xaf",
        b"\xe2\x82\xac\xff",
    ],
)
def test_what_is_neither_is_refused_with_the_offset(tail: bytes) -> None:
    data = TEXT.format("").encode().rstrip() + b"x " + tail + b"\n"
    (problem,) = read(data).problems
    assert problem.code == "ENCODING_UNSUPPORTED"
    assert "offset 5" in problem.error or "offset 6" in problem.error


@pytest.mark.parametrize(
    ("name", "codec", "word"),
    [
        ("latin-1", "latin-1", "é"),
        ("windows-1252", "cp1252", "€"),
        ("windows-1250", "cp1250", "Žluťoučký"),
        ("iso-8859-2", "iso-8859-2", "Žluťoučký"),
        ("iso-8859-15", "iso-8859-15", "€"),
        ("utf-16", "utf-16-le", "é"),
    ],
)
def test_a_named_encoding_is_used(name: str, codec: str, word: str) -> None:
    statement = read(TEXT.format(word).encode(codec), name)
    assert statement.transactions["merchant"].item() == word
    assert statement.detected["encoding"] in (name, "windows-1252")


def test_bytes_that_break_the_named_encoding_are_refused() -> None:
    (problem,) = read(TEXT.format("é").encode("latin-1"), "utf-8").problems
    assert (problem.code, problem.severity) == ("ENCODING_INVALID", Severity.ERROR)
    assert "offset 53" in problem.error


def test_json_is_never_guessed() -> None:
    options = Options(file_type="json", today=date(2025, 6, 1), account_key=b"k")
    assert [problem.code for problem in parse(b'{"a": "\xe9"}', options).problems] == ["ENCODING_INVALID"]

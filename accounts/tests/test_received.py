"""What a received file calls itself and what it is."""

import pytest

from accounts.models.uploads import FileType
from accounts.received import UnsupportedFileType, file_type, refuse_other_kinds, stored_name


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("june.csv", "june.csv"),
        ("June 2025 (1).CSV", "June_2025__1_.CSV"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini.json", "boot.ini.json"),
        ("C:\\Users\\me\\june.csv", "june.csv"),
        ("...csv", "csv"),
        (".csv", "csv"),
        ("..june.csv", "june.csv"),
        ("a.csv\0.png", "a.csv_.png"),
        ("a\r\nSet-Cookie: x.csv", "a__Set-Cookie__x.csv"),
        ("\u202egpj.csv", "_gpj.csv"),
        ("Übersicht.csv", "Übersicht.csv"),
        ("U\u0308bersicht.csv", "Übersicht.csv"),
        ("a;b'c\"d.csv", "a_b_c_d.csv"),
        ("", "statement.csv"),
        ("/", "statement.csv"),
        ("???", "statement.csv"),
    ],
)
def test_the_stored_name_is_the_last_part_in_plain_characters(given, stored):
    assert stored_name(given) == stored


@pytest.mark.parametrize(
    "given", ["x" * 300 + ".csv", "銀" * 300 + ".json", "x" * 300, "a." + "é" * 300, "." * 300 + "a.CSV"]
)
def test_a_long_name_is_cut_to_what_a_disk_takes_and_keeps_its_kind(given):
    stored = stored_name(given)
    assert len(stored.encode()) <= 100 and not stored.startswith(".")
    known = given.rpartition(".")[2].lower() in ("csv", "json")
    assert not known or stored.endswith(given[given.rindex(".") :])


@pytest.mark.parametrize(
    ("name", "kind"), [("a.csv", FileType.CSV), ("a.JSON", FileType.JSON), ("a.png.CsV", FileType.CSV)]
)
def test_the_kind_is_the_extension_in_any_case(name, kind):
    assert file_type(name) is FileType(kind)


@pytest.mark.parametrize("name", ["csv", "a.xlsx", "a.csv.gz", "a.csv ", "passwd", "a.json5"])
def test_another_extension_is_no_statement(name):
    with pytest.raises(UnsupportedFileType):
        file_type(name)


@pytest.mark.parametrize(
    "head",
    [
        *(
            b"PK\x03\x04",
            b"PK\x05\x06",
            b"7z\xbc\xaf\x27\x1c",
            b"Rar!\x1a\x07",
            b"\x1f\x8b\x08",
            b"BZh9",
            b"\xfd7zXZ\0",
        ),
        *(
            b"%PDF-1.7",
            b"\xd0\xcf\x11\xe0\xa1",
            b"\x89PNG\r\n",
            b"\xff\xd8\xff\xe0",
            b"GIF89a",
            b"\x7fELF\x02",
            b"MZ\x90\0",
        ),
        *(b"<!DOCTYPE html>", b"  \n<html>", b"\xef\xbb\xbf<HTML lang=en>", b"<script>", b'<?xml version="1.0"?>'),
    ],
)
def test_what_is_no_text_is_refused_by_its_first_bytes(head):
    with pytest.raises(UnsupportedFileType):
        refuse_other_kinds(head)


@pytest.mark.parametrize("head", [b"date,amount\n", b'{"accounts": []}', b"\xef\xbb\xbfdate;amount", b"<3,date", b""])
def test_text_is_let_through(head):
    refuse_other_kinds(head)

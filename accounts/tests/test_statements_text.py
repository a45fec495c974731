"""Text: what is kept, and the key of a merchant."""

import unicodedata

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.statements.text import clean, merchant_key


def kept(text: str) -> str | None:
    return clean(pl.Series([text], dtype=pl.String)).item()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Corner \t Shop\n", "Corner Shop"),
        ("Cafe\u0301", "Café"),
        ("a\u202eb\u200bc\u0007d\ufeff", "abcd"),
        ("a \u200b b", "a b"),
        ("\u2028x\u00a0y", "x y"),
        ("   ", None),
        ("", None),
        ("\u200b", None),
        ("=1+1", "=1+1"),
        ("Москва 🙂", "Москва 🙂"),
    ],
)
def test_text_is_tidied_and_nothing_else(text: str, expected: str | None) -> None:
    assert kept(text) == expected


@given(st.text(max_size=30))
@settings(max_examples=150, deadline=None)
def test_tidied_text_is_nfc_and_stays(text: str) -> None:
    once = kept(text.replace("\0", ""))
    assert once is None or (unicodedata.is_normalized("NFC", once) and kept(once) == once)


@pytest.mark.parametrize(
    ("merchant", "key"),
    [
        ("Shell Oil 57444", "shell oil"),
        ("Corner Shop #12", "corner shop"),
        ("Store 12345 #9", "store"),
        ("Studio 54", "studio 54"),
        ("A1234", "a1234"),
        ("#123", "#123"),
        ("1234", "1234"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ﬁne Café", "fine café"),
        ("ΣΑΣ", "σασ"),
    ],
)
def test_a_merchant_is_known_again(merchant: str, key: str) -> None:
    assert merchant_key(pl.Series([merchant, "x"])).to_list() == [key, "x"]


def test_a_key_is_never_longer_than_its_column() -> None:
    assert merchant_key(pl.Series(["\ufdfa" * 255])).str.len_chars().item() == 255

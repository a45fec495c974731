"""What counts as personal in a line, and what only looks like it."""

import time

import pytest

from spendsense.masking import masked, masked_value


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("to maya@example.test, now", "to [email], now"),
        ("josé.o'neil+x@mail.example.co.uk", "[email]"),
        ('"maya b"@example.test', "[email]"),
        ("?next=/x&email=maya%40example.test", "?next=/x&email=[email]"),
        ("Key (email)=(maya@example.test) exists", "Key (email)=([email]) exists"),
        ("call +1 (555) 123-4567.", "call [number]."),
        ("(555) 123-4567", "[number]"),
        ("555-123-4567 or 555.123.4567", "[number] or [number]"),
        ("+49 (0)30 1234567", "[number]"),
        ("tel:+15551234567", "tel:[number]"),
        ("07700 900123", "[number]"),
        ("4111 1111 1111 1111", "[number]"),
        ("card_4111-1111-1111-1111", "card_[number]"),
        ("3782 822463 10005", "[number]"),
        ("6304000000000000000!", "[number]!"),
        ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln-_", "[token]"),
        ("Authorization: Bearer 0a1b2c3d4e5f", "Authorization: [token]"),
        ("key ss_abcd1234_ZZZZ", "key [token]"),
        ("GET /api/transactions?merchant=Corner%20Clinic HTTP/1.1", "GET /api/transactions[query] HTTP/1.1"),
    ],
)
def test_what_is_personal_is_masked(said, left):
    assert masked(said) == left


@pytest.mark.parametrize(
    "said",
    [
        "2026-11-20T16:50:03.123456Z",
        "2026-11-20 16:50:03,123",
        "0f6c0e7b-6a0e-4c53-9d0e-2f0f5b1d9a11",
        "12345678-1234-4234-8123-123456789012",
        "127.0.0.1:8000 (1234567)",
        "192.168.100.200",
        "SELECT a FROM b WHERE c = %s AND d = 12345",
        "api/users/<uuid:user_id>",
        "celery@host ready.",
        "what is this?",
    ],
)
def test_what_only_looks_like_it_stays(said):
    assert masked(said) == said


def test_a_value_is_masked_however_deep_it_lies():
    sent = {"who": ["maya@example.test", ("+15551234567",)], "card": 4111111111111111, "ms": 12, "share": 0.5}
    left = {"who": ["[email]", ["[number]"]], "card": "[number]", "ms": 12, "share": 0.5}
    assert masked_value(sent) == left
    assert masked_value({"maya@example.test": ValueError("maya")}) == {"[email]": "ValueError"}


@pytest.mark.parametrize(
    "unit",
    ["1 ", "1", "a", "a@", "@a.", "+", "+1", '"', "eyJ", "-eyJ.", "(1)", "1.1-", "a.a?a", "?a=?", "ss_", "bearer "],
)
def test_a_hostile_text_costs_no_more_than_its_length(unit):
    began = time.process_time()
    masked(unit * (20_000 // len(unit)) + "a@")
    assert time.process_time() - began < 1.0

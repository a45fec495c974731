"""The starting library: what stands in it, and that it can be served, read and checked."""

import json
import math
import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.fingerprints import fingerprint
from personas.rules import Persona
from recommendations import starter
from recommendations.eligibility import PRODUCTS
from recommendations.facts import VARIABLES
from recommendations.pieces import shelf_of
from recommendations.tests.starters import (
    EDUCATION,
    ITEMS,
    SAID,
    SHELF,
    TODAY,
    by_key,
    each,
    each_insight,
    names,
    of,
    pieces,
)
from recommendations.wording import placeholders, sentences_of

OFFERS = {
    *("balance-transfer-card", "consolidation-loan", "high-yield-savings", "budgeting-app", "subscription-manager"),
    *("credit-monitoring", "round-up-savings", "planning-consultation"),
}
CALCULATORS = {"paydown-plan", "percentage-budget", "emergency-fund-size", "housing-share"}
WORDS = {"article": (250, 500), "calculator": (150, 300)}


def test_there_are_forty_four_cards_and_each_has_its_own_title():
    assert {kind: len(of(kind)) for kind in ("insight", "company", "audience", "voice")} == {
        "insight": 30,
        "company": 8,
        "audience": 5,
        "voice": 1,
    }
    assert len({item["title"] for item in ITEMS}) == len(ITEMS) == 44
    for name in ("summary", "body", "rationale_template", "fallback_rationale"):
        assert len({item["content"][name] for item in SAID}) == len(SAID)


@pytest.mark.parametrize("persona", Persona)
def test_every_persona_has_the_articles_of_the_list(persona):
    assert {key for key in names(of("insight")) if by_key(key)["content"]["personas"] == [persona]} == EDUCATION[
        persona
    ]


def test_calculators_are_those_of_the_list():
    formats = {item["content"]["key"]: item["content"]["format"] for item in of("insight")}
    assert {key for key, form in formats.items() if form == "calculator"} == CALCULATORS
    assert set(formats.values()) == {"article", "calculator"}


def test_an_offer_is_named_for_its_product():
    assert set(names(of("company"))) == OFFERS
    for item in of("company"):
        assert item["content"]["product_type"] in PRODUCTS
        assert item["content"]["key"] == item["content"]["product_type"].replace("_", "-")


def test_a_file_is_named_for_its_card():
    assert {path.stem for path in starter.LIBRARY.glob("*/*.toml")} == {
        *names(SAID),
        *(item["content"]["primary"].replace("_", "-") for item in of("audience")),
    }


@pytest.mark.parametrize("seen", [None, "2026-11-20"])
@pytest.mark.parametrize("days", [0, 364])
def test_everything_can_be_served_for_a_year(days, seen):
    shelf = shelf_of(pieces(last_observed_at=seen) if seen else pieces())
    faults = {piece.key: shelf.faults(piece, TODAY + timedelta(days=days)) for piece in shelf.pieces}
    assert len(faults) == 38
    assert not any(faults.values()), {key: found for key, found in faults.items() if found}
    assert shelf.voice


def test_after_a_year_somebody_has_to_read_the_articles_again():
    stale = [piece.kind for piece in SHELF.pieces if SHELF.faults(piece, TODAY + timedelta(days=366))]
    assert stale == ["education"] * 30


@each
def test_titles_and_summaries_fit_a_small_screen(item):
    assert len(item["title"]) <= 80
    assert 40 <= len(item["content"]["summary"]) <= 200
    assert 1 <= len(item["tags"]) <= 20


@each_insight
def test_an_article_is_as_long_as_a_cup_of_coffee(item):
    content = item["content"]
    words = len(content["body"].split())
    least, most = WORDS[content["format"]]
    assert least <= words <= most
    assert content["read_time_minutes"] == math.ceil(words / 200)
    assert content["difficulty"] in ("beginner", "intermediate")
    assert "One small step:" in content["body"].split("\n\n")[-1]
    assert re.search(r"\d", content["body"])


@each
def test_a_text_is_easy_to_read(item):
    assert grade(item["content"]["body"]) <= 10


def grade(text):
    """Flesch and Kincaid: years of school that a reader of this text would have."""
    sentences = [one for one in re.split(r"[.!?:](?:\s|$)", text) if re.search("[a-z]", one)]
    words = [word for word in re.findall(r"[A-Za-z']+", text) if word.strip("'")]
    syllables = sum(map(syllables_of, words))
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


def syllables_of(word):
    plain = re.sub(r"(?<=[^aeiouyl])e$|(?<=[^td])ed$", "", word.lower())
    return max(1, len(re.findall(r"[aeiouy]+", plain)))


def test_the_grade_of_a_text_is_that_of_its_formula():
    assert grade("The cat sat on the mat.") == pytest.approx(0.39 * 6 + 11.8 * 1 - 15.59)
    assert [syllables_of(word) for word in ("rate", "month", "budget", "saved", "interest", "table")] == [
        *(1, 1, 2, 1, 3, 2)
    ]


@each_insight
def test_sources_are_public_and_dated_once_somebody_has_opened_them(item):
    sources = item["content"]["sources"]
    assert sources
    for source in sources:
        assert set(source) - {"accessed_on"} == {"title", "publisher", "url"}
        assert re.fullmatch(r"https://([a-z]+\.)*[a-z]+\.gov/\S*", source["url"])
        assert date.fromisoformat(source.get("accessed_on", "2026-11-20")) <= TODAY


@each
def test_nobody_is_told_what_to_do(item):
    content = item["content"]
    said = " ".join([item["title"], *(content[name] for name in ("summary", "body", "rationale_template"))])
    assert not re.search(r"\b(should|must|ought)\b", said)


@each
def test_a_rationale_says_because_and_could(item):
    for name in ("rationale_template", "fallback_rationale"):
        text = item["content"][name]
        sentences = sentences_of(text)
        assert text.startswith("We're showing you this because")
        assert len(sentences) <= 3
        assert any(re.search(r"\bcould\b", one) and not placeholders(one) for one in sentences[1:]) or re.search(
            r"\bcould\b", sentences[0]
        )
        assert placeholders(sentences[0]) - {"window"}


@each
def test_variables_are_known_and_declared(item):
    content = item["content"]
    used = placeholders(content["rationale_template"]) | placeholders(content["fallback_rationale"])
    assert set(content["variables"]) == used <= VARIABLES
    assert len(content["variables"]) == len(used)
    assert placeholders(content["fallback_rationale"]) == {"account_count"}
    assert placeholders(content["rationale_template"]) - {"account_count", "window"}


@pytest.mark.parametrize("persona", Persona)
def test_each_persona_has_three_articles_that_wait_for_nothing(persona):
    assert sum("triggers" not in by_key(key)["content"] for key in EDUCATION[persona]) >= 3


def test_investing_waits_for_three_months_of_savings():
    assert by_key("investing-readiness")["content"]["triggers"] == {
        "signal": "savings.emergency_fund_months",
        "op": ">=",
        "threshold": 3,
    }


def test_audiences_reach_whom_the_cards_name_and_nobody_else():
    assert {item["content"]["primary"] for item in of("audience")} == set(Persona)
    for piece in SHELF.pieces:
        assert SHELF.suits[piece.card_id] == set(piece.listed("personas"))
    for item in of("audience"):
        assert set(item["content"]["match"]["keys"]) == EDUCATION[item["content"]["primary"]]
        silent = [piece for piece in SHELF.pieces if piece.key in item["content"]["match"]["keys"]]
        unnamed = [replace(piece, content=dict(piece.content) | {"personas": []}) for piece in silent]
        shelf = shelf_of([*unnamed, *SHELF.audiences])
        assert set(shelf.suits.values()) == {frozenset({item["content"]["primary"]})}


def test_partners_are_invented():
    for item in of("company"):
        partner = item["content"]["partner"]
        host = re.fullmatch(r"https://(\w+\.example)/logo\.svg", partner["logo_url"])[1]
        assert partner["external_url"].startswith(f"https://{host}/")
    assert len({item["content"]["partner"]["name"] for item in of("company")}) == 8


def test_content_is_the_same_after_a_journey_through_json():
    hashes = [fingerprint(item["content"]) for item in ITEMS]
    assert len(set(hashes)) == 44
    assert [fingerprint(json.loads(json.dumps(item["content"]))) for item in ITEMS] == hashes
    starter.items.cache_clear()
    assert [fingerprint(item["content"]) for item in starter.items()] == hashes


def test_a_text_has_paragraphs_and_no_lines():
    body = by_key("utilization-basics")["content"]["body"]
    assert "\n" not in body.replace("\n\n", "")
    assert body.count("\n\n") == 5
    assert "  " not in body


def months_and_interest(balance, rate, payment):
    """Paying a fixed amount each month until nothing is left; interest comes first."""
    balance, rate, months, paid = Decimal(balance), Decimal(rate) / 12, 0, Decimal(0)
    while balance > 0:
        interest = (balance * rate).quantize(Decimal("0.01"))
        balance, paid, months = max(balance + interest - payment, Decimal(0)), paid + interest, months + 1
    return months, round(paid)


@pytest.mark.parametrize(
    ("key", "payment", "expected", "written"),
    [
        ("paydown-plan", 200, (14, 372), "in 14 months for about $372"),
        ("paydown-plan", 150, (20, 522), "it takes 20 months and about $522"),
        ("paydown-plan", 240, (12, 305), "it takes 12 months and about $305"),
        ("balance-transfer-card", 206, (14, 360), "14 months, with about $360 of interest"),
        ("minimum-payment-cost", 90, (56, 1993), "in 56 months, with about $2,000 of interest"),
        ("minimum-payment-cost", 120, (36, 1200), "36 months and about $1,200"),
    ],
)
def test_worked_examples_add_up(key, payment, expected, written):
    owed = 3000 if key == "minimum-payment-cost" else 2400
    assert months_and_interest(owed, "0.24", payment) == expected
    assert written in by_key(key)["content"]["body"]


def test_whatever_the_numbers_every_persona_has_three_cards_and_more():
    assert SHELF.always(TODAY) == {
        "high_utilization": 13,
        "variable_income_budgeter": 13,
        "subscription_heavy": 13,
        "savings_builder": 13,
        "general_wellness": 10,
    }

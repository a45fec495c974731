"""No number, date or name without a citation."""

import pytest

from recommendations.figures import uncited

CITED = ["Visa", "4523", "68 %", "$5,000.00", "$3,400.00", "14 October 2025", "Netflix, Spotify and 5 more", "-$143.33"]


def said(text, own=(), merchants=("Netflix", "Hulu")):
    return uncited(text, cited=CITED, own=own, merchants=merchants)


@pytest.mark.parametrize(
    "text",
    [
        "We're showing you this because your Visa ending 4523 is at 68 % of its limit ($3,400.00 of $5,000.00).",
        "Because 68 percent of $5,000 is used, that is 3400 USD.",
        "Because you were paid on October 14, 2025, or 2025-10-14, or 14 October.",
        "Because savings moved by -$143.33 and -$143.33 is what left.",
        "Because Netflix, Spotify and five more charge you.",
    ],
)
def test_what_is_cited_may_be_said_in_other_forms(text):
    assert said(text) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Because it is at 69 % of $5,000.00.", ("69 %",)),
        ("Because $143.33 came in.", ("$143.33",)),
        ("Because it is at $68.", ("$68",)),
        ("Because you were paid on 15 October 2025.", ("15 october 2025",)),
        ("Because you were paid on 14 October 2024.", ("14 october 2024",)),
        ("Because nine of them charge you.", ("nine",)),
        ("Because sixty-eight dollars and seventy-one cents left.", ("seventy-one",)),
        ("Because five thousand and six of them charge you.", ("five thousand and six",)),
        ("Because Hulu charges you.", ("Hulu",)),
        ("Hulu charges you, because it does.", ("Hulu",)),
        ("Because your Amex is full.", ("Amex",)),
        ("Because of 10/10/2025.", ("10/10/2025",)),
        ("Because it is \uff19\uff11 %.", ("91 %",)),
        ("Because of \u0663.", ("\u0663",)),
        ("Because 3-4 accounts hold 401k.", ("3", "4", "401")),
    ],
)
def test_what_is_not_cited_is_found(text, found):
    assert said(text) == found


def test_the_cards_own_words_need_no_citation():
    assert (
        said("Because keeping it below 30 % helps, says the Consumer Bureau.", own=["Below 30 % - Consumer Bureau"])
        == ()
    )

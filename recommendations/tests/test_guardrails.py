"""What no text may say: every phrase of the lists, however it is dressed up."""

import tomllib
from importlib import resources

import pytest

from recommendations import guardrails
from recommendations.guardrails import DISCLOSURE, spoken
from recommendations.guardrails.disclosure import Disclosed

LISTS = tomllib.loads(resources.files("recommendations.guardrails").joinpath("lists_v1.toml").read_text())
PHRASES = [
    (group, category, phrase)
    for group in ("advice", "tone")
    for category, phrases in LISTS[group].items()
    for phrase in phrases
]


def verdict(text, group, **more):
    return next(check for check in spoken([text], **more) if check.name == group)


@pytest.mark.parametrize(("group", "category", "phrase"), PHRASES, ids=[phrase for *_, phrase in PHRASES])
def test_every_phrase_is_caught_and_only_as_whole_words(group, category, phrase):
    check = verdict(f"Well, {phrase.upper()} - as they say.", group)
    assert (check.status, check.category) == ("fail", category)
    assert check.matched == (phrase.casefold(),)
    assert verdict(f"Well, x{phrase}y.", group).status == "pass"


@pytest.mark.parametrize(
    "dressed",
    [
        "you\u00a0 \n should",
        "You\u200b should",
        "\uff39\uff4f\uff55 should",
        "YOU SHOULD",
        "you can\u2019t lose",
        "it is risk\u2011free",
    ],
)
def test_looks_do_not_hide_words(dressed):
    assert verdict(f"Here {dressed} know.", "advice").status == "fail"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Transfer your balance to a card with a lower rate.", "fail"),
        ("Move what is left at the end of the month into savings.", "pass"),
        ("Some people consolidate several debts into one loan.", "fail"),
        ("Shift it onto Harbor Example Bank.", "fail"),
        ("Transfer " + "word " * 11 + "to a card.", "fail"),
        ("Transfer " + "word " * 12 + "to a card.", "pass"),
        ("Move it to one two three four five card.", "fail"),
        ("Move it to one two three four five six card.", "pass"),
        ("They buy a few cheap shares.", "fail"),
        ("They sell one two three four stocks.", "pass"),
        ("A fund for emergencies.", "pass"),
    ],
)
def test_words_that_follow_each_other(text, status):
    assert verdict(text, "advice", names=("Harbor Example Bank",)).status == status


def test_the_disclosure_and_quoted_titles_are_exempt():
    title = "Habits you should know"
    assert verdict(f'Read "{title}" next. {DISCLOSURE}', "advice", titles=(title,)).status == "pass"
    assert verdict(f"{title} is next.", "advice", titles=(title,)).status == "fail"


def test_a_house_voice_adds_and_takes_nothing_away():
    check = verdict("A cheeky little plan.", "tone", forbidden=("cheeky",))
    assert (check.status, check.category, check.matched) == ("fail", "house voice", ("cheeky",))
    assert verdict("You are lazy.", "tone", forbidden=("cheeky",)).status == "fail"


@pytest.mark.parametrize("kind", [*Disclosed.values(), None, "unknown"])
@pytest.mark.parametrize("offer", [True, False])
def test_the_disclosure_is_verbatim_and_compared(kind, offer):
    text = guardrails.disclosure(offer=offer, kind=kind)
    assert text.startswith(DISCLOSURE)
    assert ("may be paid" in text) is offer
    assert guardrails.disclosed(text, offer=offer, kind=kind)
    assert not guardrails.disclosed(text.replace("not", "nearly"), offer=offer, kind=kind)


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "< img src=x>", "\uff1cb\uff1e", "a &#60;b", "javascript:x"]
)
def test_markup_is_seen(text):
    assert guardrails.has_markup(text)


def test_comparisons_are_no_markup():
    assert not guardrails.has_markup("Below 30 % is < 50 % & fine.")

"""A recipe that can be followed, and the sentences for one that cannot."""

from datetime import date

import pytest

from accounts.population import Persona, Recipe, RecipeError, parse_mix


def test_personas_that_the_mix_does_not_name_share_what_is_left():
    assert parse_mix("high_utilization=30, savings_builder=10") == {
        "high_utilization": 0.3,
        "variable_income_budgeter": 0.2,
        "subscription_heavy": 0.2,
        "savings_builder": 0.1,
        "general_wellness": 0.2,
    }


def test_a_mix_of_one_hundred_percent_leaves_nothing_for_the_others():
    assert parse_mix("general_wellness=100")["high_utilization"] == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("rich=10", 'Unknown persona "rich" in the mix; it is one of high_utilization'),
        ("", 'Unknown persona "" in the mix'),
        ("high_utilization", 'The share of high_utilization is ""; write a percentage such as'),
        ("high_utilization=lots", 'The share of high_utilization is "lots"'),
        ("high_utilization=nan", "The share of high_utilization is nan %"),
        ("high_utilization=-5", "it lies between 0 and 100"),
        ("high_utilization=60,savings_builder=50", "The mix adds up to 110 %; it may not exceed 100."),
        ("high_utilization=10,high_utilization=10", "The mix names high_utilization twice"),
        (",".join(f"{persona}=19" for persona in Persona), "names every persona but adds up to 95 %"),
    ],
)
def test_a_mix_that_cannot_be_followed_says_what_is_wrong(text, sentence):
    with pytest.raises(RecipeError) as refused:
        parse_mix(text)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ({"users": 0}, "at least one user; 0 were asked for"),
        ({"days": 89}, "The history is 90 to 730 days; 89 were asked for."),
        ({"days": 731}, "The history is 90 to 730 days; 731 were asked for."),
        ({"until": date(1901, 12, 31)}, "The last day lies between 1902 and 9998"),
        ({"awkward": 1.1}, "The share awkward lies between 0 and 1; 1.1 was asked for."),
        ({"no_consent_share": -0.1}, "The share no_consent_share lies between 0 and 1"),
        ({"sign_policy": "auto"}, "Unknown sign policy auto; it is one of inflow_positive, plaid, unsigned."),
        ({"mix": {"rich": 1.0}}, "Unknown persona rich in the mix"),
        ({"mix": {"general_wellness": 0.5}}, "add up to 1"),
    ],
)
def test_a_recipe_that_cannot_be_followed_says_what_is_wrong(part, sentence):
    with pytest.raises(RecipeError) as refused:
        Recipe(**({"seed": 1, "users": 10, "until": date(2025, 6, 30)} | part))
    assert sentence in str(refused.value)

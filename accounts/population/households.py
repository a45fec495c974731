"""Who a person is: a row per person with story, traits and monthly budget, from (seed, i) and the recipe."""

import uuid

import polars as pl

from .awkward import Awkward
from .budgets import with_budget
from .chance import ROOT_OF_TWO, between, happens, person_key, spread_evenly
from .months import months_before
from .recipe import Persona, Recipe, RecipeError
from .stories import BEFORE, STORIES, TRAITS, Credit, Income, Saving, Story, Subscriptions, edges

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "population.example.test")


def households(recipe: Recipe, first: int, last: int) -> pl.DataFrame:
    """Persons first (included) to last (excluded), counted from 0; person 0 carries the number 1."""
    if not 0 <= first <= last <= recipe.users:
        raise RecipeError(f"Persons {first} to {last} were asked for; the recipe makes {recipe.users}, from 0.")
    numbers = range(first + 1, last + 1)
    people = pl.DataFrame(
        {
            "number": numbers,
            "number_text": [f"{number:06}" for number in numbers],
            "user_id": [str(uuid.uuid5(_NAMESPACE, f"{recipe.seed}/{number}")) for number in numbers],
            "name": [f"Person {number:06}" for number in numbers],
            "email": [f"p{number:06}@example.test" for number in numbers],
        },
        schema={"number": pl.Int64} | dict.fromkeys(("number_text", "user_id", "name", "email"), pl.String),
    )
    people = people.with_columns(key=person_key(recipe.seed, pl.col("number")))
    told = _with_awkward(_with_story(people, recipe), recipe)
    return with_budget(
        told.with_columns(
            consent=between("consent", 0, 999_999) >= round(recipe.no_consent_share * 1_000_000),
            codes=happens("vocabulary", 500),
        )
    )


def change_ago(recipe: Recipe) -> int:
    """How many days ago the earlier traits were last seen: half of the history in months, at most six."""
    return (recipe.until - months_before(recipe.until, min(6, recipe.days // 60))).days


def _columns(story: Story) -> dict[str, str | None]:
    row = {
        "persona": story.persona.value,
        "strength": story.strength,
        "second": story.second,
        "was": story.was,
    }
    earlier = BEFORE[story.was] if story.was else None
    for trait in TRAITS:
        row[trait] = str(getattr(story, trait))
        row[f"{trait}_before"] = str(earlier.traits.get(trait, row[trait])) if earlier else row[trait]
    row["was_strength"] = earlier.strength if earlier else None
    row["was_second"] = _second_before(story)
    return row


def _second_before(story: Story) -> str | None:
    """The later persona already matched, except the fallback and a saver whose cards were above 30 %."""
    blocked = story.was is Persona.HIGH_UTILIZATION and story.persona is Persona.SAVINGS_BUILDER
    return None if story.was is None or story.persona is Persona.GENERAL_WELLNESS or blocked else story.persona.value


def _with_story(people: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    place = people.select(spread_evenly("story", recipe.seed, pl.col("number"))).to_series()
    upper = pl.Series(edges(recipe))
    chosen = upper.search_sorted(place, side="right").clip(0, len(STORIES) - 1)
    stories = pl.DataFrame([_columns(story) for story in STORIES], infer_schema_length=None)
    return pl.concat([people, stories[chosen]], how="horizontal")


def _with_awkward(people: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """An awkward person does not change midway and has the trait that the case is about."""
    kinds = list(Awkward)
    place = spread_evenly("awkward", recipe.seed, pl.col("number"), step=ROOT_OF_TWO)
    share = recipe.awkward or 1.0
    named = pl.Series(kinds, dtype=pl.String)
    kind = (place / share * len(kinds)).floor().cast(pl.Int64)
    people = people.with_columns(
        awkward=pl.when(place < recipe.awkward).then(
            kind.clip(0, len(kinds) - 1).replace_strict(
                list(range(len(kinds))), named, return_dtype=pl.String, default=None
            )
        )
    )
    plain = pl.col("awkward").is_null()
    people = people.with_columns(
        *(pl.when(plain).then(pl.col(f"{trait}_before")).otherwise(pl.col(trait)) for trait in TRAITS),
        *(pl.when(plain).then(pl.col(name)) for name in ("was", "was_strength", "was_second")),
    )
    forced = {
        "credit": {
            Awkward.NO_CARD: Credit.NONE,
            Awkward.NO_LIMIT: Credit.CARRYING,
            Awkward.OVER_LIMIT: Credit.MAXED,
            Awkward.SEVERAL_CARDS: Credit.CARRYING,
        },
        "income": {Awkward.IRREGULAR_INCOME: Income.GIGS, Awkward.TWO_PAYROLLS: Income.STEADY},
        "subscriptions": {Awkward.PRICE_RISES: Subscriptions.LIGHT},
        "saving": {Awkward.NO_SAVINGS_LEDGER: Saving.MODERATE},
    }
    return people.with_columns(
        pl.col("awkward")
        .replace_strict(kind_to, default=pl.col(f"{trait}{at}"), return_dtype=pl.String)
        .alias(f"{trait}{at}")
        for trait, kind_to in forced.items()
        for at in ("", "_before")
    )

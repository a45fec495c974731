"""Draws without a state: bounds, independence, evenness."""

import polars as pl

from accounts.population.chance import ROOT_OF_TWO, between, mix, person_key, spread_evenly


def test_mixing_is_splitmix64():
    """The first outputs of the published generator for the states 0 and 1234567 (its own test vectors)."""
    states = pl.DataFrame({"z": pl.Series([0, 1234567], dtype=pl.UInt64)})
    assert states.select(mix(pl.col("z"))).to_series().to_list() == [
        0xE220A8397B1DCDAF,
        6457827717110365317,
    ]


def people(count: int, seed: int = 1) -> pl.DataFrame:
    numbers = pl.DataFrame({"number": pl.int_range(1, count + 1, eager=True)})
    return numbers.with_columns(key=person_key(seed, pl.col("number")))


def test_a_draw_reaches_both_ends_and_nothing_beyond():
    drawn = people(500).select(between("anything", 3, 7)).to_series()
    assert sorted(drawn.unique().to_list()) == [3, 4, 5, 6, 7]


def test_draws_about_different_things_are_different():
    drawn = people(200).select(one=between("one thing", 0, 999_999), other=between("another", 0, 999_999))
    assert (drawn["one"] == drawn["other"]).sum() < 3


def test_a_draw_belongs_to_the_person_and_the_seed():
    first, second = people(50), people(50, seed=2)
    draw = between("anything", 0, 999_999)
    assert first.select(draw).to_series()[7] == first[7:8].select(draw).item()
    assert not first.select(draw).equals(second.select(draw))


def test_a_few_people_fill_the_interval_evenly():
    place = people(100).select(spread_evenly("story", 1, pl.col("number"))).to_series()
    tenths = (place * 10).floor().value_counts()["count"]
    assert len(tenths) == 10
    assert 9 <= tenths.min() <= tenths.max() <= 11


def test_two_even_spreads_do_not_follow_from_each_other():
    """A hundred people over ten by ten cells: with one step only ten or twenty cells would be reached."""
    place = people(100).select(
        one=spread_evenly("story", 1, pl.col("number")),
        other=spread_evenly("awkward", 1, pl.col("number"), step=ROOT_OF_TWO),
    )
    assert (place * 10).select(pl.all().floor()).unique().height > 60

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import permutations

import pytest

from personas.rules import Persona
from personas.transitions import CELEBRATIONS, Cause, Row, cause, celebration, latest_change, runs, tenure

HIGH, VARIABLE, SUBSCRIPTIONS, SAVINGS, WELL = (persona.value for persona in Persona)


def row(primary, day, *, seq=0, source="computed", version=1, corrections=(), hour=9):
    when = datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)
    return Row(f"{primary}-{day}", primary, when, seq, source, version, frozenset(corrections))


def test_days_are_counted_from_the_start_of_the_previous_run():
    """2025-10-01 to 2025-11-03 are 33 days, whatever was re-assigned between."""
    history = [row(HIGH, "2025-10-01"), row(HIGH, "2025-10-20"), row(HIGH, "2025-11-02"), row(WELL, "2025-11-03")]
    change = latest_change(history)
    assert change.days_in_previous_persona == 33
    assert change.from_assigned_at == history[0].assigned_at
    assert (change.from_persona, change.to_persona) == (HIGH, WELL)
    assert change.transition_date == date(2025, 11, 3)
    assert change.from_assignment_id == "high_utilization-2025-11-02"
    assert change.assignment_id == "general_wellness-2025-11-03"


def test_a_day_that_is_not_over_does_not_count():
    assert latest_change([row(HIGH, "2025-10-01", hour=10), row(WELL, "2025-10-02")]).days_in_previous_persona == 0
    assert latest_change([row(HIGH, "2025-10-01"), row(WELL, "2025-10-02")]).days_in_previous_persona == 1


def test_only_the_latest_two_rows_make_a_transition():
    history = [row(HIGH, "2025-10-01"), row(WELL, "2025-10-05"), row(WELL, "2025-10-09")]
    assert latest_change(history) is None
    assert latest_change(history[:1]) is None
    assert latest_change([]) is None


def test_a_run_that_returns_is_a_new_run():
    history = [row(HIGH, "2025-01-01"), row(WELL, "2025-02-01"), row(HIGH, "2025-03-01"), row(WELL, "2025-03-11")]
    assert [run.primary for run in runs(history)] == [HIGH, WELL, HIGH, WELL]
    assert latest_change(history).days_in_previous_persona == 10


def test_rows_may_come_in_any_order_and_the_number_decides_within_a_moment():
    history = [row(HIGH, "2025-01-01", seq=1), row(WELL, "2025-01-02", seq=3), row(HIGH, "2025-01-02", seq=2)]
    changes = {latest_change(order) for order in permutations(history)}
    assert len(changes) == 1
    assert changes.pop().to_persona == WELL


def test_the_transition_date_is_the_day_in_utc():
    late = datetime(2025, 11, 5, 22, tzinfo=timezone(timedelta(hours=-8)))
    after = Row("new", WELL, late, 2, "computed", 1)
    assert latest_change([row(HIGH, "2025-10-01"), after]).transition_date == date(2025, 11, 6)


def test_an_import_of_an_older_day_is_never_the_latest():
    history = [row(HIGH, "2025-10-01"), row(HIGH, "2025-10-05"), row(WELL, "2025-10-03", source="import", seq=9)]
    assert latest_change(history) is not None
    assert latest_change(history).to_persona == HIGH


CAUSES = [
    ({"source": "operator"}, {}, Cause.OPERATOR),
    ({}, {"source": "operator", "version": 2, "corrections": ["a"]}, Cause.OPERATOR),
    ({}, {"version": 2, "corrections": ["a"]}, Cause.RULES),
    ({"corrections": ["a"]}, {}, Cause.CORRECTION),
    ({"corrections": ["a", "b"]}, {"corrections": ["b", "a"]}, Cause.DATA),
    ({"source": "import"}, {}, Cause.DATA),
    ({}, {}, Cause.DATA),
]


@pytest.mark.parametrize(("before", "after", "expected"), CAUSES)
def test_the_first_cause_that_holds_is_the_cause(before, after, expected):
    rows = row(HIGH, "2025-10-01", **before), row(WELL, "2025-11-01", **after)
    assert cause(*rows) is expected
    change = latest_change(rows)
    assert change.cause is expected
    assert change.is_positive is (expected is Cause.DATA)


TEXTS = {
    (HIGH, SAVINGS): (
        "credit_to_savings",
        "Financial Health Turnaround",
        "Congratulations! Your cards are under control and your savings are growing.",
    ),
    (HIGH, SUBSCRIPTIONS): (
        "credit_improved",
        "Credit Health Recovery",
        "Your card balances have come down. A look at subscriptions can free up more.",
    ),
    (HIGH, WELL): (
        "credit_normalized",
        "Credit Health Restored",
        "Your credit use is back in a comfortable range.",
    ),
    (HIGH, VARIABLE): (
        "credit_improved",
        "Credit Health Progress",
        "Your cards are in better shape. Next comes a steadier cash flow.",
    ),
    (VARIABLE, SAVINGS): (
        "stability_achieved",
        "Income Stability & Savings",
        "Your income carries you further now, and savings are building.",
    ),
    (VARIABLE, WELL): (
        "cash_flow_improved",
        "Cash Flow Stability",
        "Your cash cushion has grown past a month of spending.",
    ),
    (SUBSCRIPTIONS, SAVINGS): (
        "spending_optimized",
        "Spending Optimization Success",
        "Fewer recurring charges, more savings: well balanced.",
    ),
    (SUBSCRIPTIONS, WELL): (
        "subscriptions_managed",
        "Subscription Discipline",
        "Your recurring charges are back under control.",
    ),
}


@pytest.mark.parametrize("pair", list(permutations([persona.value for persona in Persona], 2)))
def test_eight_of_the_twenty_pairs_are_celebrated_and_only_when_the_data_changed(pair):
    found = celebration(*pair, Cause.DATA)
    expected = TEXTS.get(pair)
    assert (found and (found.milestone, found.title, found.message)) == expected
    assert not any(celebration(*pair, why) for why in Cause if why is not Cause.DATA)


def test_there_are_eight_celebrations():
    assert len(CELEBRATIONS) == len(TEXTS) == 8


NOW = datetime(2025, 12, 1, 8, tzinfo=UTC)


def test_tenure_counts_from_the_start_of_the_run_to_now():
    history = [row(HIGH, "2025-10-01"), row(WELL, "2025-11-03"), row(WELL, "2025-11-20")]
    held = tenure(history, now=NOW)
    assert (held.current_persona, held.previous_persona) == (WELL, HIGH)
    assert (held.since, held.assigned_at) == (history[1].assigned_at, history[2].assigned_at)
    assert held.days_in_persona == 27
    assert held.last_transition_date == date(2025, 11, 3)


def test_a_first_run_has_nothing_before_it():
    held = tenure([row(HIGH, "2025-10-01")], now=NOW)
    assert (held.previous_persona, held.last_transition_date) == (None, None)
    assert tenure([], now=NOW) is None


def test_a_row_from_a_faster_clock_is_no_negative_tenure():
    assert tenure([row(HIGH, "2025-12-24")], now=NOW).days_in_persona == 0


def test_assigning_again_and_again_changes_no_duration():
    history = [row(HIGH, "2025-10-01"), row(WELL, "2025-11-03")]
    again = [*history, *(row(WELL, "2025-11-30", seq=n) for n in range(5))]
    assert tenure(again, now=NOW).days_in_persona == tenure(history, now=NOW).days_in_persona

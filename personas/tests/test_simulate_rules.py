import json

import pytest

from accounts.tests import factories
from accounts.tests.typing_in import typed
from personas.models import RuleSet, Simulation
from personas.tests.rule_cases import overruled, stricter, with_three


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(stricter()))
    return path


def test_a_document_is_tried_on_everybody_and_nothing_is_stored(maya, omar, seeing, file):
    with_three(maya)
    said = typed("simulate_rules", file)
    assert said.code == 0
    assert said.lines[0].startswith("1 users, 0 without signals, 1 stale, beside version 1, ")
    assert [line.split() for line in said.lines if line.startswith("subscription_heavy")] == [
        ["subscription_heavy", "1", "0", "-1"]
    ] * 2
    assert said.lines[-1] == "0 open override cases, 0 broken"
    with seeing(omar):
        assert RuleSet.objects.count() == 1 and not Simulation.objects.exists()


def test_a_broken_case_makes_it_fail(maya, file):
    case = overruled(maya)
    said = typed("simulate_rules", file, "--window", "90d", "--json")
    told = json.loads(said.out)
    assert (said.code, list(told["windows"])) == (1, ["90d"])
    assert told["cases"] == {
        "checked": 1,
        "broken": [
            {
                "case_id": str(case.pk),
                "window_type": "30d",
                "expected_persona": "subscription_heavy",
                "got": "general_wellness",
            }
        ],
    }
    assert typed("simulate_rules", file).lines[-1].split() == [
        str(case.pk), "30d", "subscription_heavy,", "got", "general_wellness",
    ]  # fmt: skip


def test_the_past_and_another_institution_can_be_asked(maya, file):
    with_three(maya)
    factories.TenantFactory(slug="elsewhere")
    past = json.loads(typed("simulate_rules", file, "--as-of", "2025-06-29", "--json").out)
    assert (past["users"], past["no_signals"]) == (1, 1)
    assert json.loads(typed("simulate_rules", file, "--tenant", "elsewhere", "--json").out)["users"] == 0


def test_what_cannot_be_read_is_wrong_usage(db, tmp_path, file):
    assert typed("simulate_rules", tmp_path / "none.json").code == 2
    file.write_text(json.dumps(stricter() | {"format": 2}))
    said = typed("simulate_rules", file)
    assert said.code == 2 and "format" in said.err

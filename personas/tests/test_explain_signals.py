import io
import json

import pytest
from django.core.management import CommandError, call_command

from personas import rules

MAYA = {"id": "maya", "signals": {"credit": {"any_card_high_util": True, "aggregate_utilization_pct": 71.5}}}
TWO = {"recurring_merchant_count": 2, "monthly_recurring_spend": 90.0, "subscription_share_pct": 12}
THEO = {"id": "theo", "signals": {"subscriptions": TWO}}


def explained(tmp_path, *lines, **options):
    file = tmp_path / "signals.jsonl"
    file.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    out = io.StringIO()
    try:
        call_command("explain_signals", str(file), stdout=out, **options)
    except SystemExit as ended:
        return out.getvalue(), ended.code
    return out.getvalue(), 0


def test_with_json_it_prints_one_object_a_line(tmp_path):
    printed, code = explained(tmp_path, MAYA, THEO, json=True)
    maya, theo = map(json.loads, printed.splitlines())
    assert code == 0
    assert (maya["id"], maya["primary"], maya["strength"]) == ("maya", "high_utilization", "strong")
    assert maya["criteria"][0]["value"] is True
    assert (theo["primary"], theo["all_matches"]) == ("general_wellness", ["general_wellness"])


def test_a_person_reads_the_same_in_a_table(tmp_path):
    printed, code = explained(tmp_path, MAYA)
    assert code == 0
    assert "maya  high_utilization (strong)" in printed
    assert "secondary  none" in printed
    line = next(line for line in printed.splitlines() if "hu_card_50" in line)
    assert line.split() == ["✓", "hu_card_50", "credit.any_card_high_util", "==", "yes", "yes"]
    assert "not known" in printed


def test_a_bad_line_is_told_and_makes_the_exit_code_1(tmp_path):
    printed, code = explained(tmp_path, "[]", MAYA, json=True)
    first, second = map(json.loads, printed.splitlines())
    assert code == 1
    assert set(first) == {"id", "error"}
    assert second["primary"] == "high_utilization"
    in_words, code = explained(tmp_path, '{"id": "[red]", "signals": 1}')
    assert code == 1
    assert "[red]  Line 1 has no signals" in in_words


def test_other_rules_give_other_answers(tmp_path):
    document = rules.shipped().as_json()
    document["persona"][2]["match"]["all"][0]["threshold"] = 2
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(document))
    printed, _ = explained(tmp_path, THEO, json=True, rules=str(file))
    assert json.loads(printed)["primary"] == "subscription_heavy"


def test_wrong_usage_ends_with_2_and_a_sentence(tmp_path):
    with pytest.raises(CommandError, match="cannot be read: No such file") as ended:
        call_command("explain_signals", str(tmp_path / "none.jsonl"))
    assert ended.value.returncode == 2
    broken = tmp_path / "rules.toml"
    broken.write_text("format = 2")
    with pytest.raises(CommandError, match="not a valid rule document") as ended:
        explained(tmp_path, MAYA, rules=str(broken))
    assert ended.value.returncode == 2

"""`explain_statement`: one file in, its report, signals, personas and what would change them out; nothing stored."""

import json
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

HEADER = "date,amount,merchant,category,account_id\n"
STREAMING = "Entertainment/Streaming Services"


def statement(tmp_path: Path, *lines: str, name: str = "statement.csv") -> str:
    path = tmp_path / name
    path.write_text(HEADER + "\n".join(lines) + "\n")
    return str(path)


def services() -> list[str]:
    """Three services of 20.00, 12.00 and 22.50 a month, and one salary so that the signs are known."""
    days = ("2025-04-12", "2025-05-12", "2025-06-12")
    charged = (("Netflix", "20.00"), ("Spotify", "12.00"), ("Gym [1]", "22.50"))
    rows = [f"{on},-{amount},{name},{STREAMING},main" for name, amount in charged for on in days]
    return [*rows, "2025-06-26,1500.00,Acme,Income/Paycheck,main"]


def explained(path: str, **options: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("explain_statement", path, json=True, stdout=out, **options)
    return json.loads(out.getvalue())


def test_a_statement_is_told_with_all_three_windows_and_why(tmp_path):
    told = explained(statement(tmp_path, *services()))
    assert told["report"]["summary"]["transactions_valid"] == 10
    assert list(told["windows"]) == ["180d", "30d", "90d"]  # sorted, as canonical JSON is
    month = told["windows"]["30d"]
    assert month["signals"]["subscriptions"]["monthly_recurring_spend"] == 54.50
    assert (month["primary"], month["strength"]) == ("subscription_heavy", "moderate")
    met = [one["id"] for one in month["criteria"] if one["met"]]
    assert {"sh_count", "sh_spend", "sh_share"} <= set(met)
    leaving = next(one for one in month["counterfactual"]["personas"] if one["persona"] == "subscription_heavy")
    assert (leaving["direction"], leaving["smallest_change"], leaving["then"]) == (
        "leave", ["sh_count"], "general_wellness",
    )  # fmt: skip


def test_the_day_and_the_signs_may_be_given(tmp_path):
    path = statement(tmp_path, "2025-06-12,20.00,Shop,Home/Tools,main", "2025-05-02,5.00,Shop,Home/Tools,main")
    told = explained(path, as_of=date(2025, 5, 31), sign_policy="plaid")["windows"]["30d"]["signals"]
    assert told["meta"]["as_of"] == "2025-05-31"
    assert told["meta"]["future_excluded"] == 1
    assert told["spending"]["spend_total"] == 5.00


def test_other_rules_may_be_asked(tmp_path):
    shipped = Path(__file__).parents[1] / "rule_sets" / "v1.toml"
    calmer = tmp_path / "rules.toml"
    calmer.write_text(shipped.read_text().replace('op = ">=", threshold = 3 }', 'op = ">=", threshold = 4 }'))
    told = explained(statement(tmp_path, *services()), rules=str(calmer))
    assert told["windows"]["30d"]["primary"] == "general_wellness"


def test_a_file_that_would_be_refused_is_reported_and_not_measured(tmp_path):
    path = statement(tmp_path, "2025-06-12,twelve,Shop,Home/Tools,main")
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("explain_statement", path, json=True, stdout=out)
    told = json.loads(out.getvalue())
    assert ended.value.code == 1
    assert told["windows"] == {}
    assert told["report"]["errors"][0]["code"] == "AMOUNT_INVALID"


def test_a_statement_of_a_savings_account_alone_has_signals_and_no_persona(tmp_path):
    path = tmp_path / "statement.json"
    account = {
        "account_id": "s", "type": "depository", "subtype": "savings", "iso_currency_code": "USD",
        "balances": {"current": 9, "available": None, "limit": None},
    }  # fmt: skip
    path.write_text(json.dumps({"accounts": [account], "transactions": []}))
    told = explained(str(path))["windows"]["30d"]
    assert told["signals"]["savings"]["total_savings_balance"] == 9.00
    assert (told["primary"], told["strength"], told["criteria"], told["counterfactual"]) == (None, None, [], None)


def test_on_a_terminal_everything_is_said_in_words(tmp_path):
    out = StringIO()
    call_command("explain_statement", statement(tmp_path, *services()), stdout=out)
    said = out.getvalue()
    for words in ("10 rows", "Gym [1]", "subscriptions.recurring_merchant_count", "subscription_heavy", "not known"):
        assert words in said
    assert "to leave subscription_heavy (then general_wellness)" in said


@pytest.mark.parametrize("options", [{}, {"rules": "nowhere.toml"}])
def test_a_file_that_cannot_be_read_is_wrong_usage(tmp_path, options):
    path = statement(tmp_path, *services()) if options else str(tmp_path / "nowhere.csv")
    with pytest.raises(CommandError, match="cannot be read") as wrong:
        call_command("explain_statement", path, stdout=StringIO(), **options)
    assert wrong.value.returncode == 2

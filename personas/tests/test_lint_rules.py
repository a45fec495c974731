import io
import json
from importlib import resources

import pytest
from django.core.management import CommandError, call_command

from personas import rules

SHIPPED = resources.files("personas").joinpath("rule_sets/v1.toml")


def linted(file, **options):
    out = io.StringIO()
    try:
        call_command("lint_rules", str(file), stdout=out, **options)
    except SystemExit as ended:
        return out.getvalue(), ended.code
    return out.getvalue(), 0


def write(tmp_path, document):
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(document))
    return file


def unreachable():
    document = rules.shipped().as_json()
    document["persona"][2]["match"] = {
        "all": [
            {"id": "few", "signal": "subscriptions.recurring_merchant_count", "op": "<", "threshold": 1},
            {"id": "dear", "signal": "subscriptions.monthly_recurring_spend", "op": ">", "threshold": 0},
        ]
    }
    return document


def test_the_shipped_document_ends_with_0():
    printed, code = linted(SHIPPED)
    assert code == 0
    assert "4 findings, 0 errors" in printed


def test_an_error_ends_with_1_and_names_its_criteria(tmp_path):
    file = write(tmp_path, unreachable())
    printed, code = linted(file)
    assert code == 1
    assert "error  unreachable  few, dear" in printed
    assert "witness" in printed
    lines, code = linted(file, json=True)
    assert code == 1
    first = next(one for one in map(json.loads, lines.splitlines()) if one["severity"] == "error")
    assert set(first) == {"kind", "severity", "persona", "criteria", "sentence", "witness"}
    assert (first["kind"], first["persona"], first["criteria"]) == (
        "unreachable",
        "subscription_heavy",
        ["few", "dear"],
    )


def test_an_invalid_document_ends_with_1_and_all_that_is_wrong(tmp_path):
    file = write(tmp_path, rules.shipped().as_json() | {"format": 2, "version": 0})
    printed, code = linted(file)
    assert code == 1
    assert "format is 1; nothing else is understood." in printed
    lines, _ = linted(file, json=True)
    assert [json.loads(line)["path"] for line in lines.splitlines()] == ["format", "version"]


def test_a_file_that_is_not_there_ends_with_2(tmp_path):
    with pytest.raises(CommandError, match="cannot be read") as ended:
        linted(tmp_path / "none.toml")
    assert ended.value.returncode == 2

"""One line a request, with nothing personal in it."""

import json


def lines(caplog):
    return [record.msg for record in caplog.records if record.name == "spendsense.requests"]


def test_a_request_is_one_line_with_its_route_and_no_values(calling, maya, caplog):
    with caplog.at_level("INFO"):
        answer = calling(maya).get("/api/transactions?merchant=Corner+Clinic&start=2025-01-01")
    (line,) = lines(caplog)
    assert line["route"].startswith("api/transactions") and line["status"] == 200 and line["sql"] == 2
    assert line["request_id"] == answer["X-Request-ID"]
    said = json.dumps(line, default=str)
    assert "Clinic" not in said and "maya" not in said and str(maya.pk) not in said


def test_probes_are_not_worth_a_line(calling, db, caplog):
    with caplog.at_level("INFO"):
        calling().get("/health")
        calling().get("/ready")
    assert lines(caplog) == []

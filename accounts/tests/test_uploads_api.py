"""The routes of uploads: sent, looked at, announced, listed, reported, taken back; by whom and by nobody else."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import consent, loads, rowsecurity, storage
from accounts.models import Upload
from accounts.purposes import Purpose
from accounts.tests import factories
from accounts.tests.senders import PLAIN, load_all, rows_of, send, statements_of

UNSIGNED = b"account_id,date,amount,merchant\nmain,2025-06-01,2000.00,Northwind Payroll\nmain,2025-06-03,12.50,Kiosk\n"
UPLOAD_KEYS = {
    *("upload_id", "user_id", "file_name", "file_size", "file_type", "content_hash", "status", "sign_policy"),
    *("validation_errors", "duplicate", "created_at", "updated_at", "processed_at", "reverted_at"),
}


@pytest.fixture(autouse=True)
def _files_stay_here(own_store):
    pass


@pytest.fixture
def sent(calling, maya):
    return send(calling(maya), PLAIN).json()


@pytest.fixture
def loaded(sent, maya, now):
    load_all(maya, now)
    return sent


def told(answer):
    return answer.status_code, answer.json()["code"]


# -- POST /api/uploads


def test_a_statement_is_received_and_waits_for_the_worker(calling, maya):
    answer = send(calling(maya), PLAIN)
    body = answer.json()
    assert answer.status_code == 201 and answer["Location"] == f"/api/uploads/{body['upload_id']}"
    assert set(body) == UPLOAD_KEYS
    assert (body["status"], body["duplicate"], body["file_name"]) == ("pending", False, "statement.csv")
    assert (body["file_size"], body["file_type"], body["user_id"]) == (len(PLAIN), "csv", str(maya.pk))
    assert calling(maya).get(answer["Location"]).json() == body


def test_the_same_file_again_is_the_first_upload(calling, maya, sent):
    again = send(calling(maya), PLAIN, "another-name.csv")
    assert again.status_code == 200 and again.json() == {**sent, "duplicate": True}
    assert again["Location"] == f"/api/uploads/{sent['upload_id']}"
    assert rows_of(maya)["data_uploads"] == len(list(storage.keys(f"uploads/{maya.pk}"))) == 1


def test_other_options_are_another_wish_and_the_defaults_spelled_out_are_the_same(calling, maya, sent):
    assert send(calling(maya), PLAIN, sign_policy="auto", currency="USD").status_code == 200
    assert send(calling(maya), PLAIN, sign_policy="plaid").status_code == 201


def test_two_people_may_send_the_same_bytes(calling, maya, noor, sent):
    assert send(calling(noor), PLAIN).status_code == 201


def test_nobody_sends_and_staff_send_nothing(calling, omar, junior, ada):
    assert told(send(calling(), PLAIN)) == (401, "AUTH_REQUIRED")
    for staff in (omar, junior, ada):
        assert told(send(calling(staff), PLAIN)) == (403, "FORBIDDEN_ROLE")


@pytest.mark.parametrize("to", ["", "/preview"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sign_policy", "both"),
        ("date_order", "ymd"),
        ("decimal_mark", "'"),
        ("encoding", "klingon"),
        ("account_subtype", "sock"),
        ("currency", "usd"),
        ("account_id", "x" * 129),
        ("account_id", "a\0b"),
    ],
)
def test_an_option_that_does_not_exist_is_told_by_its_name(calling, maya, to, field, value):
    answer = send(calling(maya), PLAIN, to=to, **{field: value})
    assert told(answer) == (400, "VALIDATION_ERROR")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("to", ["", "/preview"])
def test_a_form_without_a_file_is_told_what_is_missing(calling, maya, to):
    answer = calling(maya).post(f"/api/uploads{to}", {"sign_policy": "auto"}, format="multipart")
    assert told(answer) == (400, "FILE_MISSING")
    answer = calling(maya).post(f"/api/uploads{to}", {"file": "not a file"}, format="multipart")
    assert told(answer) == (400, "FILE_MISSING")


def test_a_body_that_is_no_form_is_refused_by_its_type(calling, maya):
    answer = calling(maya).post("/api/uploads", {"file": "x"}, format="json")
    assert told(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_store_that_is_away_leaves_no_row(calling, maya, settings, own_store):
    own_store.write_text("a file where the folder should be")
    assert told(send(calling(maya), PLAIN)) == (503, "STORAGE_UNAVAILABLE")
    assert rows_of(maya)["data_uploads"] == 0


# -- Idempotency-Key


def test_a_key_answers_the_same_file_with_the_same_bytes(calling, maya):
    client = calling(maya)
    first, again = (send(client, PLAIN, headers={"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content and again["Location"] == first["Location"]
    assert again["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first
    assert rows_of(maya)["data_uploads"] == 1


@pytest.mark.parametrize(("data", "options"), [(PLAIN + b"\n", {}), (PLAIN, {"sign_policy": "plaid"})])
def test_a_key_with_another_file_or_another_option_is_refused(calling, maya, data, options):
    client = calling(maya)
    send(client, PLAIN, headers={"Idempotency-Key": "k1"})
    again = send(client, data, headers={"Idempotency-Key": "k1"}, **options)
    assert told(again) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert rows_of(maya)["data_uploads"] == 1


def test_a_refused_file_leaves_the_key_free(calling, maya):
    client = calling(maya)
    assert told(send(client, b"", headers={"Idempotency-Key": "k1"})) == (400, "EMPTY_FILE")
    assert send(client, PLAIN, headers={"Idempotency-Key": "k1"}).status_code == 201


# -- POST /api/uploads/preview


def test_a_look_at_a_file_stores_nothing_and_shows_how_it_was_understood(calling, maya):
    before = rows_of(maya)
    answer = send(calling(maya), PLAIN, to="/preview")
    report = answer.json()
    assert answer.status_code == 200
    assert (report["status"], report["upload_id"], report["storage"]) == ("preview", None, None)
    assert report["user_id"] == str(maya.pk)
    assert report["detected"]["sign_policy"] == "inflow_positive"
    assert report["detected"]["sign_evidence"] == {"income_positive": 1, "income_negative": 0, "negative_rows": 3}
    assert (report["summary"]["first_date"], report["summary"]["last_date"]) == ("2025-05-20", "2025-06-03")
    assert report["summary"]["transactions_valid"] == 4
    first = report["rows"][0]
    assert (first["line"], first["date"], first["amount"]) == (2, "2025-06-01", 2000.0)
    assert (first["merchant"], first["account_external_id"]) == ("Northwind Payroll", "main")
    assert rows_of(maya) == before
    assert list(storage.keys(f"uploads/{maya.pk}")) == []


def test_a_look_shows_at_most_twenty_rows_in_the_sign_they_would_have(calling, maya):
    data = UNSIGNED + b"".join(b"main,2025-05-%02d,3.00,Kiosk\n" % (day + 1) for day in range(30))
    report = send(calling(maya), data, to="/preview").json()
    assert report["detected"]["sign_policy"] == "unsigned" and len(report["rows"]) == 20
    assert [row["amount"] for row in report["rows"][:3]] == [2000.0, -12.5, -3.0]
    assert "SIGN_POLICY_GUESSED" in {warning["code"] for warning in report["warnings"]}


def test_a_look_at_a_bad_file_is_an_answer_not_an_error(calling, maya):
    answer = send(calling(maya), PLAIN + b"main,2025-06-31,abc,Nowhere,Rent\n", to="/preview")
    assert answer.status_code == 200
    assert {problem["code"] for problem in answer.json()["errors"]} == {"DATE_INVALID", "AMOUNT_INVALID"}
    assert {problem["line"] for problem in answer.json()["errors"]} == {6}


def test_a_look_and_the_load_say_the_same(calling, maya, now):
    looked = send(calling(maya), PLAIN, to="/preview").json()
    sent = send(calling(maya), PLAIN).json()
    load_all(maya, now)
    report = calling(maya).get(f"/api/uploads/{sent['upload_id']}/report").json()
    for part in ("detected", "summary", "errors", "warnings", "errors_total", "warnings_total", "truncated"):
        assert looked[part] == report[part]


def test_only_consumers_look(calling, omar):
    assert told(send(calling(), PLAIN, to="/preview")) == (401, "AUTH_REQUIRED")
    assert told(send(calling(omar), PLAIN, to="/preview")) == (403, "FORBIDDEN_ROLE")


# -- GET one, its report


def test_an_upload_that_is_unknown_malformed_or_foreign_gives_the_same_answer(calling, maya, noor, sent):
    client = calling(noor)
    for route in ("", "/report", "/complete", "/revert"):
        bodies = []
        for upload_id in (sent["upload_id"], str(uuid4()), "nonsense", "%00", "1" * 400):
            ask = client.post if route in ("/complete", "/revert") else client.get
            answer = ask(f"/api/uploads/{upload_id}{route}", headers={"X-Request-ID": "same"})
            assert told(answer) == (404, "UPLOAD_NOT_FOUND"), (route, upload_id)
            bodies.append(answer.content)
        assert len(set(bodies)) == 1


def test_nobody_reads_anything(calling, sent):
    for route in ("", f"/{sent['upload_id']}", f"/{sent['upload_id']}/report"):
        assert told(calling().get(f"/api/uploads{route}")) == (401, "AUTH_REQUIRED")
    for verb in ("complete", "revert"):
        assert told(calling().post(f"/api/uploads/{sent['upload_id']}/{verb}")) == (401, "AUTH_REQUIRED")


@pytest.mark.parametrize("who", ["omar", "junior", "ada"])
def test_staff_read_the_upload_of_a_consenting_person_and_change_nothing(calling, request, loaded, who):
    client = calling(request.getfixturevalue(who))
    upload = f"/api/uploads/{loaded['upload_id']}"
    assert client.get(upload).json()["status"] == "completed"
    assert client.get(f"{upload}/report").json()["status"] == "completed"
    assert told(client.get("/api/uploads")) == (403, "FORBIDDEN_ROLE")
    for verb in ("complete", "revert"):
        assert told(client.post(f"{upload}/{verb}")) == (403, "FORBIDDEN_ROLE")


def test_staff_see_nothing_before_consent_and_nothing_after_it(calling, maya, noor, omar, loaded, seeing, now):
    theirs = send(calling(noor), PLAIN).json()
    client = calling(omar)
    assert told(client.get(f"/api/uploads/{theirs['upload_id']}")) == (404, "UPLOAD_NOT_FOUND")
    with seeing(maya):
        consent.revoke(user=maya, purpose=Purpose.ANALYSIS, now=now)
    assert told(client.get(f"/api/uploads/{loaded['upload_id']}")) == (404, "UPLOAD_NOT_FOUND")
    assert told(client.get(f"/api/uploads/{loaded['upload_id']}/report")) == (404, "UPLOAD_NOT_FOUND")
    assert calling(maya).get(f"/api/uploads/{loaded['upload_id']}").status_code == 200


def test_staff_of_another_tenant_see_nothing(calling, loaded):
    elsewhere = factories.TenantFactory(slug="elsewhere")
    stranger = factories.UserFactory(email="x@example.test", role="admin", tenant=elsewhere)
    assert told(calling(stranger).get(f"/api/uploads/{loaded['upload_id']}")) == (404, "UPLOAD_NOT_FOUND")


def test_the_report_is_there_when_the_file_was_read(calling, maya, sent, now):
    client, path = calling(maya), f"/api/uploads/{sent['upload_id']}/report"
    assert told(client.get(path)) == (409, "REPORT_NOT_READY")
    claimed = loads.claim(tenant_id=maya.tenant_id, now=now)
    assert told(client.get(path)) == (409, "REPORT_NOT_READY")
    loads.load(upload=claimed, now=now)
    report = client.get(path).json()
    assert (report["status"], report["upload_id"]) == ("completed", sent["upload_id"])
    assert report["storage"]["postgresql"]["transactions"] == {"inserted": 4, "updated": 0, "unchanged": 0}
    assert report["storage"]["s3"]["object"].startswith(f"uploads/{maya.pk}/{sent['upload_id']}/")


def test_a_failed_file_says_what_would_have_loaded_and_stores_nothing(calling, maya, now):
    client = calling(maya)
    sent = send(client, PLAIN + b"main,2025-06-31,-1.00,Nowhere,Rent\n").json()
    load_all(maya, now)
    shown = client.get(f"/api/uploads/{sent['upload_id']}").json()
    report = client.get(f"/api/uploads/{sent['upload_id']}/report").json()
    assert shown["status"] == report["status"] == "failed"
    assert shown["validation_errors"] == report["errors"] + report["warnings"]
    assert (report["summary"]["transactions_valid"], report["summary"]["transactions_invalid"]) == (4, 1)
    assert report["storage"]["postgresql"]["transactions"] == {"inserted": 0, "updated": 0, "unchanged": 0}
    assert rows_of(maya)["transactions"] == rows_of(maya)["accounts"] == 0


# -- GET the list


def test_the_list_is_my_own_newest_first_in_pages(calling, maya, noor):
    client = calling(maya)
    ids = [send(client, PLAIN + b"\n" * n).json()["upload_id"] for n in range(3)]
    send(calling(noor), PLAIN)
    page = client.get("/api/uploads?limit=2").json()
    assert [item["upload_id"] for item in page["items"]] == [ids[2], ids[1]]
    assert (page["total"], page["limit"], page["offset"]) == (3, 2, 0)
    rest = client.get("/api/uploads?limit=2&offset=2").json()
    assert [item["upload_id"] for item in rest["items"]] == [ids[0]]
    assert client.get("/api/uploads?offset=3").json() == {"items": [], "total": 3, "limit": 50, "offset": 3}


def test_the_list_is_narrowed_by_status(calling, maya, loaded):
    client = calling(maya)
    waiting = send(client, PLAIN + b"\n").json()["upload_id"]
    assert [item["upload_id"] for item in client.get("/api/uploads?status=pending").json()["items"]] == [waiting]
    assert [i["upload_id"] for i in client.get("/api/uploads?status=completed").json()["items"]] == [
        loaded["upload_id"]
    ]
    assert client.get("/api/uploads?status=failed").json()["total"] == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("offset=-1", "offset"),
        ("status=lost", "status"),
    ],
)
def test_a_list_outside_its_limits_is_refused(calling, maya, query, field):
    answer = calling(maya).get(f"/api/uploads?{query}")
    assert told(answer) == (400, "VALIDATION_ERROR")
    assert [error["field"] for error in answer.json()["errors"]] == [query.partition("=")[0]]


def test_the_list_costs_the_same_at_any_length(calling, maya):
    client = calling(maya)

    def cost():
        with CaptureQueriesContext(connection) as captured:
            client.get("/api/uploads?limit=100")
        return statements_of(captured)

    send(client, PLAIN)
    few = cost()
    for n in range(1, 12):
        send(client, PLAIN + b"\n" * n)
    assert len(cost()) == len(few) == 3, few  # who is calling, the rows, the total


# -- POST revert


def test_an_upload_is_taken_back_once_and_may_be_sent_again(calling, maya, loaded):
    client, path = calling(maya), f"/api/uploads/{loaded['upload_id']}/revert"
    first = client.post(path)
    assert first.status_code == 200 and first.json()["reverted_at"] is not None
    assert first.json()["status"] == "completed"
    assert client.post(path).json()["reverted_at"] == first.json()["reverted_at"]
    assert rows_of(maya)["transactions"] == rows_of(maya)["accounts"] == 0
    again = send(client, PLAIN)
    assert again.status_code == 201 and again.json()["upload_id"] != loaded["upload_id"]


def test_what_is_not_completed_is_not_taken_back(calling, maya, sent):
    assert told(calling(maya).post(f"/api/uploads/{sent['upload_id']}/revert")) == (409, "NOT_COMPLETED")


def test_a_later_upload_of_the_same_rows_is_named(calling, maya, now):
    client = calling(maya)
    first = send(client, b"transaction_id,account_id,date,amount,merchant\nx1,main,2025-06-03,-12.50,Grocer\n").json()
    load_all(maya, now)
    second = send(client, b"transaction_id,account_id,date,amount,merchant\nx1,main,2025-06-03,-13.00,Grocer\n").json()
    load_all(maya, now)
    refused = client.post(f"/api/uploads/{first['upload_id']}/revert")
    assert told(refused) == (409, "LATER_UPLOAD")
    assert refused.json()["upload_id"] == second["upload_id"]


def test_a_verb_that_a_route_does_not_have_is_refused(calling, maya, sent):
    client = calling(maya)
    assert told(client.delete(f"/api/uploads/{sent['upload_id']}")) == (405, "METHOD_NOT_ALLOWED")
    assert told(client.put("/api/uploads")) == (405, "METHOD_NOT_ALLOWED")
    assert told(client.get("/api/uploads/preview")) == (405, "METHOD_NOT_ALLOWED")


def test_a_trailing_slash_is_the_same_route(calling, maya, sent):
    assert calling(maya).get(f"/api/uploads/{sent['upload_id']}/").json() == sent
    with rowsecurity.viewing(rowsecurity.of(maya)):
        assert Upload.objects.count() == 1

"""Files that mean harm, through the doors: refused by their first bytes or failed with a report, always in time."""

import io
import json
import socket
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connections
from django.test.testcases import LiveServerThread

from accounts import storage
from accounts.tests.callers import pair_for
from accounts.tests.factories import AccountFactory, consenting
from accounts.tests.senders import EDGE, PLAIN, load_all, rows_of, send, send_written, written

MAX = 10_485_760
HEADER = b"account_id,date,amount,merchant\n"
SECONDS = 5


@pytest.fixture(autouse=True)
def _files_stay_here(own_store):
    pass


def told(answer):
    return answer.status_code, answer.json()["code"]


def zipped(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, b"0" * 5_000_000)
    return out.getvalue()


@pytest.mark.parametrize("to", ["", "/preview"])
@pytest.mark.parametrize("name", ["a.csv", "a.json"])
@pytest.mark.parametrize(
    "data",
    [
        zipped("bomb.csv"),
        zipped("../../etc/cron.d/x", "xl/workbook.xml"),
        b"\x1f\x8b\x08\0\0\0\0\0",
        b"%PDF-1.7\n1 0 obj",
        b"\x89PNG\r\n\x1a\n",
        b"\x7fELF\x02\x01\x01",
        b"<!doctype html><title>Sign in</title>",
        b"\n <html><body>date,amount</body></html>",
    ],
    ids=["zip", "paths", "gzip", "pdf", "png", "elf", "doctype", "html"],
)
def test_what_is_no_statement_is_refused_by_its_first_bytes(calling, maya, to, name, data):
    assert told(send(calling(maya), data, name, to=to)) == (415, "UNSUPPORTED_FILE_TYPE")
    assert rows_of(maya)["data_uploads"] == 0 and list(storage.keys(f"uploads/{maya.pk}")) == []


@pytest.mark.parametrize("to", ["", "/preview"])
def test_a_compressed_body_is_not_unpacked(calling, maya, to):
    answer = send(calling(maya), PLAIN, to=to, headers={"Content-Encoding": "gzip"})
    assert told(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert send(calling(maya), PLAIN, to=to, headers={"Content-Encoding": "identity"}).status_code < 300


@pytest.mark.parametrize("to", ["", "/preview"])
@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"])
def test_an_empty_file_is_refused(calling, maya, to, data):
    assert told(send(calling(maya), data, to=to)) == (400, "EMPTY_FILE")
    assert rows_of(maya)["data_uploads"] == 0


@pytest.mark.parametrize("to", ["", "/preview"])
@pytest.mark.parametrize("more", [1, 60_000, 1_000_000])
def test_a_byte_too_many_is_refused(calling, maya, to, more):
    answer = send(calling(maya), HEADER + b"x" * (MAX - len(HEADER) + more), to=to)
    assert told(answer) == (413, "FILE_TOO_LARGE")
    assert rows_of(maya)["data_uploads"] == 0


def test_the_last_byte_that_fits_is_read(calling, maya):
    rows = b"main,2025-06-03,-12.50,Corner Grocer\n" * 200_000
    assert send(calling(maya), (HEADER + rows)[:MAX]).status_code == 201


# -- what is inside


def rows(text):
    return HEADER + text.encode()


def number(text):
    return rows(f"main,2025-06-03,{text},Shop\n"), {"AMOUNT_INVALID"}


def json_of(**change):
    account = {
        "account_id": "a", "type": "depository", "subtype": "checking", "iso_currency_code": "USD",
        "balances": {"current": 1},
    }  # fmt: skip
    entry = {"transaction_id": "t1", "account_id": "a", "date": "2025-06-03", "amount": 1.5, "name": "Shop"}
    return json.dumps({"accounts": [account], "transactions": [{**entry, **change}]}).encode()


def json_amount(literal):
    return json_of(amount=4711).replace(b"4711", literal)


CSV = {
    "header only": (HEADER, {"NO_ROWS"}),
    "NaN": number("NaN"),
    "infinity": number("Infinity"),
    "1e400": number("1e400"),
    "exponent": number("1E+9999999"),
    "30 digits": (rows(f"main,2025-06-03,{'9' * 30},Shop\n"), {"AMOUNT_INVALID", "AMOUNT_OUT_OF_RANGE"}),
    "hex": number("0x1F"),
    "underscore": number("1_000"),
    "arabic digits": number("١٢"),
    "NUL": (rows("main,2025-06-03,1.00,Sh\0op\n"), {"NUL_BYTE"}),
    "overlong utf-8": (HEADER + b"main,2025-06-03,1.00,\xc0\xaf\n", {"ENCODING_UNSUPPORTED"}),
    "cut utf-8": (HEADER + b"main,2025-06-03,1.00,\xe2\x82 and \xe2\x82\xac\n", {"ENCODING_UNSUPPORTED"}),
    "cut utf-16": (b"\xff\xfe" + HEADER.decode().encode("utf-16-le") + b"x", {"ENCODING_INVALID"}),
    "duplicate header": (b"account_id,date,amount,amount\nmain,2025-06-03,1,2\n", {"HEADER_DUPLICATE"}),
    "case-equal header": (b"account_id,date,amount,Amount\nmain,2025-06-03,1,2\n", {"HEADER_DUPLICATE"}),
    "look-alike header": (
        "account_id,dаte,amount\nmain,2025-06-03,1\n".encode(),
        {"COLUMN_MISSING", "HEADER_NOT_FOUND"},
    ),
    "20,000 columns": (b"account_id,date,amount" + b",x" * 20_000 + b"\nmain,2025-06-03,1\n", {"TOO_MANY_COLUMNS"}),
    "open quote": (rows('main,2025-06-03,1.00,"Shop\n'), {"QUOTE_UNTERMINATED"}),
    "200 KB cell": (rows(f"main,2025-06-03,1.00,{'x' * 200_000}\n"), {"TEXT_TOO_LONG"}),
    "one line of 10 MB": (b"x" * (MAX - 10), {"HEADER_NOT_FOUND"}),
    "too many rows": (rows("m,2025-06-03,1,x\n" * 200_001), {"TOO_MANY_ROWS"}),
    "year 10000": (rows("main,10000-01-01,1.00,Shop\n"), {"DATE_INVALID"}),
    "Feb 31": (rows("main,2025-02-31,1.00,Shop\n"), {"DATE_INVALID"}),
    "month 13": (rows("main,2025-13-01,1.00,Shop\n"), {"DATE_INVALID"}),
    "year 1": (rows("main,0001-01-01,1.00,Shop\n"), {"DATE_TOO_OLD"}),
    "ambiguous dates": (rows("main,03/04/2025,1.00,Shop\nmain,03/04/2025,1.00,Shop\n"), {"DATE_ORDER_AMBIGUOUS"}),
    "one id twice": (b"id,account_id,date,amount\nx,m,2025-06-03,1\nx,m,2025-06-04,2\n", {"DUPLICATE_ID"}),
    "noise": (bytes(range(256)) * 400, {"ENCODING_UNSUPPORTED", "NUL_BYTE"}),
}
JSON = {
    "NaN": (json_amount(b"NaN"), {"JSON_INVALID", "AMOUNT_INVALID"}),
    "infinity": (json_amount(b"-Infinity"), {"JSON_INVALID", "AMOUNT_INVALID"}),
    "1e400": (json_amount(b"1e400"), {"AMOUNT_INVALID"}),
    "exponent": (json_amount(b"1E+9999999"), {"AMOUNT_INVALID"}),
    "a million digits": (json_amount(b"9" * 1_000_000), {"AMOUNT_INVALID"}),
    "hex": (json_amount(b'"0x1F"'), {"AMOUNT_INVALID"}),
    "duplicate key": (json_of().replace(b'"amount"', b'"amount": 1, "amount"'), {"JSON_DUPLICATE_KEY"}),
    "two documents": (json_of() * 2, {"JSON_INVALID"}),
    "trailing text": (json_of() + b" the end", {"JSON_INVALID"}),
    "list at the top": (b"[]", {"JSON_SHAPE"}),
    "string at the top": (b'"statement"', {"JSON_SHAPE"}),
    "no lists": (b"{}", {"JSON_SHAPE", "NO_ROWS"}),
    "null for a list": (b'{"transactions": null}', {"JSON_SHAPE"}),
    "100,000 levels": (b"[" * 100_000, {"JSON_TOO_DEEP"}),
    "100,000 levels of keys": (b'{"a":' * 100_000, {"JSON_TOO_DEEP"}),
    "escaped NUL": (json_of(name="a\0b"), {"TEXT_CHARACTER"}),
    "lone surrogate": (json_of(name="\ud800"), {"TEXT_CHARACTER"}),
    "NUL": (json_of() + b"\0", {"NUL_BYTE"}),
    "cut utf-8": (json_of(name="x" * 9).replace(b"x" * 9, b"\xe2\x82"), {"ENCODING_INVALID"}),
    "numeric id": (json_of(transaction_id=12), {"ID_TYPE"}),
    "unknown account": (json_of(account_id="somebody-elses"), {"UNKNOWN_ACCOUNT"}),
    "an amount that is a list": (json_of(amount=[1]), {"AMOUNT_INVALID", "TYPE"}),
    "a date that is a number": (json_of(date=20250603), {"DATE_INVALID", "TYPE"}),
}
HOSTILE = [(f"{name}.csv", *case) for name, case in CSV.items()] + [(f"{n}.json", *case) for n, case in JSON.items()]


@pytest.mark.parametrize(("name", "data", "codes"), HOSTILE, ids=[case[0] for case in HOSTILE])
def test_a_hostile_file_fails_with_a_report_and_nothing_else(calling, maya, noor, now, name, data, codes):
    client, began = calling(maya), time.monotonic()
    looked = send(client, data, name.replace(",", ""), to="/preview")
    assert looked.status_code == 200 and time.monotonic() - began < SECONDS
    assert {error["code"] for error in looked.json()["errors"]} & codes, looked.json()["errors"][:3]
    assert rows_of(maya)["data_uploads"] == 0

    sent, began = send(client, data, name.replace(",", "")), time.monotonic()
    assert sent.status_code == 201
    assert [upload.status for upload in load_all(maya, now)] == ["failed"]
    assert time.monotonic() - began < SECONDS
    answer = client.get(f"/api/uploads/{sent.json()['upload_id']}/report")
    report = answer.json()
    assert report["errors"] == looked.json()["errors"]
    assert all(error["error"].endswith(".") and len(error["error"]) < 400 for error in report["errors"])
    assert len(answer.content) < 400_000
    assert rows_of(maya) == {"data_uploads": 1, "accounts": 0, "transactions": 0, "liabilities": 0}
    assert rows_of(noor) == dict.fromkeys(rows_of(noor), 0)


def test_a_date_far_ahead_is_stored_and_told(calling, maya, now):
    send(calling(maya), rows("main,9999-12-31,-1.00,Shop\nmain,2025-06-03,5.00,Payroll\n"))
    (upload,) = load_all(maya, now)
    assert upload.status == "completed"
    assert "DATE_FUTURE" in {warning["code"] for warning in upload.report["warnings"]}
    assert calling(maya).get("/api/transactions").json()["items"][0]["date"] == "9999-12-31"


HARMFUL = [
    "=cmd()|' /C calc'!A0",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "'; DROP TABLE users; --",
    "${jndi:ldap://x}",
]


def test_text_that_means_harm_is_kept_as_it_is_and_stays_out_of_the_logs(calling, maya, now, capfd, caplog):
    client = calling(maya)
    quoted = "".join(f'main,2025-06-{day:02},-1.00,"{text}"\n' for day, text in enumerate(HARMFUL, 1))
    upload_id = send(client, rows(quoted)).json()["upload_id"]
    assert [upload.status for upload in load_all(maya, now)] == ["completed"]
    answer = client.get("/api/transactions")
    assert [item["merchant"] for item in reversed(answer.json()["items"])] == HARMFUL
    assert answer["Content-Type"] == "application/json" and answer["X-Content-Type-Options"] == "nosniff"
    client.get(f"/api/uploads/{upload_id}/report")
    written_down = "".join(capfd.readouterr()) + caplog.text
    assert not any(text in written_down for text in HARMFUL)


def test_what_a_file_says_of_its_owner_is_ignored(calling, maya, noor, now):
    other = str(noor.pk)
    body = json.loads(json_of())
    body |= {"user_id": other, "role": "admin", "tenant_id": other}
    body["transactions"][0] |= {"user_id": other, "upload_id": other, "id": other}
    send(calling(maya), json.dumps(body).encode(), "a.json", user_id=other, role="admin")
    assert [upload.status for upload in load_all(maya, now)] == ["completed"]
    assert rows_of(noor)["transactions"] == 0
    (item,) = calling(maya).get("/api/transactions").json()["items"]
    assert other not in item.values()


def test_a_foreign_account_and_a_missing_one_are_refused_in_the_same_words(calling, maya, noor):
    theirs = AccountFactory(user=noor, external_id="theirs")
    said = []
    for name in ("theirs", "nobodys", str(theirs.pk)):
        report = send(calling(maya), json_of(account_id=name), "a.json", to="/preview").json()
        (error,) = (error for error in report["errors"] if error["code"] == "UNKNOWN_ACCOUNT")
        said.append(json.dumps(error).replace(name, "*"))
    assert len(set(said)) == 1


# -- names and forms, byte by byte


@pytest.mark.parametrize(
    ("name", "status", "stored"),
    [
        (b"../../etc/passwd.csv", 201, "passwd.csv"),
        (b"..\\..\\boot.csv", 201, "boot.csv"),
        (b"../../etc/passwd", 415, None),
        (b"a.csv\0.png", 415, None),
        (b"a.png\0.csv", 201, "a.png.csv"),
        ("\u202evsc.txt.csv".encode(), 201, "vsc.txt.csv"),
        ("Übersicht März.csv".encode(), 201, "Übersicht_März.csv"),
        (b"x" * 300 + b".csv", 201, "x" * 95 + ".csv"),
        ("銀".encode() * 300 + b".csv", 201, "銀" * 31 + ".csv"),
        (b"<img src=x>.csv", 201, "_img_src_x_.csv"),
        (b".csv", 415, None),
        (b"", 400, None),  # a browser sends this where no file was chosen
    ],
)
def test_a_file_name_is_never_a_path(calling, maya, name, status, stored):
    answer = send_written(calling(maya), written(name, PLAIN))
    assert answer.status_code == status, answer.content
    keys = list(storage.keys(f"uploads/{maya.pk}"))
    if stored:
        assert keys == [f"uploads/{maya.pk}/{answer.json()['upload_id']}/{stored}"]
        assert len(answer.json()["file_name"]) <= 255
    else:
        assert keys == [] and rows_of(maya)["data_uploads"] == 0


def test_a_line_break_in_a_name_makes_no_header(calling, maya):
    body = written(b"a\r\nX-Injected: 1\r\n.csv", PLAIN)
    answer = send_written(calling(maya), body)
    assert answer.status_code in (201, 400, 415) and "X-Injected" not in answer


def wishing(data, policy):
    """A form with an option after its file."""
    field = b'--%s\r\nContent-Disposition: form-data; name="sign_policy"\r\n\r\n%s\r\n' % (EDGE.encode(), policy)
    return written(b"a.csv", data)[: -len(EDGE) - 6] + field + b"--%s--\r\n" % EDGE.encode()


@pytest.mark.parametrize(
    "body",
    [
        wishing(PLAIN, b"plaid")[:-30],
        wishing(PLAIN, b"plaid")[:-60],
        written(b"a.csv", PLAIN)[: -len(EDGE) - 40],
        written(b"a.csv", PLAIN)[:-8],
        written(b"a.csv", PLAIN).replace(EDGE.encode(), b"another-edge"),
        b"no form at all",
        b"--",
        b"".join(
            b'--%s\r\nContent-Disposition: form-data; name="f%d"\r\n\r\n1\r\n' % (EDGE.encode(), n) for n in range(1100)
        )
        + written(b"a.csv", PLAIN),
        b"".join(written(b"a%d.csv" % n, b"x")[: -len(EDGE) - 6] for n in range(150)) + written(b"a.csv", PLAIN),
    ],
    ids=[
        "cut in an option",
        "cut before it",
        "cut in the file",
        "cut in the edge",
        "another edge",
        "no form",
        "stub",
        "1,100 fields",
        "150 files",
    ],
)
@pytest.mark.parametrize("to", ["", "/preview"])
def test_a_form_that_cannot_be_read_to_its_end_is_refused(calling, maya, to, body):
    assert told(send_written(calling(maya), body, to)) == (400, "FORM_UNREADABLE")
    assert rows_of(maya)["data_uploads"] == 0


def test_a_form_without_its_edge_is_refused(calling, maya):
    answer = calling(maya).generic("POST", "/api/uploads", written(b"a.csv", PLAIN), "multipart/form-data")
    assert told(answer) == (400, "FORM_UNREADABLE")


def test_a_field_of_two_megabytes_is_refused(calling, maya):
    assert told(send(calling(maya), PLAIN, account_id="x" * 2_000_000)) == (413, "BODY_TOO_LARGE")


# -- over a socket, where a client may lie about what it sends


@contextmanager
def served() -> Iterator[tuple[str, int]]:
    server = LiveServerThread("127.0.0.1", lambda application: application)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    assert server.error is None
    try:
        yield server.host, server.port
    finally:
        server.terminate()


def talk(address, token, body, length):
    """Send a body under a length that may be false, stop sending, and hear the answer's first line."""
    head = (
        f"POST /api/uploads HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
        f"Content-Type: multipart/form-data; boundary={EDGE}\r\nContent-Length: {length}\r\n\r\n"
    )
    with socket.create_connection(address, timeout=10) as line:
        line.sendall(head.encode())
        try:
            line.sendall(body)
            line.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server has heard enough
        answer = b""
        try:
            while got := line.recv(65536):
                answer += got
        except ConnectionResetError:
            pass
    return answer.partition(b"\r\n")[0].decode(), answer


def test_a_false_length_never_makes_half_a_statement(live_db):
    user = consenting("maya")
    token = pair_for(user).access
    whole = wishing(PLAIN, b"plaid")
    big = written(b"a.csv", HEADER + b"x" * (MAX + 2_000_000))
    with served() as address:
        for body, length, expected in (
            (whole, len(whole), "201"),
            (whole[: len(whole) // 3], len(whole), "400"),  # the connection ends within the file
            (whole[:-40], len(whole), "400"),  # and within the options after it
            (whole, len(whole) - 40, "400"),  # the length says less than was sent
            (big, len(big), "413"),
            (big, len(whole), "400"),  # streamed far beyond its length
            (whole, 10**15, "413"),  # says more than fits
        ):
            line, answer = talk(address, token, body, length)
            assert line.split(" ")[1] == expected, (length, answer[:2000])
    for alias in connections:
        connections[alias].close()
    assert rows_of(user)["data_uploads"] == 1
    assert len(list(storage.keys(f"uploads/{user.pk}"))) == 1

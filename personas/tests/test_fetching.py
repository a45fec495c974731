"""A page that a caller names is read when everybody could read it, and a machine of ours is never asked."""

import datetime
import socket
import ssl
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from personas import fetching
from personas.portraits import pages
from personas.portraits.addresses import NotAllowed, parsed, public
from personas.tests.web import PUBLIC, opened

LIMIT = 50_000


@pytest.fixture
def web(settings, monkeypatch):
    with opened(settings, monkeypatch) as made:
        yield made


def reasons(url, *more):
    with pytest.raises(fetching.UrlFetchFailed) as failed:
        fetching.fetch([url, *more], limit=LIMIT)
    assert (failed.value.status, failed.value.code) == (503, "URL_FETCH_FAILED")
    return [page["reason"] for page in failed.value.extra["pages"]]


def test_it_is_off_unless_opened():
    with pytest.raises(fetching.UrlFetchDisabled) as refused:
        fetching.fetch(["https://example.com"], limit=LIMIT)
    assert (refused.value.status, refused.value.code) == (400, "URL_FETCH_DISABLED")


def test_a_page_is_read_as_text_and_nothing_of_ours_is_sent(web):
    server = web.serve("blog.example", lambda to: to.answer(b"<p>I save.</p><script>x</script><p>A lot &amp; more</p>"))
    said = fetching.fetch(["http://blog.example/a?b=c#d"], limit=LIMIT)
    assert said == "From blog.example:\nI save.\nA lot & more"
    ((path, headers),) = server.heard
    assert path == "/a?b=c"
    assert headers["Host"] == "blog.example" and headers["User-Agent"].startswith("SpendSense/")
    assert not {"Cookie", "Authorization", "Referer"} & set(headers)
    assert web.resolved == ["blog.example"] and web.connected == [(PUBLIC, 80)]


def test_some_may_fail(web):
    web.serve("blog.example", lambda to: to.answer(b"I save.", kind="text/plain; charset=utf-8"))
    web.names["inside.example"] = ["10.0.0.7"]
    said = fetching.fetch(["http://inside.example/", "http://blog.example/"], limit=LIMIT)
    assert said == "Not read: inside.example (address_not_allowed)\n\nFrom blog.example:\nI save."
    assert "10.0.0.7" not in said


def test_the_text_has_the_limit_of_its_route(web):
    web.serve("blog.example", lambda to: to.answer(b"word " * 1000))
    assert len(fetching.fetch(["http://blog.example/"], limit=100)) == 100


HOSTILE = [
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/",
    "http://0/", "http://0.0.0.0/", "http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/", "http://100.64.0.1/", "http://192.0.2.1/", "http://198.18.0.1/",
    "http://224.0.0.1/", "http://240.0.0.1/", "http://255.255.255.255/", "http://[::1]/", "http://[::]/",
    "http://[::ffff:127.0.0.1]/", "http://[::ffff:a9fe:a9fe]/", "http://[::127.0.0.1]/", "http://[2002:7f00:1::]/",
    "http://[2002:a9fe:a9fe::1]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::a00:1]/", "http://[fe80::1]/",
    "http://[fc00::1]/", "http://[fec0::1]/", "http://[ff02::1]/", "http://[2001:db8::1]/",
    "http://[2001:0:4136:e378:8000:63bf:f5ff:fffe]/",  # Teredo around 10.0.0.1
    "http://①②⑦.0.0.1/",
]  # fmt: skip


@pytest.mark.parametrize("url", HOSTILE)
def test_an_address_that_only_we_can_reach_is_not_asked(web, url):
    with pytest.raises(fetching.UrlFetchFailed) as failed:
        fetching.fetch([url], limit=LIMIT)
    assert failed.value.extra["pages"] == [{"host": "an address", "reason": "address_not_allowed"}]
    assert web.connected == []


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "2002:101:101::"]
)  # fmt: skip
def test_an_address_of_everybody_may_be_asked(address):
    assert public(address)


def test_every_address_of_a_name_must_be_public(web):
    web.names["both.example"] = [PUBLIC, "10.0.0.1"]
    assert reasons("http://both.example/") == ["address_not_allowed"]
    assert web.connected == []


def test_a_name_is_resolved_once_so_that_a_second_answer_changes_nothing(web, monkeypatch):
    server = web.serve("turning.example", lambda to: to.answer(b"Fine"))

    def turning(host, port, **options):
        found = web.resolve(host, port, **options)
        web.names["turning.example"] = ["127.0.0.1"]
        return found

    monkeypatch.setattr(socket, "getaddrinfo", turning)
    assert fetching.fetch(["http://turning.example/"], limit=LIMIT).endswith("Fine")
    assert web.connected == [(PUBLIC, 80)] and len(server.heard) == 1


@pytest.mark.parametrize(
    "url",
    [
        "", "blog.example", "/a", "//blog.example/", "ftp://blog.example/", "file:///etc/passwd", "gopher://a.example/",
        "http://blog.example:8080/", "http://blog.example:22/", "http://blog.example:99999/", "http://blog.example:x/",
        "http://maya@blog.example/", "http://maya:secret@blog.example/", "http://@blog.example/",
        "http://blog.example\\@127.0.0.1/", "http://blog.example/\r\nHost: x", "http://blog.example/a b", "http:///a",
        "http://[::1", "http://[fe80::1%25eth0]/", "http://blog.example/" + "a" * 2048,
        "http://" + "a" * 300 + ".example/",
        "http://blog.example/ü", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_an_address_of_another_form_is_refused(web, url):
    with pytest.raises(fetching.UrlNotAllowed) as refused:
        fetching.fetch([url], limit=LIMIT)
    assert (refused.value.status, refused.value.code) == (400, "VALIDATION_ERROR")
    with pytest.raises(NotAllowed):
        parsed(url)
    assert web.connected == []


@pytest.mark.parametrize("count", [0, 11])
def test_one_to_ten_at_once(web, count):
    with pytest.raises(fetching.UrlNotAllowed):
        fetching.fetch(["http://blog.example/"] * count, limit=LIMIT)


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.1/", "http://inside.example/", "//[::1]/", "file:///etc/passwd", "http://blog.example:8080/", ""],
)
def test_a_redirect_is_judged_again(web, location):
    web.names["inside.example"] = ["192.168.0.1"]

    def say(to):
        to.answer(status=302, Location=location) if len(to.server.heard) == 1 else to.answer(status=404)

    web.serve("blog.example", say)
    assert reasons("http://blog.example/") == (["answered_404"] if not location else ["address_not_allowed"])
    assert {target[0] for target in web.connected} == {PUBLIC}


def test_three_redirects_and_no_more(web):
    def say(to):
        number = int(to.path[1:])
        to.answer(b"There") if number == 0 else to.answer(status=301, Location=f"/{number - 1}")

    web.serve("blog.example", say)
    assert fetching.fetch(["http://blog.example/3"], limit=LIMIT).endswith("There")
    assert reasons("http://blog.example/4") == ["too_many_redirects"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"status": 404}, "answered_404"),
        ({"status": 500}, "answered_500"),
        ({"kind": "application/pdf"}, "not_text"),
        ({"kind": "image/png"}, "not_text"),
        ({"body": b"x", "Content_Encoding": "gzip"}, "not_text"),
        ({"body": b"x" * ((1 << 20) + 1)}, "too_large"),
        ({"body": b""}, "no_text"),
        ({"body": b"<script>alert(1)</script>"}, "no_text"),
    ],
)
def test_what_is_no_page_of_text_is_told(web, answer, reason):
    web.serve("blog.example", lambda to: to.answer(**answer))
    assert reasons("http://blog.example/") == [reason]


def dripping(to):
    to.send_response(200)
    to.send_header("Content-Type", "text/plain")
    to.end_headers()
    try:
        while not to.server.released.wait(0.02):
            to.wfile.write(b"x")
            to.wfile.flush()
    except OSError:
        pass


def dripping_headers(to):
    to.wfile.write(b"HTTP/1.1 200 OK\r\n")
    try:
        while not to.server.released.wait(0.02):
            to.wfile.write(b"X")
            to.wfile.flush()
    except OSError:
        pass


@pytest.mark.parametrize("how", [dripping, dripping_headers, lambda to: to.server.released.wait(20)])
def test_all_together_have_a_time(web, monkeypatch, how):
    monkeypatch.setattr(fetching, "SECONDS_IN_ALL", 0.5)
    web.serve("slow.example", how)
    began = time.monotonic()
    assert reasons("http://slow.example/", "http://slow.example/2") == ["too_slow", "too_slow"]
    assert time.monotonic() - began < 5


def test_nobody_is_there(web):
    web.names["gone.example"] = [PUBLIC]
    assert reasons("http://gone.example/", "http://unknown.example/") == ["unreachable", "unreachable"]


def certified(folder, name):
    """A server's certificate that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(called).issuer_name(called).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = folder / f"{name}.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return pem


def test_tls_is_held_to_the_name_that_was_asked_for(web, tmp_path, monkeypatch):
    pem = certified(tmp_path, "safe.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pem)
    server = web.serve("safe.example", lambda to: to.answer(b"Safe"), tls=tls)
    web.names["other.example"] = [PUBLIC]
    assert fetching.fetch(["https://safe.example/"], limit=LIMIT).endswith("Safe")
    assert reasons("https://other.example/") == ["unreachable"]
    assert len(server.heard) == 1


PAGES = [
    ("<html><head><title>T</title></head><body><h1>One</h1>two<br>three</body>", "One\ntwo\nthree"),
    ("<head><title>T</title><body>One", "One"),
    ("<header>One</header><template>no</template><STYLE>no</STYLE>", "One"),
    ("a<!-- no -->b<!-- never closed", "a b"),
    ("<p>1 < 2 and 3 > 2</p>", "1 < 2 and 3 > 2"),
    ("&lt;script&gt;said&lt;/script&gt;", "<script>said</script>"),
    ("<script>never closed", ""),
    ("<ul><li>a</li>\n\n\n<li>b</li></ul>", "a\nb"),
    ("a\x00&#0;&#x200b;b", "a\ufffdb"),
    ("<b>bo</b>ld", "bold"),
]


@pytest.mark.parametrize(("page", "text"), PAGES)
def test_a_page_is_what_somebody_reads_there(page, text):
    assert pages.read(page) == text


@pytest.mark.parametrize(
    "piece", ["<!--", "<script>", "<", "<p ", "<head", "<a href='", "&#", "<![CDATA[", "</", "<body "]
)
def test_no_page_takes_long(piece):
    page = (piece * (1 << 20))[: 1 << 20]
    began = time.process_time()
    pages.read(page)
    assert time.process_time() - began < 3


def test_a_page_is_decoded_as_it_says_when_that_is_known():
    assert pages.decoded("ä".encode("iso-8859-1"), "ISO-8859-1") == "ä"
    assert pages.decoded("ä".encode(), None) == "ä"
    assert pages.decoded(b"a\xff", "punycode") == "a\ufffd"

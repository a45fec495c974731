"""Google and GitHub as a small server on this machine: it asks for what they ask for, and can misbehave."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "our-client-id", "our-client-secret"
KID = "k1"


class Provider(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.codes: dict[str, dict[str, str]] = {}
        self.person: dict[str, Any] = {}
        self.emails: Any = []
        self.says: dict[str, tuple[int, str, bytes]] = {}  # path: what it answers in place of the truth
        self.claims: dict[str, Any] = {}  # changes to the id token
        self.forger: rsa.RSAPrivateKey | None = None
        self.silent, self.released = "", Event()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"

    def agreed(self, location: str) -> dict[str, str]:
        """The person agreed at the provider: the query with which it sends them back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        code = secrets.token_hex(8)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def exchange(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or asked["code_challenge_method"] != "S256"
            or asked["code_challenge"] != challenge.decode().rstrip("=")
            or asked["redirect_uri"] != form.get("redirect_uri")
            or (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET)
        ):
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "an-access-token", "expires_in": 3599, "id_token": self.id_token()}

    def id_token(self) -> str:
        now = int(time.time())
        ours = {"iss": "https://accounts.google.com", "aud": CLIENT, "iat": now, "exp": now + 3599}
        claims = {**ours, **self.person, **self.claims}
        return jwt.encode(claims, self.forger or self.key, algorithm="RS256", headers={"kid": KID})

    def certificate(self) -> str:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "provider")])
        made = x509.CertificateBuilder(name, name, self.key.public_key(), 1, *_validity())
        return made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def _validity() -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    return now - timedelta(days=1), now + timedelta(days=1)


class _Door(BaseHTTPRequestHandler):
    server: Provider

    def log_message(self, *args: Any) -> None:
        """Tests read answers, not lines."""

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        status, said = self.server.exchange({name: values[0] for name, values in parse_qs(sent).items()})
        self.answer(status, said)

    def do_GET(self) -> None:
        self.answer(
            200,
            {
                "/certs": {KID: self.server.certificate()},
                "/user": self.server.person,
                "/emails": self.server.emails,
            }[self.path],
        )

    def answer(self, status: int, said: Any) -> None:
        if self.path == self.server.silent:
            self.server.released.wait(30)
            return
        status, kind, body = self.server.says.get(self.path, (status, "application/json", json.dumps(said).encode()))
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving() -> Iterator[Provider]:
    with Provider() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()

"""A security key made of software: it answers what a browser would answer for it (ES256, no attestation)."""

import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

Flag = AuthenticatorData.FLAG


class SecurityKey:
    def __init__(self, *, origin: str, rp_id: str) -> None:
        self.origin, self.rp_id = origin, rp_id
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        self.count = 0

    def register(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to `publicKey` creation options."""
        public = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(bytes(16), self.id, public)
        data = AuthenticatorData.create(self._rp_hash(), Flag.UP | Flag.UV | Flag.AT, 0, credential)
        client = self._client("webauthn.create", options["challenge"])
        made = AttestationObject.create("none", data, {})
        return self._answer(client, attestationObject=websafe_encode(bytes(made)))

    def sign(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to `publicKey` request options."""
        self.count += 1
        data = AuthenticatorData.create(self._rp_hash(), Flag.UP | Flag.UV, self.count)
        client = self._client("webauthn.get", options["challenge"])
        signature = self.key.sign(bytes(data) + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            client, authenticatorData=websafe_encode(bytes(data)), signature=websafe_encode(signature), userHandle=None
        )

    def _rp_hash(self) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest()

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _answer(self, client: bytes, **response: Any) -> dict[str, Any]:
        return {
            "id": websafe_encode(self.id),
            "rawId": websafe_encode(self.id),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {"clientDataJSON": websafe_encode(client), **response},
        }

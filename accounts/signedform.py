"""The presigned form of local disk: the conditions that S3 would enforce, signed and checked by us."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any


class Forged(Exception):
    """The form is not ours, or not as it was signed: a field is missing, changed or added."""


class Expired(Exception):
    """The form was ours and its time is over."""


class WrongSize(Exception):
    """The file is empty or larger than the form allows."""


def sign(*, key: bytes, fields: Mapping[str, str], max_bytes: int, expires: datetime) -> dict[str, str]:
    """The fields a browser posts before its file; each must come back as it was given."""
    policy = {
        "expiration": expires.isoformat(),
        "conditions": dict(fields),
        "max_bytes": max_bytes,
    }
    encoded = base64.b64encode(json.dumps(policy).encode()).decode()
    return {**fields, "policy": encoded, "signature": _signature(key, encoded)}


def check(*, key: bytes, form: Mapping[str, str], size: int, now: datetime) -> None:
    """Raise unless the form is as it was signed, in time, and its file of an allowed size."""
    encoded = form.get("policy", "")
    if not hmac.compare_digest(_signature(key, encoded).encode(), form.get("signature", "").encode()):
        raise Forged
    policy: dict[str, Any] = json.loads(base64.b64decode(encoded))
    if now >= datetime.fromisoformat(policy["expiration"]):
        raise Expired
    if {name: value for name, value in form.items() if name not in ("policy", "signature")} != policy["conditions"]:
        raise Forged
    if not 1 <= size <= policy["max_bytes"]:
        raise WrongSize


def _signature(key: bytes, encoded: str) -> str:
    # The key signs other things elsewhere; its purpose is part of what is signed.
    return hmac.new(key, b"post one file\n" + encoded.encode(), hashlib.sha256).hexdigest()

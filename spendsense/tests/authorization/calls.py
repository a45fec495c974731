"""How a line of the table is called: its words replaced by somebody's ids, its body sent as a program would."""

import json
import re
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts.tests.senders import PLAIN
from spendsense.tests.authorization.table import Line
from spendsense.tests.authorization.world import World

VARYING = {"X-Request-ID", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Execution-Time-Ms"}


def filled(what: Any, words: dict[str, str]) -> Any:
    """The same with every {word} replaced, however deep."""
    match what:
        case str():
            return re.sub(r"\{(\w+)}", lambda word: words[word[1]], what)
        case dict():
            return {name: filled(value, words) for name, value in what.items()}
        case list():
            return [filled(value, words) for value in what]
        case _:
            return what


def call(world: World, line: Line, who: str, words: dict[str, str], *, more: str = "", **headers: str) -> Any:
    client = world.callers[who].client()
    path = filled(line.path, words) + more
    if line.form:
        form = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("statement.csv", PLAIN)})
        return client.generic("POST", path, form, MULTIPART_CONTENT, headers=headers)
    body = None if line.body is None else json.dumps(filled(line.body, words))
    return client.generic(line.method, path, body or "", "application/json" if body else "", headers=headers)


def said(answer: Any) -> str:
    """Everything an answer tells: its body and its headers."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode(errors="replace") + "\n".join(f"{name}: {value}" for name, value in answer.items())


def code_of(answer: Any) -> str:
    return str(answer.json()["code"]) if answer.get("Content-Type") == "application/problem+json" else ""

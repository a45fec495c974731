"""JSON bodies of at most 1 MiB, in which nothing is said twice and nothing stands that cannot be kept."""

import json
import math
import re
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

HALF_A_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")


class Ambiguous(ParseError):
    default_code = "INVALID_JSON"


class Json(JSONParser):
    """A body is measured before it is read; its declared length is all that a server ever hands on."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        meta: Mapping[str, str] = parser_context["request"].META
        if int(meta.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig
        try:
            return _read(stream.read().decode("utf-8"))
        except (ValueError, RecursionError) as unreadable:
            raise ParseError from unreadable


def _read(text: str) -> Any:
    document = json.loads(text, object_pairs_hook=_once, parse_float=_finite, parse_constant=_finite)
    if HALF_A_CHARACTER.search(text):
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Ambiguous(f"The key {json.dumps(twice[:100])} stands more than once in one object. Keep one of them.")
    return members


def _finite(written: str) -> float:
    number = float(written)
    if not math.isfinite(number):
        raise ValueError(f"{written} is no number")
    return number

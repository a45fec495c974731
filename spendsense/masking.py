"""What no log line may hold: addresses, numbers, tokens and query strings, wherever in a line they stand."""

import re
from typing import Any

# Tried in this order at each place of a text; what is `kept` only looks like a number of somebody.
_PERSONAL = re.compile(
    r"""
      (?P<email> (?:"[^"@]{1,64}"|[^\s@<>"=:,;&?()\[\]{}]{1,64}) (?:@|%40) [\w-]+ (?:\.[\w-]+)+ )
    | (?P<token> (?<![\w-])eyJ[\w-]{4,}\.[\w-]{4,}(?:\.[\w-]*)* | \bss_[\w-]{8,}
               | (?i:\b(?:bearer|basic|api-key)[ ]+)[\w.~+/=-]{8,} )
    | (?P<query> (?<=[\w/])\?[\w.%\[\]-]+=[^\s"'<>]* )
    | (?P<kept>  (?<![\w-])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![\w-])
               | (?<![\w-])\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?(?!\d)
               | (?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]) )
    | (?P<number> (?<![^\W_])\+\d(?:\)?[ ./-]?\(?\d){6,18}
               | (?<![^\W_])\(\d{1,5}\)[ ./-]?\d(?:[ ./-]?\d){4,}
               | (?<![^\W_])(?<![.-])\d(?:[ ./-]?\d){8,}(?![^\W_]) )
    """,
    re.VERBOSE,
)
# A text without one of these is let through: two fast looks in place of a slow one.
_SIGNS = ("@", "%40", "eyJ", "ss_", "?", "earer ", "asic ", "ey ", "EARER ", "ASIC ", "EY ")
_DIGITS = re.compile(r"\d\D{0,2}\d\D{0,2}\d\D{0,2}\d\D{0,2}\d\D{0,2}\d\D{0,2}\d")
_LONG = 10**9


def masked(text: str) -> str:
    """The text with each personal thing replaced by its kind in brackets."""
    suspect = any(sign in text for sign in _SIGNS) or _DIGITS.search(text)
    return _PERSONAL.sub(_kind, text) if suspect else text


def _kind(found: re.Match[str]) -> str:
    return found[0] if found.lastgroup == "kept" else f"[{found.lastgroup}]"


def masked_value(value: Any) -> Any:
    """The same for whatever a line carries; what is neither text, number nor a collection becomes text first."""
    if isinstance(value, str):
        return masked(value)
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < _LONG else "[number]"
    if isinstance(value, dict):
        return {masked(str(name)): masked_value(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked_value(inner) for inner in value]
    if isinstance(value, BaseException):
        return type(value).__name__  # its words may quote a row
    return masked(str(value))

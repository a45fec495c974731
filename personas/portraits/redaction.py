"""What is taken out of a text before it is read: card and account numbers, e-mail addresses, telephone numbers."""

import re

_EMAIL = re.compile(r"[\w.+%-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", re.IGNORECASE)
_IBAN = re.compile(
    r"(?<![A-Za-z0-9])(?:(?i:[A-Z]{2}\d{2}[A-Z0-9]{11,30})|[A-Z]{2}\d{2}(?: [A-Z0-9]{4}){2,7}(?: [A-Z0-9]{1,3})?)"
    r"(?![A-Za-z0-9])"
)
_CARD = re.compile(r"(?<!\d)\d(?:[ .\-]?\d){12,18}(?!\d)")
_ACCOUNT = re.compile(r"\d{8,}")
# With a plus, a bracket or in groups; an amount in thousands, a span of years and digits in one piece stay.
_PHONE = re.compile(
    r"""(?<![\w$€£¥.,])(?:
      (?P<stays> \d{4}[ ]?-[ ]?\d{4}(?!\d) | \d{1,2}(?:[ .]\d{3})+(?![ .\-/]?\d) | \d+(?![ ./\-]?\d) )
      | (?:\+|\(|00)\d(?:[ ()./\-]{0,3}\d){6,14}(?![\w%])
      | \d(?:[ ./\-]?\d){6,14}(?![\w%]) )""",
    re.VERBOSE,
)
_DAY = re.compile(r"(?<![\d./-])(?:(?:19|20)\d\d([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2(?:19|20)\d\d)(?!\d)")
_IBAN_DIGITS = 8
_DIGITS_NEEDED = re.compile(r"\d\D{0,3}\d\D{0,3}\d\D{0,3}\d\D{0,3}\d\D{0,3}\d\D{0,3}\d")


def redacted(text: str) -> str:
    plain = _EMAIL.sub("[email]", text) if "@" in text or "at)" in text.lower() or "at]" in text.lower() else text
    if not _DIGITS_NEEDED.search(plain):
        return plain
    plain = _IBAN.sub(_iban, _CARD.sub(_card, plain))
    pieces, end = [], 0
    for day in _DAY.finditer(plain):  # a day looks like a telephone number, more so with a number before it
        pieces += [_numbers(plain[end : day.start()]), day.group()]
        end = day.end()
    return "".join([*pieces, _numbers(plain[end:])])


def _numbers(text: str) -> str:
    return _ACCOUNT.sub("[account]", _PHONE.sub(_phone, text))


def _card(found: re.Match[str]) -> str:
    return "[card]" if _luhn([int(mark) for mark in found.group() if mark.isdigit()]) else found.group()


def _luhn(digits: list[int]) -> bool:
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return sum(digits[-1::-2]) % 10 == -sum(doubled) % 10


def _iban(found: re.Match[str]) -> str:
    return "[account]" if sum(mark.isdigit() for mark in found.group()) >= _IBAN_DIGITS else found.group()


def _phone(found: re.Match[str]) -> str:
    return found.group() if found["stays"] else "[phone]"

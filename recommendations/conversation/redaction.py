"""What is taken out of a question before anything keeps it or hands it on: addresses, telephone and account numbers."""

import re
import unicodedata

MAIL = re.compile(r"[\w.+%-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{2,4}){3,8}\b", re.IGNORECASE)
NAMED = re.compile(
    r"(?i)\b(account|acct|card|routing|member|policy|iban|ssn|social security|number|no\.?|#)"
    r"(\s*(?:number|no\.?|is|:|#)?\s*)((?:\d[ -]?){6,})"
)
DIGITS = re.compile(r"(?<![\w$€£.,])[+(]?\d[\d\s().\-/]*\d(?![\w%])")
DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}/\d{1,2}/\d{2,4}")
FEWEST, LONE = 7, 8  # digits of a telephone number in groups, and of an account number in one piece
TELEPHONE = 12


def redacted(text: str) -> str:
    """In one form for what looks alike, so that no other spelling of a digit gets through."""
    plain = "".join(mark for mark in unicodedata.normalize("NFKC", text) if unicodedata.category(mark) != "Cf")
    plain = MAIL.sub("[email]", plain)
    plain = IBAN.sub(_iban, plain)
    plain = NAMED.sub(lambda found: f"{found[1]}{found[2]}[number]{' ' if found[3][-1] == ' ' else ''}", plain)
    return DIGITS.sub(_digits, plain).strip()


def _iban(found: re.Match[str]) -> str:
    return "[number]" if sum(mark.isdigit() for mark in found.group()) >= LONE else found.group()


def _digits(found: re.Match[str]) -> str:
    text = found.group()
    if DAY.fullmatch(text):
        return text
    count = sum(mark.isdigit() for mark in text)
    if text.isdigit():
        return "[number]" if count >= LONE else text
    if count < FEWEST:
        return text
    return "[phone]" if count <= TELEPHONE else "[number]"

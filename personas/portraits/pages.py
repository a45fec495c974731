"""A web page as the text that somebody reads there; one pass over it, whatever it is made of."""

import html
import re

from personas.portraits.cleaning import cleaned

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_UNREAD = re.compile(
    r"<(script|style|template|noscript)(?=[\s/>]).*?(?:</\1\s*>|\Z)|<head(?=[\s/>]).*?(?:</head\s*>|(?=<body[\s/>])|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_BLOCK = re.compile(
    r"</?(?:address|article|aside|blockquote|body|br|dd|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|"
    r"html|li|main|nav|ol|option|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul)(?![\w-])[^<>]*>?",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?[a-zA-Z!?][^<>]*>?")
_EMPTY_LINES = re.compile(r"\n{2,}")
# What pages are written in; others are read as UTF-8, for a decoder may cost more than a page is worth.
_CHARSETS = frozenset(
    {"utf-8", "us-ascii", "utf-16", "big5", "euc-jp", "euc-kr", "gb18030", "gb2312", "gbk", "koi8-r", "shift_jis"}
    | {f"iso-8859-{part}" for part in range(1, 17)}
    | {f"windows-125{part}" for part in range(9)}
)


def decoded(body: bytes, charset: str | None) -> str:
    known = (charset or "").strip().strip("\"'").lower()
    return body.decode(known if known in _CHARSETS else "utf-8", "replace")


def read(page: str) -> str:
    """Blocks become lines, what nobody sees goes."""
    plain = _UNREAD.sub(" ", _COMMENT.sub(" ", page))
    plain = _TAG.sub("", _BLOCK.sub("\n", plain.replace("\n", " ")))
    return _EMPTY_LINES.sub("\n", cleaned(html.unescape(plain)))

"""A browser in which a member of staff is signed in, and the words of a page as people read them."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from accounts.tests.callers import session_for

INLINE = re.compile(
    r"<style|\sstyle=|\son[a-z]+=\"|javascript:|<script(?![^>]*(?:\ssrc=|application/json))", re.IGNORECASE
)


def browser_of(user: User) -> Client:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session_for(user).session_key)
    return client


def words(answer: Any) -> str:
    """The text of a page without its tags, in single spaces."""
    page = answer.content.decode()
    assert not INLINE.search(page), "the policy refuses what is written inline"
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


class _Fields(HTMLParser):
    """What a browser would send of a page's fields, but for boxes and buttons."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and given.get("name") and given.get("type") not in ("checkbox", "radio"):
            self.found[given["name"]] = given.get("value", "")
        elif tag in ("textarea", "select"):
            self.open, self.found[given["name"]] = given["name"], ""
        elif tag == "option" and "selected" in given:
            self.found[self.open] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        self.open = "" if tag in ("textarea", "select") else self.open

    def handle_data(self, data: str) -> None:
        if self.open and self.lasttag == "textarea":
            self.found[self.open] += data.removeprefix("\n")


def fields(answer: HttpResponse) -> dict[str, str]:
    read = _Fields()
    read.feed(answer.content.decode())
    return read.found

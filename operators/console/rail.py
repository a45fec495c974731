"""The rail at the left: each page once, under its heading, for whoever may open it."""

from dataclasses import dataclass

from django.urls import reverse

from accounts.models import User
from operators.console.pages import Page
from operators.console.urls import PAGES


@dataclass(frozen=True)
class Entry:
    label: str
    url: str
    current: str = ""  # "page" for the page itself, "true" for one beneath it


@dataclass(frozen=True)
class Heading:
    label: str
    entries: tuple[Entry, ...]


def headings(operator: User, here: str) -> list[Heading]:
    found = []
    for label, group in PAGES.items():
        entries = tuple(_entry(page, here) for page in group if page.rail and page.open_to(operator))
        if entries:
            found.append(Heading(label, entries))
    return found


def _entry(page: Page, here: str) -> Entry:
    url = reverse(f"admin:{page.name}")
    return Entry(page.rail, url, "page" if url == here else "true" if here.startswith(url) else "")

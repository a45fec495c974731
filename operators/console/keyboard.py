"""What each key does, on a page of its own; with scripts the same list opens over any page."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from accounts.models import User
from operators.console.pages import frame


@dataclass(frozen=True)
class Key:
    caps: tuple[str, ...]
    where: str
    does: str


ROW, LISTS, ANYWHERE = "queue, item", "lists", "anywhere"
KEYS = (
    Key(("a",), ROW, "Approve; asks first where a confirmation is due"),
    Key(("r",), ROW, "Reject, with a reason"),
    Key(("f",), ROW, "Flag, with a reason"),
    Key(("m",), ROW, "Modify"),
    Key(("u",), ROW, "Undo, while the countdown runs"),
    Key(("n",), ROW, "Write a note"),
    Key(("t",), ROW, "Open the trace"),
    Key(("↓", "↑", "j", "k"), LISTS, "Next and previous row"),
    Key(("Enter",), LISTS, "Open the row"),
    Key(("Space",), LISTS, "Choose the row, or leave it out"),
    Key(("Ctrl A", "⌘ A"), LISTS, "Choose all rows of the page"),
    Key(("Esc",), ANYWHERE, "Close the dialog, leave the field, or choose nothing"),
    Key(("/",), LISTS, "Search"),
    Key(("?",), ANYWHERE, "This list"),
)


def shown(request: HttpRequest, by: User) -> HttpResponse:
    return frame(request, "keyboard", "Keyboard")

"""`If-Match`: a write that wants the object as the caller has read it."""

from rest_framework.request import Request

NEVER = 0  # no object has this revision


def expected(request: Request) -> list[int] | None:
    """The versions that the header names; None is any."""
    sent = request.headers.get("If-Match")
    if sent is None or sent.strip() == "*":
        return None
    named = (part.strip() for part in sent.split(","))
    return [int(part[1:-1]) for part in named if part[:1] == part[-1:] == '"' and part[1:-1].isdecimal()]


def revision(request: Request) -> int | None:
    """The one revision that the header names; None is any. What cannot be read is none that there is."""
    named = expected(request)
    if named is None:
        return None
    return named[0] if len(named) == 1 else NEVER

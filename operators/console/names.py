"""Who did something, as pages say it: the words of an actor turned into the name of a member of staff."""

from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID

from accounts.models import User

US = "SpendSense"  # commands, migrations and the pipeline
GONE, KEY = "somebody who left", "an API key"


def of(actors: Iterable[str | None]) -> dict[str | None, str]:
    """`user:<id>` by the e-mail of who that is; one statement, none where nobody is named."""
    wanted = {actor for actor in actors if actor}
    ids = {actor: known for actor in wanted if (known := _id(actor))}
    emails = dict(User.objects.filter(pk__in=ids.values()).values_list("pk", "email")) if ids else {}
    named: dict[str | None, str] = {None: ""}
    for actor in wanted:
        named[actor] = emails.get(ids[actor], GONE) if actor in ids else KEY if actor.startswith("key:") else US
    return named


def _id(actor: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(actor.removeprefix("user:")) if actor.startswith("user:") else None
    return None

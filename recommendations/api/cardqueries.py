"""What the cards API reads of queries, headers and the bodies that make no card."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.http import QueryDict

from recommendations import cardcontent
from recommendations.fields import Fields, Flawed, Kind, Wrong, choice, day, fields_of, number, tags, text, uuid
from recommendations.inventory import GROUPS
from recommendations.models.cards import CardType

MOST_IDS = 100
MOST_DAYS = 366
USUAL_DAYS = 30
LARGEST_METADATA = 8 * 1024
FARTHEST = 1_000_000_000
PAGED: dict[str, Kind] = {"limit": number(1, 100), "offset": number(0, FARTHEST)}


def listing(query: QueryDict) -> dict[str, Any]:
    """The filters of a list, its page and its size."""
    fields = Fields(query.dict())
    read = {
        "card_type": fields.take("card_type", choice(*CardType.values())),
        "is_active": fields.take("is_active", choice("true", "false")) != "false",
        "source_session_id": fields.take("source_session_id", uuid),
        "q": fields.take("q", text(100)),
        "page": fields.take("page", number(1, FARTHEST)) or 1,
        "page_size": fields.take("page_size", number(1, 100)) or 20,
    }
    fields.given = {"tag": query.getlist("tag")}
    read["tags"] = fields.take("tag", tags) or []
    fields.sound()
    return read


def paged(query: QueryDict) -> tuple[int, int]:
    fields = Fields(query.dict())
    limit, offset = (fields.take(name, kind) for name, kind in PAGED.items())
    fields.sound()
    return limit or 50, offset or 0


def days(query: QueryDict) -> tuple[date | None, date | None]:
    fields = Fields(query.dict())
    since, until = fields.take("from", day), fields.take("to", day)
    if since and until and since > until:
        fields.flaw("from", "OUT_OF_RANGE", "From is not after to.")
    fields.sound()
    return since, until


def summary(query: QueryDict, today: date) -> dict[str, Any]:
    since, until = days(query)
    until = until or today
    since = since or until - timedelta(days=USUAL_DAYS - 1)
    fields = Fields(query.dict())
    group_by = fields.take("group_by", choice(*GROUPS)) or "card_type"
    if not 0 <= (until - since).days < MOST_DAYS:
        fields.flaw("from", "OUT_OF_RANGE", f"At most {MOST_DAYS} days, the first not after the last.")
    fields.sound()
    return {"since": since, "until": until, "group_by": group_by}


def items(body: Mapping[str, Any]) -> Any:
    """The cards of a batch; beside them stands at most whose they are."""
    fields = fields_of(body)
    fields.only(("cards", "tenant_id"))
    fields.sound()
    return body["cards"]


def asked_for(body: Any) -> list[UUID]:
    """The ids of a retrieval, each once, in their order."""
    fields = fields_of(body)
    fields.only(("card_ids", "tenant_id"))
    given = fields.take("card_ids", _ids, required=True)
    fields.sound()
    ids = Fields(dict(enumerate(given)), "card_ids")  # type: ignore[arg-type]
    found = [ids.take(nr, uuid, required=True) for nr in ids.given]
    ids.sound()
    return list(dict.fromkeys(found))


def use(body: Any, session: str | None) -> dict[str, Any]:
    """What is said of one use; the session of the header counts where the body names none."""
    fields = fields_of(body or {})
    fields.only(("workflow_id", "workflow_type", "session_id", "metadata", "tenant_id"))
    read = {
        "workflow_id": fields.take("workflow_id", text(255)),
        "workflow_type": fields.take("workflow_type", text(100)),
        "session_id": fields.take("session_id", text(255)),
        "metadata": fields.take("metadata", _metadata),
    }
    if read["session_id"] is None and session is not None:
        fields.given = {"X-Session-ID": session}
        read["session_id"] = fields.take("X-Session-ID", text(255))
    fields.sound()
    return read


def _ids(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Wrong("WRONG_TYPE", "This is a list of ids.")
    if not 1 <= len(value) <= MOST_IDS:
        raise Wrong("OUT_OF_RANGE", f"From 1 to {MOST_IDS} ids.")
    return value


def _metadata(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Wrong("WRONG_TYPE", "This is a JSON object.")
    flaws = list(cardcontent.unkeepable(value, "metadata", largest=LARGEST_METADATA))
    if flaws:
        raise Flawed(flaws)
    return value

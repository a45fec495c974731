"""A small history at the desk: whom omar approved for, what june rejected, and what still waits."""

from datetime import UTC, datetime, timedelta

from accounts import rowsecurity
from accounts.tests import factories
from recommendations import flags, reviewing
from recommendations.tests.factories import CardFactory, ItemFactory

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
REASON = "It does not fit what this person has."


def item(user, *, hours, card=None, **fields):
    """A pending item made so many hours before NOW."""
    card = card or CardFactory(tenant=user.tenant)
    return ItemFactory(user=user, card=card, created_at=NOW - timedelta(hours=hours), **fields)


def history(maya, omar, june):
    """Six items of maya: two approved after 60 and 30 minutes and one of them undone, two rejected, two untouched."""
    card = CardFactory(tenant=maya.tenant, title="What a limit is", content={"key": "limits"})
    items = [item(maya, hours=hours, card=card) for hours in (2, 2, 3, 4, 30)]
    items.append(item(maya, hours=50, card=card, persona="savings_builder", type="partner_offer"))
    with rowsecurity.viewing(rowsecurity.of(omar)):
        reviewing.approve(item_id=items[0].pk, by=omar, now=NOW - timedelta(hours=1))
        reviewing.approve(item_id=items[1].pk, by=omar, now=NOW - timedelta(minutes=90))
        reviewing.undo(item_id=items[1].pk, by=omar, now=NOW - timedelta(minutes=88))
        reviewing.reject(item_id=items[5].pk, by=omar, now=NOW - timedelta(hours=26), reason=REASON)
        flags.raise_flag(item_id=items[3].pk, by=omar, now=NOW, reason="Somebody should look at it.")
    with rowsecurity.viewing(rowsecurity.of(june)):
        reviewing.reject(item_id=items[2].pk, by=june, now=NOW - timedelta(hours=1), reason=REASON)
    return items


def somebody_else(now=NOW):
    """Of another institution, whose items nobody here counts."""
    zoe = factories.consenting("zoe", tenant=factories.TenantFactory(slug="elsewhere"))
    return item(zoe, hours=1)

"""The shelf of a tenant: its active cards as the engine reads them."""

from uuid import UUID

from recommendations.models import Card
from recommendations.pieces import Piece, Shelf, shelf_of

READ = ("card_id", "version", "content_hash", "card_type", "title", "description", "tags", "content", "updated_at")


def shelf(*, tenant_id: UUID) -> Shelf:
    """One statement, with the eyes of whoever asks; a consumer's are closed to cards."""
    rows = Card.objects.filter(tenant_id=tenant_id, is_active=True).values_list(*READ)
    return shelf_of(
        Piece(card_id, version, hashed, kind, title, description, tuple(tags), content, made_at)
        for card_id, version, hashed, kind, title, description, tags, content, made_at in rows
    )

"""Cards as they were at a version that an item or a trace names."""

import json
from collections.abc import Collection
from uuid import UUID

from django.db import connection

from recommendations.pieces import Piece

Cited = tuple[UUID, int]
# The kept version where there is one; a card that was never changed may stand in its own row only.
AT = """
    SELECT DISTINCT ON (asked.card_id, asked.version) asked.card_id, asked.version, v.content_hash, c.card_type,
           v.title, v.description, v.tags, v.content, v.made_at
      FROM unnest(%s::uuid[], %s::int[]) AS asked (card_id, version)
      JOIN cards c USING (card_id)
     CROSS JOIN LATERAL (
           SELECT title, description, tags, content::text, content_hash, created_at AS made_at, 1 AS place
             FROM card_versions k WHERE k.card_id = asked.card_id AND k.version = asked.version
            UNION ALL
           SELECT c.title, c.description, c.tags, c.content::text, c.content_hash, c.updated_at, 2
            WHERE c.version = asked.version) v
     ORDER BY asked.card_id, asked.version, v.place
"""


def pieces(cited: Collection[Cited]) -> dict[Cited, Piece]:
    """One statement; a version that nobody has is not there."""
    wanted = sorted(set(cited))
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(AT, [[card_id for card_id, _ in wanted], [version for _, version in wanted]])
        return {
            (card_id, version): Piece(
                card_id, version, hashed, kind, title, description, tuple(tags), json.loads(content), made_at
            )
            for card_id, version, hashed, kind, title, description, tags, content, made_at in cursor.fetchall()
        }

"""What a list of many people shows of each: the personas of both windows, and what is risky about their last month."""

from collections.abc import Collection
from uuid import UUID

from django.db import connection

# Beside a row `r` of a person: what they were last told of each window, and what was measured of the last month.
# It is written where people are, and not asked of a hundred thousand histories for a page of fifty.
BESIDE = """
    LEFT JOIN LATERAL (
         SELECT primary_persona AS persona, primary_match_strength AS strength FROM user_personas a
          WHERE a.user_id = r.user_id AND a.window_type = '30d'
          ORDER BY a.assigned_at DESC, a.seq DESC LIMIT 1) month ON true
    LEFT JOIN LATERAL (
         SELECT primary_persona AS persona FROM user_personas a
          WHERE a.user_id = r.user_id AND a.window_type = '180d'
          ORDER BY a.assigned_at DESC, a.seq DESC LIMIT 1) half_year ON true
    LEFT JOIN LATERAL (
         SELECT array_remove(ARRAY[
                    CASE WHEN credit_any_card_high_util THEN 'high_utilization' END,
                    CASE WHEN credit_any_overdue THEN 'overdue' END,
                    CASE WHEN credit_any_interest_charges THEN 'interest_charged' END,
                    CASE WHEN income_cash_flow_buffer_months < 1 THEN 'low_buffer' END], NULL)::varchar[] AS risks
           FROM signal_snapshots s
          WHERE s.user_id = r.user_id AND s.time_window = '30d' AND NOT s.backfill
          ORDER BY s.computed_at DESC LIMIT 1) measured ON true
"""
GIVEN = """
    CASE WHEN r.persona IS NOT NULL THEN month.persona END,
    CASE WHEN r.persona IS NOT NULL THEN month.strength END,
    CASE WHEN r.persona IS NOT NULL THEN half_year.persona END,
    CASE WHEN r.persona IS NOT NULL THEN coalesce(measured.risks, '{}') ELSE '{}' END
"""
NAMES = "persona_30d, strength_30d, persona_180d, risks"
AGAIN = f"""
    UPDATE persona_profiles p SET ({NAMES}) = ROW ({GIVEN})
      FROM persona_profiles r {BESIDE}
     WHERE r.user_id = ANY(%s) AND p.user_id = r.user_id
       AND ROW (p.persona_30d, p.strength_30d, p.persona_180d, p.risks) IS DISTINCT FROM ROW ({GIVEN})
"""


def again(*, user_ids: Collection[UUID]) -> None:
    """Bring what lists show of these people up to what is stored of them. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(AGAIN, [list(user_ids)])

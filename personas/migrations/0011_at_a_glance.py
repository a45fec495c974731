"""A profile also holds what a list of many people shows of each."""

import django.contrib.postgres.fields
from django.db import migrations, models

FILL = """
UPDATE persona_profiles p SET persona_30d = month.persona, strength_30d = month.strength,
       persona_180d = half_year.persona, risks = coalesce(measured.risks, '{}')
  FROM persona_profiles r
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
 WHERE p.user_id = r.user_id AND r.persona IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("personas", "0010_published_with")]

    operations = [
        migrations.AddField("profile", "persona_30d", models.CharField(max_length=32, null=True)),
        migrations.AddField("profile", "strength_30d", models.CharField(max_length=8, null=True)),
        migrations.AddField("profile", "persona_180d", models.CharField(max_length=32, null=True)),
        migrations.AddField(
            "profile",
            "risks",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=16), db_default=[], default=list
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]

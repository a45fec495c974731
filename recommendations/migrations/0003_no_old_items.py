"""Moves have an order; and what a reader sees of items makes the answers kept about them old, in the transaction that decides it."""

from django.db import migrations, models

# Only what stands before or after is seen at all; that an item was shown or clicked changes no answer of its owner's
# that a decision made, and is the one thing a reader's own request writes.
ITEMS = """
CREATE FUNCTION items_make_answers_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users SET cache_generation = cache_generation + 1
     WHERE user_id IN (SELECT is_now.user_id FROM is_now JOIN was USING (id)
                        WHERE 'approved' IN (was.status, is_now.status)
                          AND (was.status, was.flagged) IS DISTINCT FROM (is_now.status, is_now.flagged));
    RETURN NULL;
END $$;
CREATE TRIGGER makes_answers_old AFTER UPDATE ON recommendations REFERENCING OLD TABLE AS was NEW TABLE AS is_now
    FOR EACH STATEMENT EXECUTE FUNCTION items_make_answers_old();
"""

# The greatest columns there are: lz4 takes a tenth of the time, where the server has been built with it.
PACKED = """
DO $$ BEGIN
    ALTER TABLE decision_traces ALTER COLUMN trace_data SET COMPRESSION lz4;
    ALTER TABLE considerations ALTER COLUMN candidates SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN NULL;
END $$;
"""
UNPACKED = """
ALTER TABLE decision_traces ALTER COLUMN trace_data SET COMPRESSION default;
ALTER TABLE considerations ALTER COLUMN candidates SET COMPRESSION default;
"""


class Migration(migrations.Migration):
    dependencies = [("recommendations", "0002_guards")]

    operations = [
        migrations.AddField("recordedmove", "revision", models.IntegerField(db_default=1)),
        migrations.RunSQL(PACKED, UNPACKED),
        migrations.RunSQL(
            ITEMS, "DROP TRIGGER makes_answers_old ON recommendations; DROP FUNCTION items_make_answers_old()"
        ),
    ]

"""What a measurement rests on has a number: every load, revert and grant raises it, under the lock of the person."""

from django.db import migrations, models

# Not a time: a clock is read before a lock is waited for, and would place what came after a measurement before it.
RAISE = """
CREATE FUNCTION users_raise_basis() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users SET basis = basis + 1 WHERE user_id = NEW.user_id;
    RETURN NULL;
END $$;
CREATE TRIGGER raise_basis AFTER INSERT OR UPDATE OF status, processed_at, reverted_at ON data_uploads
    FOR EACH ROW WHEN (NEW.status = 'completed' AND NEW.duplicate_of IS NULL) EXECUTE FUNCTION users_raise_basis();
CREATE TRIGGER raise_basis AFTER INSERT ON consent_records
    FOR EACH ROW WHEN (NEW.purpose = 'analysis') EXECUTE FUNCTION users_raise_basis();
"""

UNRAISE = """
DROP TRIGGER raise_basis ON data_uploads; DROP TRIGGER raise_basis ON consent_records;
DROP FUNCTION users_raise_basis();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_walls_planned_once")]

    operations = [
        migrations.AddField("user", "basis", models.IntegerField(default=0, db_default=0)),
        migrations.RunSQL(RAISE, UNRAISE),
    ]

"""What is said of people anew makes the answers kept about them old, in the transaction that says it."""

from django.db import migrations

# Every act that measures or assigns ends by writing where each person stands. Who never stood anywhere has no answers
# that could be kept, so the first refresh of a population costs nothing.
STANDING = """
CREATE FUNCTION standing_makes_answers_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users SET cache_generation = cache_generation + 1 WHERE user_id IN (SELECT user_id FROM stands);
    RETURN NULL;
END $$;
CREATE TRIGGER makes_answers_old AFTER UPDATE ON persona_profiles REFERENCING NEW TABLE AS stands
    FOR EACH STATEMENT EXECUTE FUNCTION standing_makes_answers_old();
"""


class Migration(migrations.Migration):
    dependencies = [("personas", "0005_published_views")]

    operations = [
        migrations.RunSQL(
            STANDING,
            "DROP TRIGGER makes_answers_old ON persona_profiles; DROP FUNCTION standing_makes_answers_old()",
        )
    ]

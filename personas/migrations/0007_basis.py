"""A profile says of which basis it is; a correction made or withdrawn raises that of its person."""

from django.db import migrations, models

RAISE = """
CREATE TRIGGER raise_basis AFTER INSERT OR UPDATE OF withdrawn_at ON corrections
    FOR EACH ROW EXECUTE FUNCTION users_raise_basis();
"""


class Migration(migrations.Migration):
    dependencies = [("personas", "0006_no_old_answers"), ("accounts", "0008_basis")]

    operations = [
        migrations.AddField("profile", "basis", models.IntegerField(null=True)),
        migrations.RunSQL(RAISE, "DROP TRIGGER raise_basis ON corrections"),
    ]

"""What is kept of bringing former personas over is seen by nobody but who does it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("personas", "0012_former_personas")]

    operations = [
        migrations.RunSQL(
            "SELECT app_protect('persona_migration_runs', 'locked'); SELECT app_protect('persona_migration_rows', 'locked');",
            "DROP POLICY locked ON persona_migration_rows; DROP POLICY locked ON persona_migration_runs;",
        )
    ]

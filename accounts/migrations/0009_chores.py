"""How far each daily duty has come."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_basis"),
    ]

    operations = [
        migrations.CreateModel(
            name="Chore",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40)),
                ("done_through", models.DateField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("attempts", models.IntegerField(default=0)),
                ("lease_until", models.DateTimeField(null=True)),
                ("error", models.CharField(max_length=80, null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.tenant"
                    ),
                ),
            ],
            options={
                "db_table": "chores",
                "constraints": [
                    models.UniqueConstraint(fields=("name", "tenant"), name="chores_once", nulls_distinct=False)
                ],
            },
        ),
        migrations.RunSQL("SELECT app_protect('chores', 'locked')", migrations.RunSQL.noop),  # goes with its table
    ]

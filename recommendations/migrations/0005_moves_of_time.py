"""Moves are asked for by when they were made: what was decided today, and in a range of days."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recommendations", "0004_traces_kept_fast")]

    operations = [
        migrations.AddIndex(
            model_name="recordedmove", index=models.Index(fields=["tenant", "at"], name="moves_of_time")
        ),
    ]

"""What a session keeps of its refresh token and of its end, and that it goes with its Django session."""

from django.db import migrations, models

KEEP = """
ALTER TABLE usersessions_usersession
    ADD COLUMN refresh_token varchar(64) CONSTRAINT usersessions_refresh_token_once UNIQUE,
    ADD COLUMN expires_at timestamptz NOT NULL DEFAULT now() + interval '30 days';
UPDATE usersessions_usersession SET expires_at = created_at + interval '30 days';
DELETE FROM usersessions_usersession u WHERE NOT EXISTS
    (SELECT FROM django_session s WHERE s.session_key = u.session_key);
ALTER TABLE usersessions_usersession ADD CONSTRAINT usersessions_session FOREIGN KEY (session_key)
    REFERENCES django_session (session_key) ON DELETE CASCADE;
"""

FORGET = """
ALTER TABLE usersessions_usersession
    DROP CONSTRAINT usersessions_session, DROP COLUMN expires_at, DROP COLUMN refresh_token;
"""

# WITH, because PostgreSQL would let rows be written through a plain view; it reads the same plan from both.
SESSIONS = """
CREATE VIEW sessions WITH (security_invoker = true) AS
WITH kept AS (
    SELECT md5(session_key)::uuid AS session_id, user_id, refresh_token, expires_at, created_at,
           last_seen_at AS last_used_at
      FROM usersessions_usersession)
SELECT * FROM kept;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_chores"),
        ("usersessions", "0001_initial"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(KEEP, FORGET),
        migrations.CreateModel(
            name="OpenSession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ip", models.GenericIPAddressField()),
                ("user_agent", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("refresh_token", models.CharField(max_length=64, null=True, unique=True)),
                ("data", models.JSONField(default=dict)),
            ],
            options={"db_table": "usersessions_usersession", "managed": False},
        ),
        migrations.RunSQL(SESSIONS, "DROP VIEW sessions"),
    ]

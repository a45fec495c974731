"""`migrate`, as the owner of the tables; afterwards the serving role gets exactly what it needs."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as Migrate
from django.db import DEFAULT_DB_ALIAS, connections

# The parts of a partitioned table have no policies of their own: rows are reached through the parent only.
GRANT = """
DO $$ DECLARE part regclass; BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %1$I', {role});
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %1$I', {role});
    EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO %1$I', {role});
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM %1$I', {role});
    FOR part IN SELECT oid FROM pg_class WHERE relispartition AND relnamespace = 'public'::regnamespace
                   AND relkind IN ('r', 'p') LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %I', part, {role});
    END LOOP;
END $$;
"""


class Command(Migrate):
    help = "Applies the migrations as the owner role (DATABASE_OWNER_URL)."

    def add_arguments(self, parser: Any) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        alias = options["database"]
        if alias == DEFAULT_DB_ALIAS and "owner" in settings.DATABASES:
            options["database"] = alias = "owner"  # Django's own callers name the default
        if alias not in settings.DATABASES:
            raise CommandError("Migrations run as the owner of the tables: set DATABASE_OWNER_URL.")
        super().handle(*args, **options)
        role = settings.DATABASES[DEFAULT_DB_ALIAS]["USER"]
        if role and role != settings.DATABASES[alias]["USER"] and not options["check_unapplied"]:
            connection = connections[alias]
            with connection.cursor() as cursor:
                quoted = "'" + role.replace("'", "''") + "'"
                cursor.execute(GRANT.format(role=quoted))

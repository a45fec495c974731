"""Whether personas can be given: the database answers and the tables are there."""

from dataclasses import dataclass

from django.db import DatabaseError, connection

TABLES = "SELECT to_regclass('user_personas') IS NOT NULL, to_regclass('persona_transitions') IS NOT NULL"


@dataclass(frozen=True)
class Readiness:
    database_connected: bool
    user_personas_table: bool = False
    persona_transitions_table: bool = False

    @property
    def whole(self) -> bool:
        return self.database_connected and self.user_personas_table and self.persona_transitions_table


def readiness() -> Readiness:
    try:
        with connection.cursor() as cursor:
            cursor.execute(TABLES)
            return Readiness(True, *cursor.fetchone())
    except DatabaseError:
        return Readiness(False)

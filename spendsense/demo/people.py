"""The people of a demo: invited, invented and measured once for a database, a size and their code."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from spendsense.devstack.home import PROJECT

from .programs import Programs
from .told import write_privately

Logins = list[dict[str, Any]]


@dataclass(frozen=True)
class Population:
    """Which people are wanted, and the record of those that are there."""

    record: Path
    owner_url: str
    users: int

    def logins(self) -> Logins | None:
        """The logins of the cast, or None where the tables or the people are not those of this code."""
        made = json.loads(self.record.read_text()) if self.record.exists() else {}
        known: Logins | None = made.pop("logins", None)
        return known if made == self._wanted() else None

    def make(self, programs: Programs, today: str) -> tuple[Logins, str]:
        """Bring them in, tables being there; the logins of the cast and what the pipeline said."""
        logins = json.loads(programs.manage("Inviting the demo cast", "seed_demo --json"))
        generate = f"seed_population --users {self.users} --seed 1 --until {today} --quiet"
        programs.manage(f"Loading {self.users} invented people", generate)
        summary = programs.manage("Running the pipeline through the worker", "run_pipeline --through-worker")
        write_privately(self.record, json.dumps(self._wanted() | {"logins": logins}))
        return logins, summary

    def _wanted(self) -> dict[str, Any]:
        return {"database": _identity(self.owner_url), "users": self.users, "code": _fingerprint(PROJECT)}


def _identity(url: str) -> str:
    """Which database this is: a new cluster under an old address has another one."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT system_identifier || '/' || d.oid FROM pg_control_system(), pg_database d"
            " WHERE d.datname = current_database()"
        ).fetchone()
    return str(row[0]) if row else ""


def _fingerprint(project: Path) -> str:
    """The code that makes tables and people, so that a second start need not ask Django what is new."""
    digest = hashlib.sha256()
    made_by = (*project.glob("*/migrations/*.py"), *project.glob("*/management/commands/*.py"))
    for path in sorted((*made_by, *project.glob("requirements.txt"))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()

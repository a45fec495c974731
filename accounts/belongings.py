"""What the apps keep of a person: each declares it in a module `leaving`, named in the settings from the top down."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.db.models import DateTimeField, Model

from accounts import storage
from accounts.models.leaving import Scope

# A time as the API tells it; a day, a number and a document are told alike by PostgreSQL.
TIME = """to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


@dataclass(frozen=True)
class Section:
    """One file of an export: a query that gives one JSON object a row, for %(user)s or %(subject_ref)s."""

    name: str
    query: str


def of_table(name: str, model: type[Model], order: str, leave_out: tuple[str, ...] = ()) -> Section:
    """Every column of the person's rows but those that say nothing to them."""
    columns = []
    for column in model._meta.local_concrete_fields:
        if column.column not in ("tenant_id", *leave_out):
            value = f'"{column.column}"'
            told = TIME.format(column=value) if isinstance(column, DateTimeField) else value
            columns.append(f"{told} AS {value}")
    rows = f"SELECT {', '.join(columns)} FROM {model._meta.db_table} WHERE user_id = %(user)s ORDER BY {order}"
    return Section(name, f"SELECT row_to_json(told)::text FROM ({rows}) AS told")


@dataclass(frozen=True, order=True)
class Place:
    """Where objects of a person lie: a folder if it ends in a slash, else one key."""

    store: str
    prefix: str

    def within(self, other: "Place") -> bool:
        return self.store == other.store and other.prefix.endswith("/") and self.prefix.startswith(other.prefix)

    def count(self) -> int:
        return storage.count(self.prefix, store=self.store)

    def clear(self) -> None:
        if self.prefix.endswith("/"):
            storage.erase(self.prefix, store=self.store)
        else:
            storage.delete(self.prefix, store=self.store)


Places = Callable[[UUID], Iterator[Place]]


def _nowhere(_: UUID) -> Iterator[Place]:
    yield from ()


@dataclass(frozen=True)
class Belongings:
    """Of one app.

    `tables` are those with a `user_id`, in the order in which they can be emptied, under the scope that empties them;
    `scrubs` are statements, by the table they change, that take the person out of rows without a `user_id`; they run
    before the tables are emptied. `places` are asked before anything is deleted.
    """

    sections: tuple[Section, ...] = ()
    tables: Mapping[Scope, tuple[str, ...]] = field(default_factory=dict)
    scrubs: Mapping[Scope, Mapping[str, str]] = field(default_factory=dict)
    places: Mapping[Scope, Places] = field(default_factory=dict)

    def emptied_by(self, scope: Scope) -> tuple[str, ...]:
        return tuple(table for part in parts(scope) for table in self.tables.get(part, ()))

    def scrubbed_by(self, scope: Scope) -> dict[str, str]:
        return {table: scrub for part in parts(scope) for table, scrub in self.scrubs.get(part, {}).items()}

    def places_of(self, user_id: UUID, scope: Scope) -> Iterator[Place]:
        for part in parts(scope):
            yield from self.places.get(part, _nowhere)(user_id)


def parts(scope: Scope) -> tuple[Scope, ...]:
    """An account is everything."""
    return (Scope.ANALYSIS, Scope.NOTES, Scope.ACCOUNT) if scope == Scope.ACCOUNT else (scope,)


@cache
def declared() -> tuple[Belongings, ...]:
    return tuple(import_module(name).BELONGINGS for name in settings.LEAVING)

"""Loading a file from the server's own disk, for the person it belongs to; a loaded file is a duplicate next time."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from accounts import people, rowsecurity, uploads
from accounts.models import Tenant, User
from accounts.models.uploads import Channel, Status
from accounts.refusals import Refused


@dataclass(frozen=True)
class Job:
    """One file of an import; plain values, so that another process can run it."""

    path: str
    tenant_id: str
    user_id: str | None = None
    split_by: str | None = None
    create_users: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    dry_run: bool = False


@dataclass
class Outcome:
    name: str
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: list[str] = field(default_factory=list)
    report: dict[str, Any] | None = None

    @property
    def rows(self) -> int:
        return self.inserted + self.updated + self.unchanged


def run(job: Job, *, now: datetime) -> Outcome:
    path = Path(job.path)
    outcome = Outcome(path.name)
    data = path.read_bytes()
    try:
        for user, part in _parts(job, path.stem, data):
            if job.dry_run:
                statement = uploads.preview(user=user, file_name=path.name, data=part, options=job.options, now=now)
                outcome.report = {"file": path.name, "status": "preview", **statement.report()}
                outcome.problems += _sentences(outcome.report["errors"])
            else:
                _load(outcome, user, path.name, part, job.options, now)
    except Refused as refused:
        outcome.problems.append(f"{refused.code}  {refused}")
    return outcome


def _load(outcome: Outcome, user: User, name: str, data: bytes, options: Mapping[str, str], now: datetime) -> None:
    got = uploads.receive(user=user, file_name=name, data=data, options=options, now=now, channel=Channel.COMMAND)
    upload = got.upload
    if claimed := uploads.claim(tenant_id=user.tenant_id, now=now, upload_id=upload.pk):
        upload = uploads.load(upload=claimed, now=now)
    report = upload.report or {}
    if upload.status == Status.FAILED:
        outcome.problems += _sentences(upload.validation_errors or [])
    elif "storage" in report:
        stored = report["storage"]["postgresql"]["transactions"]
        if got.duplicate:
            outcome.unchanged += sum(stored.values())
        else:
            outcome.inserted += stored["inserted"]
            outcome.updated += stored["updated"]
            outcome.unchanged += stored["unchanged"]


def _sentences(problems: list[dict[str, Any]]) -> list[str]:
    return [
        "  ".join(filter(None, [problem["line"] and f"line {problem['line']}", problem["code"], problem["error"]]))
        for problem in problems
        if problem["severity"] == "error"
    ]


def _parts(job: Job, stem: str, data: bytes) -> Iterator[tuple[User, bytes]]:
    if job.user_id:
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            yield User.objects.get(pk=job.user_id), data
    elif job.split_by:
        for value, part in split(data, job.split_by):
            yield _person(job, f"{value}@import.invalid"), part
    else:
        yield _person(job, stem), data


class UnknownPerson(Refused):
    code = "UNKNOWN_PERSON"


def _person(job: Job, email: str) -> User:
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        tenant = Tenant.objects.get(pk=job.tenant_id)
        existing = User.objects.filter(tenant=tenant, email__iexact=email).first()
        if existing:
            return existing
        if not job.create_users:
            raise UnknownPerson(f"There is no person {email}; --create-users makes one.")
        return people.enrol(tenant=tenant, email=email, password=None)


def split(data: bytes, column: str) -> Iterator[tuple[str, bytes]]:
    """One CSV for each value of a column, each under the header of the whole, in order of first appearance."""
    text = data.decode("utf-8-sig")
    rows = csv.reader(io.StringIO(text, newline=""))
    header = next(rows, [])
    if column not in header:
        raise uploads.Unacceptable(f"The file has no column {column} to split by.")
    at = header.index(column)
    parts: dict[str, list[list[str]]] = {}
    for row in rows:
        if len(row) > at:
            parts.setdefault(row[at], []).append(row)
    for value, mine in parts.items():
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\n").writerows([header, *mine])
        yield value, out.getvalue().encode()

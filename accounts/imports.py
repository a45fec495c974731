"""Loading a file from the server's own disk, for the person it belongs to; a loaded file is a duplicate next time."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts import loads, people, previews, rowsecurity, uploads
from accounts.faults import tried
from accounts.models import Tenant, Upload, User
from accounts.models.uploads import Channel, Status
from accounts.refusals import Refused
from accounts.statements.encoding import decode
from accounts.statements.problems import Findings

DELIMITERS = ",;\t"
LABELS = "label.json"  # what generate_population knows of the files beside it; no statement itself


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
    reports: list[dict[str, Any]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return self.inserted + self.updated + self.unchanged


@dataclass(frozen=True)
class Part:
    """What one person gets of a file; `about` says so where a problem of it is told."""

    user: User
    data: bytes
    options: Mapping[str, str]
    about: str = ""


class UnknownPerson(Refused):
    code = "UNKNOWN_PERSON"


class Unreadable(Refused):
    code = "UNREADABLE"


class StillLoading(Refused):
    code = "STILL_LOADING"
    sentence = "Another worker has this file. Run the command again in two minutes."


class Broke(Refused):
    code = "PROCESSING_FAILED"
    sentence = "It could not be loaded: the fault is ours, and is in the log. Run the command again in a minute."


def run(job: Job, *, now: datetime) -> Outcome:
    """One file; a fault of ours is told of it like a problem, and stops no other."""
    broken = Outcome(Path(job.path).name, problems=[f"{Broke.code}  {Broke.sentence}"])
    return tried(partial(_run, job, now), lambda _: broken, tenant=job.tenant_id)


def _run(job: Job, now: datetime) -> Outcome:
    path = Path(job.path)
    outcome = Outcome(path.name)
    try:
        for part in _parts(job, path):
            if job.dry_run:
                _look(outcome, part, path.name, now)
            else:
                _load(outcome, part, path.name, now)
    except Refused as refused:
        outcome.problems.append(f"{refused.code}  {refused}")
    return outcome


def _look(outcome: Outcome, part: Part, name: str, now: datetime) -> None:
    statement = uploads.preview(user=part.user, file_name=name, data=part.data, options=part.options, now=now)
    report = previews.preview_of(statement, user_id=part.user.pk, now=now)
    outcome.reports.append({"file": name, **report})
    outcome.problems += _sentences(part, report["errors"])


def _load(outcome: Outcome, part: Part, name: str, now: datetime) -> None:
    got = uploads.receive(
        user=part.user, file_name=name, data=part.data, options=part.options, now=now, channel=Channel.COMMAND
    )
    claimed = loads.claim(tenant_id=part.user.tenant_id, now=now, upload_id=got.upload.pk)
    upload = _loaded(claimed, now) if claimed else got.upload
    if upload.status == Status.FAILED:
        outcome.problems += _sentences(part, upload.validation_errors or [])
    elif upload.status != Status.COMPLETED:
        raise StillLoading
    elif upload.report:
        stored = upload.report["storage"]["postgresql"]["transactions"]
        if claimed:
            outcome.inserted += stored["inserted"]
            outcome.updated += stored["updated"]
            outcome.unchanged += stored["unchanged"]
        else:
            outcome.unchanged += sum(stored.values())


def _loaded(claimed: Upload, now: datetime) -> Upload:
    """Given back after a fault of ours, as the pipeline does it."""

    def given_back(_: str) -> Upload:
        upload = loads.give_back(upload=claimed, now=now)
        if upload.status == Status.PENDING:
            raise Broke
        return upload

    return tried(partial(loads.load, upload=claimed, now=now), given_back, upload_id=str(claimed.pk))


def _sentences(part: Part, problems: list[dict[str, Any]]) -> list[str]:
    """`line 88  AMOUNT_INVALID  amount "twelve" is not an amount`; a JSON file counts in transactions."""
    said = []
    for problem in problems:
        place, colon, sentence = problem["error"].partition(": ")
        if problem["line"] is None or not colon:
            place, sentence = "", problem["error"]
        if problem["severity"] == "error":
            said.append("  ".join(filter(None, [part.about, place.lower(), problem["code"], sentence])))
    return said


def _parts(job: Job, path: Path) -> Iterator[Part]:
    try:
        data = path.read_bytes()
    except OSError as unreadable:
        raise Unreadable(f"The file cannot be read: {unreadable.strerror}.") from unreadable
    if job.user_id:
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            user = User.objects.get(pk=job.user_id)
        yield Part(user, data, job.options)
    elif job.split_by:
        as_written = {name: wish for name, wish in job.options.items() if name != "encoding"}  # a part is UTF-8
        for value, part in split(data, job.split_by, job.options.get("encoding")):
            user = _person(job, f"{value}@import.invalid")
            yield Part(user, part, as_written, f"{job.split_by} {value}, among its own rows")
    else:
        yield Part(_person(job, path.stem), data, job.options)


def _person(job: Job, email: str) -> User:
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        tenant = Tenant.objects.get(pk=job.tenant_id)
        user = User.objects.filter(email__iexact=email).first() or _new(job, tenant, email)
    if user.tenant_id != tenant.pk or not user.is_consumer:
        raise UnknownPerson(f"{email} is not a consumer of tenant {tenant.slug}.")
    return user


def _new(job: Job, tenant: Tenant, email: str) -> User:
    if not job.create_users:
        raise UnknownPerson(f"There is no person {email}; --create-users makes one.")
    try:
        User._meta.get_field("email").run_validators(email)
    except ValidationError as wrong:
        raise UnknownPerson(f'"{email}" is not an e-mail address, so no person is made of it.') from wrong
    if job.dry_run:
        return User(tenant=tenant, email=email)
    try:
        return people.enrol(tenant=tenant, email=email, password=None)
    except IntegrityError:
        return User.objects.get(email__iexact=email)  # another worker met the same person


def split(data: bytes, column: str, encoding: str | None = None) -> Iterator[tuple[str, bytes]]:
    """One CSV for each value of a column, each under the header of the whole, in order of first appearance."""
    text = _text(data, encoding)
    for delimiter in DELIMITERS:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        header = next(rows, [])
        if column in (names := [cell.strip().casefold() for cell in header]):
            break
    else:
        raise Unreadable(f"The first line names no column {column} to split by.")
    at = names.index(column)
    parts: dict[str, list[list[str]]] = {}
    try:
        for row in rows:
            value = row[at].strip() if len(row) > at else ""
            if value:
                parts.setdefault(value, []).append(row)
            elif any(row):
                raise Unreadable(f"Line {rows.line_num} has no {column}, so it belongs to nobody. Fill it in.")
    except csv.Error as wrong:
        raise Unreadable(f"Line {rows.line_num} cannot be read: {wrong}.") from wrong
    for value, mine in parts.items():
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows([header, *mine])
        yield value, out.getvalue().encode()


def _text(data: bytes, encoding: str | None) -> str:
    findings = Findings(numbered_by_line=True)
    decoded = decode(data, encoding, findings, guess=True)
    if decoded is None:
        raise Unreadable(findings.kept()[0].error)
    return decoded[0]

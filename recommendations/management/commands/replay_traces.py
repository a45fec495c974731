"""`replay_traces`: make traces again from what they name, and say which come out otherwise, and where."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from collections import Counter
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts import rowsecurity
from accounts.management.people import INTERRUPTED, SOME_FAILED, StaffCommand, tenant_of, user_of
from accounts.management.workers import finishing_first
from accounts.progress import Progress
from recommendations import traces
from recommendations.traces import Replayed, Result

CHUNK = 1500
SHOWN = 5  # differing paths of one trace on a terminal


def at_least_one(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"{text} is no number of traces")
    return int(text)


class Command(StaffCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--recommendation", type=UUID, metavar="ID", help="the trace of one item")
        parser.add_argument("--user", help="e-mail or id of one person")
        parser.add_argument("--since", type=date.fromisoformat, metavar="DATE", help="made on this day (UTC) or later")
        parser.add_argument("--sample", type=at_least_one, metavar="N", help="so many of them, others each day")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = tenant_of(options["tenant"])
        user = user_of(options["user"], tenant) if options["user"] else None
        since = options["since"]
        with rowsecurity.viewing(rowsecurity.MAINTENANCE):
            ids = traces.recorded(
                tenant_id=tenant.pk,
                recommendation_id=options["recommendation"],
                user_id=user.pk if user else None,
                since=datetime.combine(since, time.min, UTC) if since else None,
                sample=options["sample"],
                salt=timezone.now().date().isoformat(),
            )
        counted: Counter[str] = Counter()
        if options["recommendation"] and not ids:
            self._tell(options, Replayed(options["recommendation"], Result.UNAVAILABLE, reason=traces.ERASED), counted)
        with (
            Progress("replay_traces", "traces", len(ids), quiet=options["quiet"]) as progress,
            finishing_first() as asked,
        ):
            for first in range(0, len(ids), CHUNK):
                some = ids[first : first + CHUNK]
                with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
                    done = traces.replay(recommendation_ids=some, tenant_id=tenant.pk)
                for one in done:
                    self._tell(options, one, counted)
                progress.step(units=len(done), failed=sum(one.result is Result.DIFFERENT for one in done))
                if asked.is_set():
                    break
        results = {result.value: counted[result.value] for result in Result}
        said = "  ".join(f"{result.replace('_', ' ')} {count:,}" for result, count in results.items())
        self.say(
            options,
            f"done  {progress.done:,} traces  {said}  {progress.elapsed}",
            traces=progress.done,
            **results,
            engine_changed=counted["engine_changed"],
        )
        if progress.done < len(ids):
            self.stderr.write("Stopped after the traces in hand.")
            raise SystemExit(INTERRUPTED)
        if counted[Result.DIFFERENT.value]:
            raise SystemExit(SOME_FAILED)

    def _tell(self, options: dict[str, Any], one: Replayed, counted: Counter[str]) -> None:
        """What came out the same needs no line of its own, unless it was asked for by name."""
        counted[one.result.value] += 1
        counted["engine_changed"] += one.engine_changed
        if one.result is Result.IDENTICAL and not options["recommendation"]:
            return
        if options["json"]:
            self.stdout.write(json.dumps(asdict(one), default=str))
            return
        self.stdout.write(f"{one.recommendation_id}  {one.result}{f' ({one.reason})' if one.reason else ''}")
        for found in one.differences[:SHOWN]:
            self.stdout.write(f"  {found.path}: {found.stored!r} is now {found.recomputed!r}")
        if len(one.differences) > SHOWN:
            self.stdout.write(f"  and {len(one.differences) - SHOWN:,} more")

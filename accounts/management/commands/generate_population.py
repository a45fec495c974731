"""`generate_population`: people who never existed, as files of statements or straight into the tables."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts import population
from accounts.imports import LABELS
from accounts.management.people import StaffCommand, processes, tenant_of, wrong_usage
from accounts.management.workers import pool
from accounts.population import Recipe, RecipeError
from accounts.progress import Progress

CHUNK = 250
RENDER = {"json": population.as_json, "csv": population.as_csv, "plain": population.as_plain}


class Command(StaffCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--users", type=int, required=True, metavar="N")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--mix", default="", help="high_utilization=30,... in percent (default: 20 each)")
        parser.add_argument("--days", type=int, default=365)
        parser.add_argument(
            "--until", type=date.fromisoformat, required=True, help="the last day, for example 2025-06-30"
        )
        parser.add_argument("--awkward", type=float, default=0.05, metavar="SHARE")
        parser.add_argument("--no-consent-share", type=float, default=0.1, metavar="SHARE")
        parser.add_argument("--sign-policy", choices=list(population.SignPolicy), default="inflow_positive")
        parser.add_argument("--float-noise", action="store_true", help="amounts such as 935.0000000000001 in JSON")
        parser.add_argument("--format", choices=list(RENDER), default="json")
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--output", type=Path, metavar="DIR", help="one file a person, and label.json")
        where.add_argument("--load", action="store_true", help="into the tables, as the owner (demo and test only)")
        parser.add_argument("--workers", type=processes, default=0, metavar="N", help="processes (0: this one)")

    def handle(self, *args: Any, **options: Any) -> None:
        recipe = self._recipe(options)
        if options["load"]:
            if not settings.AT_HOME:
                raise wrong_usage("--load makes people in the tables: demo and test only. Use --output here.")
            if "owner" not in settings.DATABASES:
                raise wrong_usage("--load writes as the owner of the tables: set DATABASE_OWNER_URL.")
            work = partial(load, recipe, str(tenant_of(options["tenant"]).pk))
        else:
            if options["output"].exists() and not options["output"].is_dir():
                raise wrong_usage(f"{options['output']} is not a folder.")
            options["output"].mkdir(parents=True, exist_ok=True)
            work = partial(write, recipe, str(options["output"]), options["format"])
        chunks = [(first, min(first + CHUNK, recipe.users)) for first in range(0, recipe.users, CHUNK)]
        rows, labels = 0, []
        with Progress("generate_population", "users", recipe.users, quiet=options["quiet"]) as progress:
            for (first, last), (made, labelled) in zip(
                chunks, self._run(work, chunks, options["workers"]), strict=True
            ):
                rows += made
                labels += labelled
                progress.step(rows=made, units=last - first)
        if options["output"]:
            text = json.dumps(labels, separators=(",", ":"), sort_keys=True)
            (options["output"] / LABELS).write_text(text + "\n")
        self.say(
            options,
            f"done  {recipe.users:,} users  {rows:,} rows  {progress.elapsed}",
            users=recipe.users,
            rows=rows,
        )

    def _recipe(self, options: dict[str, Any]) -> Recipe:
        try:
            mix = {"mix": population.parse_mix(options["mix"])} if options["mix"] else {}
            return Recipe(
                seed=options["seed"],
                users=options["users"],
                days=options["days"],
                until=options["until"],
                awkward=options["awkward"],
                no_consent_share=options["no_consent_share"],
                sign_policy=options["sign_policy"],
                float_noise=options["float_noise"],
                **mix,
            )
        except RecipeError as wrong:
            raise wrong_usage(str(wrong)) from wrong

    def _run(self, work: Any, chunks: list[tuple[int, int]], workers: int) -> Iterator[tuple[int, list[Any]]]:
        if workers == 0:
            yield from map(work, chunks)
            return
        with pool(workers) as shared:
            yield from shared.map(work, chunks)


def write(recipe: Recipe, folder: str, form: str, chunk: tuple[int, int]) -> tuple[int, list[Any]]:
    """One file a person, named by the e-mail, so that `import_statements --users-from-names` finds them."""
    batch = population.people(recipe, *chunk)
    suffix = "json" if form == "json" else "csv"
    for user_id, email in batch.people.select("user_id", "email").iter_rows():
        (Path(folder) / f"{email}.{suffix}").write_bytes(RENDER[form](batch, user_id))
    return batch.transactions.height, population.label(batch)


def load(recipe: Recipe, tenant_id: str, chunk: tuple[int, int]) -> tuple[int, list[Any]]:
    from accounts.populating import populate

    on_the_last_day = datetime.combine(recipe.until, time(12), UTC)
    inserted = populate(batch=population.people(recipe, *chunk), tenant_id=tenant_id, now=on_the_last_day)  # type: ignore[arg-type]
    return inserted, []

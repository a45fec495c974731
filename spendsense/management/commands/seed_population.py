"""`seed_population`: invented people with a past: some are measured as they were before, then come as they are now."""

from argparse import ArgumentParser
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from accounts import population, rowsecurity
from accounts.management.people import StaffCommand, tenant_of
from accounts.populating import populate
from accounts.population import Recipe
from accounts.progress import Progress
from personas import profiles

CHUNK = 250


class Command(StaffCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--users", type=int, required=True, metavar="N")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--until", type=date.fromisoformat, required=True, help="the last day of their statements")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.AT_HOME:
            raise CommandError("seed_population makes people in the tables: demo and test only.")
        tenant = tenant_of(options["tenant"])
        recipe = Recipe(seed=options["seed"], users=options["users"], until=options["until"])
        chunks = [(first, min(first + CHUNK, recipe.users)) for first in range(0, recipe.users, CHUNK)]
        rows = 0
        with Progress("seed_population", "users", recipe.users, quiet=options["quiet"]) as progress:
            for first, last in chunks:
                before, now = population.people_before(recipe, first, last), population.people(recipe, first, last)
                if before.people.height:
                    changed = min(now.people["change_on"].drop_nulls().to_list())
                    then = noon(changed - timedelta(days=1))
                    rows += populate(batch=before, tenant_id=tenant.pk, now=then)
                    with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
                        profiles.refresh(
                            user_ids=before.people["user_id"].to_list(),
                            tenant_id=tenant.pk,
                            now=then + timedelta(hours=1),
                        )
                rows += populate(batch=now, tenant_id=tenant.pk, now=noon(recipe.until))
                progress.step(rows=rows, units=last - first)
        self.say(
            options, f"done  {recipe.users:,} users  {rows:,} rows  {progress.elapsed}", users=recipe.users, rows=rows
        )


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)

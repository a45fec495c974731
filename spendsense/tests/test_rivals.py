"""What the benchmark compares is the same product: rivals written person by person store what the engine stores."""

from datetime import date, timedelta

import pytest
from django.db import connection

from accounts import populating, population, rowsecurity
from accounts.models import User
from accounts.tests import factories
from bench.rivals.agreement import differences
from bench.rivals.one_by_one import through_the_orm, tight
from personas import profiles, rulesets

PEOPLE = 200
ROWS = 1100  # at least: three snapshots each, and three assignments of nearly everybody


FORGED = "CREATE TEMP TABLE forged ON COMMIT DROP AS SELECT * FROM signal_snapshots WHERE computed_at = %s LIMIT 1"


def test_rivals_store_what_the_engine_stores_column_by_column(live_db, now):
    recipe = population.Recipe(
        seed=11, users=PEOPLE, until=date(2025, 6, 30), days=270, awkward=0.4, no_consent_share=0
    )
    tenant = factories.TenantFactory()
    for first in range(0, PEOPLE, 100):
        populating.populate(batch=population.people(recipe, first, first + 100), tenant_id=tenant.pk, now=now)
    with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
        user_ids = list(User.objects.order_by("pk").values_list("pk", flat=True))
        profiles.refresh(user_ids=user_ids, tenant_id=tenant.pk, now=now)
        active = rulesets.active(tenant_id=tenant.pk)
        for days, (rival, whom) in enumerate(((tight, user_ids), (through_the_orm, user_ids[:40])), start=1):
            at = now + timedelta(days=days)
            for user_id in whom:
                rival(connection.connection, user_id, tenant.pk, active, at)
            compared, found = differences(connection.connection, at)
            assert compared >= ROWS * len(whom) // PEOPLE and found == []


@pytest.mark.parametrize("column", ["spending_spend_total", "merchants"])
def test_a_difference_is_found(live_db, now, column):
    recipe = population.Recipe(seed=3, users=10, until=date(2025, 6, 30), no_consent_share=0)
    tenant = factories.TenantFactory()
    populating.populate(batch=population.people(recipe, 0, 10), tenant_id=tenant.pk, now=now)
    with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
        user_ids = list(User.objects.values_list("pk", flat=True))
        profiles.refresh(user_ids=user_ids, tenant_id=tenant.pk, now=now)
        active = rulesets.active(tenant_id=tenant.pk)
        at = now + timedelta(days=1)
        for user_id in user_ids:
            tight(connection.connection, user_id, tenant.pk, active, at)
        wrong = "'[{}]'::jsonb" if column == "merchants" else "-1"
        with connection.cursor() as cursor:  # one row more, as if it had been measured otherwise
            cursor.execute(FORGED, [at])
            changed = f"snapshot_id = gen_random_uuid(), computed_at = %s, {column} = {wrong}"
            cursor.execute(f"UPDATE forged SET {changed}", [at + timedelta(days=1)])
            cursor.execute("INSERT INTO signal_snapshots SELECT * FROM forged")
        _, found = differences(connection.connection, at + timedelta(days=1))
        assert [columns for _, _, columns in found if columns == [column]]

"""The console in a real browser, where there is one."""

from typing import Any

import pytest

from accounts import people, rowsecurity
from accounts.models import Tenant
from accounts.roles import Role
from operators.tests import browsers


@pytest.fixture
def opened(site: str, staff: str | None, chromium: Any) -> browsers.Opening:
    return browsers.opening(chromium, site)


@pytest.fixture
def staff(live_db: str, request: pytest.FixtureRequest, settings: Any) -> str | None:
    """An administrator in the live database; the TOTP secret, or None for one who has yet to set it up."""
    settings.MFA_TOTP_TOLERANCE = 1  # a code may grow old between the reckoning and the typing
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        tenant = Tenant.objects.get(slug="default")
        user = people.enrol(tenant=tenant, email=browsers.ADA, password=browsers.PASSWORD, role=Role.ADMIN)
        return people.second_factor_secret(user=user) if getattr(request, "param", True) else None

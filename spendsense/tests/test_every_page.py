"""Every page of the console in a real browser, full and empty: nothing breaks, is too wide, faint or unnamed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.tests import factories
from accounts.tests.callers import session_for
from operators.tests import browsers
from operators.tests.browsing import INLINE
from spendsense.tests.authorization.calls import filled
from spendsense.tests.authorization.console import OURS
from spendsense.tests.authorization.world import built

STOCK = [
    "/admin/",
    "/admin/accounts/tenant/",
    "/admin/accounts/apikey/",
    "/admin/accounts/apikey/add/",
    "/admin/accounts/staff/",
    "/admin/accounts/staff/add/",
    "/signin/2fa/",
    "/signin/sessions/",
    "/signin/password/change/",
]
ROWS = ["/admin/accounts/apikey/{key}/change/", "/admin/accounts/staff/{member}/change/"]
LOOKED_AT = [page.path for page in OURS if page.get == 200 and "download" not in page.path]
SIZES = ({"width": 1440, "height": 900}, {"width": 1024, "height": 768})
LOOKING = (Path(__file__).parent / "looking.js").read_text()
TELL = "addEventListener('securitypolicyviolation', (broken) => console.error(`refused: ${broken.violatedDirective}`))"


@pytest.fixture
def institutions(live_db: str, own_store: Path) -> dict[str, tuple[str, list[str]]]:
    """Of the full and of the empty one: the session of an administrator, and the addresses of all pages."""
    world = built(timezone.now())
    alone = factories.UserFactory(
        email="new@example.test", role="admin", tenant=factories.TenantFactory(slug="not-begun")
    )
    words = world.named("maya")
    return {
        "full": (world.callers["ada"].session_key, [*STOCK, *filled([*LOOKED_AT, *ROWS], words)]),
        "empty": (str(session_for(alone).session_key), [*STOCK, *(path for path in LOOKED_AT if "{" not in path)]),
    }


def wrong_with(page: Any, address: str) -> Iterator[str]:
    answer = page.goto(address)
    if answer.status != 200:
        yield f"It answers {answer.status}."
    if inline := INLINE.search(answer.text()):
        yield f"Inline: {inline[0]}"
    page.keyboard.press("Tab")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for size in SIZES:
            page.set_viewport_size(size)
            yield from page.evaluate(LOOKING)


def test_every_page_reads_well_full_and_empty(institutions, site, chromium):
    found: dict[str, list[str]] = {}
    for name, (session_key, addresses) in institutions.items():
        page, complaints = browsers.opening(chromium, site)(reduced_motion="reduce")
        page.add_init_script(TELL)
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_key, "url": site}])
        for address in addresses:
            if wrong := [*dict.fromkeys(wrong_with(page, address)), *complaints]:
                found[f"{name} {address}"] = wrong
            complaints.clear()
        page.context.close()
    assert found == {}

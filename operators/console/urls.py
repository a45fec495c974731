"""Every page of ours in the console on one screen, under the headings of the rail.

Staff, API keys and the institution's settings stand in `accounts.admin`.
"""

from collections.abc import Mapping

from operators.console.pages import Page

PAGES: Mapping[str, tuple[Page, ...]] = {
    "Work": (),
    "People": (),
    "Content": (),
    "Numbers": (),
    "Records": (),
}

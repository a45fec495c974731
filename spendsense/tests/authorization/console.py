"""The console: who may look at the list of each page and at one of its rows, and where something can be made.

Everything else that the stock admin offers (changing by its forms, deleting, its own history) is nobody's.
"""

from dataclasses import dataclass

EVERYONE, ADMINS = ("june", "omar", "ada"), ("ada",)


@dataclass(frozen=True)
class Page:
    shown_to: tuple[str, ...]
    row: str = ""  # the word of World.ids by which a row of maya's, or of her institution, is named
    made_by: tuple[str, ...] = ()  # a form of ours stands behind "add", and another one behind the row


PAGES = {
    "accounts.user": Page(EVERYONE, "person"),
    "accounts.consentrecord": Page(EVERYONE, "consent"),
    "accounts.upload": Page(EVERYONE, "upload"),
    "accounts.account": Page(EVERYONE, "account"),
    "accounts.tenant": Page(ADMINS),  # its list is the one page there is, and its rows lead there
    "accounts.apikey": Page(ADMINS, "key", ADMINS),
    "accounts.staff": Page(ADMINS, "member", ADMINS),
    "personas.profile": Page(EVERYONE, "profile"),
    "personas.assignment": Page(EVERYONE, "assignment"),
    "personas.transition": Page(EVERYONE, "transition"),
    "personas.run": Page(EVERYONE, "run"),
}
OF_THE_SITE = {  # the answer to staff with a second factor
    "GET /admin/": 200,
    "POST /admin/": 200,
    "GET /admin/login/": 302,
    "POST /admin/login/": 302,
    "GET /admin/logout/": 302,
    "POST /admin/logout/": 302,
    "GET /admin/password_change/": 302,
    "POST /admin/password_change/": 302,
    "GET /admin/password_change/done/": 200,
    "POST /admin/password_change/done/": 405,
    "GET /admin/autocomplete/": 403,
    "POST /admin/autocomplete/": 405,
    "GET /admin/jsi18n/": 200,
    "POST /admin/jsi18n/": 405,
    "GET /admin/{}/": 404,
    "POST /admin/{}/": 404,
    "GET /admin/{}": 404,
    "POST /admin/{}": 404,
}
OF_A_PAGE = ("", "add/", "{}/change/", "{}/delete/", "{}/history/")


def operations() -> set[str]:
    of_pages = {
        f"{method} /admin/{label.replace('.', '/')}/{page}"
        for label in PAGES
        for page in OF_A_PAGE
        for method in ("GET", "POST")
    }
    return of_pages | set(OF_THE_SITE)

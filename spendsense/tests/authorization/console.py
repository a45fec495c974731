"""The console: who may look at the list of each page and at one of its rows, and where something can be made.

Everything else that the stock admin offers (changing by its forms, deleting, its own history) is nobody's.
"""

from dataclasses import dataclass

from spendsense.tests.authorization.routes import nameless

EVERYONE, SENIORS, ADMINS = ("june", "omar", "ada"), ("omar", "ada"), ("ada",)


@dataclass(frozen=True)
class Page:
    shown_to: tuple[str, ...]
    row: str = ""  # the word of World.ids by which a row of maya's, or of her institution, is named
    made_by: tuple[str, ...] = ()  # a form of ours stands behind "add", and another one behind the row


PAGES = {
    "accounts.tenant": Page(ADMINS),  # its list is the one page there is, and its rows lead there
    "accounts.apikey": Page(ADMINS, "key", ADMINS),
    "accounts.staff": Page(ADMINS, "member", ADMINS),
}
OF_THE_SITE = {  # the answer to staff with a second factor
    "GET /admin/": 200,
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


@dataclass(frozen=True)
class Ours:
    """A page of operators.console.urls, and what it answers to an empty request of those it is for.

    With {words} of World.ids in its address it names a row of maya's institution: to others that is 404.
    """

    path: str
    shown_to: tuple[str, ...] = EVERYONE
    get: int | None = 200
    post: int | None = None
    writes: frozenset[str] = frozenset()  # beside the audit chain, what looking at it notes

    @property
    def names(self) -> bool:
        return "{" in self.path

    def statuses(self) -> dict[str, int]:
        return {method: status for method, status in (("GET", self.get), ("POST", self.post)) if status}


_CLAIMS = frozenset({"review_claims"})
_RULES, _CARDS = "/admin/personas/ruleset/", "/admin/recommendations/card/"
_MEASURED = frozenset({"signal_snapshots", "user_personas", "persona_transitions", "persona_profiles", "users"})
_CONSIDERED = frozenset({"considerations", "recommendations", "recommendation_moves"})
OURS: list[Ours] = [
    Ours("/admin/operators/reviewitem/{waiting}/change/", writes=_CLAIMS),
    Ours("/admin/operators/reviewitem/{item}/approve/", get=None, post=409),
    Ours("/admin/operators/reviewitem/{waiting}/reject/", post=400, writes=_CLAIMS),
    Ours("/admin/operators/reviewitem/{waiting}/flag/", SENIORS, post=400, writes=_CLAIMS),
    Ours("/admin/operators/reviewitem/{waiting}/override/", SENIORS, post=400, writes=_CLAIMS),
    Ours("/admin/operators/reviewitem/{waiting}/modify/", SENIORS, post=200, writes=_CLAIMS),
    Ours("/admin/operators/reviewitem/{waiting}/undo/", get=None, post=409, writes=_CLAIMS),
    Ours("/admin/operators/reviewitem/{item}/hold/", get=None, post=409),
    Ours("/admin/operators/reviewitem/{waiting}/skip/", get=None, post=302),
    Ours("/admin/operators/reviewitem/{waiting}/note/", get=None, post=400, writes=_CLAIMS),
    Ours("/admin/operators/reviewitem/{waiting}/tag/", get=None, post=400, writes=_CLAIMS),
    Ours("/admin/operators/note/{note}/change/", post=None),
    Ours("/admin/operators/note/{nothing}/change/", get=None, post=404),
    Ours("/admin/operators/tag/{nothing}/remove/", get=None, post=404),
    Ours("/admin/operators/trace/"),
    Ours("/admin/operators/trace/compare/?a={waiting}&b={waiting}"),
    Ours("/admin/operators/reviewitem/{waiting}/trace/"),
    Ours("/admin/operators/reviewitem/{waiting}/trace/replay/", get=None, post=200),
    Ours("/admin/operators/reviewitem/{waiting}/trace/download/"),
    Ours("/admin/operators/flag/"),
    Ours("/admin/operators/flag/{flag}/resolve/", SENIORS, post=400),
    Ours("/admin/keyboard/"),
    Ours("/admin/operators/reviewitem/"),
    Ours("/admin/operators/reviewitem/news/", get=None, post=200),
    Ours("/admin/operators/reviewitem/decide/", get=404, post=404),
    Ours("/admin/operators/reviewitem/many/", SENIORS, get=None, post=302),
    Ours("/admin/personas/person/"),
    Ours("/admin/personas/person/{dossier}/change/"),
    Ours("/admin/personas/person/{dossier}/add/", post=400),
    Ours(
        "/admin/personas/person/{dossier}/regenerate/",
        get=None,
        post=302,
        writes=frozenset({"persons", "personas", "persona_versions", "persona_version_sources"}),
    ),
    Ours("/admin/personas/person/{dossier}/remove/", SENIORS, post=400),
    Ours("/admin/operators/userfile/"),
    Ours("/admin/operators/userfile/again/", SENIORS, get=None, post=302),
    Ours("/admin/operators/userfile/{person}/change/"),
    Ours("/admin/operators/userfile/{person}/refresh/", SENIORS, post=302, writes=_MEASURED),
    Ours("/admin/operators/userfile/{person}/generate/", SENIORS, post=302, writes=_CONSIDERED),
    Ours("/admin/operators/userfile/{person}/flag/", SENIORS, post=400),
    Ours("/admin/operators/userfile/{person}/unflag/", SENIORS, post=404),
    Ours("/admin/operators/userfile/{person}/override/", SENIORS, post=400),
    Ours("/admin/operators/userfile/{person}/release/", SENIORS, post=400),
    Ours("/admin/operators/userfile/{person}/items/{item}/override/", SENIORS, post=400),
    Ours("/admin/operators/run/"),
    Ours("/admin/operators/run/{run}/change/"),
    Ours("/admin/operators/run/{run}/retry/", SENIORS, get=None, post=409),
    Ours("/admin/operators/analytics/"),
    Ours("/admin/operators/evaluation/"),
    Ours("/admin/operators/evaluation/run/", SENIORS, post=200),
    Ours("/admin/operators/evaluation/compare/?a={report}&b={report}"),
    Ours("/admin/operators/evaluation/{report}/"),
    Ours("/admin/operators/auditentry/"),
    Ours("/admin/operators/auditentry/verify/", SENIORS, get=None, post=302),
    Ours("/admin/operators/auditentry/{entry}/"),
    Ours("/admin/operators/accessrecord/", SENIORS),
    Ours("/admin/accounts/upload/"),
    Ours("/admin/accounts/upload/{upload}/change/"),
    Ours("/admin/accounts/upload/{upload}/load-again/", SENIORS, get=None, post=409),
    Ours("/admin/accounts/consentrecord/"),
    Ours(_RULES),
    Ours(f"{_RULES}add/", SENIORS, get=None, post=404),
    Ours(f"{_RULES}history/"),
    Ours(f"{_RULES}{{rule_set}}/change/"),
    Ours(f"{_RULES}{{rule_set}}/draft/", SENIORS, get=None, post=200),
    Ours(f"{_RULES}{{rule_set}}/compare/"),
    Ours(f"{_RULES}{{rule_set}}/simulations/"),
    Ours(f"{_RULES}{{rule_set}}/simulate/", SENIORS, get=None, post=400),
    Ours(f"{_RULES}{{rule_set}}/publish/", SENIORS, post=400),
    Ours(f"{_RULES}{{rule_set}}/roll-back/", SENIORS, get=404, post=404),
    Ours(f"{_RULES}{{rule_set}}/discard/", SENIORS, post=200),
    Ours("/admin/personas/ruleset/simulation/{simulation}/change/"),
    Ours("/admin/personas/ruleset/simulation/{simulation}/export/json/", get=302),
    Ours("/admin/personas/ruleset/simulation/{simulation}/export/csv/", get=302),
    Ours("/admin/personas/ruleset/cases/"),
    Ours(_CARDS),
    Ours(f"{_CARDS}add/", SENIORS, post=200),
    Ours(f"{_CARDS}{{card}}/change/"),
    Ours(f"{_CARDS}{{card}}/versions/"),
    Ours(f"{_CARDS}{{card}}/preview/", get=None, post=400),
    Ours(f"{_CARDS}{{card}}/edit/", SENIORS, post=409),
    Ours(f"{_CARDS}{{card}}/delete/", SENIORS, post=200),
    Ours(f"{_CARDS}{{card}}/restore/", SENIORS, get=None, post=302),
]
OF_A_PAGE = ("", "add/", "{}/change/", "{}/delete/", "{}/history/")


def operations() -> set[str]:
    of_pages = {
        f"{method} /admin/{label.replace('.', '/')}/{page}"
        for label in PAGES
        for page in OF_A_PAGE
        for method in ("GET", "POST")
    }
    ours = {nameless(f"{method} {page.path.partition('?')[0]}") for page in OURS for method in page.statuses()}
    return of_pages | set(OF_THE_SITE) | ours

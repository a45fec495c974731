"""The authorisation matrix: one line for each operation of the API, one word for each kind of caller.

A cell is the status that is due. `404` carries the line's code for what is not there, `none` is the 404 of data that
might exist and is not to be seen without consent, `held` the 409 of who has one already, `-` says that the operation
names nothing of others.
"""

from dataclasses import dataclass
from typing import Any

COLUMNS = {  # who calls, and whose things the request names
    "own": ("maya", "maya"),
    "never agreed": ("noor", "noor"),
    "agreed no more": ("rosa", "rosa"),
    "other": ("theo", "maya"),
    "junior": ("june", "maya"),
    "senior": ("omar", "maya"),
    "admin": ("ada", "maya"),
    "admin of who never agreed": ("ada", "noor"),
    "admin of who agreed no more": ("ada", "rosa"),
    "admin of elsewhere": ("fred", "maya"),
}
ALWAYS = {  # at every door for people: the caller, whose things, the status and its code
    "anonymous": ("nobody", "maya", 401, "AUTH_REQUIRED"),
    "erased": ("gwen", "gwen", 401, "TOKEN_INVALID"),
    "dead token": ("dead", "theo", 401, "TOKEN_INVALID"),
    "staff without second factor": ("bare", "maya", 401, "MFA_REQUIRED"),
}
SERVICE = ("service", "maya")
CODES = {"403": "FORBIDDEN_ROLE"}
NOTE = "Because it was asked for."


@dataclass(frozen=True)
class Line:
    method: str
    path: str  # {words} are those of World.ids
    cells: str
    missing: str = "NOT_FOUND"
    none: str = ""
    conflict: str = "CONSENT_REQUIRED"
    service: int = 403  # to a key that has every scope
    body: Any = None
    form: bool = False  # sent as a form with a file
    locks: frozenset[str] = frozenset()  # written first by the act and taken back by its refusal
    marks: frozenset[str] = frozenset()  # where a GET notes that it was served

    @property
    def operation(self) -> str:
        return f"{self.method} {self.path.partition('?')[0]}"

    def cell(self, column: str) -> str:
        return dict(zip(COLUMNS, self.cells.replace("|", "").split(), strict=True))[column]

    def status(self, cell: str) -> int:
        return int({"none": "404", "held": "409"}.get(cell, cell))

    def code(self, cell: str) -> str:
        own = {"404": self.missing, "none": self.none, "409": self.conflict, "held": "PERSON_EXISTS"}
        return own.get(cell) or CODES.get(cell, "")


_UPLOAD, _CORRECTION, _RULES = "UPLOAD_NOT_FOUND", "CORRECTION_NOT_FOUND", "RULE_SET_NOT_FOUND"
_USER, _PERSONA, _SIGNALS = "USER_NOT_FOUND", "PERSONA_NOT_FOUND", "NO_SIGNALS"
_STAFF, _REPORT = "STAFF_NOT_FOUND", "REPORT_NOT_FOUND"
_DOSSIER, _TEXT = "PERSON_NOT_FOUND", {"raw_text": "One more text."}
_CARD, _ITEM = "CARD_NOT_FOUND", "RECOMMENDATION_NOT_FOUND"
_FLAG = "FLAG_NOT_FOUND"
_ITEMS, _LOCKED = frozenset({"recommendations"}), frozenset({"users"})
_NEW_CARD = {"card_type": "insight", "title": "What a limit is", "content": {"key": "limits"}}
_OF_PERSON = {"user_id": "{person}"}

# fmt: off
LINES = [
    #                                     own never no-more other | junior senior admin | of never, no more, elsewhere
    Line("GET", "/api/users/me",                "200 200 200 -   | 200 200 200 | -   -   200"),
    Line("PATCH", "/api/users/me",              "200 200 200 -   | 200 200 200 | -   -   200",
         body={"monthly_income": 5}),
    Line("DELETE", "/api/users/me",             "202 202 202 -   | 403 403 403 | -   -   403"),
    Line("GET", "/api/users/me/access",         "200 200 200 -   | 200 200 200 | -   -   200"),
    Line("POST", "/api/users/me/export",        "202 202 202 -   | 403 403 403 | -   -   403"),
    Line("GET", "/api/users/me/export/{export}", "200 200 200 404 | 403 403 403 | 403 403 403", "EXPORT_NOT_FOUND"),
    Line("GET", "/api/users/{person}",          "200 200 200 404 | 200 200 200 | 200 200 404", _USER),

    Line("GET", "/api/consent",                 "200 200 200 -   | 403 403 403 | -   -   403"),
    Line("POST", "/api/consent",                "200 201 201 -   | 403 403 403 | -   -   403",
         body={"tos_accepted": True}),
    Line("DELETE", "/api/consent",              "200 200 200 -   | 403 403 403 | -   -   403"),
    Line("GET", "/api/consent/history",         "200 200 200 -   | 403 403 403 | -   -   403"),
    Line("GET", "/api/consent/receipt",         "200 200 200 -   | 403 403 403 | -   -   403"),

    Line("GET", "/api/uploads",                 "200 200 200 -   | 403 403 403 | -   -   403"),
    Line("POST", "/api/uploads",                "201 201 201 -   | 403 403 403 | -   -   403", form=True),
    Line("POST", "/api/uploads/preview",        "200 200 200 -   | 403 403 403 | -   -   403", form=True),
    Line("POST", "/api/uploads/presign",        "201 201 201 -   | 403 403 403 | -   -   403",
         body={"file_name": "May.csv", "file_size": 10, "file_type": "csv"}),
    Line("GET", "/api/uploads/{upload}",        "200 200 200 404 | 200 200 200 | 404 404 404", _UPLOAD),
    Line("GET", "/api/uploads/{upload}/report", "200 200 200 404 | 200 200 200 | 404 404 404", _UPLOAD),
    Line("POST", "/api/uploads/{upload}/complete", "200 200 200 404 | 403 403 403 | 403 403 403", _UPLOAD),
    Line("POST", "/api/uploads/{upload}/revert", "200 200 200 404 | 403 403 403 | 403 403 403", _UPLOAD),

    Line("GET", "/api/accounts",                "200 200 200 -   | 403 403 403 | -   -   403"),
    Line("GET", "/api/transactions",            "200 200 200 -   | 403 403 403 | -   -   403"),

    Line("GET", "/api/insights",                "200 none none - | 403 403 403 | -   -   403", none=_SIGNALS),
    Line("GET", "/api/corrections",             "200 200 200 -   | 403 403 403 | -   -   403"),
    Line("POST", "/api/corrections",            "201 409 409 404 | 403 403 403 | 403 403 403", "TRANSACTION_NOT_FOUND",
         body={"kind": "not_income", "transaction_id": "{transaction}"}, locks=frozenset({"users"})),
    Line("DELETE", "/api/corrections/{correction}", "200 404 404 404 | 403 403 403 | 403 403 403", _CORRECTION),
    Line("GET", "/api/operator/users/{person}/corrections", "403 403 403 403 | 200 200 200 | 404 404 404", _USER),

    Line("GET", "/api/operator/users",          "403 403 403 -   | 200 200 200 | -   -   200"),
    Line("GET", "/api/operator/users/{person}", "403 403 403 403 | 200 200 200 | 404 404 404", _USER),
    Line("GET", "/api/operator/users/{person}/signals", "403 403 403 403 | 200 200 200 | 404 404 404", _USER),
    Line("GET", "/api/operator/users/{person}/insights", "403 403 403 403 | 200 200 200 | 404 404 404", _USER),
    Line("GET", "/api/operator/users/{person}/accounts", "403 403 403 403 | 200 200 200 | 404 404 404", _USER),
    Line("GET", "/api/operator/users/{person}/transactions", "403 403 403 403 | 200 200 200 | 404 404 404", _USER),
    Line("GET", "/api/operator/users/{person}/uploads", "403 403 403 403 | 200 200 200 | 404 404 404", _USER),
    Line("GET", "/api/operator/users/{person}/assignments", "403 403 403 403 | 200 200 200 | 404 404 404", _USER),
    Line("GET", "/api/operator/users/{person}/recommendations", "403 403 403 403 | 200 200 200 | 404 404 404", _USER),
    Line("GET", "/api/operator/users/{person}/actions", "403 403 403 403 | 200 200 200 | 404 404 404", _USER),
    Line("POST", "/api/operator/users/{person}/refresh", "403 403 403 403 | 403 200 200 | 409 409 404", _USER, body={}),
    Line("POST", "/api/operator/users/{person}/generate-recommendations",
         "403 403 403 403 | 403 200 200 | 409 409 404", _USER, body={}),
    Line("POST", "/api/operator/users/{person}/flag", "403 403 403 403 | 403 201 201 | 409 409 404", _USER,
         body={"reason": NOTE}),
    Line("DELETE", "/api/operator/users/{person}/flag", "403 403 403 403 | 403 none none | 409 409 404", _USER,
         "FLAG_NOT_FOUND"),
    Line("POST", "/api/operator/users/{person}/override", "403 403 403 403 | 403 201 201 | 409 409 404", _USER,
         body={"persona": "savings_builder", "window_type": "30d", "reason": NOTE}),
    Line("GET", "/api/operator/runs",           "403 403 403 -   | 200 200 200 | -   -   200"),
    Line("GET", "/api/operator/runs/{run}",     "403 403 403 403 | 200 200 200 | 200 200 404", "RUN_NOT_FOUND"),
    Line("POST", "/api/operator/runs/{run}/retry", "403 403 403 403 | 403 409 409 | 409 409 404", "RUN_NOT_FOUND",
         conflict="NOTHING_FAILED"),

    Line("GET", "/api/users/{person}/profile",  "200 none none 404 | 200 200 200 | none none 404", _USER, _PERSONA),
    Line("GET", "/api/users/{person}/signals",  "200 none none 404 | 200 200 200 | none none 404", _USER, _SIGNALS),
    Line("GET", "/api/users/{person}/persona-history", "200 200 200 404 | 200 200 200 | 200 200 404", _USER),

    Line("POST", "/api/personas/assign",        "200 409 409 404 | 200 200 200 | 409 409 404", _USER, body=_OF_PERSON),
    Line("POST", "/api/personas/assign/{person}", "200 409 409 404 | 200 200 200 | 409 409 404", _USER, body={}),
    Line("POST", "/api/personas/batch-assign",  "403 403 403 403 | 200 200 200 | 200 200 200",
         body={"user_ids": ["{person}"]}),
    Line("POST", "/api/personas/detect-transition", "200 409 409 404 | 200 200 200 | 409 409 404", _USER,
         body=_OF_PERSON),
    Line("POST", "/api/personas/detect-transition/{person}", "200 409 409 404 | 200 200 200 | 409 409 404", _USER,
         body={}),
    Line("GET", "/api/personas/{person}",       "200 none none 404 | 200 200 200 | none none 404", _USER, _PERSONA),
    Line("GET", "/api/personas/{person}/tenure", "200 none none 404 | 200 200 200 | none none 404", _USER, _PERSONA),
    Line("GET", "/api/personas/{person}/transitions", "200 200 200 404 | 200 200 200 | 200 200 404", _USER),
    Line("GET", "/api/personas/{person}/counterfactual", "200 none none 404 | 200 200 200 | none none 404", _USER,
         _PERSONA),
    Line("POST", "/api/personas/{person}/transitions/{transition}/acknowledge",
         "200 409 409 404 | 403 403 403 | 403 403 403", _USER),

    Line("GET", "/api/personas/analytics/distribution", "403 403 403 - | 200 200 200 | - - 200"),
    Line("GET", "/api/personas/analytics/transitions", "403 403 403 - | 200 200 200 | - - 200"),
    Line("GET", "/api/personas/analytics/positive-rate", "403 403 403 - | 200 200 200 | - - 200"),
    Line("GET", "/api/personas/analytics/ready", "403 403 403 -  | 200 200 200 | -   -   200"),

    Line("GET", "/api/operator/recommendations", "403 403 403 -  | 200 200 200 | -   -   200"),
    Line("GET", "/api/operator/claims",         "403 403 403 -   | 200 200 200 | -   -   200"),
    Line("GET", "/api/operator/stats",          "403 403 403 -   | 200 200 200 | -   -   200"),
    Line("POST", "/api/operator/recommendations/bulk", "403 403 403 403 | 403 200 200 | 200 200 200",
         body={"action": "reject", "recommendation_ids": ["{item}"], "reason": NOTE}),
    Line("POST", "/api/operator/recommendations/generate", "403 403 403 403 | 403 200 200 | 200 200 200",
         body={"user_ids": ["{person}"]}),

    Line("GET", "/api/operator/rule-sets",      "403 403 403 -   | 200 200 200 | -   -   200"),
    Line("POST", "/api/operator/rule-sets",     "403 403 403 -   | 403 201 201 | -   -   201", body={}),
    Line("GET", "/api/operator/rule-sets/{rule_set}", "403 403 403 403 | 200 200 200 | 200 200 404", _RULES),
    Line("PATCH", "/api/operator/rule-sets/{rule_set}", "403 403 403 403 | 403 200 200 | 200 200 404", _RULES,
         body={"note": NOTE}),
    Line("DELETE", "/api/operator/rule-sets/{rule_set}", "403 403 403 403 | 403 204 204 | 204 204 404", _RULES),
    Line("GET", "/api/operator/rule-sets/{rule_set}/lint", "403 403 403 403 | 200 200 200 | - - 404", _RULES),
    Line("POST", "/api/operator/rule-sets/{rule_set}/simulate", "403 403 403 403 | 403 202 202 | 202 202 404", _RULES,
         body={}),
    Line("GET", "/api/operator/rule-sets/simulations/{simulation}", "403 403 403 403 | 200 200 200 | 200 200 404",
         "SIMULATION_NOT_FOUND"),
    Line("GET", "/api/operator/rule-sets/simulations/{simulation}/export/json",
         "403 403 403 403 | 409 409 409 | 409 409 404", "SIMULATION_NOT_FOUND", conflict="SIMULATION_NOT_COMPLETED"),
    Line("GET", "/api/operator/rule-sets/simulations/{simulation}/export/csv",
         "403 403 403 403 | 409 409 409 | 409 409 404", "SIMULATION_NOT_FOUND", conflict="SIMULATION_NOT_COMPLETED"),
    Line("POST", "/api/operator/rule-sets/{rule_set}/publish", "403 403 403 403 | 403 409 409 | 409 409 404", _RULES,
         conflict="SIMULATION_REQUIRED", body={"note": NOTE}),
    Line("POST", "/api/operator/rule-sets/{version}/roll-back", "403 403 403 403 | 403 409 409 | 409 409 409", _RULES,
         conflict="ALREADY_ACTIVE", body={"note": NOTE}),
    Line("GET", "/api/operator/override-cases", "403 403 403 -   | 200 200 200 | -   -   200"),

    Line("GET", "/api/recommendations",         "200 200 200 -   | 403 403 403 | -   -   403", marks=_ITEMS),
    Line("GET", "/api/recommendations/why-not?key=of-this-institution", "200 404 404 - | 403 403 403 | - - 403", _ITEM),
    Line("GET", "/api/recommendations/{item}",  "200 404 404 404 | 403 403 403 | 403 403 403", _ITEM, marks=_ITEMS),
    Line("POST", "/api/recommendations/{item}/seen", "200 409 409 404 | 403 403 403 | 403 403 403", _ITEM, body={}),
    Line("POST", "/api/recommendations/{item}/click", "200 409 409 404 | 403 403 403 | 403 403 403", _ITEM, body={},
         locks=_LOCKED),
    Line("POST", "/api/recommendations/{item}/feedback", "201 409 409 404 | 403 403 403 | 403 403 403", _ITEM,
         body={"rating": 4}, locks=_LOCKED),
    Line("DELETE", "/api/recommendations/{item}/feedback", "204 409 409 404 | 403 403 403 | 403 403 403", _ITEM,
         locks=_LOCKED),
    Line("GET", "/api/chat",                    "200 200 200 -   | 403 403 403 | -   -   403"),
    Line("POST", "/api/chat",                   "200 409 409 -   | 403 403 403 | -   -   403",
         body={"message": "How much did I spend?"}),

    Line("GET", "/api/v1/cards",                "403 403 403 -   | 200 200 200 | -   -   200", service=200),
    Line("POST", "/api/v1/cards",               "403 403 403 -   | 403 201 201 | -   -   201", service=201,
         body=_NEW_CARD),
    Line("POST", "/api/v1/cards/batch",         "403 403 403 -   | 403 201 201 | -   -   201", service=201,
         body={"cards": [_NEW_CARD]}),
    Line("POST", "/api/v1/cards/retrieve",      "403 403 403 403 | 200 200 200 | 200 200 200", service=200,
         body={"card_ids": ["{card}"]}),
    Line("GET", "/api/v1/cards/usage/summary",  "403 403 403 -   | 200 200 200 | -   -   200", service=200),
    Line("GET", "/api/v1/cards/{card}",         "403 403 403 403 | 200 200 200 | 200 200 404", _CARD, service=200),
    Line("PATCH", "/api/v1/cards/{card}",       "403 403 403 403 | 403 200 200 | 200 200 404", _CARD, service=200,
         body={"title": "Another title"}),
    Line("DELETE", "/api/v1/cards/{card}",      "403 403 403 403 | 403 204 204 | 204 204 404", _CARD, service=204),
    Line("POST", "/api/v1/cards/{card}/restore", "403 403 403 403 | 403 409 409 | 409 409 404", _CARD, service=409,
         conflict="CARD_NOT_DELETED"),
    Line("GET", "/api/v1/cards/{card}/versions", "403 403 403 403 | 200 200 200 | 200 200 404", _CARD, service=200),
    Line("GET", "/api/v1/cards/{card}/versions/{version}", "403 403 403 403 | 200 200 200 | 200 200 404", _CARD,
         service=200),
    Line("GET", "/api/v1/cards/{card}/usage",   "403 403 403 403 | 200 200 200 | 200 200 404", _CARD, service=200),
    Line("POST", "/api/v1/cards/{card}/usage",  "403 403 403 403 | 200 200 200 | 200 200 404", _CARD, service=200,
         body={}),

    Line("GET", "/api/operator/recommendations/{waiting}", "403 403 403 403 | 200 200 200 | 404 404 404", _ITEM),
    Line("PATCH", "/api/operator/recommendations/{waiting}", "403 403 403 403 | 403 200 200 | 404 404 404", _ITEM,
         body={"priority": "low"}),
    Line("POST", "/api/operator/recommendations/{waiting}/approve", "403 403 403 403 | 409 409 409 | 404 404 404",
         _ITEM, conflict="OPEN_FLAG", body={}),
    Line("POST", "/api/operator/recommendations/{waiting}/reject", "403 403 403 403 | 200 200 200 | 404 404 404",
         _ITEM, body={"reason": NOTE}),
    Line("POST", "/api/operator/recommendations/{waiting}/undo", "403 403 403 403 | 409 409 409 | 404 404 404",
         _ITEM, conflict="NOT_LAST_DECISION", body={}),
    Line("POST", "/api/operator/recommendations/{waiting}/flag", "403 403 403 403 | 403 409 409 | 404 404 404",
         _ITEM, conflict="OPEN_FLAG", body={"reason": NOTE}),
    Line("POST", "/api/operator/recommendations/{waiting}/claim", "403 403 403 403 | 200 200 200 | 404 404 404",
         _ITEM, body={}),
    Line("DELETE", "/api/operator/recommendations/{waiting}/claim", "403 403 403 403 | 204 204 204 | 404 404 404",
         _ITEM),
    Line("GET", "/api/operator/recommendations/{waiting}/trace", "403 403 403 403 | 200 200 200 | 404 404 404", _ITEM),
    Line("POST", "/api/operator/recommendations/{waiting}/trace/replay",
         "403 403 403 403 | 200 200 200 | 404 404 404", _ITEM, body={}),
    Line("GET", "/api/operator/recommendations/{waiting}/notes", "403 403 403 403 | 200 200 200 | 404 404 404", _ITEM),
    Line("POST", "/api/operator/recommendations/{waiting}/notes", "403 403 403 403 | 201 201 201 | 404 404 404",
         _ITEM, body={"note_text": NOTE}),
    Line("PATCH", "/api/operator/notes/{note}", "403 403 403 403 | 403 403 200 | 404 404 404", "NOTE_NOT_FOUND",
         body={"note_text": NOTE}),
    Line("DELETE", "/api/operator/notes/{note}", "403 403 403 403 | 403 403 204 | 404 404 404", "NOTE_NOT_FOUND"),
    Line("GET", "/api/operator/recommendations/{waiting}/tags", "403 403 403 403 | 200 200 200 | 404 404 404", _ITEM),
    Line("POST", "/api/operator/recommendations/{waiting}/tags", "403 403 403 403 | 201 201 201 | 404 404 404",
         _ITEM, body={"tag_name": "needs_review"}),
    Line("DELETE", "/api/operator/tags/{tag}",  "403 403 403 403 | 204 204 204 | 404 404 404", "TAG_NOT_FOUND"),
    Line("GET", "/api/operator/tags/available", "403 403 403 -   | 200 200 200 | -   -   200"),
    Line("GET", "/api/operator/tags/statistics", "403 403 403 -  | 200 200 200 | -   -   200"),
    Line("GET", "/api/operator/flags",          "403 403 403 -   | 200 200 200 | -   -   200"),
    Line("GET", "/api/operator/flags/{flag}",   "403 403 403 403 | 200 200 200 | 404 404 404", _FLAG),
    Line("POST", "/api/operator/flags/{flag}/resolve", "403 403 403 403 | 403 200 200 | 404 404 404", _FLAG,
         body={"resolution": NOTE}),
    Line("GET", "/v1/person",                   "200 200 200 -   | 200 200 200 | -   -   200", service=200),
    Line("POST", "/v1/person",                  "held 409 409 404 | 403 held held | 409 409 404", _USER,
         body=_OF_PERSON),
    Line("GET", "/v1/person/{dossier}",         "200 404 404 404 | 200 200 200 | 404 404 404", _DOSSIER, service=200),
    Line("PATCH", "/v1/person/{dossier}",       "200 404 409 404 | 200 200 200 | 404 409 404", _DOSSIER, service=200,
         body={"first_name": "Ann"}),
    Line("DELETE", "/v1/person/{dossier}",      "204 404 409 404 | 403 204 204 | 404 409 404", _DOSSIER, service=204),
    Line("GET", "/v1/person/{dossier}/data",    "200 404 404 404 | 200 200 200 | 404 404 404", _DOSSIER, service=200),
    Line("POST", "/v1/person/{dossier}/data",   "201 404 409 404 | 201 201 201 | 404 409 404", _DOSSIER, service=201,
         body=_TEXT),
    Line("POST", "/v1/person/{dossier}/data-and-regenerate", "201 404 409 404 | 201 201 201 | 404 409 404", _DOSSIER,
         service=201, body=_TEXT),
    Line("GET", "/v1/person/{dossier}/persona", "200 404 404 404 | 200 200 200 | 404 404 404", _DOSSIER, service=200),
    Line("GET", "/v1/person/{dossier}/persona-with-history", "200 404 404 404 | 200 200 200 | 404 404 404", _DOSSIER,
         service=200),
    Line("GET", "/v1/person/{dossier}/persona/versions", "200 404 404 404 | 200 200 200 | 404 404 404", _DOSSIER,
         service=200),
    Line("GET", "/v1/person/{dossier}/persona/versions/{version}", "200 404 404 404 | 200 200 200 | 404 404 404",
         _DOSSIER, service=200),

    Line("GET", "/v1/persona",                  "200 200 200 -   | 200 200 200 | -   -   200", service=200),
    Line("POST", "/v1/persona",                 "held 409 409 -  | 201 201 201 | -   -   201", service=201, body=_TEXT),
    Line("GET", "/v1/persona/{portrait}",       "200 404 404 404 | 200 200 200 | 404 404 404", _PERSONA, service=200),
    Line("PATCH", "/v1/persona/{portrait}",     "200 404 409 404 | 200 200 200 | 404 409 404", _PERSONA, service=200,
         body=_TEXT),
    Line("DELETE", "/v1/persona/{portrait}",    "204 404 409 404 | 403 204 204 | 404 409 404", _PERSONA, service=204),
    Line("POST", "/v1/persona/batch",           "held 409 409 -  | 201 201 201 | -   -   201", service=201,
         body=["One more text."]),
    Line("POST", "/v1/persona/merge",           "404 404 404 404 | 403 200 200 | 404 409 404", _PERSONA, service=200,
         body={"persona_id_1": "{portrait}", "persona_id_2": "{nobodys}"}),
    Line("GET", "/v1/persona/search?q=journal", "200 200 200 -   | 200 200 200 | -   -   200", service=200),
    Line("GET", "/v1/persona/stats",            "200 200 200 -   | 200 200 200 | -   -   200", service=200),
    Line("GET", "/v1/persona/export",           "403 403 403 -   | 403 403 200 | -   -   200", service=200),

    Line("GET", "/api/operator/alerts",         "403 403 403 -   | 200 200 200 | -   -   200"),
    Line("GET", "/api/operator/analytics",      "403 403 403 -   | 200 200 200 | -   -   200"),
    Line("GET", "/api/operator/analytics/operators/{member}", "403 403 403 403 | 403 200 200 | 200 200 404", _STAFF),
    Line("GET", "/api/operator/analytics/export/json", "403 403 403 - | 200 200 200 | - - 200"),
    Line("GET", "/api/operator/analytics/export/csv", "403 403 403 - | 200 200 200 | - - 200"),
    Line("GET", "/api/operator/analytics/export/summary", "403 403 403 - | 200 200 200 | - - 200"),
    Line("GET", "/api/operator/evaluation",     "403 403 403 -   | 200 200 200 | -   -   200"),
    Line("POST", "/api/operator/evaluation",    "403 403 403 -   | 403 202 202 | -   -   202", body={}),
    Line("GET", "/api/operator/evaluation/{report}", "403 403 403 403 | 200 200 200 | 200 200 404", _REPORT),
    Line("GET", "/api/operator/evaluation/{report}/export/json", "403 403 403 403 | 200 200 200 | 200 200 404",
         _REPORT),
    Line("GET", "/api/operator/evaluation/{report}/export/csv", "403 403 403 403 | 200 200 200 | 200 200 404", _REPORT),
    Line("GET", "/api/operator/evaluation/{report}/export/summary", "403 403 403 403 | 200 200 200 | 200 200 404",
         _REPORT),
    Line("GET", "/api/operator/audit-logs",     "403 403 403 -   | 200 200 200 | -   -   200"),
    Line("GET", "/api/operator/audit-logs/{entry}", "403 403 403 403 | 200 200 200 | 200 200 404",
         "AUDIT_ENTRY_NOT_FOUND"),
    Line("GET", "/api/operator/audit-logs/verify", "403 403 403 - | 403 200 200 | - - 200"),
    Line("GET", "/api/operator/audit-logs/export/csv", "403 403 403 - | 200 200 200 | - - 200"),
    Line("GET", "/api/operator/audit-logs/operator/{member}/summary", "403 403 403 403 | 403 200 200 | 200 200 404",
         _STAFF),
    Line("GET", "/api/operator/audit-logs/stats/overview", "403 403 403 - | 403 200 200 | - - 200"),
    Line("GET", "/api/operator/access-records", "403 403 403 -   | 403 200 200 | -   -   200"),

    Line("GET", "/api/operator/staff",          "403 403 403 -   | 403 403 200 | -   -   200"),
    Line("POST", "/api/operator/staff",         "403 403 403 -   | 403 403 201 | -   -   201",
         body={"email": "new@staff.example.test", "role": "operator", "level": "junior"}),
    Line("PATCH", "/api/operator/staff/{member}", "403 403 403 403 | 403 403 200 | 200 200 404", "STAFF_NOT_FOUND",
         body={"role": "operator", "level": "junior"}),
    Line("GET", "/api/operator/api-keys",       "403 403 403 -   | 403 403 200 | -   -   200"),
    Line("POST", "/api/operator/api-keys",      "403 403 403 -   | 403 403 201 | -   -   201",
         body={"name": "Mobile app", "scopes": ["cards:read"]}),
    Line("DELETE", "/api/operator/api-keys/{key}", "403 403 403 403 | 403 403 204 | 204 204 404", "KEY_NOT_FOUND"),
    Line("POST", "/api/operator/users/{person}/erasure", "403 403 403 403 | 403 403 202 | 202 202 404", _USER,
         body={"scope": "account", "reason": NOTE}),
    Line("POST", "/api/operator/users/{person}/export", "403 403 403 403 | 403 403 202 | 202 202 404", _USER,
         body={"reason": NOTE}),
]
# fmt: on

"""Every page of ours in the console on one screen, under the headings of the rail.

Staff, API keys and the institution's settings stand in `accounts.admin`.
"""

from collections.abc import Mapping

from operators import generating
from operators.console import (
    annotating,
    dossiers,
    flags,
    item,
    keyboard,
    modifying,
    people,
    runs,
    traces,
    userdeeds,
    userfile,
)
from operators.console.again import again
from operators.console.analytics import analytics
from operators.console.audit import access, entry, log, verify
from operators.console.cards import listing as cards
from operators.console.cards import reading, writing
from operators.console.evaluation import compare, report, reports, run
from operators.console.many import many
from operators.console.overview import overview
from operators.console.pages import ACTS, ASKS, Page
from operators.console.queue import decide, news, queue
from operators.console.received import consents, load_again, upload, uploads
from operators.console.studio import cases, editing, listing, publishing, trying

SEES, DECIDES, ANNOTATES = "operators.see_queue", "operators.decide", "operators.annotate"
ITEM, PERSON = "operators/reviewitem/<uuid:item>", "personas/person/<uuid:person>"
FILE = "operators/userfile/<uuid:user_id>"
NUMBERS, OWN_ACTS = "operators.see_analytics", "accounts.see_own_audit"
MANY = "operators.decide_many"
FILES, AGAIN = "accounts.open_files", "accounts.load_again"
RUNS, RETRIES = "personas.see_runs", "personas.retry_run"
RULES, RULE_SET = "personas/ruleset/", "personas/ruleset/<uuid:id>/"
SIMULATION = "personas/ruleset/simulation/<uuid:id>/"
SEES_RULES, DRAFTS, PUBLISHES = "personas.see_rules", "personas.draft_rules", "personas.publish_rules"
STUDIO = (
    Page(RULES, listing.rule_sets, SEES_RULES, "personas_ruleset_changelist", rail="Rule-set studio"),
    Page(RULES + "add/", listing.add, DRAFTS, "personas_ruleset_add", ACTS),
    Page(RULES + "history/", listing.history, SEES_RULES, "personas_ruleset_history"),
    Page(RULE_SET + "change/", editing.rule_set, SEES_RULES, "personas_ruleset_change"),
    Page(RULE_SET + "draft/", editing.draft, DRAFTS, "personas_ruleset_draft", ACTS),
    Page(RULE_SET + "compare/", listing.compare, SEES_RULES, "personas_ruleset_compare"),
    Page(RULE_SET + "simulations/", trying.simulations, SEES_RULES, "personas_ruleset_simulations"),
    Page(RULE_SET + "simulate/", trying.simulate, "personas.simulate_rules", "personas_ruleset_simulate", ACTS),
    Page(RULE_SET + "publish/", publishing.publish, PUBLISHES, "personas_ruleset_publish", ASKS),
    Page(RULE_SET + "roll-back/", publishing.roll_back, PUBLISHES, "personas_ruleset_roll_back", ASKS),
    Page(RULE_SET + "discard/", editing.discard, DRAFTS, "personas_ruleset_discard", ASKS),
    Page(SIMULATION + "change/", trying.simulation, SEES_RULES, "personas_simulation_change"),
    Page(SIMULATION + "export/json/", trying.export_json, SEES_RULES, "personas_simulation_json"),
    Page(SIMULATION + "export/csv/", trying.export_csv, SEES_RULES, "personas_simulation_csv"),
    Page(RULES + "cases/", cases.cases, SEES_RULES, "personas_overridecase_changelist"),
)

CARDS, CARD = "recommendations/card/", "recommendations/card/<uuid:id>/"
SEES_CARDS, WRITES_CARDS = "recommendations.see_cards", "recommendations.write_cards"
LIBRARY = (
    Page(CARDS, cards.cards, SEES_CARDS, "recommendations_card_changelist", rail="Cards"),
    Page(CARDS + "add/", writing.add, WRITES_CARDS, "recommendations_card_add", ASKS),
    Page(CARD + "change/", reading.card, SEES_CARDS, "recommendations_card_change"),
    Page(CARD + "versions/", reading.compare, SEES_CARDS, "recommendations_card_versions"),
    Page(CARD + "preview/", reading.preview, SEES_CARDS, "recommendations_card_preview", ACTS),
    Page(CARD + "edit/", writing.edit, WRITES_CARDS, "recommendations_card_edit", ASKS),
    Page(CARD + "delete/", writing.delete, WRITES_CARDS, "recommendations_card_delete", ASKS),
    Page(CARD + "restore/", writing.restore, WRITES_CARDS, "recommendations_card_restore", ACTS),
)

PAGES: Mapping[str, tuple[Page, ...]] = {
    "Work": (
        Page("operators/reviewitem/", queue, SEES, "operators_reviewitem_changelist", rail="Review queue"),
        Page("operators/reviewitem/news/", news, SEES, "operators_reviewitem_news", ACTS),
        Page("operators/reviewitem/decide/", decide, DECIDES, "operators_reviewitem_decide", ASKS),
        Page("operators/reviewitem/many/", many, MANY, "operators_reviewitem_many", ACTS),
        Page(f"{ITEM}/change/", item.change, SEES, "operators_reviewitem_change"),
        Page(f"{ITEM}/approve/", item.approve, DECIDES, "operators_reviewitem_approve", ACTS),
        Page(f"{ITEM}/reject/", item.reject, DECIDES, "operators_reviewitem_reject", ASKS),
        Page(f"{ITEM}/flag/", item.flag, "operators.flag", "operators_reviewitem_flag", ASKS),
        Page(f"{ITEM}/override/", item.override, "personas.override", "operators_reviewitem_override", ASKS),
        Page(f"{ITEM}/modify/", modifying.modify, "operators.modify", "operators_reviewitem_modify", ASKS),
        Page(f"{ITEM}/undo/", item.undo, DECIDES, "operators_reviewitem_undo", ACTS),
        Page(f"{ITEM}/hold/", item.hold, DECIDES, "operators_reviewitem_hold", ACTS),
        Page(f"{ITEM}/skip/", item.skip, DECIDES, "operators_reviewitem_skip", ACTS),
        Page(f"{ITEM}/note/", item.note, ANNOTATES, "operators_reviewitem_note", ACTS),
        Page(f"{ITEM}/tag/", item.tag, ANNOTATES, "operators_reviewitem_tag", ACTS),
        Page("operators/note/<uuid:note>/change/", annotating.change, ANNOTATES, "operators_note_change", ASKS),
        Page("operators/tag/<uuid:tag>/remove/", annotating.untag, ANNOTATES, "operators_tag_remove", ACTS),
        Page("operators/trace/", traces.found, SEES, "operators_trace_changelist", rail="Traces"),
        Page("operators/trace/compare/", traces.compare, SEES, "operators_trace_compare"),
        Page(f"{ITEM}/trace/", traces.trace, SEES, "operators_reviewitem_trace"),
        Page(f"{ITEM}/trace/replay/", traces.replay, SEES, "operators_reviewitem_replay", ACTS),
        Page(f"{ITEM}/trace/download/", traces.download, SEES, "operators_reviewitem_download"),
        Page("operators/flag/", flags.listed, SEES, "operators_flag_changelist", rail="Flags"),
        Page("operators/flag/<uuid:flag>/resolve/", flags.resolve, "operators.flag", "operators_flag_resolve", ASKS),
    ),
    "People": (
        Page("operators/userfile/", people.listed, FILES, "operators_userfile_changelist", rail="Users"),
        Page("operators/userfile/again/", again, generating.PERMISSION, "operators_userfile_again", ACTS),
        Page(f"{FILE}/change/", userfile.opened, FILES, "operators_userfile_change"),
        *(
            Page(f"{FILE}/{word}/", userdeeds.of(deed), deed.permission, f"operators_userfile_{word}", ASKS)
            for word, deed in userdeeds.DEEDS.items()
        ),
        Page(
            f"{FILE}/items/<uuid:item_id>/override/",
            userdeeds.item,
            "personas.override",
            "operators_userfile_item",
            ASKS,
        ),
        Page("personas/person/", dossiers.listed, FILES, "personas_person_changelist", rail="Dossiers"),
        Page(f"{PERSON}/change/", dossiers.opened, FILES, "personas_person_change"),
        Page(f"{PERSON}/add/", dossiers.add, FILES, "personas_person_add", ASKS),
        Page(f"{PERSON}/regenerate/", dossiers.regenerate, FILES, "personas_person_regenerate", ACTS),
        Page(f"{PERSON}/remove/", dossiers.remove, "personas.delete_persons", "personas_person_remove", ASKS),
        Page("operators/run/", runs.listed, RUNS, "operators_run_changelist", rail="Runs"),
        Page("operators/run/<uuid:run_id>/change/", runs.one, RUNS, "operators_run_change"),
        Page("operators/run/<uuid:run_id>/retry/", runs.retry, RETRIES, "operators_run_retry", ACTS),
    ),
    "Content": (*LIBRARY, *STUDIO),
    "Numbers": (
        Page("", overview, "", "index"),
        Page("operators/analytics/", analytics, NUMBERS, "operators_analytics", rail="Analytics"),
        Page("operators/evaluation/", reports, NUMBERS, "operators_evaluation_changelist", rail="Evaluation"),
        Page("operators/evaluation/run/", run, "operators.run_evaluation", "operators_evaluation_run", ASKS),
        Page("operators/evaluation/compare/", compare, NUMBERS, "operators_evaluation_compare"),
        Page("operators/evaluation/<uuid:report_id>/", report, NUMBERS, "operators_evaluation_change"),
    ),
    "Records": (
        Page("operators/auditentry/", log, OWN_ACTS, "operators_auditentry_changelist", rail="Audit log"),
        Page("operators/auditentry/verify/", verify, "accounts.see_audit", "operators_auditentry_verify", ACTS),
        Page("operators/auditentry/<uuid:entry_id>/", entry, OWN_ACTS, "operators_auditentry_change"),
        Page("operators/accessrecord/", access, "accounts.see_access", "operators_accessrecord", rail="Access records"),
        Page("accounts/upload/", uploads, FILES, "accounts_upload_changelist", rail="Uploads"),
        Page("accounts/upload/<uuid:upload_id>/change/", upload, FILES, "accounts_upload_change"),
        Page("accounts/upload/<uuid:upload_id>/load-again/", load_again, AGAIN, "accounts_upload_load_again", ACTS),
        Page("accounts/consentrecord/", consents, FILES, "accounts_consentrecord_changelist", rail="Consents"),
    ),
    "Reference": (Page("keyboard/", keyboard.shown, "", "operators_keyboard"),),
}

"""What each group of staff may do, for every page and route of the console; a level holds all of the one below."""

from django.db import migrations

JUNIOR = {
    ("accounts", "user", "open_files", "Open the file of a consenting person"),
    ("accounts", "auditentry", "see_own_audit", "See own rows of the audit chain"),
    ("personas", "assignment", "see_personas", "See personas of many people and their analytics"),
    ("personas", "assignment", "assign", "Assign personas from stored signals"),
    ("personas", "ruleset", "see_rules", "See rule sets, their findings and override cases"),
    ("personas", "run", "see_runs", "See runs and their shards"),
    ("recommendations", "card", "see_cards", "See cards"),
    ("operators", "reviewitem", "see_queue", "See the queue, items, traces and alerts"),
    ("operators", "reviewitem", "decide", "Claim, approve and reject items, undo own decisions"),
    ("operators", "reviewitem", "annotate", "Write notes and tags"),
    ("operators", "reviewitem", "see_analytics", "See analytics and evaluations"),
}
SENIOR = JUNIOR | {
    ("accounts", "upload", "load_again", "Load a failed upload again"),
    ("accounts", "auditentry", "see_audit", "See all rows of the audit chain"),
    ("accounts", "auditentry", "see_access", "See who opened whose file"),
    ("personas", "assignment", "refresh", "Measure a person again"),
    ("personas", "assignment", "override", "Override a persona or an item"),
    ("personas", "run", "retry_run", "Put failed shards of a run back"),
    ("personas", "ruleset", "draft_rules", "Write and discard drafts of rule sets"),
    ("personas", "ruleset", "simulate_rules", "Simulate rule sets"),
    ("personas", "ruleset", "publish_rules", "Publish rule sets and roll them back"),
    ("personas", "person", "link_persons", "Link dossiers to people"),
    ("personas", "person", "delete_persons", "Delete dossiers"),
    ("recommendations", "recommendation", "generate", "Generate recommendations"),
    ("recommendations", "card", "write_cards", "Write, delete and restore cards"),
    ("operators", "reviewitem", "modify", "Modify items"),
    ("operators", "reviewitem", "decide_many", "Decide many items at once"),
    ("operators", "flag", "flag", "Flag items and people, resolve flags"),
    ("operators", "reviewitem", "run_evaluation", "Run evaluations"),
}
ADMIN = SENIOR | {
    ("accounts", "staff", "manage_staff", "Invite staff, change and end their authority"),
    ("accounts", "apikey", "manage_keys", "Make and revoke API keys"),
    ("accounts", "tenant", "manage_tenant", "Change the settings of the institution"),
    ("accounts", "user", "erase_people", "Erase or export a person on request"),
    ("accounts", "tenant", "see_metrics", "See the metrics of the process"),
    ("operators", "reviewitem", "moderate_notes", "Edit and delete the notes of others"),
    ("operators", "reviewitem", "undo_others", "Undo the decisions of others"),
}
GROUPS = {"operator_junior": JUNIOR, "operator_senior": SENIOR, "tenant_admin": ADMIN}


def fill(apps, schema_editor):
    using = schema_editor.connection.alias
    get = lambda app, name: apps.get_model(app, name).objects.using(using)  # noqa: E731
    made = {}
    for app, model, codename, name in sorted(ADMIN):
        kind, _ = get("contenttypes", "ContentType").get_or_create(app_label=app, model=model)
        made[app, codename], _ = get("auth", "Permission").get_or_create(
            content_type_id=kind.pk, codename=codename, defaults={"name": name}
        )
    for group, may in GROUPS.items():
        get("auth", "Group").get(name=group).permissions.add(*(made[app, codename] for app, _, codename, _ in may))


def empty(apps, schema_editor):
    permissions = apps.get_model("auth", "Permission").objects.using(schema_editor.connection.alias)
    for app, model, codename, _ in ADMIN:
        permissions.filter(content_type__app_label=app, content_type__model=model, codename=codename).delete()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_sessions")]

    operations = [migrations.RunPython(fill, empty)]

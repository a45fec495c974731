"""What the three groups of staff may see of personas in the console."""

from django.db import migrations

STAFF = ("operator_junior", "operator_senior", "tenant_admin")
SEEN_BY_STAFF = ("profile", "assignment", "transition", "run")


def fill(apps, schema_editor):
    using = schema_editor.connection.alias
    get = lambda app, name: apps.get_model(app, name).objects.using(using)  # noqa: E731
    for model in SEEN_BY_STAFF:
        kind, _ = get("contenttypes", "ContentType").get_or_create(app_label="personas", model=model)
        permission, _ = get("auth", "Permission").get_or_create(
            content_type_id=kind.pk, codename=f"view_{model}", defaults={"name": f"Can view {model}"}
        )
        for name in STAFF:
            get("auth", "Group").get(name=name).permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [("personas", "0003_shipped_rules"), ("accounts", "0003_first_rows")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]

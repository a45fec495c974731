"""The default tenant, and the three groups of staff with what each may see."""

from django.db import migrations

STAFF = ("operator_junior", "operator_senior", "tenant_admin")
SEEN_BY_STAFF = ("user", "consentrecord", "upload", "account", "liability")


def fill(apps, schema_editor):
    using = schema_editor.connection.alias
    get = lambda app, name: apps.get_model(app, name).objects.using(using)  # noqa: E731
    get("accounts", "Tenant").get_or_create(slug="default", defaults={"name": "SpendSense"})
    for model in SEEN_BY_STAFF:
        kind, _ = get("contenttypes", "ContentType").get_or_create(app_label="accounts", model=model)
        permission, _ = get("auth", "Permission").get_or_create(
            content_type_id=kind.pk, codename=f"view_{model}", defaults={"name": f"Can view {model}"}
        )
        for name in STAFF:
            group, _ = get("auth", "Group").get_or_create(name=name)
            group.permissions.add(permission)


def empty(apps, schema_editor):
    using = schema_editor.connection.alias
    apps.get_model("auth", "Group").objects.using(using).filter(name__in=STAFF).delete()
    apps.get_model("accounts", "Tenant").objects.using(using).filter(slug="default", users=None).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guards"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(fill, empty)]

"""Every table of people and their money records."""

import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

# Django cannot say PARTITION BY; columns, keys and indexes are those of the model's state below.
# `ON CONFLICT` and the composite keys work on the partitioned parent, whose primary key holds the partition column.
TRANSACTIONS = """
CREATE TABLE transactions (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
    account_id uuid NOT NULL,
    external_id varchar(128) NOT NULL,
    date date NOT NULL CONSTRAINT transactions_date CHECK (date >= '1900-01-01'),
    merchant varchar(255) NOT NULL,
    merchant_key varchar(255) NOT NULL,
    merchant_entity_id varchar(128),
    description varchar(1000),
    amount numeric(12, 2) NOT NULL,
    category_primary varchar(100),
    category_detailed varchar(100),
    category varchar(100) GENERATED ALWAYS AS (coalesce(category_detailed, category_primary)) STORED,
    flow smallint NOT NULL DEFAULT 14,
    payment_channel varchar(8),
    pending boolean NOT NULL DEFAULT false,
    iso_currency_code varchar(3) NOT NULL CONSTRAINT transactions_currency CHECK (iso_currency_code ~ '^[A-Z]{3}$'),
    upload_id uuid NOT NULL,
    uploaded_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id),
    CONSTRAINT transactions_once UNIQUE (user_id, external_id),
    FOREIGN KEY (user_id, account_id) REFERENCES accounts (user_id, id) ON DELETE CASCADE
) PARTITION BY HASH (user_id);
DO $$ BEGIN
    FOR part IN 0..15 LOOP
        EXECUTE format('CREATE TABLE transactions_p%s PARTITION OF transactions '
                       'FOR VALUES WITH (MODULUS 16, REMAINDER %s)', to_char(part, 'FM00'), part);
    END LOOP;
END $$;
CREATE INDEX transactions_by_day ON transactions (user_id, date DESC);
CREATE INDEX transactions_account ON transactions (account_id);
CREATE INDEX transactions_date_idx ON transactions (date);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                ("user_id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("email", models.EmailField(blank=True, max_length=254, null=True)),
                ("phone_number", models.CharField(blank=True, max_length=16, null=True, unique=True)),
                ("password", models.CharField(db_column="password_hash", max_length=128, null=True)),
                ("oauth_providers", models.JSONField(blank=True, default=dict)),
                (
                    "role",
                    models.CharField(
                        choices=[("user", "user"), ("operator", "operator"), ("admin", "admin")],
                        default="user",
                        max_length=8,
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        blank=True,
                        choices=[("junior", "junior"), ("senior", "senior")],
                        max_length=6,
                        null=True,
                    ),
                ),
                ("consent_status", models.BooleanField(default=False)),
                ("consent_version", models.CharField(default="1.0", max_length=16)),
                (
                    "monthly_income",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True),
                ),
                ("phone_verified_at", models.DateTimeField(blank=True, null=True)),
                ("cache_generation", models.IntegerField(default=0)),
                ("is_active", models.BooleanField(default=True)),
                ("last_active_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "db_table": "users",
            },
        ),
        migrations.CreateModel(
            name="Tenant",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("slug", models.SlugField(max_length=63, unique=True)),
                ("name", models.CharField(max_length=255)),
                ("settings", models.JSONField(default=dict)),
                ("time_zone", models.CharField(default="UTC", max_length=64)),
                ("is_active", models.BooleanField(db_default=True, default=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "db_table": "tenants",
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        default=uuid.uuid4,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("external_id", models.CharField(max_length=128)),
                ("name", models.CharField(max_length=255, null=True)),
                ("type", models.CharField(max_length=12)),
                ("subtype", models.CharField(max_length=24)),
                (
                    "account_type",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Case(
                            models.When(then=models.Value("credit_card"), type="credit"),
                            models.When(then=models.Value("loan"), type="loan"),
                            models.When(
                                subtype__in=["savings", "high_yield_savings", "money_market", "hsa", "cd"],
                                then=models.F("subtype"),
                                type="depository",
                            ),
                            models.When(then=models.Value("checking"), type="depository"),
                            default=models.Value("other"),
                        ),
                        output_field=models.CharField(max_length=20),
                    ),
                ),
                ("account_number_last4", models.CharField(max_length=4, null=True)),
                ("balance", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("balance_available", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("limit", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("holder_category", models.CharField(max_length=12, null=True)),
                ("iso_currency_code", models.CharField(max_length=3)),
                ("uploaded_at", models.DateTimeField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="accounts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.tenant"
                    ),
                ),
            ],
            options={
                "db_table": "accounts",
            },
        ),
        migrations.AddField(
            model_name="user",
            name="tenant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="users", to="accounts.tenant"
            ),
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("upload_id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("file_name", models.CharField(max_length=255)),
                ("file_size", models.IntegerField()),
                ("file_type", models.CharField(choices=[("json", "json"), ("csv", "csv")], max_length=4)),
                ("s3_key", models.CharField(max_length=512, unique=True)),
                ("s3_bucket", models.CharField(max_length=63)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("processing", "processing"),
                            ("completed", "completed"),
                            ("failed", "failed"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("validation_errors", models.JSONField(null=True)),
                ("report", models.JSONField(null=True)),
                ("content_hash", models.CharField(max_length=64, null=True)),
                ("options", models.JSONField(default=dict)),
                ("options_hash", models.CharField(max_length=64)),
                ("sign_policy", models.CharField(max_length=16, null=True)),
                (
                    "channel",
                    models.CharField(
                        choices=[("direct", "direct"), ("presigned", "presigned"), ("command", "command")],
                        max_length=9,
                    ),
                ),
                ("duplicate_of", models.UUIDField(null=True)),
                ("attempts", models.SmallIntegerField(db_default=0, default=0)),
                ("claimed_at", models.DateTimeField(null=True)),
                ("retry_after", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("processed_at", models.DateTimeField(null=True)),
                ("reverted_at", models.DateTimeField(null=True)),
                ("exported_at", models.DateTimeField(null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.tenant"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uploads",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "data_uploads",
            },
        ),
        migrations.CreateModel(
            name="Liability",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        default=uuid.uuid4,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("apr_percentage", models.DecimalField(decimal_places=4, max_digits=7, null=True)),
                ("interest_rate", models.DecimalField(decimal_places=4, max_digits=7, null=True)),
                ("apr_type", models.CharField(max_length=16, null=True)),
                ("is_overdue", models.BooleanField(null=True)),
                ("minimum_payment_amount", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("last_payment_amount", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("last_statement_balance", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("last_payment_date", models.DateField(null=True)),
                ("next_payment_due_date", models.DateField(null=True)),
                ("uploaded_at", models.DateTimeField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "account",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="liability",
                        to="accounts.account",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.tenant"
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.upload"
                    ),
                ),
            ],
            options={
                "db_table": "liabilities",
                "verbose_name_plural": "liabilities",
            },
        ),
        migrations.AddField(
            model_name="account",
            name="upload",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.upload"
            ),
        ),
        migrations.CreateModel(
            name="UploadUndo",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "upload_id",
                        "kind",
                        "row_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("kind", models.CharField(max_length=11)),
                ("row_id", models.UUIDField()),
                ("before", models.JSONField()),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.tenant"
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="undo", to="accounts.upload"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "upload_undo",
            },
        ),
        migrations.CreateModel(
            name="StoredAnswer",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "actor",
                        "route",
                        "key",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("actor", models.CharField(max_length=64)),
                ("route", models.CharField(max_length=200)),
                ("key", models.CharField(max_length=255)),
                ("fingerprint", models.CharField(max_length=64)),
                ("status", models.SmallIntegerField(null=True)),
                ("response_headers", models.JSONField(db_default={}, default=dict)),
                ("response_payload", models.TextField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("expires_at", models.DateTimeField()),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.tenant"
                    ),
                ),
            ],
            options={
                "db_table": "idempotency_store",
                "indexes": [models.Index(fields=["expires_at"], name="idempotency_expiry")],
            },
        ),
        migrations.CreateModel(
            name="ConsentRecord",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=django.contrib.postgres.functions.RandomUUID(),
                        default=uuid.uuid4,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("analysis", "analysis"),
                            ("partner_offers", "partner offers"),
                            ("notes", "notes"),
                        ],
                        max_length=14,
                    ),
                ),
                ("granted_at", models.DateTimeField()),
                ("since", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.CharField(default="1.0", max_length=16)),
                ("ip_address", models.GenericIPAddressField(blank=True, null=True)),
                ("user_agent", models.CharField(blank=True, default="", max_length=255)),
                ("revoked_ip", models.GenericIPAddressField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="consents",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.tenant"
                    ),
                ),
            ],
            options={
                "db_table": "consent_records",
                "indexes": [
                    models.Index(
                        condition=models.Q(("revoked_at__isnull", True)),
                        fields=["purpose", "user"],
                        name="consent_open",
                    ),
                    models.Index(fields=["user", "-granted_at"], name="consent_history"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("purpose__in", ["analysis", "partner_offers", "notes"])),
                        name="consent_purpose_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("revoked_at__isnull", True),
                            ("revoked_at__gte", models.F("granted_at")),
                            _connector="OR",
                        ),
                        name="consent_ends_after_it_began",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at__isnull", True)),
                        fields=("user", "purpose"),
                        name="consent_open_once",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(fields=["tenant", "role"], name="users_tenant_role"),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower("email"), name="users_email_once"),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["user", "operator", "admin"])), name="users_role_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("level__in", ["junior", "senior"]), ("role", "operator")),
                    models.Q(models.Q(("role", "operator"), _negated=True), ("level__isnull", True)),
                    _connector="OR",
                ),
                name="users_level_exactly_for_operators",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("monthly_income__isnull", True), ("monthly_income__gte", 0), _connector="OR"),
                name="users_income_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("phone_number__isnull", True),
                    ("phone_number__regex", "^\\+[1-9][0-9]{6,14}$"),
                    _connector="OR",
                ),
                name="users_phone_e164",
            ),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["status"], name="uploads_by_status"),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["created_at"], name="uploads_by_age"),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(
                condition=models.Q(("status__in", ["pending", "processing"])),
                fields=["created_at"],
                name="uploads_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("file_size__gte", 0), ("file_size__lte", 10485760)), name="uploads_size"
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("file_type__in", ["json", "csv"])), name="uploads_type"
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["pending", "processing", "completed", "failed"])),
                name="uploads_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__in", ["direct", "presigned", "command"])),
                name="uploads_channel",
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(("status", "failed"), _negated=True),
                    ("duplicate_of__isnull", True),
                    ("reverted_at__isnull", True),
                ),
                fields=("user", "content_hash", "options_hash"),
                name="uploads_same_file_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="liability",
            constraint=models.UniqueConstraint(fields=("user", "account"), name="liabilities_once"),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(fields=("user", "external_id"), name="accounts_once"),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(fields=("user", "id"), name="accounts_of_user"),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("iso_currency_code__regex", "^[A-Z]{3}$")), name="accounts_currency"
            ),
        ),
        migrations.AddConstraint(
            model_name="uploadundo",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["account", "transaction", "liability"])),
                name="upload_undo_kind",
            ),
        ),
        migrations.CreateModel(
            name="LedgerMonth",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "user_id", "month", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("month", models.DateField()),
                ("entries", models.IntegerField()),
                ("days", models.BinaryField()),
                ("cents", models.BinaryField()),
                ("merchants", models.BinaryField()),
                ("accounts", models.BinaryField()),
                ("marks", models.BinaryField()),
                ("currencies", models.BinaryField()),
                ("texts", models.TextField()),
                (
                    "account_ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "ledger_months",
            },
        ),
        migrations.CreateModel(
            name="LedgerSpan",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "user_id",
                        "account_id",
                        "currency",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("account_id", models.UUIDField()),
                ("currency", models.CharField(max_length=3)),
                ("posted", models.IntegerField()),
                ("pending", models.IntegerField()),
                ("first_on", models.DateField(null=True)),
                ("last_on", models.DateField(null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "ledger_spans",
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(TRANSACTIONS, "DROP TABLE transactions")],
            state_operations=[
                migrations.CreateModel(
                    name="Transaction",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "user_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        (
                            "id",
                            models.UUIDField(
                                db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4
                            ),
                        ),
                        ("external_id", models.CharField(max_length=128)),
                        ("date", models.DateField()),
                        ("merchant", models.CharField(max_length=255)),
                        ("merchant_key", models.CharField(max_length=255)),
                        ("merchant_entity_id", models.CharField(max_length=128, null=True)),
                        ("description", models.CharField(max_length=1000, null=True)),
                        ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                        ("category_primary", models.CharField(max_length=100, null=True)),
                        ("category_detailed", models.CharField(max_length=100, null=True)),
                        (
                            "category",
                            models.GeneratedField(
                                db_persist=True,
                                expression=django.db.models.functions.comparison.Coalesce(
                                    "category_detailed", "category_primary"
                                ),
                                output_field=models.CharField(max_length=100, null=True),
                            ),
                        ),
                        ("flow", models.SmallIntegerField(db_default=14, default=14)),
                        ("payment_channel", models.CharField(max_length=8, null=True)),
                        ("pending", models.BooleanField(db_default=False, default=False)),
                        ("iso_currency_code", models.CharField(max_length=3)),
                        ("uploaded_at", models.DateTimeField()),
                        (
                            "created_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                        ),
                        (
                            "account",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="transactions",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "tenant",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.tenant",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="transactions",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "upload",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.upload",
                            ),
                        ),
                    ],
                    options={
                        "db_table": "transactions",
                    },
                ),
                migrations.AddIndex(
                    model_name="transaction",
                    index=models.Index(fields=["user", "-date"], name="transactions_by_day"),
                ),
                migrations.AddIndex(
                    model_name="transaction",
                    index=models.Index(fields=["account"], name="transactions_account"),
                ),
                migrations.AddIndex(
                    model_name="transaction",
                    index=models.Index(fields=["date"], name="transactions_date_idx"),
                ),
                migrations.AddConstraint(
                    model_name="transaction",
                    constraint=models.UniqueConstraint(fields=("user", "external_id"), name="transactions_once"),
                ),
                migrations.AddConstraint(
                    model_name="transaction",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("date__gte", "1900-01-01")), name="transactions_date"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="transaction",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("iso_currency_code__regex", "^[A-Z]{3}$")),
                        name="transactions_currency",
                    ),
                ),
            ],
        ),
    ]

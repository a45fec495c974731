"""Every table of signals, rules and personas."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0003_first_rows"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE user_personas_seq", "DROP SEQUENCE user_personas_seq"),
        migrations.CreateModel(
            name="RuleSet",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("version", models.IntegerField(null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[("draft", "draft"), ("published", "published"), ("retired", "retired")],
                        default="draft",
                        max_length=9,
                    ),
                ),
                ("document", models.JSONField()),
                ("hash", models.CharField(max_length=64)),
                ("base_version", models.IntegerField()),
                ("note", models.TextField(blank=True, default="")),
                ("created_by", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("published_by", models.CharField(max_length=64, null=True)),
                ("published_at", models.DateTimeField(null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.tenant"
                    ),
                ),
            ],
            options={
                "db_table": "rule_sets",
            },
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                ("run_id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("stage", models.CharField(max_length=16)),
                ("as_of", models.DateField(null=True)),
                ("started_by", models.CharField(max_length=64, null=True)),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("running", "running"),
                            ("completed", "completed"),
                            ("completed_with_errors", "completed with errors"),
                            ("cancelled", "cancelled"),
                        ],
                        default="running",
                        max_length=21,
                    ),
                ),
                ("users", models.IntegerField(default=0)),
                ("done", models.IntegerField(default=0)),
                ("changed", models.IntegerField(default=0)),
                ("failed", models.IntegerField(default=0)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.tenant"
                    ),
                ),
            ],
            options={
                "db_table": "pipeline_runs",
            },
        ),
        migrations.CreateModel(
            name="Shard",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run_id", "shard", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("shard", models.IntegerField()),
                ("from_user", models.UUIDField()),
                ("to_user", models.UUIDField()),
                (
                    "status",
                    models.CharField(
                        choices=[("pending", "pending"), ("leased", "leased"), ("done", "done"), ("failed", "failed")],
                        default="pending",
                        max_length=7,
                    ),
                ),
                ("lease_until", models.DateTimeField(null=True)),
                ("attempts", models.SmallIntegerField(default=0)),
                ("counts", models.JSONField(default=dict)),
                ("error", models.TextField(null=True)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="shards", to="personas.run"
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.tenant"
                    ),
                ),
            ],
            options={
                "db_table": "pipeline_shards",
            },
        ),
        migrations.CreateModel(
            name="Simulation",
            fields=[
                ("simulation_id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("rule_set_hash", models.CharField(max_length=64)),
                ("base_version", models.IntegerField()),
                ("windows", models.JSONField()),
                ("as_of", models.DateField(null=True)),
                ("status", models.CharField(default="running", max_length=9)),
                ("result", models.JSONField(null=True)),
                ("created_by", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "rule_set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="simulations", to="personas.ruleset"
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.tenant"
                    ),
                ),
            ],
            options={
                "db_table": "rule_set_simulations",
            },
        ),
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                ("snapshot_id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                (
                    "time_window",
                    models.CharField(choices=[("30d", "30d"), ("90d", "90d"), ("180d", "180d")], max_length=4),
                ),
                ("as_of", models.DateField()),
                ("cards", models.JSONField(default=list)),
                ("merchants", models.JSONField(default=list)),
                ("meta", models.JSONField(default=dict)),
                (
                    "corrections",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None),
                ),
                ("no_signals", models.BooleanField(default=False)),
                ("algorithm_version", models.CharField(max_length=16)),
                ("data_fingerprint", models.CharField(max_length=64)),
                ("backfill", models.BooleanField(default=False)),
                ("computed_at", models.DateTimeField()),
                ("credit_num_credit_cards", models.IntegerField(null=True)),
                ("credit_aggregate_utilization_pct", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                (
                    "credit_highest_card_utilization_pct",
                    models.DecimalField(decimal_places=2, max_digits=18, null=True),
                ),
                ("credit_any_card_high_util", models.BooleanField(null=True)),
                ("credit_cards_not_below_30", models.IntegerField(null=True)),
                ("credit_any_interest_charges", models.BooleanField(null=True)),
                ("credit_interest_charged", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("credit_interest_monthly", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("credit_any_overdue", models.BooleanField(null=True)),
                ("credit_any_minimum_payment_only", models.BooleanField(null=True)),
                ("credit_total_credit_limit", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("credit_total_credit_used", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("credit_total_credit_available", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("income_deposit_count", models.IntegerField(null=True)),
                ("income_payday_count", models.IntegerField(null=True)),
                ("income_median_pay_gap_days", models.DecimalField(decimal_places=1, max_digits=18, null=True)),
                ("income_payment_frequency", models.CharField(max_length=16, null=True)),
                ("income_income_variability_pct", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("income_income_type", models.CharField(max_length=16, null=True)),
                ("income_cash_flow_buffer_months", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("income_checking_balance", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("income_monthly_income", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("income_last_pay_date", models.DateField(null=True)),
                ("income_lookback_days", models.IntegerField(null=True)),
                ("subscriptions_recurring_merchant_count", models.IntegerField(null=True)),
                ("subscriptions_inactive_merchant_count", models.IntegerField(null=True)),
                (
                    "subscriptions_monthly_recurring_spend",
                    models.DecimalField(decimal_places=2, max_digits=18, null=True),
                ),
                (
                    "subscriptions_subscription_share_pct",
                    models.DecimalField(decimal_places=2, max_digits=18, null=True),
                ),
                ("subscriptions_lookback_days", models.IntegerField(null=True)),
                ("savings_num_savings_accounts", models.IntegerField(null=True)),
                ("savings_total_savings_balance", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("savings_net_savings_inflow", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("savings_savings_growth_rate_pct", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("savings_emergency_fund_months", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("savings_emergency_fund_level", models.CharField(max_length=16, null=True)),
                ("savings_largest_deposit", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("savings_largest_withdrawal", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("savings_inferred", models.BooleanField(null=True)),
                ("spending_spend_total", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("spending_monthly_spend", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("spending_monthly_spend_90d", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("spending_transaction_count", models.IntegerField(null=True)),
                ("spending_days_covered", models.IntegerField(null=True)),
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "signal_snapshots",
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("assignment_id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                (
                    "seq",
                    models.BigIntegerField(
                        db_default=models.Func(models.Value("user_personas_seq"), function="nextval"), unique=True
                    ),
                ),
                (
                    "window_type",
                    models.CharField(choices=[("30d", "30d"), ("90d", "90d"), ("180d", "180d")], max_length=4),
                ),
                ("primary_persona", models.CharField(max_length=32)),
                ("primary_match_strength", models.CharField(max_length=8)),
                ("secondary_personas", models.JSONField(default=list)),
                ("all_matches", models.JSONField(default=list)),
                ("criteria_met", models.JSONField(default=dict)),
                ("criteria", models.JSONField(default=list)),
                (
                    "met",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), db_default=[], default=list, size=None
                    ),
                ),
                ("as_of", models.DateField(null=True)),
                ("data_fingerprint", models.CharField(max_length=64, null=True)),
                ("rule_set_version", models.IntegerField()),
                ("profile_persona", models.CharField(max_length=32)),
                (
                    "source",
                    models.CharField(
                        choices=[("computed", "computed"), ("operator", "operator"), ("import", "import")],
                        default="computed",
                        max_length=8,
                    ),
                ),
                ("assigned_by", models.UUIDField(null=True)),
                ("reason", models.TextField(null=True)),
                ("held_until", models.DateTimeField(null=True)),
                ("assigned_at", models.DateTimeField()),
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "rule_set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="personas.ruleset"
                    ),
                ),
                (
                    "snapshot",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="personas.snapshot",
                    ),
                ),
            ],
            options={
                "db_table": "user_personas",
            },
        ),
        migrations.CreateModel(
            name="Transition",
            fields=[
                ("transition_id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                (
                    "window_type",
                    models.CharField(choices=[("30d", "30d"), ("90d", "90d"), ("180d", "180d")], max_length=4),
                ),
                ("from_persona", models.CharField(max_length=32)),
                ("to_persona", models.CharField(max_length=32)),
                ("transition_date", models.DateField()),
                ("days_in_previous_persona", models.IntegerField()),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("data", "data"),
                            ("rules", "rules"),
                            ("operator", "operator"),
                            ("correction", "correction"),
                        ],
                        max_length=10,
                    ),
                ),
                ("celebration_shown", models.BooleanField(default=False)),
                ("celebration_acknowledged_at", models.DateTimeField(null=True)),
                ("milestone_achieved", models.CharField(max_length=40, null=True)),
                ("achievement_title", models.CharField(max_length=80, null=True)),
                ("from_assigned_at", models.DateTimeField()),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "assignment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="personas.assignment"
                    ),
                ),
                (
                    "from_assignment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="personas.assignment"
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "persona_transitions",
            },
        ),
        migrations.CreateModel(
            name="Correction",
            fields=[
                ("correction_id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=16)),
                ("merchant", models.CharField(max_length=255, null=True)),
                ("merchant_key", models.CharField(max_length=255, null=True)),
                ("transaction_id", models.UUIDField(null=True)),
                ("account_id", models.UUIDField(null=True)),
                ("external_id", models.CharField(max_length=128, null=True)),
                ("note", models.CharField(max_length=500, null=True)),
                ("effect", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("withdrawn_at", models.DateTimeField(null=True)),
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "corrections",
                "indexes": [models.Index(fields=["user", "-created_at"], name="corrections_history")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["not_subscription", "not_income", "transfer"])),
                        name="corrections_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("merchant_key__isnull", False), ("transaction_id__isnull", True)),
                            models.Q(("merchant_key__isnull", True), ("transaction_id__isnull", False)),
                            _connector="OR",
                        ),
                        name="corrections_one_target",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("merchant_key__isnull", False), ("withdrawn_at", None)),
                        fields=("user", "kind", "merchant_key"),
                        name="corrections_merchant_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("transaction_id__isnull", False), ("withdrawn_at", None)),
                        fields=("user", "kind", "transaction_id"),
                        name="corrections_row_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OverrideCase",
            fields=[
                ("case_id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("assignment_id", models.UUIDField()),
                ("window_type", models.CharField(max_length=4)),
                ("signals", models.JSONField()),
                ("expected_persona", models.CharField(max_length=32)),
                ("reason", models.TextField()),
                ("created_by", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("state", models.CharField(default="open", max_length=7)),
                ("waived_by", models.CharField(max_length=64, null=True)),
                ("waived_at", models.DateTimeField(null=True)),
                ("waive_reason", models.TextField(null=True)),
                ("waived_version", models.IntegerField(null=True)),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.tenant"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "override_cases",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["open", "waived", "retired"])), name="cases_state"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Profile",
            fields=[
                ("profile_id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ("persona_id", models.SmallIntegerField(null=True)),
                ("persona_name", models.CharField(max_length=40, null=True)),
                ("persona", models.CharField(max_length=32, null=True)),
                ("as_of", models.DateField(null=True)),
                ("rule_set_version", models.IntegerField(null=True)),
                ("algorithm_version", models.CharField(default="", max_length=16)),
                ("refreshed_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "persona_profiles",
                "indexes": [models.Index(fields=["persona_id"], name="profiles_by_persona")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("persona__isnull", True), ("persona_id__isnull", True), ("persona_name__isnull", True)
                            ),
                            models.Q(
                                (
                                    "persona__in",
                                    [
                                        "high_utilization",
                                        "variable_income_budgeter",
                                        "subscription_heavy",
                                        "savings_builder",
                                        "general_wellness",
                                    ],
                                ),
                                ("persona_id__range", (1, 5)),
                                ("persona_name__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="profiles_persona_whole",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="ruleset",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["draft", "published", "retired"])), name="rule_sets_status"
            ),
        ),
        migrations.AddConstraint(
            model_name="ruleset",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "draft"), ("version__isnull", True)),
                    models.Q(models.Q(("status", "draft"), _negated=True), ("version__isnull", False)),
                    _connector="OR",
                ),
                name="rule_sets_draft_has_no_version",
            ),
        ),
        migrations.AddConstraint(
            model_name="ruleset",
            constraint=models.UniqueConstraint(fields=("tenant", "version"), name="rule_sets_version"),
        ),
        migrations.AddConstraint(
            model_name="ruleset",
            constraint=models.UniqueConstraint(
                condition=models.Q(("tenant", None)), fields=("version",), name="rule_sets_shipped"
            ),
        ),
        migrations.AddConstraint(
            model_name="ruleset",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "published")), fields=("tenant",), name="rule_sets_one_active"
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["running", "completed", "completed_with_errors", "cancelled"])),
                name="runs_status",
            ),
        ),
        migrations.AddIndex(
            model_name="shard",
            index=models.Index(fields=["status", "lease_until"], name="shards_open"),
        ),
        migrations.AddConstraint(
            model_name="shard",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["pending", "leased", "done", "failed"])), name="shards_status"
            ),
        ),
        migrations.AddConstraint(
            model_name="simulation",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["running", "completed", "failed"])), name="simulations_status"
            ),
        ),
        migrations.AddIndex(
            model_name="snapshot",
            index=models.Index(
                models.F("user"),
                models.F("time_window"),
                models.OrderBy(models.F("computed_at"), descending=True),
                condition=models.Q(("backfill", False)),
                name="snapshots_latest",
            ),
        ),
        migrations.AddConstraint(
            model_name="snapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("time_window__in", ["30d", "90d", "180d"])), name="snapshots_window"
            ),
        ),
        migrations.AddConstraint(
            model_name="snapshot",
            constraint=models.UniqueConstraint(
                fields=("user", "time_window", "as_of", "computed_at"), name="snapshots_measured_once"
            ),
        ),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(
                models.F("user"),
                models.F("window_type"),
                models.OrderBy(models.F("assigned_at"), descending=True),
                models.OrderBy(models.F("seq"), descending=True),
                name="assignments_latest",
            ),
        ),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(fields=["user", "assigned_at"], name="assignments_history"),
        ),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(fields=["primary_persona"], name="assignments_by_persona"),
        ),
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(fields=["assigned_at"], name="assignments_by_age"),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(("window_type__in", ["30d", "90d", "180d"])), name="assignments_window"
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "primary_persona__in",
                        [
                            "high_utilization",
                            "variable_income_budgeter",
                            "subscription_heavy",
                            "savings_builder",
                            "general_wellness",
                        ],
                    )
                ),
                name="assignments_persona",
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(("primary_match_strength__in", ["strong", "moderate", "weak", "default"])),
                name="assignments_strength",
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("primary_match_strength", "default"), ("primary_persona", "general_wellness")),
                    models.Q(
                        models.Q(("primary_match_strength", "default"), _negated=True),
                        models.Q(("primary_persona", "general_wellness"), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="assignments_default_is_the_fallback",
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["computed", "operator", "import"])), name="assignments_source"
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("source", "operator"), _negated=True),
                    models.Q(("assigned_by__isnull", False), ("reason__isnull", False)),
                    _connector="OR",
                ),
                name="assignments_override_has_author_and_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="transition",
            index=models.Index(fields=["user", "-created_at"], name="transitions_history"),
        ),
        migrations.AddIndex(
            model_name="transition",
            index=models.Index(fields=["transition_date"], name="transitions_by_day"),
        ),
        migrations.AddConstraint(
            model_name="transition",
            constraint=models.CheckConstraint(
                condition=models.Q(("to_persona", models.F("from_persona")), _negated=True), name="transitions_change"
            ),
        ),
        migrations.AddConstraint(
            model_name="transition",
            constraint=models.CheckConstraint(
                condition=models.Q(("days_in_previous_persona__gte", 0)), name="transitions_days"
            ),
        ),
        migrations.AddConstraint(
            model_name="transition",
            constraint=models.CheckConstraint(
                condition=models.Q(("cause__in", ["data", "rules", "operator", "correction"])), name="transitions_cause"
            ),
        ),
    ]

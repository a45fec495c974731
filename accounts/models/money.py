"""What the bank says: accounts, transactions and liabilities, as the last good upload left them."""

import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce, Now

from accounts.models.people import Tenant, User
from accounts.models.uploads import Upload

CURRENCY = r"^[A-Z]{3}$"


class Account(models.Model):
    """A bank account. Balances of cards and loans are what is owed, as a magnitude."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, db_default=RandomUUID())
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="accounts")
    external_id = models.CharField(max_length=128)
    name = models.CharField(max_length=255, null=True)
    type = models.CharField(max_length=12)
    subtype = models.CharField(max_length=24)
    account_type = models.GeneratedField(
        expression=Case(
            When(type="credit", then=Value("credit_card")),
            When(type="loan", then=Value("loan")),
            When(
                type="depository",
                subtype__in=["savings", "high_yield_savings", "money_market", "hsa", "cd"],
                then=F("subtype"),
            ),
            When(type="depository", then=Value("checking")),
            default=Value("other"),
        ),
        output_field=models.CharField(max_length=20),
        db_persist=True,
    )
    account_number_last4 = models.CharField(max_length=4, null=True)
    balance = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    balance_available = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    limit = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    holder_category = models.CharField(max_length=12, null=True)
    iso_currency_code = models.CharField(max_length=3)
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "accounts"
        constraints = [
            models.UniqueConstraint(fields=["user", "external_id"], name="accounts_once"),
            models.UniqueConstraint(fields=["user", "id"], name="accounts_of_user"),  # composite keys point here
            models.CheckConstraint(condition=Q(iso_currency_code__regex=CURRENCY), name="accounts_currency"),
        ]


class Transaction(models.Model):
    """One row of a statement; credit is positive, debit negative.

    Hash-partitioned by user, which Django cannot say: the table and its keys are made in SQL by the migration.
    """

    pk = models.CompositePrimaryKey("user_id", "id")
    id = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID())
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="transactions", db_constraint=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="transactions", db_constraint=False)
    external_id = models.CharField(max_length=128)
    date = models.DateField()
    merchant = models.CharField(max_length=255)
    merchant_key = models.CharField(max_length=255)
    merchant_entity_id = models.CharField(max_length=128, null=True)
    description = models.CharField(max_length=1000, null=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    category_primary = models.CharField(max_length=100, null=True)
    category_detailed = models.CharField(max_length=100, null=True)
    category = models.GeneratedField(
        expression=Coalesce("category_detailed", "category_primary"),
        output_field=models.CharField(max_length=100, null=True),
        db_persist=True,
    )
    flow = models.SmallIntegerField(default=14, db_default=14)  # place of the row's class in statements.classes.Flow
    payment_channel = models.CharField(max_length=8, null=True)
    pending = models.BooleanField(default=False, db_default=False)
    iso_currency_code = models.CharField(max_length=3)
    upload = models.ForeignKey(Upload, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    uploaded_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "transactions"
        constraints = [
            models.UniqueConstraint(fields=["user", "external_id"], name="transactions_once"),
            models.CheckConstraint(condition=Q(date__gte="1900-01-01"), name="transactions_date"),
            models.CheckConstraint(condition=Q(iso_currency_code__regex=CURRENCY), name="transactions_currency"),
        ]
        indexes = [
            models.Index(fields=["user", "-date"], name="transactions_by_day"),
            models.Index(fields=["account"], name="transactions_account"),
            models.Index(fields=["date"], name="transactions_date_idx"),
        ]


class Liability(models.Model):
    """What is owed on one account, beyond its balance."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, db_default=RandomUUID())
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="liability", db_constraint=False)
    apr_percentage = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    interest_rate = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    apr_type = models.CharField(max_length=16, null=True)
    is_overdue = models.BooleanField(null=True)
    minimum_payment_amount = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    last_payment_amount = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    last_statement_balance = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    last_payment_date = models.DateField(null=True)
    next_payment_due_date = models.DateField(null=True)
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "liabilities"
        verbose_name_plural = "liabilities"
        constraints = [models.UniqueConstraint(fields=["user", "account"], name="liabilities_once")]

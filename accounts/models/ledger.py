"""The packed ledger: a person's month as a few columns of numbers, for the engine that measures many people."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models.people import Tenant, User


class LedgerMonth(models.Model):
    """Derived from the transactions of one month, as the view `ledger_of_rows` defines; never the truth itself."""

    pk = models.CompositePrimaryKey("user_id", "month")
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    month = models.DateField()
    entries = models.IntegerField()
    days = models.BinaryField()
    cents = models.BinaryField()
    merchants = models.BinaryField()
    accounts = models.BinaryField()
    marks = models.BinaryField()
    currencies = models.BinaryField()
    texts = models.TextField()
    account_ids = ArrayField(models.UUIDField())

    class Meta:
        db_table = "ledger_months"


class LedgerSpan(models.Model):
    """How much of an account's rows there is in one currency, and from when to when, as `spans_of_rows` defines."""

    pk = models.CompositePrimaryKey("user_id", "account_id", "currency")
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    account_id = models.UUIDField()
    currency = models.CharField(max_length=3)
    posted = models.IntegerField()
    pending = models.IntegerField()
    first_on = models.DateField(null=True)
    last_on = models.DateField(null=True)

    class Meta:
        db_table = "ledger_spans"

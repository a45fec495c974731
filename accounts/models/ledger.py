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

"""Rows for tests, written with the eyes that may write them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import factory
from factory.django import DjangoModelFactory

from accounts import consent, rowsecurity
from accounts.models import Account, Liability, Tenant, Transaction, Upload, User
from accounts.purposes import Purpose

GRANTED = datetime(2025, 1, 1, tzinfo=UTC)


class _Written(DjangoModelFactory):
    """As maintenance: everything but money, and money of the one person named."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **fields: Any) -> Any:
        user = fields.get("user")
        viewer = rowsecurity.maintenance_of(user.user_id) if user else rowsecurity.MAINTENANCE
        with rowsecurity.viewing(viewer):
            return super()._create(model_class, *args, **fields)


class TenantFactory(_Written):
    class Meta:
        model = Tenant
        django_get_or_create = ("slug",)

    slug = "default"
    name = factory.LazyAttribute(lambda tenant: tenant.slug.title())


class UserFactory(_Written):
    class Meta:
        model = User

    tenant = factory.SubFactory(TenantFactory)
    email = factory.Sequence(lambda n: f"person{n}@example.test")
    password = "!"


def consenting(name: str, *purposes: Purpose, **fields: Any) -> User:
    """A consumer who agreed, to analysis unless told otherwise."""
    user: User = UserFactory(email=f"{name}@example.test", **fields)
    with rowsecurity.viewing(rowsecurity.of(user)):
        for purpose in purposes or (Purpose.ANALYSIS,):
            consent.grant(user=user, purpose=purpose, now=GRANTED)
        user.refresh_from_db()
    return user


class _OfUser(_Written):
    class Meta:
        abstract = True

    tenant = factory.LazyAttribute(lambda row: row.user.tenant)


class UploadFactory(_OfUser):
    class Meta:
        model = Upload

    file_name = "statement.csv"
    file_size = 10
    file_type = "csv"
    s3_key = factory.Sequence(lambda n: f"uploads/test/{n}/statement.csv")
    s3_bucket = "spendsense-data"
    options_hash = "0" * 64
    channel = "direct"


class AccountFactory(_OfUser):
    class Meta:
        model = Account

    external_id = factory.Sequence(lambda n: f"acc-{n}")
    type = "depository"
    subtype = "checking"
    balance = Decimal("1200.00")
    iso_currency_code = "USD"
    upload = factory.LazyAttribute(lambda row: UploadFactory(user=row.user))
    uploaded_at = GRANTED


class TransactionFactory(_OfUser):
    class Meta:
        model = Transaction

    account = factory.LazyAttribute(lambda row: AccountFactory(user=row.user))
    external_id = factory.Sequence(lambda n: f"tx-{n}")
    date = date(2025, 6, 30)
    merchant = "Corner Grocer"
    merchant_key = "corner grocer"
    amount = Decimal("-12.50")
    iso_currency_code = "USD"
    upload = factory.LazyAttribute(lambda row: row.account.upload)
    uploaded_at = GRANTED


class LiabilityFactory(_OfUser):
    class Meta:
        model = Liability

    account = factory.LazyAttribute(lambda row: AccountFactory(user=row.user, type="credit", subtype="credit_card"))
    upload = factory.LazyAttribute(lambda row: row.account.upload)
    uploaded_at = GRANTED

"""The csv module and bulk_create: parse row by row, skip known ids, insert in batches."""

import csv
import io
from datetime import date
from decimal import Decimal

from django.utils import timezone

from accounts import rowsecurity, uploads
from accounts.models import Account, Transaction, User


def import_with_orm(user: User, data: bytes) -> int:
    upload = uploads.announced(user, "a.csv", len(data), uploads.FileType.CSV, {}, uploads.Channel.COMMAND)
    now = timezone.now()
    with rowsecurity.viewing(rowsecurity.of(user)):
        upload.save(force_insert=True)
        account = Account.objects.create(
            tenant_id=user.tenant_id,
            user=user,
            external_id="main",
            type="depository",
            subtype="checking",
            iso_currency_code="USD",
            upload=upload,
            uploaded_at=now,
        )
        known = set(Transaction.objects.filter(user=user).values_list("external_id", flat=True))
        batch = []
        for row in csv.DictReader(io.StringIO(data.decode())):
            if row["transaction_id"] in known:
                continue
            batch.append(
                Transaction(
                    tenant_id=user.tenant_id,
                    user=user,
                    account=account,
                    external_id=row["transaction_id"],
                    date=date.fromisoformat(row["date"]),
                    merchant=row["merchant_name"].strip()[:255],
                    merchant_key=row["merchant_name"].strip().casefold()[:255],
                    amount=Decimal(row["amount"]).quantize(Decimal("0.01")),
                    category_primary=row["category_primary"] or None,
                    category_detailed=row["category_detailed"] or None,
                    payment_channel=row["payment_channel"],
                    pending=row["pending"] == "true",
                    iso_currency_code=row["iso_currency_code"],
                    upload=upload,
                    uploaded_at=now,
                )
            )
        Transaction.objects.bulk_create(batch, batch_size=2000)
    return len(batch)

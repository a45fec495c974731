"""What the routes of uploads and money take and give."""

from typing import Any

from rest_framework import serializers

from accounts.api.paging import Page
from accounts.models import Account, Liability, Transaction, Upload
from accounts.models.uploads import MAX_BYTES, FileType, Status

ENCODINGS = ["utf-8", "utf-16", "latin-1", "windows-1252", "windows-1250", "iso-8859-2", "iso-8859-15"]
SUBTYPES = [
    "checking",
    "savings",
    "high_yield_savings",
    "money_market",
    "hsa",
    "cd",
    "prepaid",
    "cash_management",
]


class Options(serializers.Serializer[Any]):
    """What the sender knows of a file that the file does not say."""

    sign_policy = serializers.ChoiceField(["auto", "inflow_positive", "plaid", "unsigned"], default="auto")
    date_order = serializers.ChoiceField(["dmy", "mdy"], required=False)
    decimal_mark = serializers.ChoiceField([".", ","], required=False)
    encoding = serializers.ChoiceField(ENCODINGS, required=False)
    account_id = serializers.CharField(max_length=128, default="main")
    account_subtype = serializers.ChoiceField(SUBTYPES, default="checking")
    currency = serializers.RegexField(r"^[A-Z]{3}$", default="USD")


class Sent(Options):
    file = serializers.FileField()


class Announced(Options):
    file_name = serializers.CharField(max_length=255)
    file_size = serializers.IntegerField(min_value=1, max_value=MAX_BYTES)
    file_type = serializers.ChoiceField(FileType.values())


class FormOut(serializers.Serializer[Any]):
    upload_id = serializers.UUIDField()
    url = serializers.URLField()
    fields = serializers.DictField(child=serializers.CharField())  # type: ignore[assignment]
    s3_key = serializers.CharField()
    s3_bucket = serializers.CharField()
    expires_in = serializers.IntegerField()
    max_bytes = serializers.IntegerField()


class UploadOut(serializers.ModelSerializer[Upload]):
    duplicate = serializers.SerializerMethodField()

    class Meta:
        model = Upload
        fields = [
            "upload_id",
            "user_id",
            "file_name",
            "file_size",
            "file_type",
            "content_hash",
            "status",
            "sign_policy",
            "validation_errors",
            "duplicate",
            "created_at",
            "updated_at",
            "processed_at",
            "reverted_at",
        ]

    def get_duplicate(self, upload: Upload) -> bool:
        return upload.duplicate_of is not None


class UploadListing(Page):
    status = serializers.ChoiceField(Status.values(), required=False)


class UploadPage(serializers.Serializer[Any]):
    items = UploadOut(many=True)
    total = serializers.IntegerField()
    limit = serializers.IntegerField()
    offset = serializers.IntegerField()


class LiabilityOut(serializers.ModelSerializer[Liability]):
    class Meta:
        model = Liability
        fields = [
            "apr_percentage",
            "interest_rate",
            "apr_type",
            "is_overdue",
            "minimum_payment_amount",
            "last_payment_amount",
            "last_statement_balance",
            "last_payment_date",
            "next_payment_due_date",
        ]


class AccountOut(serializers.ModelSerializer[Account]):
    account_id = serializers.UUIDField(source="id")
    mask = serializers.CharField(source="account_number_last4", allow_null=True)
    liability = serializers.SerializerMethodField()

    class Meta:
        model = Account
        fields = [
            "account_id",
            "name",
            "type",
            "subtype",
            "account_type",
            "mask",
            "balance",
            "balance_available",
            "limit",
            "iso_currency_code",
            "liability",
            "updated_at",
        ]

    def get_liability(self, account: Account) -> dict[str, Any] | None:
        owed = getattr(account, "liability", None)
        return LiabilityOut(owed).data if owed else None


class TransactionOut(serializers.ModelSerializer[Transaction]):
    transaction_id = serializers.UUIDField(source="id")

    class Meta:
        model = Transaction
        fields = [
            "transaction_id",
            "account_id",
            "date",
            "merchant",
            "merchant_key",
            "description",
            "amount",
            "iso_currency_code",
            "category",
            "category_primary",
            "category_detailed",
            "payment_channel",
            "pending",
            "upload_id",
            "created_at",
        ]


def report_without_file(upload: Upload) -> dict[str, Any]:
    """What can be said of an upload that ended before its file was read."""
    return {
        "upload_id": str(upload.pk),
        "user_id": str(upload.user_id),
        "status": upload.status,
        "ingestion_timestamp": upload.processed_at,
        "detected": None,
        "summary": None,
        "errors": upload.validation_errors or [],
        "warnings": [],
        "errors_total": len(upload.validation_errors or []),
        "warnings_total": 0,
        "truncated": False,
        "storage": None,
    }

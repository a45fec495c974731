"""Uploads: one received file each, and what it takes to undo one."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models.people import Tenant, User
from accounts.words import Word

MAX_BYTES = 10_485_760


class Status(Word):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class Channel(Word):
    DIRECT = "direct"
    PRESIGNED = "presigned"
    COMMAND = "command"


class FileType(Word):
    JSON = "json"
    CSV = "csv"


class Upload(models.Model):
    """One received file: its place in storage, its life, and the report of what was understood."""

    upload_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="uploads")
    file_name = models.CharField(max_length=255)
    file_size = models.IntegerField()
    file_type = models.CharField(max_length=4, choices=FileType.choices())
    s3_key = models.CharField(max_length=512, unique=True)
    s3_bucket = models.CharField(max_length=63)
    status = models.CharField(max_length=10, choices=Status.choices(), default=Status.PENDING.value)
    validation_errors = models.JSONField(null=True)
    report = models.JSONField(null=True)
    content_hash = models.CharField(max_length=64, null=True)
    options = models.JSONField(default=dict)
    options_hash = models.CharField(max_length=64)
    sign_policy = models.CharField(max_length=16, null=True)
    channel = models.CharField(max_length=9, choices=Channel.choices())
    duplicate_of = models.UUIDField(null=True)
    attempts = models.SmallIntegerField(default=0, db_default=0)
    claimed_at = models.DateTimeField(null=True)
    retry_after = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    processed_at = models.DateTimeField(null=True)
    reverted_at = models.DateTimeField(null=True)
    exported_at = models.DateTimeField(null=True)  # when its analytics files were written

    class Meta:
        db_table = "data_uploads"
        constraints = [
            models.CheckConstraint(condition=Q(file_size__gte=0, file_size__lte=MAX_BYTES), name="uploads_size"),
            models.CheckConstraint(condition=Q(file_type__in=FileType.values()), name="uploads_type"),
            models.CheckConstraint(condition=Q(status__in=Status.values()), name="uploads_status"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values()), name="uploads_channel"),
            models.UniqueConstraint(
                fields=["user", "content_hash", "options_hash"],
                condition=~Q(status=Status.FAILED.value) & Q(duplicate_of__isnull=True, reverted_at__isnull=True),
                name="uploads_same_file_once",
            ),
        ]
        indexes = [
            models.Index(fields=["status"], name="uploads_by_status"),
            models.Index(fields=["created_at"], name="uploads_by_age"),
            models.Index(
                fields=["created_at"],
                condition=Q(status__in=[Status.PENDING.value, Status.PROCESSING.value]),
                name="uploads_open",
            ),
        ]


class UploadUndo(models.Model):
    """The former state of one row that an upload changed or removed."""

    pk = models.CompositePrimaryKey("upload_id", "kind", "row_id")
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="undo")
    kind = models.CharField(max_length=11)
    row_id = models.UUIDField()
    before = models.JSONField()

    class Meta:
        db_table = "upload_undo"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["account", "transaction", "liability"]), name="upload_undo_kind"
            )
        ]

"""The audit chain: what staff did, each row sealed by the hash of the row before it."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models.people import Tenant
from accounts.words import Word

FIRST = "0" * 64  # what the first row of a chain follows


class Action(Word):
    APPROVE = "approve"
    REJECT = "reject"
    MODIFY = "modify"
    FLAG = "flag"
    RESOLVE_FLAG = "resolve_flag"
    UNDO = "undo"
    OVERRIDE = "override"
    GENERATE = "generate"
    REFRESH = "refresh"
    FLAG_USER = "flag_user"
    UNFLAG_USER = "unflag_user"
    NOTE_ADD = "note_add"
    NOTE_EDIT = "note_edit"
    NOTE_DELETE = "note_delete"
    TAG_ADD = "tag_add"
    TAG_REMOVE = "tag_remove"
    VIEW_USER = "view_user"
    VIEW_PERSON = "view_person"
    VIEW_TRACE = "view_trace"
    EXPORT = "export"
    UPLOAD_RELOAD = "upload_reload"
    RUN_RETRY = "run_retry"
    CARD_CREATE = "card_create"
    CARD_UPDATE = "card_update"
    CARD_DELETE = "card_delete"
    CARD_RESTORE = "card_restore"
    PERSON_WRITE = "person_write"
    PERSON_DELETE = "person_delete"
    RULES_DRAFT = "rules_draft"
    RULES_SIMULATE = "rules_simulate"
    RULES_PUBLISH = "rules_publish"
    RULES_ROLL_BACK = "rules_roll_back"
    EVALUATION_RUN = "evaluation_run"
    STAFF_CHANGE = "staff_change"
    KEY_CHANGE = "key_change"
    TENANT_CHANGE = "tenant_change"
    ERASURE = "erasure"


class AuditEntry(models.Model):
    """One act of staff. Of a person it knows the pseudonym only, so it outlives them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    operator_id = models.UUIDField(null=True)  # no foreign key: the chain stays when an operator leaves
    action = models.CharField(max_length=16, choices=Action.choices())
    object_type = models.CharField(max_length=32)
    object_id = models.CharField(max_length=64, null=True)
    subject_ref = models.CharField(max_length=64, null=True)
    recommendation_id = models.UUIDField(null=True)
    batch_id = models.UUIDField(null=True)
    request_id = models.CharField(max_length=64, default="")
    ip_address = models.GenericIPAddressField(null=True)
    detail_hash = models.CharField(max_length=64)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        db_table = "audit_entries"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "seq"], name="audit_entries_order"),
            models.CheckConstraint(condition=Q(action__in=Action.values()), name="audit_entries_action"),
            models.CheckConstraint(
                condition=~Q(object_type="user") | Q(object_id__isnull=True), name="audit_entries_no_user_id"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-at"], name="audit_entries_at"),
            models.Index(fields=["tenant", "operator_id", "-at"], name="audit_entries_operator"),
            models.Index(fields=["subject_ref", "-at"], name="audit_entries_subject"),
        ]


class AuditDetail(models.Model):
    """Before and after; the only part of the chain that an erasure may delete."""

    audit = models.OneToOneField(AuditEntry, on_delete=models.PROTECT, primary_key=True, related_name="detail")
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    detail = models.JSONField()

    class Meta:
        db_table = "audit_details"


class AuditHead(models.Model):
    """The end of a tenant's chain: whoever appends locks this row."""

    tenant = models.OneToOneField(Tenant, on_delete=models.PROTECT, primary_key=True, related_name="+")
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default=FIRST)
    verified_at = models.DateTimeField(null=True)
    valid = models.BooleanField(null=True)

    class Meta:
        db_table = "audit_heads"

"""Loading a failed file once more, because what was wrong was ours and has been mended."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts import audit
from accounts.models import Upload, User
from accounts.models.uploads import Channel, Status
from accounts.origin import NOWHERE, Origin
from accounts.refusals import Refused
from accounts.uploads import UploadNotFound


class NotFailed(Refused):
    code = "NOT_FAILED"
    sentence = "Only a failed upload can be loaded again."


class NeverArrived(Refused):
    code = "OBJECT_MISSING"
    sentence = "The file of this upload never arrived, so there is nothing to load."


@transaction.atomic
def load_again(*, upload_id: UUID, by: User, now: datetime, origin: Origin = NOWHERE) -> Upload:
    """Due at once, with all its tries; what it failed for stays in the audit row."""
    upload = Upload.objects.select_for_update(of=("self",)).filter(pk=upload_id, tenant_id=by.tenant_id).first()
    if upload is None:
        raise UploadNotFound
    if upload.status != Status.FAILED:
        raise NotFailed
    presigned = upload.channel == Channel.PRESIGNED
    if presigned and not upload.attempts:
        raise NeverArrived
    codes = sorted({problem["code"] for problem in upload.validation_errors or ()})
    upload.status = Status.PENDING.value
    upload.attempts = int(presigned)  # a presigned one without a try counts as one that has not arrived
    upload.claimed_at = upload.retry_after = upload.processed_at = None
    upload.content_hash = upload.validation_errors = upload.report = None
    upload.save(
        update_fields=[
            "status",
            "attempts",
            "claimed_at",
            "retry_after",
            "processed_at",
            "content_hash",
            "validation_errors",
            "report",
        ]
    )
    audit.record(
        action=audit.Action.UPLOAD_RELOAD,
        tenant_id=by.tenant_id,
        operator_id=by.pk,
        now=now,
        object_type="upload",
        object_id=str(upload.pk),
        subject=upload.user_id,
        detail={"failed_for": codes},
        origin=origin,
    )
    return upload

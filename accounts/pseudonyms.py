"""What stands for a person where no id may stand: in the audit chain, in receipts, in logs."""

import hashlib
import hmac
from uuid import UUID

from django.conf import settings


def subject_ref(user_id: UUID | str) -> str:
    """The same for one person as long as SUBJECT_KEY stays; nobody without the key finds the way back."""
    return hmac.new(settings.SUBJECT_KEY.encode(), str(user_id).encode(), hashlib.sha256).hexdigest()

"""The tables of people and their money records."""

from accounts.models.access import ApiKey, SecurityEvent
from accounts.models.audit import AuditDetail, AuditEntry, AuditHead
from accounts.models.chores import Chore
from accounts.models.consent import ConsentRecord
from accounts.models.idempotency import StoredAnswer
from accounts.models.leaving import ArchivedConsent, Erasure, Export, LedgerLine
from accounts.models.ledger import LedgerMonth, LedgerSpan
from accounts.models.money import Account, Liability, Transaction
from accounts.models.people import DEFAULT_TENANT, Staff, Tenant, User
from accounts.models.sessions import OpenSession
from accounts.models.uploads import Upload, UploadUndo

__all__ = [
    "DEFAULT_TENANT",
    "Account",
    "ApiKey",
    "ArchivedConsent",
    "AuditDetail",
    "AuditEntry",
    "AuditHead",
    "Chore",
    "ConsentRecord",
    "Erasure",
    "Export",
    "LedgerLine",
    "LedgerMonth",
    "LedgerSpan",
    "Liability",
    "OpenSession",
    "SecurityEvent",
    "Staff",
    "StoredAnswer",
    "Tenant",
    "Transaction",
    "Upload",
    "UploadUndo",
    "User",
]

"""What this app keeps of a person: who they are, what they agreed to, and their money."""

from collections.abc import Iterator
from uuid import UUID

from allauth.usersessions.models import UserSession

from accounts import analytics, storage
from accounts.belongings import Belongings, Place, Section, of_table
from accounts.models import Account, ConsentRecord, Liability, Transaction, Upload, User
from accounts.models.leaving import Export, Scope

ACCESS = """
    SELECT json_build_object('at', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                             'operator_role', d.detail -> 'operator_role', 'section', d.detail -> 'section')::text
      FROM audit_entries e LEFT JOIN audit_details d ON d.audit_id = e.id
     WHERE e.subject_ref = %(subject_ref)s AND e.action IN ('view_user', 'view_person', 'view_trace')
     ORDER BY e.at, e.id
"""
OF_UPLOADS = ("s3_bucket", "options_hash", "attempts", "claimed_at", "retry_after")
SECTIONS = (
    of_table("user", User, "user_id", ("password_hash", "cache_generation", "basis")),
    of_table("consents", ConsentRecord, "granted_at, id", ("user_id",)),
    of_table("sessions", UserSession, "created_at, id", ("id", "user_id", "session_key", "data")),
    of_table("accounts", Account, "external_id", ("user_id",)),
    of_table("transactions", Transaction, "date, external_id", ("user_id", "merchant_key", "flow")),
    of_table("liabilities", Liability, "account_id", ("user_id",)),
    of_table("uploads", Upload, "created_at, upload_id", ("user_id", *OF_UPLOADS)),
    Section("access", ACCESS),
)
CONFIRMATIONS = """
    DELETE FROM account_emailconfirmation
     WHERE email_address_id IN (SELECT id FROM account_emailaddress WHERE user_id = %(user)s)
"""
TOKENS = """
    DELETE FROM socialaccount_socialtoken
     WHERE account_id IN (SELECT id FROM socialaccount_socialaccount WHERE user_id = %(user)s)
"""
SESSIONS = """
    DELETE FROM django_session
     WHERE session_key IN (SELECT session_key FROM usersessions_usersession WHERE user_id = %(user)s)
"""
# Of an erasure itself the receipt's hash stays in the chain: it names nobody.
DETAILS = """
    DELETE FROM audit_details d USING audit_entries e
     WHERE e.id = d.audit_id AND e.subject_ref = %(subject_ref)s AND e.action <> 'erasure'
"""
ANSWERS = "DELETE FROM idempotency_store WHERE tenant_id = %(tenant)s AND actor = 'user:' || %(user)s::text"

ANYHOW = {"idempotency_store": ANSWERS, "audit_details": DETAILS}


def files_of_analysis(user_id: UUID) -> Iterator[Place]:
    """Of the uploads and exports there are: what the person sends later is not touched."""
    for upload in Upload.objects.filter(user_id=user_id):
        yield Place(storage.DATA, f"uploads/{user_id}/{upload.pk}/")
        for key in analytics.keys_of(upload):
            yield Place(storage.ANALYTICS, key)
    for export in Export.objects.filter(user_id=user_id):
        yield Place(storage.DATA, export.key)


def every_file(user_id: UUID) -> Iterator[Place]:
    """Also what no row knows of."""
    yield Place(storage.DATA, f"uploads/{user_id}/")
    yield Place(storage.DATA, f"exports/{user_id}/")
    for name in analytics.SCHEMAS:
        yield Place(storage.ANALYTICS, f"{name}/user_id={user_id}/")


BELONGINGS = Belongings(
    sections=SECTIONS,
    tables={
        Scope.ANALYSIS: (
            "upload_undo",
            "ledger_months",
            "ledger_spans",
            "liabilities",
            "transactions",
            "accounts",
            "data_uploads",
            "exports",
        ),
        Scope.ACCOUNT: (
            "usersessions_usersession",
            "socialaccount_socialaccount",
            "mfa_authenticator",
            "account_emailaddress",
            "django_admin_log",
            "security_events",
            "consent_records",
            "users",
        ),
    },
    scrubs={
        Scope.ANALYSIS: ANYHOW,
        Scope.NOTES: ANYHOW,
        Scope.ACCOUNT: {
            "account_emailconfirmation": CONFIRMATIONS,
            "socialaccount_socialtoken": TOKENS,
            "django_session": SESSIONS,
        },
    },
    places={Scope.ANALYSIS: files_of_analysis, Scope.ACCOUNT: every_file},
)

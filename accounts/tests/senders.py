"""Files as a test sends them: a form as a program posts it, a form written byte by byte, and the worker's part."""

from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from accounts import loads, rowsecurity
from accounts.models import Account, Liability, Transaction, Upload, User

PLAIN = b"""account_id,date,amount,merchant_name,category
main,2025-06-01,2000.00,Northwind Payroll,Income
main,2025-06-03,-12.50,Corner Grocer,Groceries
main,2025-06-03,-12.50,Corner Grocer,Groceries
main,2025-05-20,-800.00,Old Mill Rent,Rent
"""
EDGE = "edge-of-the-form"
AROUND = ("SELECT set_config(", "SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")


def send(client: APIClient, data: bytes, name: str = "statement.csv", to: str = "", **fields: Any) -> Any:
    headers = fields.pop("headers", None)
    form = {"file": SimpleUploadedFile(name, data), **fields}
    return client.post(f"/api/uploads{to}", form, format="multipart", headers=headers)


def written(name: bytes, data: bytes) -> bytes:
    """A form whose file name is what we say, byte by byte; a client library would clean it."""
    disposition = b'Content-Disposition: form-data; name="file"; filename="%s"' % name
    edge = EDGE.encode()
    return b"--%s\r\n%s\r\nContent-Type: text/csv\r\n\r\n%s\r\n--%s--\r\n" % (edge, disposition, data, edge)


def send_written(client: APIClient, body: bytes, to: str = "", **headers: str) -> Any:
    return client.generic(
        "POST", f"/api/uploads{to}", body, f"multipart/form-data; boundary={EDGE}", headers=headers or None
    )


def load_all(user: User, now: datetime) -> list[Upload]:
    """What a woken worker does."""
    ended = []
    while upload := loads.claim(tenant_id=user.tenant_id, now=now):
        ended.append(loads.load(upload=upload, now=now))
    return ended


def rows_of(user: User) -> dict[str, int]:
    """How many rows somebody sees of each kind."""
    with rowsecurity.viewing(rowsecurity.of(user)):
        return {model._meta.db_table: model.objects.count() for model in (Upload, Account, Transaction, Liability)}


def statements_of(captured: Any) -> list[str]:
    """What was asked of PostgreSQL, without the words around it."""
    return [query["sql"] for query in captured if not query["sql"].startswith(AROUND)]

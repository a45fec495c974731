"""Open sessions: the library's user-session row, with what we keep in it about its refresh token and its end."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import models

from accounts.models.people import User


class OpenSession(models.Model):
    """The same table as the library's UserSession; two of its columns are ours (migration 0010).

    The database lets the row go with its Django session, so whoever deletes either has ended both.
    """

    user = models.ForeignKey(User, on_delete=models.DO_NOTHING, related_name="opened")
    session = models.OneToOneField(Session, on_delete=models.DO_NOTHING, related_name="opened", db_column="session_key")
    ip = models.GenericIPAddressField()
    user_agent = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    refresh_token = models.CharField(max_length=64, null=True, unique=True)  # SHA-256 of the current token's id
    data = models.JSONField(default=dict)  # {"replaced": {former refresh_token: when}}

    if TYPE_CHECKING:
        user_id: UUID
        session_id: str

    class Meta:
        managed = False
        db_table = "usersessions_usersession"

    @property
    def replaced(self) -> dict[str, datetime]:
        """The refresh tokens before the current one, as far back as an access token of theirs may live."""
        return {token: datetime.fromisoformat(at) for token, at in self.data.get("replaced", {}).items()}

"""Whose file staff open: a consenting person of their own institution, or nobody."""

from rest_framework.request import Request

from accounts import people, rowsecurity
from accounts.api.authentication import caller
from accounts.api.paging import uuid_of
from accounts.models import User


def theirs(request: Request, named: str) -> User:
    """One statement, which also tells PostgreSQL whose file it is."""
    wanted = uuid_of(named, people.UserNotFound)
    members = User.objects.consumers().consenting().filter(tenant_id=caller(request).tenant_id, pk=wanted)
    person = rowsecurity.opening(members).first()
    if person is None:
        raise people.UserNotFound
    return person

"""The staff of an institution: invited, given and taken authority, and signed out for good or for now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts import audit, events, invitations, people, rowsecurity, sessions
from accounts.models import Tenant, User
from accounts.origin import NOWHERE, Origin
from accounts.refusals import NotThere, Refused, Unacceptable
from accounts.roles import Level, Role


class StaffNotFound(NotThere):
    code = "STAFF_NOT_FOUND"
    sentence = "There is no such member of the staff."


class EmailTaken(Refused):
    code = "EMAIL_TAKEN"
    sentence = "This address belongs to somebody already. Staff need an address of their own."


class AlreadyStaff(Refused):
    code = "ALREADY_STAFF"
    sentence = "This person is staff already. Change their role in place of inviting them."


class OwnAccount(Refused):
    code = "OWN_ACCOUNT"
    sentence = "You cannot change your own role or access. Another administrator can."


class LastAdmin(Refused):
    code = "LAST_ADMIN"
    sentence = "This is the last administrator. Make somebody else one first."


class NoSuchPosition(Unacceptable):
    sentence = "An operator is junior or senior, and an admin has no level."


@dataclass(frozen=True)
class Invited:
    """Somebody new; or somebody who is this already, with a new link where they never set a password."""

    user: User
    link: str | None
    again: bool


def members(tenant_id: UUID) -> QuerySet[User]:
    """For the eyes of sign-in, which alone see who has a second factor; in the order of their addresses."""
    factors = Authenticator.objects.filter(user_id=OuterRef("pk")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    staff = User.objects.filter(tenant_id=tenant_id).exclude(role=Role.USER)
    return staff.annotate(second_factor=Exists(factors)).order_by("email", "user_id")


def member(*, user_id: UUID, tenant_id: UUID) -> User:
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        found = members(tenant_id).filter(pk=user_id).first()
    if found is None:
        raise StaffNotFound
    return found


@transaction.atomic
def invite(
    *,
    tenant: Tenant,
    email: str,
    role: Role,
    level: Level | None,
    by: User | None,
    now: datetime,
    origin: Origin = NOWHERE,
) -> Invited:
    """Twice is once: a link leads in whoever has not come yet. `by` is nobody where a command makes the first one."""
    _possible(role, level)
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        known = User.objects.filter(email__iexact=email).first()
        if known is not None:
            _same(known, tenant, role, level)
            return Invited(known, None if known.has_usable_password() else invitations.link(known), again=True)
        if EmailAddress.objects.filter(email__iexact=email).exists():
            raise EmailTaken
        try:
            with transaction.atomic():
                user = people.enrol(tenant=tenant, email=email, password=None, role=role, level=level)
        except IntegrityError as taken:  # by somebody at this very moment
            raise EmailTaken from taken
        _noted(events.Kind.ROLE_CHANGE, user, by, now, origin, after=_authority(user))
        link = invitations.link(user)
    _sealed(user, by, now, origin, change="invited", after=_authority(user))
    return Invited(user, link, again=False)


@transaction.atomic
def change(
    *,
    by: User,
    user_id: UUID,
    now: datetime,
    role: Role | None = None,
    level: Level | None = None,
    is_active: bool | None = None,
    origin: Origin = NOWHERE,
) -> User:
    """Another role or level, in or out of service; whoever changes is signed out everywhere."""
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        user = _locked(user_id, by)
        before = _authority(user)
        _become(user, role, level, is_active)
        after = _authority(user)
        if after == before:
            return member(user_id=user.pk, tenant_id=by.tenant_id)
        _not_the_last(user, before)
        _not_oneself(user, by)
        user.save(update_fields=["role", "level", "is_active"])
        sessions.end_all(user=user)
        _noted(events.Kind.ROLE_CHANGE, user, by, now, origin, before=before, after=after)
    _sealed(user, by, now, origin, change="changed", before=before, after=after)
    return member(user_id=user.pk, tenant_id=by.tenant_id)


@transaction.atomic
def reset_second_factor(*, by: User, user_id: UUID, now: datetime, origin: Origin = NOWHERE) -> None:
    """For who lost theirs: all of it goes, recovery codes too, and the next sign-in sets up a new one."""
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        user = _locked(user_id, by)
        _not_oneself(user, by)
        Authenticator.objects.filter(user=user).delete()
        sessions.end_all(user=user)
        _noted(events.Kind.METHOD_UNLINKED, user, by, now, origin, method="second_factor")
    _sealed(user, by, now, origin, change="second_factor_reset")


@transaction.atomic
def end_sessions(*, by: User, user_id: UUID, now: datetime, origin: Origin = NOWHERE) -> None:
    with rowsecurity.viewing(rowsecurity.SIGNIN):
        user = _locked(user_id, by)
        _not_oneself(user, by)
        sessions.end_all(user=user)
    _sealed(user, by, now, origin, change="sessions_ended")


# -- inside


def _possible(role: Role, level: Level | None) -> None:
    if role == Role.USER or (role == Role.OPERATOR) != (level is not None):
        raise NoSuchPosition


def _same(known: User, tenant: Tenant, role: Role, level: Level | None) -> None:
    """A consumer's address, here or elsewhere, is answered alike: it tells nothing."""
    if known.tenant_id != tenant.pk or not known.is_staff:
        raise EmailTaken
    if not known.is_active or (known.role, known.level) != (role, level):
        raise AlreadyStaff


def _locked(user_id: UUID, by: User) -> User:
    """The member and all administrators, in one order, so that two who demote each other wait for one another."""
    admins = User.objects.select_for_update().filter(tenant_id=by.tenant_id, role=Role.ADMIN)
    others = User.objects.select_for_update().filter(tenant_id=by.tenant_id, pk=user_id).exclude(role=Role.USER)
    found = {user.pk: user for user in admins.order_by("pk")} | {user.pk: user for user in others}
    if user_id not in found:
        raise StaffNotFound
    return found[user_id]


def _become(user: User, role: Role | None, level: Level | None, is_active: bool | None) -> None:
    wanted = role or Role(user.role)
    kept = Level(user.level) if user.level and wanted == Role.OPERATOR else None
    _possible(wanted, level or kept)
    user.role, user.level = wanted.value, level or kept
    user.is_active = user.is_active if is_active is None else is_active


def _not_the_last(user: User, before: dict[str, Any]) -> None:
    if before["role"] != Role.ADMIN or not before["is_active"] or (user.role == Role.ADMIN and user.is_active):
        return
    others = User.objects.filter(tenant_id=user.tenant_id, role=Role.ADMIN, is_active=True).exclude(pk=user.pk)
    if not others.exists():
        raise LastAdmin


def _not_oneself(user: User, by: User) -> None:
    if user.pk == by.pk:
        raise OwnAccount


def _authority(user: User) -> dict[str, Any]:
    level = str(user.level) if user.level else None
    return {"role": str(user.role), "level": level, "is_active": user.is_active}


def _noted(kind: events.Kind, user: User, by: User | None, now: datetime, origin: Origin, **detail: Any) -> None:
    by_whom = {"by": str(by.pk) if by else None}
    events.record(
        kind=kind, tenant_id=user.tenant_id, user_id=user.pk, now=now, origin=origin, detail={**detail, **by_whom}
    )


def _sealed(user: User, by: User | None, now: datetime, origin: Origin, **detail: Any) -> None:
    audit.record(
        action=audit.Action.STAFF_CHANGE,
        tenant_id=user.tenant_id,
        operator_id=by.pk if by else None,
        now=now,
        object_type="staff",
        subject=user.pk,
        detail=detail,
        origin=origin,
    )

"""Tenants and users: whom everything in the product belongs to."""

import uuid
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import make_password
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from accounts.roles import Level, Role, group

DEFAULT_TENANT = "default"


class Tenant(models.Model):
    """An institution. A single-institution installation never shows the word."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=255)
    settings = models.JSONField(default=dict)
    time_zone = models.CharField(max_length=64, default="UTC")
    is_active = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "tenants"
        verbose_name = verbose_name_plural = "institution"  # who looks sees their own

    def __str__(self) -> str:
        return self.name


class Users(models.QuerySet["User"]):
    def consenting(self) -> Self:
        return self.filter(consent_status=True)

    def consumers(self) -> Self:
        return self.filter(role=Role.USER)


class _Creation(BaseUserManager.from_queryset(Users)):  # type: ignore[misc]
    """What Django's own code asks of a user model's manager."""

    def create_user(self, email: str | None = None, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email) if email else None, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email__iexact=email)


class User(AbstractBaseUser):
    """A person who signs in: a consumer, or staff with a level. Never a superuser."""

    user_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="users")
    email = models.EmailField(max_length=254, null=True, blank=True)
    phone_number = models.CharField(max_length=16, null=True, blank=True, unique=True)
    password = models.CharField(max_length=128, null=True, db_column="password_hash")  # type: ignore[assignment]
    oauth_providers = models.JSONField(default=dict, blank=True)
    role = models.CharField(max_length=8, choices=Role.choices(), default=Role.USER.value)
    level = models.CharField(max_length=6, choices=Level.choices(), null=True, blank=True)
    consent_status = models.BooleanField(default=False)
    consent_version = models.CharField(max_length=16, default="1.0")
    monthly_income = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    phone_verified_at = models.DateTimeField(null=True, blank=True)
    cache_generation = models.IntegerField(default=0)
    basis = models.IntegerField(default=0, db_default=0)  # triggers raise it with whatever a measurement rests on
    is_active = models.BooleanField(default=True)
    last_active_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())  # a trigger keeps it

    last_login = None
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = _Creation()

    if TYPE_CHECKING:
        tenant_id: uuid.UUID

    class Meta:
        db_table = "users"
        constraints = [
            models.UniqueConstraint(Lower("email"), name="users_email_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values()), name="users_role_known"),
            models.CheckConstraint(
                condition=Q(role=Role.OPERATOR.value, level__in=Level.values())
                | (~Q(role=Role.OPERATOR.value) & Q(level__isnull=True)),
                name="users_level_exactly_for_operators",
            ),
            models.CheckConstraint(
                condition=Q(monthly_income__isnull=True) | Q(monthly_income__gte=0),
                name="users_income_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(phone_number__isnull=True) | Q(phone_number__regex=r"^\+[1-9][0-9]{6,14}$"),
                name="users_phone_e164",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "role"], name="users_tenant_role"),
            # The library asks for an address as it is: without this an unknown one would take longer than a known one.
            models.Index(fields=["email"], name="users_email"),
        ]

    def __str__(self) -> str:
        return self.email or f"user {str(self.user_id)[:8]}"

    def check_password(self, raw_password: str | None) -> bool:
        if self.password is None:  # Django takes the time of a hash for an unusable password, not for an absent one
            make_password(raw_password)
            return False
        return super().check_password(raw_password)

    def has_usable_password(self) -> bool:
        return self.password is not None and super().has_usable_password()

    @property
    def is_consumer(self) -> bool:
        return self.role == Role.USER

    @property
    def is_staff(self) -> bool:
        return self.role in (Role.OPERATOR, Role.ADMIN)

    @property
    def is_superuser(self) -> bool:
        return False

    @property
    def actor(self) -> str:
        return f"user:{self.user_id}"

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_active and perm in self.permissions

    def has_perms(self, perms: list[str], obj: object = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perms)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and any(perm.startswith(f"{app_label}.") for perm in self.permissions)

    @property
    def position(self) -> str:
        """What staff are, in one word."""
        return self.level or self.role

    @property
    def permissions(self) -> frozenset[str]:
        """What the group of this role and level may do; no membership is stored."""
        if not hasattr(self, "_permissions"):
            from django.contrib.auth.models import Permission

            named = group(self.role, self.level) or ""  # a name of None would mean what no group holds
            granted = Permission.objects.filter(group__name=named).values_list("content_type__app_label", "codename")
            self._permissions = frozenset(f"{app}.{codename}" for app, codename in granted)
        return self._permissions


class Staff(User):
    """Users who work for the institution, under a page of their own in the console."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "member of staff"
        verbose_name_plural = "staff"

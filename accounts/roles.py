"""Who someone is to the product: roles, and the levels of operators."""

from accounts.words import Word


class Role(Word):
    USER = "user"
    OPERATOR = "operator"
    ADMIN = "admin"


OF_STAFF = [Role.OPERATOR.value, Role.ADMIN.value]


class Level(Word):
    JUNIOR = "junior"
    SENIOR = "senior"


POSITIONS: dict[str, tuple[Role, Level | None]] = {
    "junior": (Role.OPERATOR, Level.JUNIOR),
    "senior": (Role.OPERATOR, Level.SENIOR),
    "admin": (Role.ADMIN, None),
}  # what staff can be made, in one word


def group(role: str, level: str | None) -> str | None:
    """The Django group whose permissions a user of this role and level has; consumers have none."""
    if role == Role.ADMIN:
        return "tenant_admin"
    return f"operator_{level}" if role == Role.OPERATOR else None

"""Who someone is to the product: roles, and the levels of operators."""

from accounts.words import Word


class Role(Word):
    USER = "user"
    OPERATOR = "operator"
    ADMIN = "admin"


class Level(Word):
    JUNIOR = "junior"
    SENIOR = "senior"


def group(role: str, level: str | None) -> str | None:
    """The Django group whose permissions a user of this role and level has; consumers have none."""
    if role == Role.ADMIN:
        return "tenant_admin"
    return f"operator_{level}" if role == Role.OPERATOR else None

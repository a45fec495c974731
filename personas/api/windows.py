"""The window a caller asks about, parsed alike from a query and from a body; none means 30 days."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from accounts.refusals import Unacceptable
from personas.models import Window

OF_PERSONAS = (Window.DAYS_30.value, Window.DAYS_180.value)


class InvalidWindowType(Unacceptable):
    code = "INVALID_WINDOW_TYPE"


class WindowField(serializers.ChoiceField):
    """One of the windows, of which `default` is meant by an absent or null one."""

    def __init__(self, windows: Sequence[str] = OF_PERSONAS, default: str | None = OF_PERSONAS[0]) -> None:
        super().__init__(choices=list(windows), default=default, allow_null=True)

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        missing, value = super().validate_empty_values(data)
        return (True, self.default) if missing and value is None else (missing, value)

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, str) and data in self.choices:
            return data
        *others, last = (f"'{window}'" for window in self.choices)
        raise InvalidWindowType(f"{self.field_name} must be either {', '.join(others)} or {last}")

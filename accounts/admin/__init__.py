"""The pages of people in the console: what staff look at, and who may do what."""

from accounts.admin import institution, keys, staff  # noqa: F401 (they register themselves)
from accounts.admin.people import Shown, number

__all__ = ["Shown", "number"]

"""The product's settings without limits, for a server that is measured."""

from spendsense.settings import *  # noqa: F403
from spendsense.settings import RATE_LIMITS

RATE_LIMITS = {scope: (10**9, seconds) for scope, (_, seconds) in RATE_LIMITS.items()}

"""What a synthetic population is asked for, and what is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum


class Persona(StrEnum):
    HIGH_UTILIZATION = "high_utilization"
    VARIABLE_INCOME_BUDGETER = "variable_income_budgeter"
    SUBSCRIPTION_HEAVY = "subscription_heavy"
    SAVINGS_BUILDER = "savings_builder"
    GENERAL_WELLNESS = "general_wellness"


class SignPolicy(StrEnum):
    INFLOW_POSITIVE = "inflow_positive"
    PLAID = "plaid"
    UNSIGNED = "unsigned"


class RecipeError(ValueError):
    """The recipe cannot be followed; the text says which part and what would do."""


EQUAL_MIX: Mapping[str, float] = {persona.value: 0.2 for persona in Persona}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    seed: int
    users: int
    until: date
    days: int = 365
    mix: Mapping[str, float] = field(default_factory=lambda: EQUAL_MIX)
    awkward: float = 0.05
    no_consent_share: float = 0.1
    sign_policy: str = SignPolicy.INFLOW_POSITIVE
    float_noise: bool = False

    def __post_init__(self) -> None:
        if self.users < 1:
            raise RecipeError(f"A population needs at least one user; {self.users} were asked for.")
        if not 90 <= self.days <= 730:
            raise RecipeError(f"The history is 90 to 730 days; {self.days} were asked for.")
        if self.until < date(1902, 1, 1) or self.until > date(9998, 12, 31):
            raise RecipeError(f"The last day lies between 1902 and 9998; {self.until} was asked for.")
        for name, share in (("awkward", self.awkward), ("no_consent_share", self.no_consent_share)):
            if not 0 <= share <= 1:
                raise RecipeError(f"The share {name} lies between 0 and 1; {share} was asked for.")
        if self.sign_policy not in list(SignPolicy):
            raise RecipeError(f"Unknown sign policy {self.sign_policy}; it is one of {', '.join(SignPolicy)}.")
        unknown = sorted(set(self.mix) - set(Persona))
        if unknown:
            raise RecipeError(f"Unknown persona {unknown[0]} in the mix; it is one of {', '.join(Persona)}.")
        if any(not 0 <= share <= 1 for share in self.mix.values()) or abs(sum(self.mix.values()) - 1) > 1e-9:
            raise RecipeError("The shares of the mix lie between 0 and 1 and add up to 1.")

    @property
    def first_day(self) -> date:
        return self.until - timedelta(days=self.days - 1)


def parse_mix(text: str) -> dict[str, float]:
    """`high_utilization=30,...` in percent; the rest of 100 goes in equal parts to the personas not named."""
    percents: dict[str, float] = {}
    for part in text.split(","):
        name, _, amount = (piece.strip() for piece in part.partition("="))
        if name not in list(Persona):
            raise RecipeError(f'Unknown persona "{name}" in the mix; it is one of {", ".join(Persona)}.')
        if name in percents:
            raise RecipeError(f"The mix names {name} twice; name it once.")
        try:
            percents[name] = float(amount)
        except ValueError:
            raise RecipeError(f'The share of {name} is "{amount}"; write a percentage such as {name}=30.') from None
        if not 0 <= percents[name] <= 100:
            raise RecipeError(f"The share of {name} is {amount} %; it lies between 0 and 100.")
    left = 100 - sum(percents.values())
    absent = [persona.value for persona in Persona if persona not in percents]
    if left < -1e-9:
        raise RecipeError(f"The mix adds up to {100 - left:g} %; it may not exceed 100.")
    if not absent and left > 1e-9:
        raise RecipeError(f"The mix names every persona but adds up to {100 - left:g} %; it has to be 100.")
    percents |= {name: max(left, 0.0) / len(absent) for name in absent}
    return {persona.value: percents[persona] / 100 for persona in Persona}

"""The stories a person can live: which traits make which persona, how strongly, and what came before."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .recipe import Persona, Recipe


class Credit(StrEnum):
    NONE = "none"
    CALM = "calm"  # below 30 %, paid in full
    MAXED = "maxed"  # 72 % and more of every limit, with interest
    CARRYING = "carrying"  # 52 to 67 % of every limit, with interest
    OVERDUE = "overdue"  # 30 to 60 %, no payment for two months
    MINIMUM_ONLY = "minimum_only"  # below 30 %, but only the minimum is paid
    ONE_HIGH = "one_high"  # one small card above 50 %, a large one that keeps the aggregate low


class Income(StrEnum):
    STEADY = "steady"
    GAPS_WILD = "gaps_wild"  # more than 45 days apart, amounts vary by more than 30 %
    GAPS_UNEVEN = "gaps_uneven"  # the same gaps, amounts vary by 20 to 30 %
    GAPS_EVEN = "gaps_even"  # the same gaps, nearly equal amounts
    GIGS = "gigs"  # often, without a rhythm, amounts vary by more than 30 %


class Cushion(StrEnum):
    THIN = "thin"  # less than half a month of spending in checking
    TIGHT = "tight"  # just below a month
    ROOMY = "roomy"  # more than a month
    ANY = "any"


class Subscriptions(StrEnum):
    FEW = "few"  # at most two
    LIGHT = "light"  # many, below 10 % of spending
    HEAVY = "heavy"  # three or four, above 10 %
    DOMINANT = "dominant"  # five and more, above 15 %


class Saving(StrEnum):
    NONE = "none"  # no savings account
    IDLE = "idle"  # an account that only earns a little interest
    TRICKLE = "trickle"  # a little each month on a large balance
    MODERATE = "moderate"  # 230 to 310 a month
    STRONG = "strong"  # 480 a month and more, growing by 5 % a month


TRAITS = ("credit", "income", "cushion", "subscriptions", "saving")


@dataclass(frozen=True)
class Story:
    persona: Persona
    strength: str
    weight: float
    second: Persona | None = None
    was: Persona | None = None
    credit: Credit = Credit.CALM
    income: Income = Income.STEADY
    cushion: Cushion = Cushion.ANY
    subscriptions: Subscriptions = Subscriptions.FEW
    saving: Saving = Saving.IDLE


@dataclass(frozen=True)
class Before:
    """The traits that made somebody another persona until the day they ended."""

    strength: str
    traits: Mapping[str, str]


HU, VIB, SH, SB, GW = Persona

# savings_builder has no weak story: by rule set 1 every match of it already meets its moderate tier.
STORIES: tuple[Story, ...] = (
    Story(HU, "strong", 16, credit=Credit.MAXED, saving=Saving.NONE),
    Story(HU, "strong", 14, credit=Credit.OVERDUE),
    Story(HU, "moderate", 20, credit=Credit.CARRYING),
    Story(HU, "weak", 14, credit=Credit.MINIMUM_ONLY),
    Story(HU, "weak", 12, credit=Credit.ONE_HIGH, saving=Saving.TRICKLE),
    Story(HU, "strong", 8, second=VIB, credit=Credit.MAXED, income=Income.GAPS_WILD, cushion=Cushion.THIN),
    Story(HU, "moderate", 8, second=SH, credit=Credit.CARRYING, subscriptions=Subscriptions.LIGHT),
    Story(HU, "weak", 8, second=SB, credit=Credit.MINIMUM_ONLY, saving=Saving.MODERATE),
    Story(VIB, "strong", 18, income=Income.GAPS_WILD, cushion=Cushion.THIN),
    Story(VIB, "strong", 14, credit=Credit.NONE, income=Income.GIGS, cushion=Cushion.THIN),
    Story(VIB, "moderate", 12, income=Income.GIGS, cushion=Cushion.TIGHT),
    Story(VIB, "moderate", 14, income=Income.GAPS_UNEVEN, cushion=Cushion.TIGHT),
    Story(VIB, "weak", 18, income=Income.GAPS_EVEN, cushion=Cushion.THIN),
    Story(
        VIB,
        "strong",
        8,
        second=SH,
        income=Income.GIGS,
        cushion=Cushion.THIN,
        subscriptions=Subscriptions.HEAVY,
    ),
    Story(VIB, "weak", 8, second=SB, income=Income.GAPS_EVEN, cushion=Cushion.TIGHT, saving=Saving.MODERATE),
    Story(VIB, "strong", 8, was=HU, income=Income.GAPS_WILD, cushion=Cushion.THIN),
    Story(SH, "strong", 30, subscriptions=Subscriptions.DOMINANT),
    Story(SH, "moderate", 26, subscriptions=Subscriptions.HEAVY, saving=Saving.TRICKLE),
    Story(SH, "weak", 26, subscriptions=Subscriptions.LIGHT),
    Story(SH, "strong", 9, second=SB, subscriptions=Subscriptions.DOMINANT, saving=Saving.STRONG),
    Story(SH, "moderate", 9, was=HU, subscriptions=Subscriptions.HEAVY),
    Story(SB, "strong", 36, saving=Saving.STRONG),
    Story(SB, "moderate", 34, saving=Saving.MODERATE),
    Story(SB, "moderate", 10, was=HU, saving=Saving.MODERATE),
    Story(SB, "strong", 10, was=VIB, cushion=Cushion.ROOMY, saving=Saving.STRONG),
    Story(SB, "strong", 10, was=SH, saving=Saving.STRONG),
    Story(GW, "default", 34),
    Story(GW, "default", 20, saving=Saving.TRICKLE),
    Story(GW, "default", 16, credit=Credit.NONE, saving=Saving.NONE),
    Story(GW, "default", 10, was=HU),
    Story(GW, "default", 10, was=VIB, cushion=Cushion.ROOMY),
    Story(GW, "default", 10, was=SH),
)

BEFORE: Mapping[Persona, Before] = {
    HU: Before("moderate", {"credit": Credit.CARRYING}),
    VIB: Before("strong", {"income": Income.GIGS, "cushion": Cushion.THIN}),
    SH: Before("weak", {"subscriptions": Subscriptions.LIGHT}),
}


def edges(recipe: Recipe) -> list[float]:
    """The upper end of each story's part of [0, 1), in the order of STORIES."""
    totals = {persona: sum(s.weight for s in STORIES if s.persona is persona) for persona in Persona}
    upper: list[float] = []
    reached = 0.0
    for story in STORIES:
        reached += recipe.mix.get(story.persona, 0.0) * story.weight / totals[story.persona]
        upper.append(reached)
    return upper

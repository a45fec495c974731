"""A shelf of some thirty cards that together ask for every fact, and generated people who are measured."""

from datetime import UTC, date, datetime, timedelta

from accounts import population, rowsecurity
from accounts.populating import populate
from personas import profiles
from recommendations.models import CardVersion
from recommendations.tests import people as made
from recommendations.tests.factories import CardFactory

UNTIL = date(2025, 6, 30)
NOW = datetime(2025, 7, 1, 8, tzinfo=UTC)
BECAUSE = "We're showing you this because"
SENTENCES = {
    "high_utilization": (
        "your {card_name} ending {card_last4} is at {utilization} of its limit ({balance} of {limit}).",
        "your cards together are at {total_utilization}. Interest came to {interest_monthly} a month.",
        "the least your {card_name} asks for is {minimum_payment}.",
    ),
    "variable_income_budgeter": (
        "{median_gap_days} days lie between your pay days, the last of them on {last_pay_date}.",
        "your income varies by {income_variability}. What you hold covers {buffer_months} months.",
        "your checking covers {buffer_months} months.",
    ),
    "subscription_heavy": (
        "{subscription_count} subscriptions took {monthly_recurring} a month, {subscription_share} of your spending.",
        "{top_merchants} come back every month.",
        "you spent {spend_total} in {window}. {monthly_recurring} of it comes back.",
    ),
    "savings_builder": (
        "{account_name} holds part of your {savings_balance}. It grew by {savings_growth}.",
        "you put {monthly_inflow} aside a month.",
        "your savings cover {emergency_months} months.",
    ),
    "general_wellness": (
        "you made {transaction_count} payments in {window}.",
        "most of it went to {top_category}.",
        "you spent {spend_total} in {window}.",
    ),
}
FALLBACK = f"{BECAUSE} you have {{account_count}} connected accounts."


def library():
    """Six cards for each persona, half of them with a trigger, eight offers, an audience card and a voice."""
    used = {"signal": "credit.highest_card_utilization_pct", "op": ">=", "threshold": 30}
    counted = {"signal": "accounts.count", "op": ">=", "threshold": 1}
    pieces = []
    for slug, sentences in SENTENCES.items():
        for place in range(6):
            pieces.append(
                made.piece(
                    f"{slug}-{place}".replace("_", "-"),
                    personas=[slug],
                    body="How this works, in plain words that a friend would use. " * 20,
                    rationale_template=f"{BECAUSE} {sentences[place % 3]}",
                    fallback_rationale=FALLBACK,
                    triggers=(used if slug == "high_utilization" else counted) if place % 2 else None,
                    sources=[{"title": "A public guide", "publisher": "An office", "url": "https://guide.example"}],
                )
            )
    kinds = ("balance_transfer_card", "high_yield_savings", "budgeting_app", "subscription_manager")
    for place, kind in enumerate((*kinds, "credit_monitoring", "round_up_savings", "cd", "planning_consultation")):
        pieces.append(
            made.offer(
                f"offer-{place}",
                product_type=kind,
                eligibility=counted if place % 2 else used,
                rationale_template=f"{BECAUSE} you spent {{spend_total}} in {{window}}.",
                fallback_rationale=FALLBACK,
            )
        )
    match = {"keys": ["general-wellness-5"], "categories": [], "tags": []}
    pieces.append(made.piece("savers", "audience", primary="savings_builder", match=match))
    pieces.append(made.piece("house", "voice", tags=("default",), forbidden_phrases=["hurry"]))
    return pieces


def stock(tenant, pieces=None):
    """Put cards on the shelf of a tenant, each with the version it was made with."""
    cards = []
    for piece in library() if pieces is None else pieces:
        cards.append(
            CardFactory(
                tenant=tenant,
                card_type=piece.card_type,
                title=piece.title,
                tags=list(piece.tags),
                content=dict(piece.content),
                content_hash=piece.content_hash,
                updated_at=NOW - timedelta(days=1),
            )
        )
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        CardVersion.objects.bulk_create(
            CardVersion(
                tenant=tenant,
                card=card,
                version=1,
                title=card.title,
                content=card.content,
                content_hash=card.content_hash,
                tags=card.tags,
                changed_by="test",
                created_at=NOW - timedelta(days=1),
            )
            for card in cards
        )
    return cards


def crowd(tenant, count, *, seed=3, first=0):
    """Generated people, loaded and refreshed; those who agreed."""
    recipe = population.Recipe(seed=seed, users=first + count, until=UNTIL)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        populate(
            batch=population.people(recipe, first, first + count),
            tenant_id=tenant.pk,
            now=datetime(2025, 6, 30, 12, tzinfo=UTC),
        )
    with rowsecurity.viewing(rowsecurity.pipeline(tenant.pk)):
        due = profiles.due(tenant_id=tenant.pk)
        profiles.refresh(user_ids=due, tenant_id=tenant.pk, now=NOW - timedelta(minutes=5))
    return due

"""The evaluation of what an institution's people were told: coverage, explanations, fit, latency, traces, fairness."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from accounts import anchors, audit, rowsecurity
from operators import measures, rechecking
from operators.measures import Group, mean, percent
from personas import rulesets
from recommendations import traces
from recommendations.models import Kind
from recommendations.traces import Result

DAYS = 90  # the life of an approved item: what can be seen today was made in this time
TARGET_MS = 5_000
CATEGORIES = ("credit", "income", "savings", "subscriptions")

# Consenting people with data. The longest window has all that the shorter ones have.
PEOPLE = """
    WITH given AS (
        SELECT user_id, count(*) AS items FROM recommendations
         WHERE tenant_id = %(tenant)s AND created_at >= %(since)s AND created_at < %(until)s GROUP BY user_id),
    people AS MATERIALIZED (
        SELECT u.user_id, p.persona, coalesce(u.monthly_income, s.income_monthly_income) AS income,
               s.spending_days_covered AS days, s.as_of, coalesce(g.items, 0) AS items,
               coalesce(s.meta -> 'categories_present', '[]') AS present
          FROM users u LEFT JOIN persona_profiles p USING (user_id) LEFT JOIN given g USING (user_id)
          LEFT JOIN LATERAL (SELECT * FROM signal_snapshots
                              WHERE user_id = u.user_id AND time_window = '180d' AND NOT backfill
                              ORDER BY computed_at DESC LIMIT 1) s ON true
         WHERE u.tenant_id = %(tenant)s AND u.role = 'user' AND u.consent_status
           AND EXISTS (SELECT FROM accounts a WHERE a.user_id = u.user_id))
"""
STANDING = f"""{PEOPLE}
    SELECT persona, max(as_of), count(*), count(*) FILTER (WHERE jsonb_array_length(present) >= 3), sum(items)::bigint,
           {", ".join(f"count(*) FILTER (WHERE present ? '{name}')" for name in CATEGORIES)}
      FROM people GROUP BY persona ORDER BY persona
"""
GROUPED = f"""{PEOPLE},
    thirds AS (SELECT percentile_disc(ARRAY[1.0 / 3, 2.0 / 3]) WITHIN GROUP (ORDER BY income) AS at FROM people)
    SELECT dimension, name, count(*), count(*) FILTER (WHERE items > 0), sum(items)::bigint
      FROM people CROSS JOIN thirds CROSS JOIN LATERAL (VALUES
           ('persona', coalesce(persona, 'none')),
           ('income_third', CASE WHEN income IS NULL THEN 'unknown' WHEN income <= at[1] THEN 'low'
                                 WHEN income <= at[2] THEN 'middle' ELSE 'high' END),
           ('history_length', CASE WHEN days IS NULL THEN 'unknown' WHEN days < 30 THEN 'under_30_days'
                                   WHEN days < 90 THEN '30_to_89_days' ELSE '90_days_or_more' END)) g (dimension, name)
     GROUP BY dimension, name ORDER BY dimension DESC, name
"""
MADE = """
      FROM recommendations r
     WHERE r.tenant_id = %(tenant)s AND r.created_at >= %(since)s AND r.created_at < %(until)s
"""
FITTING = f"""
    SELECT type, count(*), count(*) FILTER (WHERE traced), count(*) FILTER (WHERE fits)
      FROM (SELECT r.type, EXISTS (SELECT FROM decision_traces t WHERE t.recommendation_id = r.id) AS traced,
                   r.matched_persona = r.persona OR EXISTS (
                       SELECT FROM user_personas a WHERE a.assignment_id = r.assignment_id
                          AND (a.primary_persona = r.matched_persona OR a.secondary_personas ? r.matched_persona))
                   AS fits {MADE}) items
     GROUP BY type
"""
RATIONALES = f"SELECT r.rationale, count(*) {MADE} GROUP BY r.rationale"
SAMPLE = f"""
    SELECT r.id {MADE} AND EXISTS (SELECT FROM decision_traces t WHERE t.recommendation_id = r.id)
     ORDER BY md5(r.id::text || %(salt)s) LIMIT %(sample)s
"""
LATENCY = """
    SELECT count(*), percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY duration_ms), sum(duration_ms),
           max(duration_ms), min(duration_ms), count(*) FILTER (WHERE duration_ms <= %(target)s)
      FROM considerations WHERE tenant_id = %(tenant)s AND created_at >= %(since)s AND created_at < %(until)s
"""


@dataclass(frozen=True)
class Replays:
    """Of a sample of traces, how many could be made again, how many came out the same, and which did not."""

    made: int
    identical: int
    different: tuple[UUID, ...] = ()


Replay = Callable[[Sequence[UUID]], Replays]


@dataclass(frozen=True)
class Report:
    """The numbers as they are published, and what they are called by."""

    report_id: UUID
    as_of: date
    document: Mapping[str, Any]
    failed_samples: tuple[UUID, ...] = ()

    @property
    def missed(self) -> list[str]:
        return measures.missed(self.document)


def replayed(ids: Sequence[UUID], *, tenant_id: UUID) -> Replays:
    """Traces made again; one whose inputs changed or are gone says nothing about us."""
    found = list(traces.replay(recommendation_ids=ids, tenant_id=tenant_id))
    identical = sum(one.result is Result.IDENTICAL for one in found)
    different = tuple(one.recommendation_id for one in found if one.result is Result.DIFFERENT)
    return Replays(identical + len(different), identical, different)


def evaluate(
    *,
    tenant_id: UUID,
    start: date | None,
    end: date | None,
    replay_sample: int,
    now: datetime,
    replay: Replay | None = None,
    report_id: UUID | None = None,
) -> Report:
    """Items made from `start` to `end` (UTC days, both included), of people who agree today; the last 90 days else."""
    end = end or now.astimezone(UTC).date()
    start = start or end - timedelta(days=DAYS - 1)
    since = datetime.combine(start, time.min, UTC)
    until = datetime.combine(end, time.min, UTC) + timedelta(days=1)
    asked = {"tenant": tenant_id, "since": since, "until": until}
    standing, grouped = _rows(STANDING, **asked), _rows(GROUPED, **asked)
    fitting = {row[0]: row[1:] for row in _rows(FITTING, **asked)}
    sample = [pk for (pk,) in _rows(SAMPLE, **asked, salt=str(end), sample=replay_sample)] if replay else []
    as_of = max((row[1] for row in standing if row[1]), default=end)
    replays = replay(sample) if replay else Replays(0, 0)
    report_id = report_id or uuid4()
    report = {
        "report_id": str(report_id),
        "calculated_at": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z",
        "as_of": as_of.isoformat(),
        "range": {"start": start.isoformat(), "end": end.isoformat()},
        "rule_set_version": rulesets.active(tenant_id=tenant_id).version,
        "coverage": _coverage(standing),
        "explainability": _explainability(_rows(RATIONALES, **asked)),
        "relevance": _relevance(fitting),
        "latency": _latency(_rows(LATENCY, **asked, target=TARGET_MS)[0]),
        "auditability": _auditability(fitting, replays, tenant_id),
        "fairness": _fairness(standing, [Group(*row) for row in grouped]),
        "guardrails": _guardrails(rechecking.shown(tenant_id=tenant_id, since=since, until=until)),
    }
    return Report(report_id, as_of, {**report, "targets": measures.targets(report)}, replays.different)


def _coverage(standing: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    total = sum(row[2] for row in standing)
    found = {
        "persona": sum(row[2] for row in standing if row[0]),
        "behaviors": sum(row[3] for row in standing),
        "both": sum(row[3] for row in standing if row[0]),
    }
    said: dict[str, Any] = {"total_users": total}
    for name, count in found.items():
        said |= {f"users_with_{name}_count": count, f"users_with_{name}_percent": percent(count, total)}
    return said


def _explainability(rationales: Sequence[tuple[str, int]]) -> dict[str, Any]:
    total = sum(count for _, count in rationales)
    said = [(text, count) for text, count in rationales if text.strip()]
    with_rationale = sum(count for _, count in said)
    explained = sum(count for text, count in said if measures.explains(text))
    return {
        "total_recommendations": total,
        "recommendations_with_rationales_count": with_rationale,
        "recommendations_with_rationales_percent": percent(with_rationale, total),
        "rationales_with_data_points_count": explained,
        "rationales_with_data_points_percent": percent(explained, with_rationale),
        "rationale_quality_score": mean(sum(measures.quality(text) * count for text, count in said), with_rationale),
    }


def _relevance(fitting: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    education, _, suited = fitting.get(Kind.EDUCATION.value, (0, 0, 0))
    offers, _, suited_offers = fitting.get(Kind.PARTNER_OFFER.value, (0, 0, 0))
    return {
        "total_education": education,
        "education_matching_persona": suited,
        "education_persona_fit_percent": percent(suited, education),
        "total_partner_offers": offers,
        "partner_offers_matching_persona": suited_offers,
        "partner_offer_persona_fit_percent": percent(suited_offers, offers),
    }


def _latency(row: tuple[Any, ...]) -> dict[str, Any]:
    runs, percentiles, spent, most, least, within = row
    p50, p95, p99 = percentiles or (None, None, None)
    named = "recommendation_generation_latency"
    return {
        "total_recommendations": runs,
        f"{named}_p50": p50,
        f"{named}_p95": p95,
        f"{named}_p99": p99,
        f"{named}_mean": mean(spent or 0, runs),
        f"{named}_max": most,
        f"{named}_min": least,
        "recommendations_within_target": within,
        "recommendations_within_target_percent": percent(within, runs),
    }


def _auditability(fitting: Mapping[str, tuple[int, ...]], replays: Replays, tenant_id: UUID) -> dict[str, Any]:
    total, traced = (sum(row[place] for row in fitting.values()) for place in (0, 1))
    kept = anchors.read(tenant_id=tenant_id)
    with rowsecurity.viewing(rowsecurity.MAINTENANCE):
        chain = audit.verify(tenant_id=tenant_id, anchors=kept)
    return {
        "total_recommendations": total,
        "recommendations_with_traces_count": traced,
        "recommendations_with_traces_percent": percent(traced, total),
        "replayed_count": replays.made,
        "replayed_identical_count": replays.identical,
        "replayed_identical_percent": percent(replays.identical, replays.made),
        "audit_chain_valid": chain.valid,
        "audit_chain_head": chain.head_hash,
        "audit_rows": chain.rows,
    }


def _fairness(standing: Sequence[tuple[Any, ...]], groups: Sequence[Group]) -> dict[str, Any]:
    known = [row for row in standing if row[0]]
    users, items = {row[0]: row[2] for row in known}, {row[0]: int(row[4]) for row in known}
    compared = measures.compared(
        [Group(one.dimension, one.group, one.users, one.reached, int(one.items)) for one in groups]
    )
    return {
        "persona_distribution": users,
        "recommendations_per_persona": items,
        "persona_balance_score": measures.balance(users, items),
        "signal_detection_by_persona": {
            row[0]: {name: percent(count, row[2]) for name, count in zip(CATEGORIES, row[5:], strict=True)}
            for row in known
        },
        "groups": compared,
        "max_gap_points": measures.widest(compared),
    }


def _guardrails(found: rechecking.Rechecked) -> dict[str, Any]:
    return {"checked": found.checked, "violations": found.violations, "by_check": dict(found.by_check)}


def _rows(query: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()

"""A population of pending items, each with its trace and the move that proposed it, written set by set."""

from uuid import UUID

from accounts.models import Tenant
from bench.populated import superuser

OF_ONE = 4  # items of a person

# The words of an item are of the length of the starting library's; a trace is as long as one of a run.
PEOPLE = """
    INSERT INTO users (user_id, tenant_id, email, password_hash, role, consent_status, oauth_providers,
                       consent_version, is_active, cache_generation)
    SELECT gen_random_uuid(), %(tenant)s, 'reader' || n || '@example.test', '!', 'user', true, '{}', '1.0', true, 0
      FROM generate_series(1, %(people)s) n
"""
AGREED = """
    INSERT INTO consent_records (id, tenant_id, user_id, purpose, granted_at, since, version, user_agent)
    SELECT gen_random_uuid(), tenant_id, user_id, purpose, now() - interval '1 year', now() - interval '1 year', '1.0',
           ''
      FROM users, unnest(ARRAY['analysis', 'partner_offers']) purpose WHERE role = 'user'
"""
CARDS = """
    INSERT INTO cards (card_id, tenant_id, card_type, title, content, content_hash, tags, version, usage_count,
                       is_active, created_by, created_at, updated_at)
    SELECT gen_random_uuid(), %(tenant)s, 'insight', 'Card ' || n, jsonb_build_object('key', 'card-' || n),
           lpad(n::text, 64, '0'), '{}', 1, 0, true, 'bench', now(), now()
      FROM generate_series(1, %(of_one)s) n
"""
ITEMS = """
    INSERT INTO recommendations (id, tenant_id, user_id, run_id, assignment_id, card_id, card_version,
        card_content_hash, subject, type, title, content, rationale, disclosure, presentation, status, priority,
        position, persona, matched_persona, partner_checks, guardrails_passed, flagged, as_of, clicked, revision,
        created_at)
    SELECT gen_random_uuid(), u.tenant_id, u.user_id, gen_random_uuid(), gen_random_uuid(), c.card_id, 1,
           c.content_hash, c.content ->> 'key', CASE WHEN p.place = 4 THEN 'partner_offer' ELSE 'education' END,
           'What ' || c.title || ' has to do with a score', repeat('How this works, in plain words. ', 40),
           'We''re showing you this because your Visa ending ' || lpad((u.n %% 10000)::text, 4, '0') || ' is at '
               || u.n %% 100 || ' %% of its limit ($' || u.n %% 5000 || '.00 of $5,000.00).',
           'This is educational content, not financial advice. Consult a licensed advisor for personalized guidance.',
           '{}', 'pending', (ARRAY['high', 'medium', 'low'])[1 + (u.n + p.place) %% 3], p.place,
           q.persona, q.persona, '[]', u.n %% 50 <> 0, false, current_date - (u.n %% 60)::int, false, 1,
           now() - (u.n * interval '7 seconds') - p.place * interval '1 second'
      FROM (SELECT *, row_number() OVER (ORDER BY user_id) AS n FROM users WHERE role = 'user') u
      CROSS JOIN LATERAL (SELECT (ARRAY['high_utilization', 'variable_income_budgeter', 'subscription_heavy',
                                        'savings_builder', 'general_wellness'])[1 + u.n %% 5] AS persona) q
      CROSS JOIN LATERAL generate_series(1, %(of_one)s) p(place)
      JOIN cards c ON c.tenant_id = u.tenant_id AND c.content ->> 'key' = 'card-' || p.place
"""
TRACES = """
    INSERT INTO decision_traces (id, tenant_id, user_id, recommendation_id, trace_data, created_at)
    SELECT gen_random_uuid(), tenant_id, user_id, id, jsonb_build_object(
               'signals', (SELECT jsonb_object_agg('signal_' || n, md5(n::text || id)) FROM generate_series(1, 120) n),
               'persona_assignment', jsonb_build_object('primary', persona, 'strength', 'moderate'),
               'guardrails', jsonb_build_object('passed', guardrails_passed, 'checks', (
                    SELECT jsonb_agg(jsonb_build_object('name', name, 'status', CASE
                               WHEN name = 'eligibility' AND type = 'education' THEN 'not_applicable'
                               WHEN name = 'figures' AND NOT guardrails_passed THEN 'fail' ELSE 'pass' END))
                      FROM unnest(ARRAY['consent', 'eligibility', 'advice', 'tone', 'figures', 'disclosure']) name))),
           created_at
      FROM recommendations
"""
MOVES = """
    INSERT INTO recommendation_moves (id, tenant_id, user_id, recommendation_id, verb, to_status, revision, at)
    SELECT gen_random_uuid(), tenant_id, user_id, id, 'propose', 'pending', 1, created_at FROM recommendations
"""


def items(count: int) -> UUID:
    """So many items that wait at the institution of the demo, which is named."""
    tenant = Tenant.objects.get(slug="default").pk
    with superuser() as raw:
        with raw.transaction():
            raw.execute("SELECT set_config('app.current_role', 'maintenance', true)")
            for statement in (PEOPLE, AGREED, CARDS, ITEMS, TRACES, MOVES):
                raw.execute(statement, {"tenant": tenant, "people": count // OF_ONE, "of_one": OF_ONE})
        raw.execute("VACUUM ANALYZE")
    return tenant

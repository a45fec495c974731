"""The names under which other programs read what was measured: views with the eyes of whoever reads them."""

from django.db import migrations

# A snapshot as the object that the contract shows, whole (`signals`) and by category. Numbers keep their places;
# those of the two lists are stored as texts and read as numbers again.
MEASURED_SIGNALS = """
CREATE VIEW measured_signals WITH (security_invoker = true) AS
SELECT *, jsonb_build_object('credit', credit, 'income', income, 'subscriptions', subscriptions, 'savings', savings,
                             'spending', spending, 'meta', meta) AS signals
  FROM (
    SELECT snapshot_id, tenant_id, user_id, time_window, as_of, backfill, computed_at,
           jsonb_build_object(
               'num_credit_cards', credit_num_credit_cards,
               'aggregate_utilization_pct', credit_aggregate_utilization_pct,
               'highest_card_utilization_pct', credit_highest_card_utilization_pct,
               'any_card_high_util', credit_any_card_high_util, 'cards_not_below_30', credit_cards_not_below_30,
               'any_interest_charges', credit_any_interest_charges, 'interest_charged', credit_interest_charged,
               'interest_monthly', credit_interest_monthly, 'any_overdue', credit_any_overdue,
               'any_minimum_payment_only', credit_any_minimum_payment_only,
               'total_credit_limit', credit_total_credit_limit, 'total_credit_used', credit_total_credit_used,
               'total_credit_available', credit_total_credit_available,
               'cards', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'account_id', card->'account_id', 'name', card->'name', 'mask', card->'mask',
                   'balance', (card->>'balance')::numeric(14,2), 'limit', (card->>'limit')::numeric(14,2),
                   'utilization_pct', (card->>'utilization_pct')::numeric(14,2),
                   'utilization_level', card->'utilization_level',
                   'minimum_payment', (card->>'minimum_payment')::numeric(14,2),
                   'last_payment', (card->>'last_payment')::numeric(14,2),
                   'minimum_payment_only', card->'minimum_payment_only',
                   'minimum_payment_basis', card->'minimum_payment_basis',
                   'interest_charged', (card->>'interest_charged')::numeric(14,2), 'is_overdue', card->'is_overdue'
               ) ORDER BY place), '[]') FROM jsonb_array_elements(cards) WITH ORDINALITY AS listed(card, place))
           ) AS credit,
           jsonb_build_object(
               'deposit_count', income_deposit_count, 'payday_count', income_payday_count,
               'median_pay_gap_days', income_median_pay_gap_days, 'payment_frequency', income_payment_frequency,
               'income_variability_pct', income_income_variability_pct, 'income_type', income_income_type,
               'cash_flow_buffer_months', income_cash_flow_buffer_months, 'checking_balance', income_checking_balance,
               'monthly_income', income_monthly_income, 'last_pay_date', income_last_pay_date,
               'lookback_days', income_lookback_days
           ) AS income,
           jsonb_build_object(
               'recurring_merchant_count', subscriptions_recurring_merchant_count,
               'inactive_merchant_count', subscriptions_inactive_merchant_count,
               'monthly_recurring_spend', subscriptions_monthly_recurring_spend,
               'subscription_share_pct', subscriptions_subscription_share_pct,
               'lookback_days', subscriptions_lookback_days,
               'merchants', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'name', merchant->'name', 'merchant_key', merchant->'merchant_key',
                   'amount', (merchant->>'amount')::numeric(14,2),
                   'average_charge', (merchant->>'average_charge')::numeric(14,2), 'frequency', merchant->'frequency',
                   'rule', merchant->'rule', 'charges_in_window', merchant->'charges_in_window',
                   'first_charge_date', merchant->'first_charge_date', 'last_charge_date', merchant->'last_charge_date',
                   'active', merchant->'active'
               ) ORDER BY place), '[]') FROM jsonb_array_elements(merchants) WITH ORDINALITY AS listed(merchant, place))
           ) AS subscriptions,
           jsonb_build_object(
               'num_savings_accounts', savings_num_savings_accounts,
               'total_savings_balance', savings_total_savings_balance, 'net_savings_inflow', savings_net_savings_inflow,
               'savings_growth_rate_pct', savings_savings_growth_rate_pct,
               'emergency_fund_months', savings_emergency_fund_months,
               'emergency_fund_level', savings_emergency_fund_level, 'largest_deposit', savings_largest_deposit,
               'largest_withdrawal', savings_largest_withdrawal, 'inferred', savings_inferred
           ) AS savings,
           jsonb_build_object(
               'spend_total', spending_spend_total, 'monthly_spend', spending_monthly_spend,
               'monthly_spend_90d', spending_monthly_spend_90d, 'transaction_count', spending_transaction_count,
               'days_covered', spending_days_covered
           ) AS spending,
           meta || jsonb_build_object('as_of', as_of, 'window_start', as_of - left(time_window, -1)::integer + 1) AS meta
      FROM signal_snapshots) measured;
"""

# A back-fill speaks of the past and is the newest row nonetheless: who reads the newest row must not meet it.
COMPUTED_FEATURES = """
CREATE VIEW computed_features WITH (security_invoker = true) AS
SELECT md5(m.snapshot_id::text || f.signal_type)::uuid AS id, m.user_id, m.time_window, f.signal_type, f.signal_value,
       m.computed_at
  FROM measured_signals m CROSS JOIN LATERAL (
       VALUES ('subscription', m.subscriptions), ('savings_behavior', m.savings), ('income_stability', m.income),
              ('credit_utilization_total', m.credit - 'cards'), ('spending', m.spending)
       UNION ALL
       SELECT 'credit_utilization_' || (card->>'account_id'), card FROM jsonb_array_elements(m.credit->'cards') card
       ) AS f (signal_type, signal_value)
 WHERE NOT m.backfill;
"""

# Who was measured and has no signals stands nowhere, as at the door of the profile.
USER_PROFILES = """
CREATE VIEW user_profiles WITH (security_invoker = true) AS
SELECT p.profile_id, p.user_id, p.persona_id, p.persona_name, coalesce(month.signals, '{}') AS signals_30d,
       coalesce(half_year.signals, '{}') AS signals_180d, p.updated_at
  FROM persona_profiles p
  LEFT JOIN LATERAL (SELECT signals FROM measured_signals
                      WHERE user_id = p.user_id AND time_window = '30d' AND NOT backfill
                      ORDER BY computed_at DESC LIMIT 1) month ON true
  LEFT JOIN LATERAL (SELECT signals FROM measured_signals
                      WHERE user_id = p.user_id AND time_window = '180d' AND NOT backfill
                      ORDER BY computed_at DESC LIMIT 1) half_year ON true
 WHERE p.persona_id IS NOT NULL;
"""

PERSONA_HISTORY = """
CREATE VIEW persona_history WITH (security_invoker = true) AS
SELECT a.assignment_id AS history_id, a.user_id,
       array_position(ARRAY['high_utilization', 'variable_income_budgeter', 'subscription_heavy', 'savings_builder',
                            'general_wellness'], a.profile_persona::text)::smallint AS persona_id,
       initcap(replace(a.profile_persona, '_', ' ')) AS persona_name, a.assigned_at,
       coalesce(m.signals, '{}') AS signals
  FROM (SELECT *, lag(profile_persona) OVER (PARTITION BY user_id ORDER BY assigned_at, seq) AS before
          FROM user_personas) a
  LEFT JOIN measured_signals m ON m.snapshot_id = a.snapshot_id
 WHERE a.before IS DISTINCT FROM a.profile_persona;
"""


class Migration(migrations.Migration):
    dependencies = [("personas", "0004_seen_by_staff")]

    operations = [
        migrations.RunSQL(MEASURED_SIGNALS, "DROP VIEW measured_signals"),
        migrations.RunSQL(COMPUTED_FEATURES, "DROP VIEW computed_features"),
        migrations.RunSQL(USER_PROFILES, "DROP VIEW user_profiles"),
        migrations.RunSQL(PERSONA_HISTORY, "DROP VIEW persona_history"),
    ]

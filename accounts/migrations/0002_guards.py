"""What the database itself refuses: rows nobody showed consent for, rewritten history, illegal moves."""

from django.db import migrations

# Wrapped in (SELECT ...) wherever a policy uses them, so that they are asked once a statement and not once a row.
# A used pooled connection gives '' and not NULL for a setting that is not made, hence NULLIF before every cast.
CONTEXT = """
CREATE FUNCTION app_role() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT NULLIF(current_setting('app.current_role', true), '') $$;
CREATE FUNCTION app_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT NULLIF(current_setting('app.current_tenant_id', true), '')::uuid $$;
CREATE FUNCTION app_user() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT NULLIF(current_setting('app.current_user_id', true), '')::uuid $$;
CREATE FUNCTION app_actor() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT NULLIF(current_setting('app.current_actor', true), '') $$;
"""

# Consent is asked in two ways, because who looks differs in how much they look at. An operator opens one person:
# an index probe a row costs a thousandth of hashing the consents of a whole institution (0.97 ms against 35 ms for
# 200 rows beside 100,000 consents). The pipeline reads many: there one hash a statement wins (1.2 s against 3.6 s for
# 2,000,000 rows).
#
# One line protects a table: SELECT app_protect('snapshots', 'derived').
#   money    the owner; operators and pipeline of the tenant while `analysis` is active; maintenance for one named person
#   derived  as money, but also the owner only while `analysis` is active, and maintenance sees all
#   received the owner; operators as money; the pipeline every row of the tenant; maintenance all
#   own      the owner; maintenance
#   signin   sign-in; the owner; maintenance
#   library  sign-in; maintenance (tables of the libraries that name no user)
#   locked   maintenance
PROTECT = """
CREATE FUNCTION app_protect(target regclass, kind text) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    role text := '(SELECT app_role())';
    own text := format('(%s = ''consumer'' AND user_id = (SELECT app_user()))', role);
    tenant text := 'tenant_id = (SELECT app_tenant())';
    agreed text := 'c.purpose = ''analysis'' AND c.revoked_at IS NULL';
    asked_a_row text := format('EXISTS (SELECT FROM consent_records c WHERE c.user_id = %s.user_id AND %s)',
                               target, agreed);
    asked_once text := format('user_id IN (SELECT c.user_id FROM consent_records c WHERE %s)', agreed);
    operators text := format('(%s = ''operator'' AND %s AND %s)', role, tenant, asked_a_row);
    measures text := format('(%s = ''pipeline'' AND %s AND %s)', role, tenant, asked_once);
    runs text := format('(%s = ''pipeline'' AND %s)', role, tenant);
    named text := format('(%s = ''maintenance'' AND user_id = (SELECT app_user()))', role);
    every text := format('(%s = ''maintenance'')', role);
    enters text := format('(%s = ''signin'')', role);
    rule text;
BEGIN
    rule := CASE kind
        WHEN 'money' THEN concat_ws(' OR ', own, operators, measures, named)
        WHEN 'derived' THEN concat_ws(' OR ', format('(%s AND %s)', own, asked_a_row), operators, measures, every)
        WHEN 'received' THEN concat_ws(' OR ', own, operators, runs, every)
        WHEN 'own' THEN concat_ws(' OR ', own, every)
        WHEN 'signin' THEN concat_ws(' OR ', enters, own, every)
        WHEN 'library' THEN concat_ws(' OR ', enters, every)
        WHEN 'locked' THEN every
    END;
    IF rule IS NULL THEN
        RAISE EXCEPTION 'app_protect: there is no kind %', kind;
    END IF;
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY %I ON %s USING (%s) WITH CHECK (%s)', kind, target, rule, rule);
    IF kind = 'money' THEN  -- a data migration sees every row; the limit to one person holds for who serves
        EXECUTE format('CREATE POLICY owner_migrates ON %s TO %I USING (%s) WITH CHECK (%s)',
                       target, current_user, every, every);
    END IF;
END $body$;

SELECT app_protect('accounts', 'money');
SELECT app_protect('transactions', 'money');
SELECT app_protect('liabilities', 'money');
SELECT app_protect('ledger_months', 'money');
SELECT app_protect('ledger_spans', 'money');
SELECT app_protect('data_uploads', 'received');
SELECT app_protect('upload_undo', 'own');
SELECT app_protect('account_emailaddress', 'signin');
SELECT app_protect('socialaccount_socialaccount', 'signin');
SELECT app_protect('mfa_authenticator', 'signin');
SELECT app_protect('usersessions_usersession', 'signin');
SELECT app_protect('account_emailconfirmation', 'library');
SELECT app_protect('socialaccount_socialtoken', 'library');
SELECT app_protect('django_session', 'library');
SELECT app_protect('django_admin_log', 'locked');

ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY users ON users
    USING ((SELECT app_role()) IN ('signin', 'maintenance')
        OR ((SELECT app_role()) = 'consumer' AND user_id = (SELECT app_user()))
        OR ((SELECT app_role()) = 'operator' AND tenant_id = (SELECT app_tenant()))
        OR ((SELECT app_role()) = 'pipeline' AND tenant_id = (SELECT app_tenant()) AND user_id IN
            (SELECT c.user_id FROM consent_records c WHERE c.purpose = 'analysis' AND c.revoked_at IS NULL)));

ALTER TABLE consent_records ENABLE ROW LEVEL SECURITY;
ALTER TABLE consent_records FORCE ROW LEVEL SECURITY;
CREATE POLICY consent_written_by_the_person ON consent_records
    USING (((SELECT app_role()) = 'consumer' AND user_id = (SELECT app_user()))
        OR (SELECT app_role()) = 'maintenance');
CREATE POLICY consent_read_by_staff ON consent_records FOR SELECT
    USING ((SELECT app_role()) IN ('operator', 'pipeline') AND tenant_id = (SELECT app_tenant()));

ALTER TABLE idempotency_store ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_store FORCE ROW LEVEL SECURITY;
CREATE POLICY idempotency ON idempotency_store
    USING ((SELECT app_role()) = 'maintenance'
        OR (tenant_id = (SELECT app_tenant()) AND actor = (SELECT app_actor())));
"""

UNPROTECT = """
DO $$ DECLARE target text; policy text; BEGIN
    FOR target, policy IN SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public' LOOP
        EXECUTE format('DROP POLICY %I ON %I', policy, target);
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', target);
        EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', target);
    END LOOP;
END $$;
DROP FUNCTION app_protect(regclass, text), app_role(), app_tenant(), app_user(), app_actor();
"""

# A person's rows go with the person, whoever deletes the user row and by whatever tool.
CASCADE = """
DO $$ DECLARE holder regclass; name text; columns text; BEGIN
    FOR holder, name, columns IN
        SELECT c.conrelid::regclass, c.conname, quote_ident(a.attname)
          FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
         WHERE c.contype = 'f' AND c.confrelid = 'users'::regclass AND c.confdeltype <> 'c' AND c.conparentid = 0
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', holder, name);
        EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I FOREIGN KEY (%s) REFERENCES users (user_id) '
                       'ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED', holder, name, columns);
    END LOOP;
END $$;
ALTER TABLE liabilities ADD CONSTRAINT liabilities_account FOREIGN KEY (user_id, account_id)
    REFERENCES accounts (user_id, id) ON DELETE CASCADE;
"""

TOUCH = """
CREATE FUNCTION app_touch() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.updated_at := statement_timestamp(); RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION app_touch();
CREATE TRIGGER touch BEFORE UPDATE ON data_uploads FOR EACH ROW EXECUTE FUNCTION app_touch();
CREATE TRIGGER touch BEFORE UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION app_touch();
CREATE TRIGGER touch BEFORE UPDATE ON liabilities FOR EACH ROW EXECUTE FUNCTION app_touch();
"""

UNTOUCH = """
DROP TRIGGER touch ON users; DROP TRIGGER touch ON data_uploads;
DROP TRIGGER touch ON accounts; DROP TRIGGER touch ON liabilities;
DROP FUNCTION app_touch();
"""

# Role, level and tenant decide what a person may see; only sign-in acts and maintenance change them.
AUTHORITY = """
CREATE FUNCTION users_keep_authority() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(app_role(), '') NOT IN ('signin', 'maintenance') THEN
        RAISE EXCEPTION 'users: role, level and tenant are not changed by a %', coalesce(app_role(), 'nobody')
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_authority BEFORE UPDATE OF role, level, tenant_id ON users FOR EACH ROW
    WHEN ((OLD.role, OLD.level, OLD.tenant_id) IS DISTINCT FROM (NEW.role, NEW.level, NEW.tenant_id))
    EXECUTE FUNCTION users_keep_authority();
"""

UNAUTHORITY = "DROP TRIGGER keep_authority ON users; DROP FUNCTION users_keep_authority();"

LEDGER = """
CREATE FUNCTION consent_is_closed_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF coalesce(app_role(), '') = 'maintenance' THEN RETURN OLD; END IF;
        RAISE EXCEPTION 'consent_records: history is kept' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.revoked_at IS NOT NULL OR NEW.revoked_at IS NULL
       OR (to_jsonb(OLD) - 'revoked_at' - 'revoked_ip') <> (to_jsonb(NEW) - 'revoked_at' - 'revoked_ip') THEN
        RAISE EXCEPTION 'consent_records: a record is closed once and never changed otherwise'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER closed_once BEFORE UPDATE OR DELETE ON consent_records
    FOR EACH ROW EXECUTE FUNCTION consent_is_closed_once();

CREATE FUNCTION consent_shows_on_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE users
       SET cache_generation = cache_generation + 1,
           consent_status = CASE WHEN NEW.purpose = 'analysis' THEN NEW.revoked_at IS NULL ELSE consent_status END,
           consent_version = CASE WHEN NEW.purpose = 'analysis' THEN NEW.version ELSE consent_version END
     WHERE user_id = NEW.user_id;
    RETURN NULL;
END $$;
CREATE TRIGGER shows_on_user AFTER INSERT OR UPDATE ON consent_records
    FOR EACH ROW EXECUTE FUNCTION consent_shows_on_user();
"""

UNLEDGER = """
DROP TRIGGER closed_once ON consent_records; DROP TRIGGER shows_on_user ON consent_records;
DROP FUNCTION consent_is_closed_once(), consent_shows_on_user();
"""

MOVES = """
CREATE FUNCTION upload_moves_legally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.status, NEW.status) NOT IN (('pending', 'processing'), ('processing', 'completed'),
        ('processing', 'failed'), ('processing', 'pending'), ('pending', 'failed'), ('failed', 'pending')) THEN
        RAISE EXCEPTION 'data_uploads: % does not become %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE UPDATE OF status ON data_uploads FOR EACH ROW
    WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION upload_moves_legally();
"""

UNMOVES = "DROP TRIGGER moves ON data_uploads; DROP FUNCTION upload_moves_legally();"

PROVIDERS = """
CREATE FUNCTION providers_show_on_user() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE person uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.user_id ELSE NEW.user_id END;
BEGIN
    UPDATE users SET oauth_providers = coalesce(
        (SELECT jsonb_object_agg(provider, uid) FROM socialaccount_socialaccount WHERE user_id = person), '{}')
     WHERE user_id = person;
    RETURN NULL;
END $$;
CREATE TRIGGER shows_on_user AFTER INSERT OR UPDATE OR DELETE ON socialaccount_socialaccount
    FOR EACH ROW EXECUTE FUNCTION providers_show_on_user();
"""

UNPROVIDERS = "DROP TRIGGER shows_on_user ON socialaccount_socialaccount; DROP FUNCTION providers_show_on_user();"

# security_invoker: the view has the eyes of who reads it, not of its owner.
PROFILES = """
CREATE VIEW profiles WITH (security_invoker = true) AS
SELECT user_id, email, CASE role WHEN 'user' THEN 'consumer' ELSE 'operator' END AS role, created_at, updated_at
  FROM users;
"""

# The one definition of the packed ledger: a load rebuilds its months from this view, `verify_ledger` compares with it.
# Numbers are big-endian in the order (date, external_id): day of the month, cents, place of the merchant in `texts`,
# place of the account in `account_ids`, marks (flow * 8, + 4 if posted, + 2 if the code is BANK_FEES_INTEREST_CHARGE,
# + 1 if the row has a category),
# currency (its three letters as digits to the base of 26). `texts` holds key, U+001F, merchant; parted by U+001E.
LEDGER_OF_ROWS = """
CREATE VIEW ledger_of_rows WITH (security_invoker = true) AS
SELECT tenant_id, user_id, month,
       count(*)::integer AS entries,
       string_agg(int2send(extract(day FROM date)::smallint), ''::bytea ORDER BY date, external_id) AS days,
       string_agg(int8send((amount * 100)::bigint), ''::bytea ORDER BY date, external_id) AS cents,
       string_agg(int2send(merchant_at::smallint), ''::bytea ORDER BY date, external_id) AS merchants,
       string_agg(int2send(account_at::smallint), ''::bytea ORDER BY date, external_id) AS accounts,
       string_agg(int2send(marks::smallint), ''::bytea ORDER BY date, external_id) AS marks,
       string_agg(int2send(currency::smallint), ''::bytea ORDER BY date, external_id) AS currencies,
       string_agg(DISTINCT text, U&'\\001E' ORDER BY text) AS texts,
       array_agg(DISTINCT account_id ORDER BY account_id) AS account_ids
  FROM (SELECT tenant_id, user_id, date_trunc('month', date)::date AS month, date, external_id, amount, account_id, text,
               flow * 8 + CASE WHEN pending THEN 0 ELSE 4 END
                   + CASE WHEN category_detailed = 'BANK_FEES_INTEREST_CHARGE' THEN 2 ELSE 0 END
                   + CASE WHEN category IS NULL THEN 0 ELSE 1 END AS marks,
               (ascii(iso_currency_code) - 65) * 676 + (ascii(substr(iso_currency_code, 2)) - 65) * 26
                   + ascii(substr(iso_currency_code, 3)) - 65 AS currency,
               dense_rank() OVER (PARTITION BY user_id, date_trunc('month', date)::date ORDER BY text) - 1 AS merchant_at,
               dense_rank() OVER (PARTITION BY user_id, date_trunc('month', date)::date ORDER BY account_id) - 1
                   AS account_at
          FROM (SELECT *, (coalesce(merchant_entity_id, merchant_key) || U&'\\001F' || merchant) COLLATE "C" AS text
                  FROM transactions) worded) placed
 GROUP BY tenant_id, user_id, month;
"""

# What the engine must know of all history without reading it: per account and currency, how much, from when to when.
SPANS_OF_ROWS = """
CREATE VIEW spans_of_rows WITH (security_invoker = true) AS
SELECT tenant_id, user_id, account_id, iso_currency_code AS currency,
       (count(*) FILTER (WHERE NOT pending))::integer AS posted,
       (count(*) FILTER (WHERE pending))::integer AS pending,
       min(date) FILTER (WHERE NOT pending) AS first_on,
       max(date) FILTER (WHERE NOT pending) AS last_on
  FROM transactions
 GROUP BY tenant_id, user_id, account_id, iso_currency_code;
"""

PURGE = """
CREATE FUNCTION cleanup_expired_idempotency(at timestamptz DEFAULT now()) RETURNS bigint LANGUAGE sql AS $$
    WITH gone AS (DELETE FROM idempotency_store WHERE expires_at <= at RETURNING 1) SELECT count(*) FROM gone
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("usersessions", "0001_initial"),
        ("sessions", "0001_initial"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]

    operations = [
        migrations.RunSQL(CASCADE, "ALTER TABLE liabilities DROP CONSTRAINT liabilities_account"),
        migrations.RunSQL(CONTEXT + PROTECT, UNPROTECT),
        migrations.RunSQL(TOUCH, UNTOUCH),
        migrations.RunSQL(AUTHORITY, UNAUTHORITY),
        migrations.RunSQL(LEDGER, UNLEDGER),
        migrations.RunSQL(MOVES, UNMOVES),
        migrations.RunSQL(PROVIDERS, UNPROVIDERS),
        migrations.RunSQL(PROFILES, "DROP VIEW profiles"),
        migrations.RunSQL(LEDGER_OF_ROWS, "DROP VIEW ledger_of_rows"),
        migrations.RunSQL(SPANS_OF_ROWS, "DROP VIEW spans_of_rows"),
        migrations.RunSQL(PURGE, "DROP FUNCTION cleanup_expired_idempotency(timestamptz)"),
    ]

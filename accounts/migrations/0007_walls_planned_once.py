"""The same walls for less planning: each question of a policy is opaque to the planner and asked once a statement."""

from django.db import migrations

# Of a policy's cost for one person's read, most was planning: PostgreSQL inlines a function in SQL, and for that parses
# its text anew at every mention in every statement. It does not look into plpgsql; the call itself costs a microsecond.
CONTEXT = """
CREATE OR REPLACE FUNCTION app_role() RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS
    $$ BEGIN RETURN NULLIF(current_setting('app.current_role', true), ''); END $$;
CREATE OR REPLACE FUNCTION app_tenant() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS
    $$ BEGIN RETURN NULLIF(current_setting('app.current_tenant_id', true), '')::uuid; END $$;
CREATE OR REPLACE FUNCTION app_user() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS
    $$ BEGIN RETURN NULLIF(current_setting('app.current_user_id', true), '')::uuid; END $$;
CREATE OR REPLACE FUNCTION app_actor() RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS
    $$ BEGIN RETURN NULLIF(current_setting('app.current_actor', true), ''); END $$;
CREATE OR REPLACE FUNCTION app_subject() RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS
    $$ BEGIN RETURN NULLIF(current_setting('app.current_subject_ref', true), ''); END $$;

-- The tenant or the user of the context where it is one of these roles, else NULL, which equals nothing. What is costly
-- stands behind IS TRUE: after a NULL, unlike after a false, AND would still ask it for every row.
CREATE OR REPLACE FUNCTION app_tenant_as(VARIADIC roles text[]) RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS
    $$ BEGIN RETURN CASE WHEN app_role() = ANY (roles) THEN app_tenant() END; END $$;
CREATE OR REPLACE FUNCTION app_user_as(VARIADIC roles text[]) RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS
    $$ BEGIN RETURN CASE WHEN app_role() = ANY (roles) THEN app_user() END; END $$;

-- The one person in whose file the viewer is, for as long as that person agrees: oneself, or whom staff have opened.
-- It opens no door of its own: it answers for all rows of one person what else is asked of the ledger for each.
CREATE OR REPLACE FUNCTION app_opened() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE opened uuid := CASE app_role()
    WHEN 'consumer' THEN app_user()
    WHEN 'operator' THEN NULLIF(current_setting('app.current_person', true), '')::uuid END;
BEGIN
    IF opened IS NULL THEN RETURN NULL; END IF;
    RETURN (SELECT c.user_id FROM consent_records c
             WHERE c.user_id = opened AND c.purpose = 'analysis' AND c.revoked_at IS NULL);
END $$;
"""

# The kinds of 0002, each who may look as one comparison. The probe is a scalar and not EXISTS, which PostgreSQL plans
# twice, a row and hashed; one consent of a purpose stands at a time. Called again for a table, it puts the rules anew.
PROTECT = """
CREATE OR REPLACE FUNCTION app_protect(target regclass, kind text) RETURNS void LANGUAGE plpgsql AS $body$
DECLARE
    agreed text := 'c.purpose = ''analysis'' AND c.revoked_at IS NULL';
    asked_a_row text := format('(SELECT true FROM consent_records c WHERE c.user_id = %s.user_id AND %s)',
                               target, agreed);
    asked_once text := format('user_id IN (SELECT c.user_id FROM consent_records c WHERE %s)', agreed);
    own text := 'user_id = (SELECT app_user_as(''consumer''))';
    own_or_named text := 'user_id = (SELECT app_user_as(''consumer'', ''maintenance''))';
    opened text := '(tenant_id = (SELECT app_tenant_as(''consumer'', ''operator'')) '
                   'AND user_id = (SELECT app_opened()))';
    operators text := format('%s OR ((tenant_id = (SELECT app_tenant_as(''operator''))) IS TRUE AND %s)',
                             opened, asked_a_row);
    runs text := '(tenant_id = (SELECT app_tenant_as(''pipeline''))) IS TRUE';
    measures text := format('(%s AND %s)', runs, asked_once);
    every text := '(SELECT app_role()) = ''maintenance''';
    enters text := '(SELECT app_role()) IN (''signin'', ''maintenance'')';
    rule text;
BEGIN
    rule := CASE kind
        WHEN 'money' THEN concat_ws(' OR ', own_or_named, operators, measures)
        WHEN 'derived' THEN concat_ws(' OR ', operators, measures, every)
        WHEN 'received' THEN concat_ws(' OR ', own, operators, runs, every)
        WHEN 'own' THEN concat_ws(' OR ', own, every)
        WHEN 'signin' THEN concat_ws(' OR ', enters, own)
        WHEN 'library' THEN enters
        WHEN 'locked' THEN every
    END;
    IF rule IS NULL THEN
        RAISE EXCEPTION 'app_protect: there is no kind %', kind;
    END IF;
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('DROP POLICY IF EXISTS %I ON %s', kind, target);
    EXECUTE format('CREATE POLICY %I ON %s USING (%s) WITH CHECK (%s)', kind, target, rule, rule);
    IF kind = 'money' THEN  -- a data migration sees every row; the limit to one person holds for who serves
        EXECUTE format('DROP POLICY IF EXISTS owner_migrates ON %s', target);
        EXECUTE format('CREATE POLICY owner_migrates ON %s TO %I USING (%s) WITH CHECK (%s)',
                       target, current_user, every, every);
    END IF;
END $body$;

DO $$ DECLARE target text; kind text; BEGIN
    FOR target, kind IN
        SELECT tablename, policyname FROM pg_policies
         WHERE schemaname = 'public'
           AND policyname IN ('money', 'derived', 'received', 'own', 'signin', 'library', 'locked')
    LOOP
        PERFORM app_protect(target::regclass, kind);
    END LOOP;
END $$;

-- Every probe of consent goes through these.
ALTER POLICY consent_written_by_the_person ON consent_records
    USING (user_id = (SELECT app_user_as('consumer')) OR (SELECT app_role()) = 'maintenance');
ALTER POLICY consent_read_by_staff ON consent_records
    USING (tenant_id = (SELECT app_tenant_as('operator', 'pipeline')));
"""

# A person's rows go with the person: what earlier migrations did by hand, for the tables of whoever calls it.
CASCADE = """
CREATE OR REPLACE FUNCTION app_follow_the_person() RETURNS void LANGUAGE plpgsql AS $$
DECLARE holder regclass; name text; columns text;
BEGIN
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
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_users_by_address")]

    operations = [
        # Backwards nothing is undone: the rules say what they said, and 0002 takes away what it made.
        migrations.RunSQL(CONTEXT, migrations.RunSQL.noop),
        migrations.RunSQL(PROTECT, migrations.RunSQL.noop),
        migrations.RunSQL(CASCADE, "DROP FUNCTION app_follow_the_person()"),
    ]

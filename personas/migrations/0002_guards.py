"""What the database itself refuses about personas: foreign eyes, rewritten history, a changed published rule set."""

from django.db import migrations

PROTECT = """
SELECT app_protect('signal_snapshots', 'derived');
SELECT app_protect('user_personas', 'derived');
SELECT app_protect('persona_transitions', 'derived');
SELECT app_protect('persona_profiles', 'derived');
SELECT app_protect('override_cases', 'derived');
SELECT app_protect('corrections', 'derived');

-- Rule sets, their simulations and runs name no person; they belong to an institution.
DO $$ DECLARE target text; BEGIN
    FOREACH target IN ARRAY ARRAY['rule_sets', 'rule_set_simulations', 'pipeline_runs', 'pipeline_shards'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', target);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', target);
        EXECUTE format('CREATE POLICY of_the_tenant ON %I USING ((SELECT app_role()) = ''maintenance'' OR ('
                       '(SELECT app_role()) IN (''operator'', ''pipeline'') AND tenant_id = (SELECT app_tenant())))',
                       target);
    END LOOP;
END $$;
-- The shipped rules serve everybody; a consumer's own assignment is made with the rules of their institution.
CREATE POLICY read_by_all ON rule_sets FOR SELECT
    USING (tenant_id IS NULL OR ((SELECT app_role()) = 'consumer' AND status = 'published'));
"""

HISTORY = """
CREATE FUNCTION personas_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND coalesce(app_role(), '') = 'maintenance' THEN RETURN OLD; END IF;
    RAISE EXCEPTION '%: history is appended to, never changed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON user_personas
    FOR EACH ROW EXECUTE FUNCTION personas_keep_history();
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON signal_snapshots
    FOR EACH ROW EXECUTE FUNCTION personas_keep_history();
CREATE TRIGGER history BEFORE DELETE ON persona_transitions
    FOR EACH ROW EXECUTE FUNCTION personas_keep_history();

CREATE FUNCTION transition_is_acknowledged_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.celebration_acknowledged_at IS NULL AND NEW.celebration_acknowledged_at IS NOT NULL
       AND to_jsonb(OLD) - 'celebration_acknowledged_at' = to_jsonb(NEW) - 'celebration_acknowledged_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'persona_transitions: only an acknowledgement is written, once'
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER acknowledged_once BEFORE UPDATE ON persona_transitions
    FOR EACH ROW EXECUTE FUNCTION transition_is_acknowledged_once();

CREATE FUNCTION published_rules_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status = 'draft' THEN RETURN OLD; END IF;
    ELSIF OLD.status = 'draft' OR to_jsonb(OLD) - 'status' = to_jsonb(NEW) - 'status' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rule_sets: a published document never changes' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER published_stand BEFORE UPDATE OR DELETE ON rule_sets
    FOR EACH ROW EXECUTE FUNCTION published_rules_stand();

CREATE TRIGGER touch BEFORE UPDATE ON persona_profiles FOR EACH ROW EXECUTE FUNCTION app_touch();
"""

UNHISTORY = """
DROP TRIGGER history ON user_personas; DROP TRIGGER history ON signal_snapshots;
DROP TRIGGER history ON persona_transitions; DROP TRIGGER acknowledged_once ON persona_transitions;
DROP TRIGGER published_stand ON rule_sets; DROP TRIGGER touch ON persona_profiles;
DROP FUNCTION personas_keep_history(), transition_is_acknowledged_once(), published_rules_stand();
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
"""

VIEWS = """
CREATE VIEW persona_assignments WITH (security_invoker = true) AS
SELECT assignment_id AS id, user_id, window_type AS time_window, primary_persona AS persona, assigned_at
  FROM user_personas;
"""


class Migration(migrations.Migration):
    dependencies = [("personas", "0001_initial"), ("accounts", "0003_first_rows")]

    operations = [
        migrations.RunSQL(CASCADE, migrations.RunSQL.noop),
        migrations.RunSQL(PROTECT, migrations.RunSQL.noop),  # policies go with their tables
        migrations.RunSQL(HISTORY, UNHISTORY),
        migrations.RunSQL(VIEWS, "DROP VIEW persona_assignments"),
    ]

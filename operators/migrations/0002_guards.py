"""What the database itself refuses about the notes and actions of staff: foreign eyes, and rewritten history."""

from django.db import migrations

# As items themselves: of consenting people, to staff of their institution; a reader reaches none of it.
WORK = """
DO $$ DECLARE target text; BEGIN
    FOREACH target IN ARRAY ARRAY['recommendation_notes', 'recommendation_tags', 'operator_actions'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', target);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', target);
        EXECUTE format('CREATE POLICY work ON %1$I USING ((SELECT app_role()) = ''maintenance'''
                       ' OR ((tenant_id = (SELECT app_tenant_as(''operator''))) IS TRUE AND'
                       ' (SELECT true FROM consent_records c WHERE c.user_id = %1$I.user_id'
                       ' AND c.purpose = ''analysis'' AND c.revoked_at IS NULL)))', target);
    END LOOP;
END $$;
ALTER TABLE evaluation_reports ENABLE ROW LEVEL SECURITY;
ALTER TABLE evaluation_reports FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_tenant ON evaluation_reports USING ((SELECT app_role()) = 'maintenance'
    OR tenant_id = (SELECT app_tenant_as('operator', 'pipeline')));
"""
UNWORK = """
DO $$ DECLARE target text; BEGIN
    FOREACH target IN ARRAY ARRAY['recommendation_notes', 'recommendation_tags', 'operator_actions'] LOOP
        EXECUTE format('DROP POLICY work ON %I', target);
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', target);
        EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', target);
    END LOOP;
END $$;
DROP POLICY of_the_tenant ON evaluation_reports;
ALTER TABLE evaluation_reports NO FORCE ROW LEVEL SECURITY;
ALTER TABLE evaluation_reports DISABLE ROW LEVEL SECURITY;
"""

# What was done stays done; a flag is taken off once, and a finished report says for ever what it said.
HISTORY = """
CREATE FUNCTION operators_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND coalesce(app_role(), '') = 'maintenance' THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'operator_actions' AND to_jsonb(OLD) ->> 'cleared_at' IS NULL
       AND to_jsonb(OLD) - '{cleared_at,cleared_by}'::text[] = to_jsonb(NEW) - '{cleared_at,cleared_by}'::text[] THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'evaluation_reports' AND to_jsonb(OLD) ->> 'status' = 'running' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '%: history is appended to, never changed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON operator_actions
    FOR EACH ROW EXECUTE FUNCTION operators_keep_history();
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON evaluation_reports
    FOR EACH ROW EXECUTE FUNCTION operators_keep_history();
"""
UNHISTORY = """
DROP TRIGGER history ON operator_actions;
DROP TRIGGER history ON evaluation_reports;
DROP FUNCTION operators_keep_history();
"""

# A key that names the person too: no row points into somebody else's, and it goes with its item.
KEYS = """
SELECT app_follow_the_person();
DO $$ DECLARE target text; name text; BEGIN
    FOREACH target IN ARRAY ARRAY['recommendation_notes', 'recommendation_tags'] LOOP
        FOR name IN SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = target::regclass
                       AND confrelid = 'recommendations'::regclass LOOP
            EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', target, name);
        END LOOP;
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I FOREIGN KEY (user_id, recommendation_id)'
                       ' REFERENCES recommendations (user_id, id) ON DELETE CASCADE', target, target || '_item');
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("operators", "0001_initial"), ("recommendations", "0003_no_old_items")]

    operations = [
        migrations.RunSQL(WORK, UNWORK),
        migrations.RunSQL(HISTORY, UNHISTORY),
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
    ]

"""What the database itself refuses about security events, keys and the audit chain."""

from django.db import migrations

PROTECT = """
SELECT app_protect('security_events', 'signin');
SELECT app_protect('api_keys', 'library');

CREATE FUNCTION app_subject() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT NULLIF(current_setting('app.current_subject_ref', true), '') $$;

-- Staff and services append for their institution, staff read it; a person reads who looked at their own file.
DO $$ DECLARE target text; BEGIN
    FOREACH target IN ARRAY ARRAY['audit_entries', 'audit_details', 'audit_heads'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', target);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', target);
        EXECUTE format('CREATE POLICY maintained ON %I USING ((SELECT app_role()) = ''maintenance'')', target);
        EXECUTE format('CREATE POLICY appended ON %I FOR INSERT WITH CHECK ('
                       '(SELECT app_role()) IN (''operator'', ''service'') AND tenant_id = (SELECT app_tenant()))',
                       target);
        EXECUTE format('CREATE POLICY read_by_staff ON %I FOR SELECT USING ('
                       '(SELECT app_role()) = ''operator'' AND tenant_id = (SELECT app_tenant()))', target);
    END LOOP;
END $$;
CREATE POLICY read_by_the_subject ON audit_entries FOR SELECT
    USING ((SELECT app_role()) = 'consumer' AND subject_ref = (SELECT app_subject())
           AND action IN ('view_user', 'view_person', 'view_trace'));
CREATE POLICY read_by_the_subject ON audit_details FOR SELECT
    USING ((SELECT app_role()) = 'consumer' AND EXISTS (SELECT FROM audit_entries e WHERE e.id = audit_id));
CREATE POLICY moved_on ON audit_heads FOR ALL
    USING ((SELECT app_role()) IN ('operator', 'service') AND tenant_id = (SELECT app_tenant()));
"""

UNPROTECT = """
DROP POLICY moved_on ON audit_heads;
DROP POLICY read_by_the_subject ON audit_details;
DROP POLICY read_by_the_subject ON audit_entries;
DO $$ DECLARE target text; BEGIN
    FOREACH target IN ARRAY ARRAY['audit_entries', 'audit_details', 'audit_heads'] LOOP
        EXECUTE format('DROP POLICY maintained ON %I', target);
        EXECUTE format('DROP POLICY appended ON %I', target);
        EXECUTE format('DROP POLICY read_by_staff ON %I', target);
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', target);
        EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', target);
    END LOOP;
END $$;
DROP FUNCTION app_subject();
DROP POLICY signin ON security_events;
ALTER TABLE security_events NO FORCE ROW LEVEL SECURITY; ALTER TABLE security_events DISABLE ROW LEVEL SECURITY;
DROP POLICY library ON api_keys;
ALTER TABLE api_keys NO FORCE ROW LEVEL SECURITY; ALTER TABLE api_keys DISABLE ROW LEVEL SECURITY;
"""

APPEND_ONLY = """
CREATE FUNCTION appended_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_TABLE_NAME <> 'audit_entries' AND coalesce(app_role(), '') = 'maintenance' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '%: rows are appended, never changed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER appended_only BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION appended_only();
CREATE TRIGGER appended_only BEFORE UPDATE OR DELETE ON audit_details
    FOR EACH ROW EXECUTE FUNCTION appended_only();
CREATE TRIGGER appended_only BEFORE UPDATE OR DELETE ON security_events
    FOR EACH ROW EXECUTE FUNCTION appended_only();

-- The head only moves on by one row; a verification may write what it found.
CREATE FUNCTION audit_head_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.seq < OLD.seq OR (NEW.seq = OLD.seq AND NEW.hash <> OLD.hash) THEN
        RAISE EXCEPTION 'audit_heads: a chain only grows' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER moves_on BEFORE UPDATE ON audit_heads FOR EACH ROW EXECUTE FUNCTION audit_head_moves_on();
"""

UNAPPEND_ONLY = """
DROP TRIGGER appended_only ON audit_entries; DROP TRIGGER appended_only ON audit_details;
DROP TRIGGER appended_only ON security_events; DROP TRIGGER moves_on ON audit_heads;
DROP FUNCTION appended_only(), audit_head_moves_on();
"""

CASCADE = """
DO $$ DECLARE name text; BEGIN
    SELECT conname INTO name FROM pg_constraint
     WHERE contype = 'f' AND conrelid = 'security_events'::regclass AND confrelid = 'users'::regclass;
    EXECUTE format('ALTER TABLE security_events DROP CONSTRAINT %I', name);
    EXECUTE format('ALTER TABLE security_events ADD CONSTRAINT %I FOREIGN KEY (user_id) REFERENCES users (user_id) '
                   'ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED', name);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_access_and_audit")]

    operations = [
        migrations.RunSQL(CASCADE, migrations.RunSQL.noop),
        migrations.RunSQL(PROTECT, UNPROTECT),
        migrations.RunSQL(APPEND_ONLY, UNAPPEND_ONLY),
    ]

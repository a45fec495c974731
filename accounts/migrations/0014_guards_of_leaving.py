"""What the database itself refuses about leaving: foreign eyes, changed receipts, a rewritten archive."""

from django.db import migrations

PROTECT = """
SELECT app_protect('exports', 'own');
SELECT app_protect('erasures', 'locked');
SELECT app_protect('consent_archive', 'locked');

-- A person's own revocation is noted for the ledger outside the database; who wrote it can neither read nor change it.
ALTER TABLE consent_ledger ENABLE ROW LEVEL SECURITY;
ALTER TABLE consent_ledger FORCE ROW LEVEL SECURITY;
CREATE POLICY maintained ON consent_ledger USING ((SELECT app_role()) = 'maintenance');
CREATE POLICY noted ON consent_ledger FOR INSERT WITH CHECK (
    (SELECT app_role()) = 'consumer' AND tenant_id = (SELECT app_tenant()) AND kind = 'revocation'
    AND written_at IS NULL);
"""

STAND = """
CREATE FUNCTION leaving_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'consent_ledger' THEN
        IF OLD.written_at IS NULL AND to_jsonb(OLD) - 'written_at' = to_jsonb(NEW) - 'written_at' THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'erasures' THEN
        IF OLD.status <> 'complete'
           AND (OLD.erasure_id, OLD.tenant_id, OLD.scope, OLD.subject_ref, OLD.requested_at, OLD.issued,
                OLD.receipt_hash, OLD.token_hash)
             = (NEW.erasure_id, NEW.tenant_id, NEW.scope, NEW.subject_ref, NEW.requested_at, NEW.issued,
                NEW.receipt_hash, NEW.token_hash) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '%: what is written about a person who left is never changed', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER stands BEFORE UPDATE OR DELETE ON erasures FOR EACH ROW EXECUTE FUNCTION leaving_stands();
CREATE TRIGGER stands BEFORE UPDATE OR DELETE ON consent_archive FOR EACH ROW EXECUTE FUNCTION leaving_stands();
CREATE TRIGGER stands BEFORE UPDATE OR DELETE ON consent_ledger FOR EACH ROW EXECUTE FUNCTION leaving_stands();
"""

UNSTAND = """
DROP TRIGGER stands ON erasures; DROP TRIGGER stands ON consent_archive; DROP TRIGGER stands ON consent_ledger;
DROP FUNCTION leaving_stands();
"""

CASCADE = """
DO $$ DECLARE name text; BEGIN
    SELECT conname INTO name FROM pg_constraint
     WHERE contype = 'f' AND conrelid = 'exports'::regclass AND confrelid = 'users'::regclass;
    EXECUTE format('ALTER TABLE exports DROP CONSTRAINT %I', name);
    EXECUTE format('ALTER TABLE exports ADD CONSTRAINT %I FOREIGN KEY (user_id) REFERENCES users (user_id) '
                   'ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED', name);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_leaving")]

    operations = [
        migrations.RunSQL(CASCADE, migrations.RunSQL.noop),
        migrations.RunSQL(PROTECT, migrations.RunSQL.noop),  # policies go with their tables
        migrations.RunSQL(STAND, UNSTAND),
    ]

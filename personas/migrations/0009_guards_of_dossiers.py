"""What the database itself refuses about dossiers: foreign eyes, notes nobody agreed to, rewritten or lost history."""

from django.db import migrations

# Rows of a dossier go with the person, those of a portrait with the portrait; of an author only the name goes.
TIES = """
CREATE OR REPLACE FUNCTION app_follow_the_person() RETURNS void LANGUAGE plpgsql AS $$
DECLARE holder regclass; name text; columns text;
BEGIN
    FOR holder, name, columns IN
        SELECT c.conrelid::regclass, c.conname, quote_ident(a.attname)
          FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
         WHERE c.contype = 'f' AND c.confrelid = 'users'::regclass AND c.confdeltype NOT IN ('c', 'n')
           AND c.conparentid = 0
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', holder, name);
        EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I FOREIGN KEY (%s) REFERENCES users (user_id) '
                       'ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED', holder, name, columns);
    END LOOP;
END $$;
SELECT app_follow_the_person();

ALTER TABLE person_data
    ADD CONSTRAINT fk_person_data_person FOREIGN KEY (person_id) REFERENCES persons (id) ON DELETE CASCADE,
    ADD CONSTRAINT person_data_author_fk FOREIGN KEY (author_id) REFERENCES users (user_id) ON DELETE SET NULL,
    ADD CONSTRAINT person_data_length CHECK (char_length(raw_text) BETWEEN 1 AND 100000),
    ADD CONSTRAINT person_data_sha256 CHECK (sha256 = encode(sha256(convert_to(raw_text, 'UTF8')), 'hex'));
ALTER TABLE person_notes_cache
    ADD CONSTRAINT person_notes_of_data FOREIGN KEY (person_data_id) REFERENCES person_data (id) ON DELETE CASCADE;
ALTER TABLE personas
    ADD CONSTRAINT fk_personas_person FOREIGN KEY (person_id) REFERENCES persons (id) ON DELETE CASCADE;
ALTER TABLE persona_versions
    ADD CONSTRAINT persona_versions_person FOREIGN KEY (person_id) REFERENCES persons (id) ON DELETE CASCADE,
    ADD CONSTRAINT persona_versions_persona FOREIGN KEY (persona_id) REFERENCES personas (id) ON DELETE CASCADE;
ALTER TABLE persona_version_sources
    ADD CONSTRAINT version_sources_version FOREIGN KEY (persona_version_id) REFERENCES persona_versions (id)
        ON DELETE CASCADE,
    ADD CONSTRAINT version_sources_data FOREIGN KEY (person_data_id) REFERENCES person_data (id) ON DELETE CASCADE;
"""

# Who may see a person may see what lies below: each table asks the one above it, so the rule stands once. A linked
# person needs the `notes` consent of the user, asked a row, as of what was derived (accounts 0007).
PROTECT = """
CREATE POLICY notes_read_by_services ON consent_records FOR SELECT
    USING (purpose = 'notes' AND tenant_id = (SELECT app_tenant_as('service')));

CREATE POLICY dossiers ON persons USING (
    (SELECT app_role()) = 'maintenance'
    OR ((tenant_id = (SELECT app_tenant_as('operator', 'service'))) IS TRUE
        AND (user_id IS NULL OR (SELECT true FROM consent_records c WHERE c.user_id = persons.user_id
                                    AND c.purpose = 'notes' AND c.revoked_at IS NULL)))
    OR ((user_id = (SELECT app_user_as('consumer'))) IS TRUE AND tenant_id = (SELECT app_tenant())
        AND (SELECT true FROM consent_records c WHERE c.user_id = persons.user_id
                AND c.purpose = 'notes' AND c.revoked_at IS NULL)));

DO $$ DECLARE target text; above text; BEGIN
    FOR target, above IN VALUES
        ('person_data', 'tenant_id = (SELECT p.tenant_id FROM persons p WHERE p.id = person_data.person_id)'),
        ('personas', 'tenant_id = (SELECT p.tenant_id FROM persons p WHERE p.id = personas.person_id)'),
        ('persona_versions', 'tenant_id = (SELECT p.tenant_id FROM persons p WHERE p.id = persona_versions.person_id)'),
        ('person_notes_cache',
         '(SELECT true FROM person_data d WHERE d.id = person_notes_cache.person_data_id)'),
        ('persona_version_sources',
         '(SELECT true FROM persona_versions v WHERE v.id = persona_version_sources.persona_version_id)')
    LOOP
        EXECUTE format('CREATE POLICY below_a_person ON %I USING ((SELECT app_role()) = ''maintenance'' OR %s)',
                       target, above);
    END LOOP;
    FOREACH target IN ARRAY ARRAY['persons', 'person_data', 'person_notes_cache', 'personas', 'persona_versions',
                                  'persona_version_sources'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', target);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', target);
    END LOOP;
END $$;
"""

UNPROTECT = """
DROP POLICY below_a_person ON persona_version_sources; DROP POLICY below_a_person ON person_notes_cache;
DROP POLICY below_a_person ON persona_versions; DROP POLICY below_a_person ON personas;
DROP POLICY below_a_person ON person_data; DROP POLICY dossiers ON persons;
DROP POLICY notes_read_by_services ON consent_records;
"""

# A trigger that fires inside of another one is a cascade: what lies above is gone already.
HISTORY = """
CREATE FUNCTION dossiers_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND (pg_trigger_depth() > 1 OR coalesce(app_role(), '') = 'maintenance') THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '%: history is appended to, never changed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON person_notes_cache
    FOR EACH ROW EXECUTE FUNCTION dossiers_keep_history();
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON persona_versions
    FOR EACH ROW EXECUTE FUNCTION dossiers_keep_history();
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON persona_version_sources
    FOR EACH ROW EXECUTE FUNCTION dossiers_keep_history();
CREATE TRIGGER history BEFORE DELETE ON person_data FOR EACH ROW EXECUTE FUNCTION dossiers_keep_history();

CREATE FUNCTION submissions_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.id, OLD.tenant_id, OLD.seq, OLD.raw_text, OLD.source, OLD.sha256, OLD.created_at)
       IS DISTINCT FROM (NEW.id, NEW.tenant_id, NEW.seq, NEW.raw_text, NEW.source, NEW.sha256, NEW.created_at)
       OR (NEW.author_id IS NOT NULL AND NEW.author_id IS DISTINCT FROM OLD.author_id) THEN
        RAISE EXCEPTION 'person_data: a submission is never changed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stand BEFORE UPDATE ON person_data FOR EACH ROW EXECUTE FUNCTION submissions_stand();

CREATE FUNCTION portraits_rise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.version <> 1 THEN
            RAISE EXCEPTION 'personas: the first version is 1' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NEW.version <> OLD.version + 1 OR (OLD.id, OLD.tenant_id, OLD.person_id, OLD.created_at)
       IS DISTINCT FROM (NEW.id, NEW.tenant_id, NEW.person_id, NEW.created_at) THEN
        RAISE EXCEPTION 'personas: each version follows the one before it' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rise BEFORE INSERT OR UPDATE ON personas FOR EACH ROW EXECUTE FUNCTION portraits_rise();

CREATE TRIGGER touch BEFORE UPDATE ON persons FOR EACH ROW EXECUTE FUNCTION app_touch();
"""

UNHISTORY = """
DROP TRIGGER touch ON persons; DROP TRIGGER rise ON personas; DROP TRIGGER stand ON person_data;
DROP TRIGGER history ON person_data; DROP TRIGGER history ON persona_version_sources;
DROP TRIGGER history ON persona_versions; DROP TRIGGER history ON person_notes_cache;
DROP FUNCTION portraits_rise(), submissions_stand(), dossiers_keep_history();
"""

# lz4 takes a tenth of the time, where the server has been built with it.
PACKED = """
DO $$ BEGIN
    ALTER TABLE person_data ALTER COLUMN raw_text SET COMPRESSION lz4;
    ALTER TABLE personas ALTER COLUMN persona SET COMPRESSION lz4;
    ALTER TABLE persona_versions ALTER COLUMN persona SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("personas", "0008_dossiers")]

    operations = [
        migrations.RunSQL(TIES, migrations.RunSQL.noop),  # what ties tables goes with them
        migrations.RunSQL(PROTECT, UNPROTECT),
        migrations.RunSQL(HISTORY, UNHISTORY),
        migrations.RunSQL(PACKED, migrations.RunSQL.noop),
    ]

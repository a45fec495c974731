"""What the database itself refuses about cards and items: foreign eyes, rewritten history, illegal moves."""

from django.db import migrations

# What a consumer sees of a card is copied into the item: a consumer context reaches no card.
CARDS = """
DO $$ DECLARE target text; BEGIN
    FOREACH target IN ARRAY ARRAY['cards', 'card_versions', 'card_usage'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', target);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', target);
        EXECUTE format('CREATE POLICY %I ON %I USING ((SELECT app_role()) = ''maintenance'' OR '
                       'tenant_id = (SELECT app_tenant_as(''operator'', ''service'', ''pipeline'')))',
                       target || '_tenant_isolation', target);
    END LOOP;
END $$;
"""

UNCARDS = """
DO $$ DECLARE target text; BEGIN
    FOREACH target IN ARRAY ARRAY['cards', 'card_versions', 'card_usage'] LOOP
        EXECUTE format('DROP POLICY %I ON %I', target || '_tenant_isolation', target);
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', target);
        EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', target);
    END LOOP;
END $$;
"""

# Staff and the pipeline work on people who agreed to analysis; what they write about items no reader sees.
WORK = """
DO $$ DECLARE target text; agreed text := 'c.purpose = ''analysis'' AND c.revoked_at IS NULL'; BEGIN
    FOREACH target IN ARRAY ARRAY['recommendations', 'decision_traces', 'recommendation_moves', 'considerations',
                                  'recommendation_flags', 'review_claims'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', target);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', target);
        EXECUTE format('CREATE POLICY work ON %1$I USING ((SELECT app_role()) = ''maintenance'''
                       ' OR ((tenant_id = (SELECT app_tenant_as(''operator''))) IS TRUE AND'
                       ' (SELECT true FROM consent_records c WHERE c.user_id = %1$I.user_id AND %2$s))'
                       ' OR ((tenant_id = (SELECT app_tenant_as(''pipeline''))) IS TRUE AND user_id IN'
                       ' (SELECT c.user_id FROM consent_records c WHERE %2$s)))', target, agreed);
    END LOOP;
END $$;

-- A reader sees what was approved, is not in doubt, and was made under the consent that stands.
CREATE FUNCTION app_reads_item(item recommendations) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT item.status = 'approved' AND NOT item.flagged
       AND EXISTS (SELECT FROM consent_records c WHERE c.user_id = item.user_id AND c.purpose = 'analysis'
                      AND c.revoked_at IS NULL AND c.since <= item.created_at)
       AND (item.type = 'education'
            OR EXISTS (SELECT FROM consent_records c WHERE c.user_id = item.user_id AND c.purpose = 'partner_offers'
                          AND c.revoked_at IS NULL AND c.since <= item.created_at))
$$;
CREATE POLICY read_by_its_reader ON recommendations FOR SELECT
    USING ((user_id = (SELECT app_user_as('consumer'))) IS TRUE AND app_reads_item(recommendations));
CREATE POLICY marked_by_its_reader ON recommendations FOR UPDATE
    USING ((user_id = (SELECT app_user_as('consumer'))) IS TRUE AND app_reads_item(recommendations));

SELECT app_protect('recommendation_feedback', 'derived');
SELECT app_protect('chat_logs', 'derived');
"""

UNWORK = """
DROP POLICY read_by_its_reader ON recommendations;
DROP POLICY marked_by_its_reader ON recommendations;
DROP FUNCTION app_reads_item(recommendations);
DO $$ DECLARE target text; policy text; BEGIN
    FOR target, policy IN
        SELECT tablename, policyname FROM pg_policies WHERE tablename IN ('recommendations', 'decision_traces',
            'recommendation_moves', 'considerations', 'recommendation_flags', 'review_claims',
            'recommendation_feedback', 'chat_logs') LOOP
        EXECUTE format('DROP POLICY %I ON %I', policy, target);
        EXECUTE format('ALTER TABLE %I NO FORCE ROW LEVEL SECURITY', target);
        EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', target);
    END LOOP;
END $$;
"""

HISTORY = """
CREATE FUNCTION recommendations_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_ARGV[0] = 'erasable' AND coalesce(app_role(), '') = 'maintenance' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '%: history is appended to, never changed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
DO $$ DECLARE target text; BEGIN
    FOREACH target IN ARRAY ARRAY['decision_traces', 'recommendation_moves', 'considerations', 'card_versions'] LOOP
        EXECUTE format('CREATE TRIGGER history BEFORE UPDATE OR DELETE ON %I FOR EACH ROW'
                       ' EXECUTE FUNCTION recommendations_keep_history(%L)', target,
                       CASE target WHEN 'card_versions' THEN 'kept' ELSE 'erasable' END);
        EXECUTE format('CREATE TRIGGER history_whole BEFORE TRUNCATE ON %I FOR EACH STATEMENT'
                       ' EXECUTE FUNCTION recommendations_keep_history(''kept'')', target);
    END LOOP;
END $$;
"""

UNHISTORY = """
DO $$ DECLARE target text; BEGIN
    FOREACH target IN ARRAY ARRAY['decision_traces', 'recommendation_moves', 'considerations', 'card_versions'] LOOP
        EXECUTE format('DROP TRIGGER history ON %I', target);
        EXECUTE format('DROP TRIGGER history_whole ON %I', target);
    END LOOP;
END $$;
DROP FUNCTION recommendations_keep_history();
"""

# The copy of `lifecycle.LEGAL`, without the verbs, which only the recorded move knows.
MOVES = """
CREATE FUNCTION recommendation_moves_legally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'pending' THEN
            RAISE EXCEPTION 'recommendations: an item begins pending' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF coalesce(app_role(), '') = 'consumer'
       AND to_jsonb(OLD) - '{shown_at,seen_at,clicked,clicked_at}'::text[]
           <> to_jsonb(NEW) - '{shown_at,seen_at,clicked,clicked_at}'::text[] THEN
        RAISE EXCEPTION 'recommendations: a reader marks what was shown, seen and clicked, nothing else'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (OLD.user_id, OLD.subject, OLD.type, OLD.card_id, OLD.card_version, OLD.created_at)
       IS DISTINCT FROM (NEW.user_id, NEW.subject, NEW.type, NEW.card_id, NEW.card_version, NEW.created_at) THEN
        RAISE EXCEPTION 'recommendations: what an item is about never changes'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN (('pending', 'approved'), ('pending', 'rejected'),
        ('pending', 'withdrawn'), ('approved', 'withdrawn'), ('approved', 'pending'), ('rejected', 'pending')) THEN
        RAISE EXCEPTION 'recommendations: % does not become %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE INSERT OR UPDATE ON recommendations
    FOR EACH ROW EXECUTE FUNCTION recommendation_moves_legally();
"""

UNMOVES = "DROP TRIGGER moves ON recommendations; DROP FUNCTION recommendation_moves_legally();"

CONTENT = """
CREATE FUNCTION card_tags_are_plain(tags text[]) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT count(*) = count(DISTINCT tag) AND coalesce(bool_and(tag = lower(tag) AND tag <> ''), true)
      FROM unnest(tags) AS tag
$$;
ALTER TABLE cards ADD CONSTRAINT cards_tags_plain CHECK (card_tags_are_plain(tags));
ALTER TABLE cards ADD CONSTRAINT cards_content_object CHECK (jsonb_typeof(content) = 'object');

CREATE FUNCTION card_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(OLD) - '{usage_count,last_used_at}'::text[] <> to_jsonb(NEW) - '{usage_count,last_used_at}'::text[] THEN
        NEW.updated_at := statement_timestamp();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER touch BEFORE UPDATE ON cards FOR EACH ROW EXECUTE FUNCTION card_touch();
"""

UNCONTENT = """
DROP TRIGGER touch ON cards; DROP FUNCTION card_touch();
ALTER TABLE cards DROP CONSTRAINT cards_content_object; ALTER TABLE cards DROP CONSTRAINT cards_tags_plain;
DROP FUNCTION card_tags_are_plain(text[]);
"""

# A key that names the tenant or the person too: no row points into somebody else's.
KEYS = """
ALTER TABLE card_versions ADD CONSTRAINT card_versions_card FOREIGN KEY (tenant_id, card_id)
    REFERENCES cards (tenant_id, card_id);
ALTER TABLE card_usage ADD CONSTRAINT card_usage_card FOREIGN KEY (tenant_id, card_id)
    REFERENCES cards (tenant_id, card_id);
ALTER TABLE recommendations ADD CONSTRAINT recommendations_card FOREIGN KEY (tenant_id, card_id)
    REFERENCES cards (tenant_id, card_id);
DO $$ DECLARE target text; name text; BEGIN
    FOREACH target IN ARRAY ARRAY['decision_traces', 'recommendation_moves', 'recommendation_flags', 'review_claims',
                                  'recommendation_feedback'] LOOP
        FOR name IN SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = target::regclass
                       AND confrelid = 'recommendations'::regclass LOOP
            EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', target, name);
        END LOOP;
        EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I FOREIGN KEY (user_id, recommendation_id)'
                       ' REFERENCES recommendations (user_id, id) ON DELETE CASCADE', target, target || '_item');
    END LOOP;
END $$;
"""

UNKEYS = """
ALTER TABLE card_versions DROP CONSTRAINT card_versions_card;
ALTER TABLE card_usage DROP CONSTRAINT card_usage_card;
ALTER TABLE recommendations DROP CONSTRAINT recommendations_card;
"""


class Migration(migrations.Migration):
    dependencies = [("recommendations", "0001_initial"), ("accounts", "0007_walls_planned_once")]

    operations = [
        migrations.RunSQL("SELECT app_follow_the_person()", migrations.RunSQL.noop),
        migrations.RunSQL(KEYS, UNKEYS),
        migrations.RunSQL(CARDS, UNCARDS),
        migrations.RunSQL(WORK, UNWORK),
        migrations.RunSQL(HISTORY, UNHISTORY),
        migrations.RunSQL(MOVES, UNMOVES),
        migrations.RunSQL(CONTENT, UNCONTENT),
    ]

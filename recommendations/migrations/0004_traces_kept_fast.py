"""How PostgreSQL keeps what a run writes most of: packed by lz4 where the server has it, else as it is.

Its own packing costs more than all the rest of storing a trace.
"""

from django.db import migrations

FAST = """
DO $$ DECLARE kept text[]; BEGIN
    FOREACH kept SLICE 1 IN ARRAY ARRAY[['decision_traces', 'trace_data'], ['considerations', 'candidates']] LOOP
        BEGIN
            EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET COMPRESSION lz4', kept[1], kept[2]);
        EXCEPTION WHEN feature_not_supported THEN
            EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET STORAGE EXTERNAL', kept[1], kept[2]);
        END;
    END LOOP;
END $$;
"""

AS_BEFORE = """
DO $$ DECLARE kept text[]; BEGIN
    FOREACH kept SLICE 1 IN ARRAY ARRAY[['decision_traces', 'trace_data'], ['considerations', 'candidates']] LOOP
        EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET COMPRESSION DEFAULT', kept[1], kept[2]);
        EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET STORAGE EXTENDED', kept[1], kept[2]);
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("recommendations", "0003_no_old_items")]

    operations = [migrations.RunSQL(FAST, AS_BEFORE)]

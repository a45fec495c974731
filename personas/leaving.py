"""What this app keeps of a person: signals, personas, corrections, their dossier, and their place in others' work."""

from collections.abc import Iterator
from uuid import UUID

from accounts import storage
from accounts.belongings import TIME, Belongings, Place, Section, of_table
from accounts.models.leaving import Scope
from personas import exports
from personas.models import Assignment, Correction, Person, Snapshot, Transition

# A simulation shows a few people as examples; the counts stay, which name nobody.
SAMPLES = """
    UPDATE rule_set_simulations SET result = jsonb_set(result, '{windows}', (
        SELECT jsonb_object_agg(name, said || jsonb_build_object('sample', (
                   SELECT coalesce(jsonb_agg(one ORDER BY place), '[]')
                     FROM jsonb_array_elements(said -> 'sample') WITH ORDINALITY AS shown (one, place)
                    WHERE one ->> 'user_id' <> %(user)s::text)))
          FROM jsonb_each(result -> 'windows') AS w (name, said)))
     WHERE tenant_id = %(tenant)s
       AND jsonb_path_exists(result, '$.windows.*.sample[*] ? (@.user_id == $user)',
                             jsonb_build_object('user', %(user)s::text))
"""
# A finished shard of a run is history; its ends are people, and need not be this one any more.
ENDS = """
    UPDATE pipeline_shards s
       SET from_user = CASE from_user WHEN %(user)s THEN '00000000-0000-0000-0000-000000000000' ELSE from_user END,
           to_user = CASE to_user WHEN %(user)s THEN '00000000-0000-0000-0000-000000000000' ELSE to_user END
     WHERE tenant_id = %(tenant)s AND status NOT IN ('pending', 'leased') AND %(user)s IN (from_user, to_user)
"""
# A dossier would go with its person; it is deleted table by table so that the receipt counts what went.
MINE = "(SELECT id FROM persons WHERE user_id = %(user)s)"
DOSSIER = {
    "persona_version_sources": f"""
        DELETE FROM persona_version_sources
         WHERE persona_version_id IN (SELECT id FROM persona_versions WHERE person_id IN {MINE})
    """,
    "persona_versions": f"DELETE FROM persona_versions WHERE person_id IN {MINE}",
    "personas": f"DELETE FROM personas WHERE person_id IN {MINE}",
    "person_notes_cache": f"""
        DELETE FROM person_notes_cache
         WHERE person_data_id IN (SELECT id FROM person_data WHERE person_id IN {MINE})
    """,
    "person_data": f"DELETE FROM person_data WHERE person_id IN {MINE}",
    "idempotency_store": """
        DELETE FROM idempotency_store s USING persons p
         WHERE p.user_id = %(user)s AND s.tenant_id = p.tenant_id
           AND position(p.id::text IN coalesce(s.response_payload, '')) > 0
    """,  # what staff and services were answered who wrote about the person
}
AT = TIME.format(column="created_at")
SUBMISSIONS = f"""
    SELECT json_build_object('id', id, 'raw_text', raw_text, 'source', source, 'created_at', {AT})::text
      FROM person_data WHERE person_id IN {MINE} ORDER BY person_data.created_at, seq
"""
VERSIONS = f"""
    SELECT json_build_object('persona_id', persona_id, 'version', version, 'persona', persona, 'generator', generator,
                             'computed_from_data_ids', data_ids, 'created_at', {AT})::text
      FROM persona_versions WHERE person_id IN {MINE} ORDER BY version
"""


def files(user_id: UUID) -> Iterator[Place]:
    for name in exports.SCHEMAS:
        yield Place(storage.ANALYTICS, f"{name}/user_id={user_id}/")


BELONGINGS = Belongings(
    sections=(
        of_table("corrections", Correction, "created_at, correction_id", ("user_id", "merchant_key")),
        of_table("signals", Snapshot, "computed_at, time_window", ("user_id",)),
        of_table("assignments", Assignment, "assigned_at, seq", ("user_id", "seq", "assigned_by", "met")),
        of_table("transitions", Transition, "created_at, transition_id", ("user_id",)),
        of_table("person", Person, "created_at", ("user_id", "revision", "characters")),
        Section("submissions", SUBMISSIONS),
        Section("persona_versions", VERSIONS),
    ),
    tables={
        Scope.ANALYSIS: (
            "override_cases",
            "persona_profiles",
            "persona_transitions",
            "user_personas",
            "signal_snapshots",
            "corrections",
        ),
        Scope.NOTES: ("persons",),
    },
    scrubs={
        Scope.NOTES: DOSSIER,
        Scope.ANALYSIS: {"rule_set_simulations": SAMPLES},
        Scope.ACCOUNT: {"pipeline_shards": ENDS},
    },
    places={Scope.ANALYSIS: files},
)

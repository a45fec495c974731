"""What this app keeps of a person: signals, personas, corrections, and their place in other people's work."""

from collections.abc import Iterator
from uuid import UUID

from accounts import storage
from accounts.belongings import Belongings, Place, of_table
from accounts.models.leaving import Scope
from personas import exports
from personas.models import Assignment, Correction, Snapshot, Transition

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


def files(user_id: UUID) -> Iterator[Place]:
    for name in exports.SCHEMAS:
        yield Place(storage.ANALYTICS, f"{name}/user_id={user_id}/")


BELONGINGS = Belongings(
    sections=(
        of_table("corrections", Correction, "created_at, correction_id", ("user_id", "merchant_key")),
        of_table("signals", Snapshot, "computed_at, time_window", ("user_id",)),
        of_table("assignments", Assignment, "assigned_at, seq", ("user_id", "seq", "assigned_by", "met")),
        of_table("transitions", Transition, "created_at, transition_id", ("user_id",)),
    ),
    tables={
        Scope.ANALYSIS: (
            "override_cases",
            "persona_profiles",
            "persona_transitions",
            "user_personas",
            "signal_snapshots",
            "corrections",
        )
    },
    scrubs={
        Scope.ANALYSIS: {"rule_set_simulations": SAMPLES},
        Scope.ACCOUNT: {"pipeline_shards": ENDS},
    },
    places={Scope.ANALYSIS: files},
)

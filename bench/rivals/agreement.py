"""Whether a rival stored what the engine stored: column by column, for everybody it worked on."""

from datetime import datetime
from typing import Any

import psycopg

# Each has its own ids and days of storing; a rival makes no fingerprint. The day of the data stands in `meta` as well;
# an assignment of ours keeps the day on which something changed, and a rival appends always.
OWN = (
    "as_of", "snapshot_id", "assignment_id", "seq", "computed_at", "assigned_at", "algorithm_version",
    "data_fingerprint", "meta",
)  # fmt: skip
OF_META = ("algorithm_version", "data_fingerprint")
SNAPSHOTS = "SELECT s.*, s.meta - %(of_meta)s::text[] AS told, s.time_window AS of_window FROM signal_snapshots s"
ASSIGNMENTS = """
    SELECT a.*, a.window_type AS of_window, s.computed_at, s.algorithm_version
      FROM user_personas a JOIN signal_snapshots s USING (snapshot_id)
"""
BESIDE = """
    WITH kept AS ({rows}),
         ours AS (SELECT DISTINCT ON (user_id, of_window) * FROM kept WHERE algorithm_version <> 'rival'
                   ORDER BY user_id, of_window, computed_at DESC),
         theirs AS (SELECT * FROM kept WHERE algorithm_version = 'rival' AND computed_at = %(now)s)
    SELECT user_id, of_window,
           ARRAY(SELECT key FROM jsonb_each(to_jsonb(o) - %(own)s::text[]) a
                   FULL JOIN jsonb_each(to_jsonb(t) - %(own)s::text[]) b USING (key)
                  WHERE a.value IS DISTINCT FROM b.value)
      FROM theirs t FULL JOIN (SELECT * FROM ours WHERE user_id IN (SELECT user_id FROM theirs)) o
     USING (user_id, of_window)
"""


def differences(raw: psycopg.Connection, now: datetime) -> tuple[int, list[tuple[Any, str, list[str]]]]:
    """How many rows that a rival stored at `now` were compared, and who differs in which columns."""
    compared, found = 0, []
    for rows in (SNAPSHOTS, ASSIGNMENTS):
        query = BESIDE.format(rows=rows)
        answers = raw.execute(query, {"now": now, "own": list(OWN), "of_meta": list(OF_META)}).fetchall()
        compared += len(answers)
        found += [answer for answer in answers if answer[2]]
    return compared, found

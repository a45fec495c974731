"""Commands and tasks: with whose eyes each looks at the database; with nobody's it sees nothing."""

NOBODY: frozenset[str] = frozenset()  # it works on files and objects, or is told each time
MAINTENANCE, PIPELINE = frozenset({"maintenance"}), frozenset({"pipeline"})
ALL_OF_THE_WALK = frozenset({"maintenance", "pipeline", "consumer", "service", "signin"})

# fmt: off
COMMANDS = {
    "create_operator": MAINTENANCE, "expire_objects": NOBODY, "expire_uploads": MAINTENANCE | PIPELINE,
    "generate_population": NOBODY, "import_statements": ALL_OF_THE_WALK, "purge_events": MAINTENANCE,
    "purge_idempotency": MAINTENANCE, "reapply_erasures": MAINTENANCE, "setup_storage": NOBODY,
    "verify_audit": MAINTENANCE, "verify_ledger": MAINTENANCE | PIPELINE,
    "assign_personas": PIPELINE | MAINTENANCE, "detect_transitions": PIPELINE | MAINTENANCE,
    "explain_signals": MAINTENANCE, "explain_statement": NOBODY, "lint_rules": NOBODY,
    "migrate_legacy_personas": MAINTENANCE,
    "prune_snapshots": PIPELINE | MAINTENANCE, "rebuild_profiles": PIPELINE | MAINTENANCE,
    "refresh_profiles": PIPELINE | MAINTENANCE, "simulate_rules": PIPELINE,
    "generate_recommendations": PIPELINE | MAINTENANCE, "replay_traces": PIPELINE | MAINTENANCE,
    "load_starter_cards": MAINTENANCE, "evaluate": MAINTENANCE | PIPELINE,
    "export_analytics": PIPELINE, "migrate": NOBODY, "run_chores": ALL_OF_THE_WALK, "run_pipeline": ALL_OF_THE_WALK,
    "seed_demo": ALL_OF_THE_WALK, "seed_population": ALL_OF_THE_WALK,
}
# fmt: on
CALLED_AS_IT_IS = (
    "expire_uploads",
    "purge_events",
    "purge_idempotency",
    "verify_audit",
    "verify_ledger",
    "prune_snapshots",
    "detect_transitions",
    "rebuild_profiles",
    "load_starter_cards",
)
TASKS = {"spendsense.walk", "spendsense.chores"}

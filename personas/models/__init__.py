"""The tables of what the money says."""

from personas.models.assignments import Assignment, Cause, Profile, Source, Transition
from personas.models.corrections import Correction
from personas.models.rulesets import OverrideCase, RuleSet, Simulation
from personas.models.runs import Run, Shard
from personas.models.snapshots import Snapshot, Window

__all__ = [
    "Assignment",
    "Cause",
    "Correction",
    "OverrideCase",
    "Profile",
    "RuleSet",
    "Run",
    "Shard",
    "Simulation",
    "Snapshot",
    "Source",
    "Transition",
    "Window",
]

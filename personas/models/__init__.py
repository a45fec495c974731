"""The tables of what the money says, and of what was said about people."""

from personas.models.assignments import Assignment, Cause, Profile, Risk, Source, Transition
from personas.models.corrections import Correction
from personas.models.dossiers import Notes, Person, Portrait, PortraitSource, PortraitVersion, Submission
from personas.models.legacy import LegacyRow, LegacyRun
from personas.models.rulesets import OverrideCase, RuleSet, Simulation
from personas.models.runs import Run, Shard
from personas.models.snapshots import Snapshot, Window

__all__ = [
    "Assignment",
    "Cause",
    "Correction",
    "LegacyRow",
    "LegacyRun",
    "Notes",
    "OverrideCase",
    "Person",
    "Portrait",
    "PortraitSource",
    "PortraitVersion",
    "Profile",
    "Risk",
    "RuleSet",
    "Run",
    "Shard",
    "Simulation",
    "Snapshot",
    "Source",
    "Submission",
    "Transition",
    "Window",
]

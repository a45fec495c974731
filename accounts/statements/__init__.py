"""Governs how the bytes of a bank's file become columns and problems."""

from .problems import Problem, Severity
from .statement import KnownAccount, Options, Statement, parse

__all__ = ["KnownAccount", "Options", "Problem", "Severity", "Statement", "parse"]

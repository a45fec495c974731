"""Imports point one way, reasons are pure, doors are opened by wiring only."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ORDER = ["accounts", "personas", "recommendations", "operators", "spendsense"]
REASONS = {
    "accounts": {
        "chain", "fingerprints", "population", "purposes", "roles", "signedform", "statements", "words",
    },
    "personas": {"catalogue", "portraits", "rules", "signals", "transitions"},
    "recommendations": {
        "assigned", "cardcontent", "cardform", "comparing", "considering", "conversation", "criteria", "drafts",
        "eligibility", "explaining", "facts", "fields", "figures", "guardrails", "lifecycle", "matching", "pieces",
        "recalling", "remembered", "rewriting", "starter", "tracing", "unmet", "wording",
    },
    "operators": {"folding", "measures", "rendering", "wordings", "charts"},
}  # fmt: skip
FRAMEWORKS = {"django", "rest_framework", "celery", "allauth", "django_filters", "psycopg", "boto3", "openai"}
DOORS = {"api", "admin", "tasks", "management", "console"}
WIRING = {"spendsense.urls", "spendsense.tasks", "spendsense.settings"}
# `tasks.wake` writes nothing and decides nothing; what staff commands have in common serves every app's commands.
FREE = ("accounts.tasks", "accounts.management")
SHARED = ("accounts.api.", "accounts.admin")  # how every door pages, parses, routes, admits, repeats and shows
NOTHING_IN_PARTICULAR = {"services", "utils", "helpers", "managers", "common", "misc", "constants", "signals"}


def modules():
    for app in ORDER:
        for path in sorted((ROOT / app).rglob("*.py")):
            inside = path.relative_to(ROOT)
            if not {"tests", "migrations"} & set(inside.parts):
                yield ".".join(inside.with_suffix("").parts).removesuffix(".__init__"), path


def imports(path, name):
    """Every module that a file names, relative ones made whole."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - (node.level - 1)] if node.level else []
            whole = ".".join([*base, *([node.module] if node.module else [])])
            yield whole
            yield from (f"{whole}.{alias.name}" for alias in node.names)


def is_reason(name):
    app, _, rest = name.partition(".")
    return rest.partition(".")[0] in REASONS.get(app, ())


ALL = list(modules())


@pytest.mark.parametrize(("name", "path"), ALL, ids=[name for name, _ in ALL])
def test_a_module_keeps_to_its_floor(name, path):
    app = name.partition(".")[0]
    above = ORDER[ORDER.index(app) + 1 :]
    wrong = [other for other in imports(path, name) if other.partition(".")[0] in above]
    assert not wrong, f"{name} looks upward to {wrong}"


@pytest.mark.parametrize(("name", "path"), [pair for pair in ALL if is_reason(pair[0])])
def test_a_reason_is_pure(name, path):
    for other in imports(path, name):
        assert other.partition(".")[0] not in FRAMEWORKS, f"{name} is a reason and imports {other}"
        if other.partition(".")[0] in ORDER and "." in other:
            assert is_reason(other), f"{name} is a reason and imports {other}, which is none"


def is_door(name):
    parts = name.split(".")
    return parts[0] in ORDER and len(parts) > 1 and parts[1] in DOORS


@pytest.mark.parametrize(("name", "path"), ALL, ids=[name for name, _ in ALL])
def test_a_door_is_opened_by_wiring_only(name, path):
    """A door may use rooms of its own door (its shapes, its options); nobody else uses one, but wiring and `wake`."""
    opened = {other for other in imports(path, name) if is_door(other)}
    opened = {other for other in opened if other.split(".")[:2] != name.split(".")[:2]}
    opened = {other for other in opened if not other.startswith(FREE)}
    if is_door(name):
        opened = {other for other in opened if not other.startswith(SHARED)}
    assert not opened or name in WIRING, f"{name} opens {sorted(opened)}"


@pytest.mark.parametrize(("name", "path"), ALL, ids=[name for name, _ in ALL])
def test_a_door_writes_nothing_itself(name, path):
    if not {"api", "admin"} & set(name.split(".")):
        return
    writes = {"save", "delete", "create", "update", "bulk_create", "get_or_create", "update_or_create"}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in writes:
            on = ast.unparse(node.func.value)
            assert "objects" not in on, f"{name} line {node.lineno} writes: {ast.unparse(node)}"


@pytest.mark.parametrize(("name", "path"), ALL, ids=[name for name, _ in ALL])
def test_a_module_says_what_it_governs_and_is_named_for_it(name, path):
    tree = ast.parse(path.read_text())
    if tree.body:
        assert ast.get_docstring(tree), f"{name} does not say what it governs"
    assert path.stem not in NOTHING_IN_PARTICULAR, f"{name} is named for nothing in particular"


def test_a_blind_except_stands_once():
    found = []
    for name, path in ALL:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ExceptHandler) and (node.type is None or ast.unparse(node.type) == "Exception"):
                found.append(name)
    assert found == ["accounts.faults"]

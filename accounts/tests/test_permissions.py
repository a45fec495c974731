"""What each group of staff may do, against the table of the specification, and what a level holds."""

import pytest

from accounts.models import User
from accounts.roles import Level, Role

JUNIOR = {
    "accounts.open_files", "accounts.see_own_audit", "personas.see_personas", "personas.assign", "personas.see_rules",
    "personas.see_runs", "recommendations.see_cards", "operators.see_queue", "operators.decide", "operators.annotate",
    "operators.see_analytics",
}  # fmt: skip
SENIOR = {
    "accounts.load_again", "accounts.see_audit", "accounts.see_access", "personas.refresh", "personas.override",
    "personas.retry_run", "personas.draft_rules", "personas.simulate_rules", "personas.publish_rules",
    "personas.link_persons", "personas.delete_persons", "recommendations.generate", "recommendations.write_cards",
    "operators.modify", "operators.decide_many", "operators.flag", "operators.run_evaluation",
}  # fmt: skip
ADMIN = {
    "accounts.manage_staff", "accounts.manage_keys", "accounts.manage_tenant", "accounts.erase_people",
    "accounts.see_metrics", "operators.moderate_notes", "operators.undo_others",
}  # fmt: skip


def may(role, level=None):
    """Beside the reading of the stock pages, which Django names view_*."""
    held = User(role=role, level=level).permissions
    return {permission for permission in held if not permission.partition(".")[2].startswith("view_")}


def test_each_group_holds_what_the_table_says(db):
    assert may(Role.OPERATOR, Level.JUNIOR) == JUNIOR
    assert may(Role.OPERATOR, Level.SENIOR) == JUNIOR | SENIOR
    assert may(Role.ADMIN) == JUNIOR | SENIOR | ADMIN


def test_a_consumer_holds_nothing(db):
    assert User(role=Role.USER).permissions == frozenset()


@pytest.mark.parametrize("permission", ["operators.decide", "accounts.manage_staff"])
def test_who_is_out_of_service_may_nothing(db, permission):
    assert not User(role=Role.ADMIN, is_active=False).has_perm(permission)


def test_what_a_group_may_is_asked_once_a_request(ada, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert ada.has_perm("accounts.manage_keys") and ada.has_perm("personas.publish_rules")

"""What this app keeps of a person: what staff wrote and did among themselves, which goes with them and is no export."""

from accounts.belongings import Belongings
from accounts.models.leaving import Scope

BELONGINGS = Belongings(
    tables={Scope.ANALYSIS: ("recommendation_notes", "recommendation_tags", "operator_actions")},
)

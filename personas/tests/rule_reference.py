"""A rule document evaluated by hand, one person at a time: what the columns are checked against."""

import operator
from decimal import Decimal

OPS = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt, "==": operator.eq}


def holds(node, profile):
    for fold, together in (("all", all), ("any", any)):
        if fold in node:
            return together(holds(child, profile) for child in node[fold])
    value = profile.get(node["signal"])
    if value is None:
        return False
    return value in node["threshold"] if node["op"] == "in" else OPS[node["op"]](value, _same(node["threshold"]))


def _same(threshold):
    return Decimal(str(threshold)) if isinstance(threshold, float) else threshold


def evaluate(document, profile):
    *personas, fallback = document["persona"]
    matches = [one for one in personas if holds(one["match"], profile)]
    if not matches:
        return fallback["slug"], "default", [], [fallback["slug"]]
    slugs = [one["slug"] for one in matches]
    strength = next((one["tier"] for one in matches[0]["strength"] if holds(one["when"], profile)), "weak")
    return slugs[0], strength, slugs[1:3], slugs

"""How many rows of invented people one worker makes a second."""

import time
from datetime import date

from accounts import population


def main(arguments: list[str]) -> None:
    count = int(arguments[0]) if arguments else 2000
    recipe = population.Recipe(seed=7, users=count, until=date(2025, 6, 30))
    population.people(recipe, 0, 100)
    began, rows = time.perf_counter(), 0
    for first in range(0, count, 500):
        rows += population.people(recipe, first, min(first + 500, count)).transactions.height
    took = time.perf_counter() - began
    print(f"{count:,} users, {rows:,} rows in {took:.2f} s: {rows / took:,.0f} rows a second")

"""Timing in turns: every contender once a round, so that a slow moment of the machine meets all of them."""

import gc
import resource
import statistics
import time
from collections.abc import Callable

Contender = Callable[[int], object]


def timed(contenders: dict[str, Contender], rounds: int) -> dict[str, list[float]]:
    """The seconds of each in every round; the first warms up and does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, run in contenders.items():
            gc.collect()
            began = time.perf_counter()
            run(number)
            if number:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def in_turns(contenders: dict[str, Contender], rounds: int) -> dict[str, float]:
    return {name: statistics.median(taken) for name, taken in timed(contenders, rounds).items()}


def table(medians: dict[str, float], against: str, unit: str = "s") -> None:
    wide = max(len(name) for name in medians)
    scale = 1000 if unit == "ms" else 1
    for name, taken in medians.items():
        print(f"{name:<{wide}}  {taken * scale:9.3f} {unit}  {taken / medians[against]:7.2f} x {against}")


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

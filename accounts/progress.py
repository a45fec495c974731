"""How long work shows itself: one line every two seconds on standard error, counts and what is left."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

EVERY = 2.0


@dataclass
class Progress:
    """`with Progress("import_statements", "files", total) as progress: progress.step(rows=812)`."""

    name: str
    unit: str
    total: int | None = None
    quiet: bool = False
    out: TextIO = field(default_factory=lambda: sys.stderr)
    clock: Callable[[], float] = time.monotonic
    done: int = 0
    rows: int = 0
    failed: int = 0

    def __enter__(self) -> "Progress":
        self.began = self.shown = self.clock()
        self._live = None
        if not self.quiet and self.out.isatty():
            self._live = Live(console=Console(file=self.out), refresh_per_second=4, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def step(self, *, rows: int = 0, failed: int = 0, units: int = 1) -> None:
        self.done += units
        self.rows += rows
        self.failed += failed
        now = self.clock()
        if self.quiet or now - self.shown < (0.25 if self._live else EVERY):
            return
        self.shown = now
        if self._live:
            self._live.update(Text(self.line(now)))
        else:
            print(self.line(now), file=self.out, flush=True)

    def line(self, now: float) -> str:
        of = f"/{self.total:,}" if self.total else ""
        spent = max(now - self.began, 1e-9)
        parts = [self.name, f"{self.done:,}{of} {self.unit}"]
        if self.rows:
            parts += [f"{self.rows:,} rows", f"{self.rows / spent:,.0f} rows/s"]
        parts.append(f"failed {self.failed:,}")
        if self.total and self.done:
            parts.append(f"eta {clock_time(spent / self.done * (self.total - self.done))}")
        return "  ".join(parts)

    @property
    def elapsed(self) -> str:
        return clock_time(self.clock() - self.began)


def clock_time(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))

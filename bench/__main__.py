"""`python -m bench NAME`: a durable cluster of its own, one of the benchmarks named here, its table."""

import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from spendsense.devstack import Home, running

NAMES = (
    "load", "layout", "walls", "pages", "person", "generator", "simulate", "population", "recommend", "signin",
    "erasure", "cards", "feed", "queue", "people", "portraits", "legacy",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in NAMES:
        print(f"Name one of {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="spendsense-bench-") as folder:
        home = Home(Path(folder))
        environ = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
        with running(home, environ) as stack:
            os.environ.update(
                stack.environment,
                SPENDSENSE_ENV="test",
                STORAGE_ROOT=str(Path(folder) / "objects"),
                LOG_LEVEL="ERROR",
                DJANGO_SETTINGS_MODULE="spendsense.settings",
            )
            import django

            django.setup()
            from django.core.management import call_command

            call_command("migrate", verbosity=0)
            import_module(f"bench.{arguments[0]}").main(arguments[1:])
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

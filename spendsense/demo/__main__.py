"""`./demo` after its set-up: one home's services, people, pipeline, worker and web server, until Ctrl-C."""

import json
import os
import secrets
import signal
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from spendsense.devstack import DevstackError, Home, locked, running

from .people import Population
from .programs import Child, Programs, step
from .told import for_scripts, report, write_privately
from .wish import HOST, Wish, refuse_taken

READY_SECONDS = 90.0
WORKER = "-m celery -A spendsense worker --pool=threads --concurrency=2"
WEB = "-m gunicorn -c spendsense/gunicorn.py spendsense.wsgi"
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(environ: Mapping[str, str], today: str) -> int:
    for number in STOPPING:
        signal.signal(number, _stop)
    try:
        wish = Wish.of(environ)
        home = Home.of(environ)
        home.make()
        busy = f"A demo (process {{pid}}) runs in {home.path} already: stop it, or set SPENDSENSE_HOME."
        with locked(home.path / "demo.lock", seconds=0, busy=busy):
            refuse_taken(wish.port)
            run(home, wish, environ, today)
    except DevstackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.")
    return 0


def _stop(number: int, frame: FrameType | None) -> None:
    for other in STOPPING:  # nothing may interrupt the stopping
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt


def run(home: Home, wish: Wish, environ: Mapping[str, str], today: str) -> None:
    with ExitStack() as lives:
        with step("Starting the services"):
            stack = lives.enter_context(running(home, environ))
        env = {**environ, **stack.environment, **_demo_environment(home, wish, environ)}
        programs = Programs(home.log, env, lives)
        programs.running.extend(
            Child(name, home.log / f"{name}.log", process) for name, process in stack.started.items()
        )
        population = Population(home.path / "people.json", env["DATABASE_OWNER_URL"], wish.users)
        logins, summary = population.logins(), ""
        if logins is None:
            programs.manage("Migrating the database", "migrate")
        programs.keep("worker", f"{WORKER} --beat --schedule {home.path / 'beat'}")
        programs.keep("web", WEB, SPENDSENSE_PROCESS="web")
        if logins is None:
            logins, summary = population.make(programs, today)
        with step("Waiting for the web server"):
            programs.wait(until_ready=f"{wish.url}/ready", seconds=READY_SECONDS)
        write_privately(home.path / "demo.json", json.dumps(for_scripts(wish.url, logins, env), indent=2) + "\n")
        print(report(wish.url, logins, summary))
        print(f"READY {wish.url}", flush=True)
        if not wish.once:
            programs.wait()


def _demo_environment(home: Home, wish: Wish, environ: Mapping[str, str]) -> dict[str, str]:
    return {
        "SPENDSENSE_ENV": "demo",
        "SECRET_KEY": environ.get("SECRET_KEY") or _kept_secret(home.path / "secret_key"),
        "STORAGE_ROOT": environ.get("STORAGE_ROOT") or str(home.path / "objects"),
        "BIND": f"{HOST}:{wish.port}",
        "PYTHONUNBUFFERED": "1",
    }


def _kept_secret(path: Path) -> str:
    if not path.exists():
        write_privately(path, secrets.token_urlsafe(64))
    return path.read_text()


if __name__ == "__main__":
    raise SystemExit(main(os.environ, datetime.now(UTC).date().isoformat()))

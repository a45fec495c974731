"""`python -m spendsense.devstack up|down|status|run -- CMD`: the embedded services by hand."""

import argparse
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from types import FrameType

from . import DevstackError, Home, down, running, status, throwaway_home, up

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m spendsense.devstack", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("up", help="start what is missing and print the environment for a shell to eval")
    verbs.add_parser("down", help="stop the services of this home")
    verbs.add_parser("status", help="say what runs; exit code 1 when something does not")
    run_verb = verbs.add_parser("run", help="start what is missing, run a command, stop what was started")
    run_verb.add_argument("--throwaway", action="store_true", help="in a temporary home, removed afterwards")
    run_verb.add_argument("command", nargs="+", metavar="CMD")
    asked = parser.parse_args(arguments)
    home = Home.of(os.environ)
    try:
        match asked.verb:
            case "up":
                for name, value in up(home, os.environ).environment.items():
                    print(f"export {name}={shlex.quote(value)}")
            case "down":
                down(home)
            case "status":
                return _tell(home)
            case "run":
                return _run(home, asked.command, throwaway=asked.throwaway)
    except DevstackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _tell(home: Home) -> int:
    found = status(home)
    for name, pid in found.items():
        print(f"{name}: " + (f"runs as process {pid} on {home.sockets}" if pid else "does not run"))
    return 0 if all(found.values()) else 1


def _run(home: Home, command: Sequence[str], *, throwaway: bool) -> int:
    child: subprocess.Popen[bytes] | None = None
    spawning = False
    missed: list[int] = []  # signals between the birth of the child and our knowing it

    def pass_on(number: int, frame: FrameType | None) -> None:
        if child is None and spawning:
            missed.append(number)
        elif child is None:
            raise SystemExit(128 + number)
        elif number != signal.SIGINT or not _at_the_keyboard():
            child.send_signal(number)

    for number in FORWARDED:
        signal.signal(number, pass_on)
    with ExitStack() as stack:
        where = stack.enter_context(throwaway_home()) if throwaway else home
        services = stack.enter_context(running(where, os.environ, throwaway=throwaway))
        stack.callback(_finish_in_peace)
        spawning = True
        try:
            child = subprocess.Popen(command, env=os.environ | services.environment)
        except OSError as error:
            raise DevstackError(f"Cannot run {command[0]} ({error.strerror}): check the command after `--`.") from error
        for early in missed:
            child.send_signal(early)
        code = child.wait()
        return code if code >= 0 else 128 - code


def _at_the_keyboard() -> bool:
    """Whether a Ctrl-C comes from our terminal, which has then told the child too."""
    return sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()


def _finish_in_peace() -> None:
    """Nothing may interrupt the stopping of services."""
    for number in FORWARDED:
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

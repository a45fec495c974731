"""How long work shows itself."""

import io

import pytest

from accounts.progress import Progress, clock_time


class Clock:
    """A clock that a test moves."""

    now = 100.0

    def __call__(self):
        return self.now


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_line_every_two_seconds_counts_what_is_done_and_what_is_left():
    out, clock = io.StringIO(), Clock()
    with Progress("import_statements", "files", 10_000, out=out, clock=clock) as progress:
        clock.now += 1.0
        progress.step(rows=500)
        assert out.getvalue() == ""
        clock.now += 1.0
        progress.step(rows=300, failed=True)
        clock.now += 0.5
        progress.step(rows=100)
    # 2 files in 2 s: 800 rows are 400 a second, and 9,998 files are 9,998 s away
    assert out.getvalue() == "import_statements  2/10,000 files  800 rows  400 rows/s  failed 1  eta 2:46:38\n"


def test_without_a_total_there_is_no_end_in_sight():
    out, clock = io.StringIO(), Clock()
    with Progress("run_pipeline", "items", out=out, clock=clock) as progress:
        clock.now += 3
        progress.step(units=7)
    assert out.getvalue() == "run_pipeline  7 items  failed 0\n"


def test_quiet_is_quiet():
    out, clock = io.StringIO(), Clock()
    with Progress("x", "files", 3, quiet=True, out=out, clock=clock) as progress:
        clock.now += 60
        progress.step()
    assert out.getvalue() == "" and progress.done == 1


def test_a_terminal_gets_one_line_that_is_wiped_at_the_end(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    out, clock = Terminal(), Clock()
    with Progress("x", "files", 3, out=out, clock=clock) as progress:
        clock.now += 1
        progress.step()
    up, wipe = "\x1b[1A", "\x1b[2K"
    assert "x  1/3 files  failed 0  eta 0:00:02" in out.getvalue() and out.getvalue().endswith(up + wipe)


def test_the_time_it_took_is_told_in_hours_minutes_seconds():
    clock = Clock()
    with Progress("x", "files", quiet=True, clock=clock) as progress:
        clock.now += 3_727.4
    assert progress.elapsed == "1:02:07"


@pytest.mark.parametrize(("seconds", "said"), [(0, "0:00:00"), (59.6, "0:01:00"), (90_000, "1 day, 1:00:00")])
def test_a_time_is_rounded_to_the_second(seconds, said):
    assert clock_time(seconds) == said

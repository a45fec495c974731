import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from spendsense.devstack import DevstackError, Home, Stack, down, running, status, throwaway_home, until, up
from spendsense.devstack.home import PROJECT, is_locked, locked
from spendsense.devstack.launch import lifeline

GIVEN = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_SECRET", "REDIS_URL", "SPENDSENSE_HOME")
NOTHING = {name: value for name, value in os.environ.items() if name not in GIVEN}
WITHOUT_POSTGRES = NOTHING | {"DATABASE_SECRET": "kept-elsewhere"}
LAST_WORDS = "import os, sys; sys.stdout.write(os.environ['SPENDSENSE_HOME']); sys.exit(7)"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """One home for all tests that need a cluster; each leaves it stopped or started as it likes."""
    home = Home(tmp_path_factory.mktemp("home"))
    yield home
    down(home)


@pytest.fixture
def stack(home: Home) -> Iterator[Stack]:
    with running(home, NOTHING, throwaway=True) as stack:
        yield stack


def devstack(*words: str, home: Path, environ: dict[str, str] = NOTHING) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "spendsense.devstack", *words],
        env=environ | {"SPENDSENSE_HOME": str(home)},
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ask(url: str, sql: str) -> tuple[object, ...] | None:
    with psycopg.connect(url) as connection:
        return connection.execute(sql).fetchone()


def test_a_second_up_reuses_what_the_first_started(stack: Stack) -> None:
    before = status(stack.home)

    again = up(stack.home, NOTHING)

    assert again.started == {}
    assert again.environment == stack.environment
    assert status(stack.home) == before
    assert None not in before.values()


def test_the_serving_role_owns_nothing_and_cannot_bypass_row_security(stack: Stack) -> None:
    rights = "rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    owner = "SELECT current_user = pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"

    assert ask(stack.environment["DATABASE_URL"], f"SELECT {rights}") == (False, False, False, False)
    assert ask(stack.environment["DATABASE_OWNER_URL"], f"SELECT {rights}") == (False, False, True, False)
    assert ask(stack.environment["DATABASE_URL"], owner) == (False,)
    assert ask(stack.environment["DATABASE_OWNER_URL"], owner) == (True,)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(stack.environment["DATABASE_URL"], "CREATE TABLE mine ()")


def test_nothing_listens_outside_a_private_directory(stack: Stack) -> None:
    listens = "SELECT current_setting('listen_addresses'), current_setting('TimeZone'), current_setting('fsync')"

    assert ask(stack.environment["DATABASE_URL"], listens) == ("", "UTC", "off")
    assert stat.S_IMODE(stack.home.sockets.stat().st_mode) == 0o700


def test_a_killed_postmaster_comes_back_with_its_data(home: Home) -> None:
    stack = up(home, NOTHING)
    with psycopg.connect(stack.environment["DATABASE_OWNER_URL"]) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    pid = status(home)["postgres"]
    assert pid is not None

    with psycopg.connect(stack.environment["DATABASE_OWNER_URL"]):  # whose backend outlives its postmaster
        os.kill(pid, signal.SIGKILL)
        stack.started["postgres"].wait()
        assert (home.pgdata / "postmaster.pid").exists()
        with running(home, NOTHING) as again:
            assert list(again.started) == ["postgres"]
            assert ask(again.environment["DATABASE_OWNER_URL"], "SELECT answer FROM kept") == (42,)
    stack.stop()


def test_lock_files_whose_process_number_is_somebody_elses_now_do_not_stop_a_start(home: Home) -> None:
    with running(home, NOTHING, throwaway=True):
        left = (home.pgdata / "postmaster.pid").read_text().split("\n")
    mine = "\n".join([str(os.getpid()), *left[1:]])
    (home.pgdata / "postmaster.pid").write_text(mine)
    (home.sockets / ".s.PGSQL.5432.lock").write_text(mine)
    (home.sockets / ".s.PGSQL.5432").touch()
    (home.sockets / "valkey.sock").touch()

    with running(home, NOTHING, throwaway=True) as stack:
        assert ask(stack.environment["DATABASE_URL"], "SELECT 1") == (1,)


def test_two_ups_at_once_start_one_stack(home: Home) -> None:
    both = [devstack("up", home=home.path) for _ in range(2)]
    told = [process.communicate() for process in both]

    assert [process.returncode for process in both] == [0, 0], told
    assert told[0] == told[1]
    assert None not in status(home).values()
    down(home)
    assert status(home) == {"postgres": None, "valkey": None}


def test_an_unfinished_cluster_is_set_aside_and_a_new_one_made(tmp_path: Path) -> None:
    home = Home(tmp_path / "h")
    (home.path / "pgdata.new/base").mkdir(parents=True)
    home.pgdata.mkdir()
    (home.pgdata / "PG_VERSION").write_text("18\n")

    with running(home, NOTHING, throwaway=True) as stack:
        assert ask(stack.environment["DATABASE_URL"], "SELECT 1") == (1,)

    assert (home.path / "pgdata.unfinished-1/PG_VERSION").exists()
    assert not (home.path / "pgdata.new").exists()


def test_a_home_with_a_long_path_has_its_sockets_in_a_short_private_directory(tmp_path: Path) -> None:
    home = Home(tmp_path / ("long" * 30))
    assert home.sockets != home.run
    try:
        with running(home, WITHOUT_POSTGRES) as stack:
            assert stack.environment["REDIS_URL"] == f"unix://{home.sockets}/valkey.sock?db=0"
            assert stat.S_IMODE(home.sockets.stat().st_mode) == 0o700
    finally:
        home.sockets.rmdir()


@pytest.mark.parametrize("prepared", ["a symbolic link", "a directory that others may enter"])
def test_a_short_directory_that_somebody_prepared_is_refused(tmp_path: Path, prepared: str) -> None:
    home = Home(tmp_path / ("long" * 30))
    trap = tmp_path / "trap"
    trap.mkdir(mode=0o700)
    if prepared == "a symbolic link":
        home.sockets.symlink_to(trap)
    else:
        home.sockets.mkdir(mode=0o755)
    try:
        with pytest.raises(DevstackError, match=f"^{home.sockets} would hold .* not ours alone: remove it"):
            up(home, WITHOUT_POSTGRES)
        assert list(trap.iterdir()) == []
    finally:
        home.sockets.unlink() if home.sockets.is_symlink() else home.sockets.rmdir()


def test_a_home_that_cannot_be_written_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(DevstackError, match=r"^Cannot write to .*/file/home \(Not a directory\): set SPENDSENSE_"):
        up(Home(tmp_path / "file/home"), NOTHING)


def test_a_full_disk_is_told_before_any_service_starts(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.run.mkdir()
    (home.run / "probe").symlink_to("/dev/full")

    with pytest.raises(DevstackError, match=f"^The disk that holds {tmp_path} is full: free some space"):
        up(home, NOTHING)
    assert not home.pgdata.exists()


def test_binaries_that_are_not_there_are_told_and_leave_nothing_half_made(tmp_path: Path) -> None:
    with pytest.raises(DevstackError, match=r"^SPENDSENSE_PG_BIN is /nowhere, which holds no postgres"):
        up(Home(tmp_path), NOTHING | {"SPENDSENSE_PG_BIN": "/nowhere"})

    assert not list(tmp_path.glob("pgdata*"))


def test_a_cluster_of_another_version_is_refused_and_kept(tmp_path: Path) -> None:
    home = Home(tmp_path)
    (home.pgdata / "global").mkdir(parents=True)
    (home.pgdata / "global/pg_control").touch()
    (home.pgdata / "PG_VERSION").write_text("9.6\n")

    with pytest.raises(DevstackError, match=r"made by PostgreSQL 9\.6 and this is PostgreSQL 1\d: set SPENDSENSE_"):
        up(home, NOTHING)
    assert (home.pgdata / "PG_VERSION").read_text() == "9.6\n"


def test_a_lock_that_somebody_holds_is_told_with_its_holder(tmp_path: Path) -> None:
    with locked(tmp_path / "lock", seconds=0, busy="unused"):
        assert is_locked(tmp_path / "lock")
        with (
            pytest.raises(DevstackError, match=f"^held by {os.getpid()}$"),
            locked(tmp_path / "lock", seconds=0, busy="held by {pid}"),
        ):
            pass
    assert not is_locked(tmp_path / "lock")


def test_given_servers_are_used_and_nothing_is_started(stack: Stack, tmp_path: Path) -> None:
    home = Home(tmp_path / "unused")

    assert up(home, NOTHING | stack.environment) == Stack(home, {})
    assert not home.path.exists()


@pytest.mark.parametrize(
    ("name", "url", "said"),
    [
        ("DATABASE_URL", "postgresql://app:hush@127.0.0.1:1/shop", "leads to 127.0.0.1:1, database shop"),
        ("DATABASE_URL", "mysql://app:hush@127.0.0.1/shop", "cannot be read as a PostgreSQL address"),
        ("REDIS_URL", "redis://:hush@127.0.0.1:1/0", "leads to 127.0.0.1, which does not answer"),
        ("REDIS_URL", "nonsense", "leads to nonsense, which does not answer"),
    ],
)
def test_a_given_server_that_does_not_answer_is_named_without_its_password(
    tmp_path: Path, name: str, url: str, said: str
) -> None:
    with pytest.raises(DevstackError) as refused:
        up(Home(tmp_path / "unused"), NOTHING | {name: url})

    assert str(refused.value).startswith(f"{name} {said}")
    assert "hush" not in str(refused.value)
    assert not (tmp_path / "unused").exists()


def test_down_stops_only_what_belongs_to_its_home(tmp_path: Path) -> None:
    one, other = Home(tmp_path / "one"), Home(tmp_path / "other")
    with running(one, WITHOUT_POSTGRES), running(other, WITHOUT_POSTGRES):
        down(one)
        assert status(one)["valkey"] is None
        assert status(other)["valkey"] is not None


def test_run_returns_the_exit_code_and_stops_what_it_started(tmp_path: Path) -> None:
    ran = devstack("run", "--", sys.executable, "-c", LAST_WORDS, home=tmp_path, environ=WITHOUT_POSTGRES)

    assert ran.communicate() == (str(tmp_path), "")
    assert ran.returncode == 7
    assert status(Home(tmp_path))["valkey"] is None


def test_run_leaves_what_served_before_it(tmp_path: Path) -> None:
    with running(Home(tmp_path), WITHOUT_POSTGRES):
        before = status(Home(tmp_path))
        assert devstack("run", "--", "true", home=tmp_path, environ=WITHOUT_POSTGRES).wait() == 0
        assert status(Home(tmp_path)) == before


def test_run_tells_a_command_that_is_not_there_and_stops_what_it_started(tmp_path: Path) -> None:
    ran = devstack("run", "--", "/no/such/command", home=tmp_path, environ=WITHOUT_POSTGRES)

    assert ran.communicate()[1].startswith("Cannot run /no/such/command (No such file or directory): check")
    assert ran.returncode == 1
    assert status(Home(tmp_path))["valkey"] is None


def test_run_passes_a_signal_on_and_gives_the_answer_of_its_command(tmp_path: Path) -> None:
    command = "trap 'exit 5' TERM; echo started; while :; do sleep 0.05; done"
    ran = devstack("run", "--", "sh", "-c", command, home=tmp_path, environ=WITHOUT_POSTGRES)
    assert ran.stdout is not None and ran.stdout.readline() == "started\n"

    ran.terminate()

    assert ran.wait(20) == 5
    assert status(Home(tmp_path))["valkey"] is None


def test_services_of_a_killed_run_end_with_it_and_the_next_throwaway_clears_its_home(tmp_path: Path) -> None:
    environ = WITHOUT_POSTGRES | {"TMPDIR": str(tmp_path)}
    command = "echo $$; exec sleep 60"
    ran = devstack("run", "--throwaway", "--", "sh", "-c", command, home=tmp_path, environ=environ)
    assert ran.stdout is not None
    sleeping = int(ran.stdout.readline())
    (left,) = map(Home, tmp_path.glob("spendsense-throwaway-*"))

    ran.kill()
    ran.wait()
    os.kill(sleeping, signal.SIGKILL)

    if lifeline(signal.SIGTERM):
        assert until(lambda: status(left)["valkey"] is None, seconds=10)
    swept = devstack("run", "--throwaway", "--", "true", home=tmp_path, environ=environ)
    assert swept.communicate() == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_a_throwaway_home_is_gone_afterwards() -> None:
    with throwaway_home() as home:
        up(home, WITHOUT_POSTGRES, throwaway=True)
        assert status(home)["valkey"] is not None

    assert not home.path.exists()

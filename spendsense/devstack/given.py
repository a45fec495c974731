"""The services a person gives us by URL: whether they answer, told without their passwords."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import psycopg

from .home import DevstackError


def check_given(environ: Mapping[str, str]) -> None:
    if environ.get("DATABASE_URL"):
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
            if url := environ.get(name):
                _check_database(name, url)
    if url := environ.get("REDIS_URL"):
        _check_redis(url)


def _check_database(name: str, url: str) -> None:
    try:
        parts = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise DevstackError(
            f"{name} cannot be read as a PostgreSQL address: write it as postgresql://user:password@host:5432/database."
        ) from error
    where = f"{parts.get('host') or 'the local socket'}:{parts.get('port') or 5432}"
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error as error:
        said = str(error).strip().splitlines()[0].removeprefix("connection failed: ")
        password = parts.get("password")
        said = said.replace(str(password), "***") if password else said
        database = parts.get("dbname") or parts.get("user")
        raise DevstackError(
            f"{name} leads to {where}, database {database}, which does not let us in ({said}): "
            f"start that server or correct {name}, or unset it to use the embedded PostgreSQL."
        ) from error


def _check_redis(url: str) -> None:
    import redis  # only where somebody else's server is to be asked

    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
            client.ping()
    except (ValueError, redis.RedisError) as error:
        parts = urlsplit(url)
        raise DevstackError(
            f"REDIS_URL leads to {parts.hostname or parts.path or 'nowhere'}, which does not answer "
            f"({str(error).splitlines()[0]}): start that server or correct REDIS_URL, "
            "or unset it to use the embedded Valkey."
        ) from error

"""The names under which things stand in Redis: exactly as published, after an optional prefix."""


def key(name: str, prefix: str, version: int) -> str:
    return f"{prefix}{name}"

"""The published schema names every path as clients write it: without the slash that is merely accepted."""

from typing import Any


def without_trailing_slashes(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    result["paths"] = {path.rstrip("/"): operations for path, operations in result["paths"].items()}
    return result

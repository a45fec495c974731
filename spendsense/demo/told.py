"""What the demo tells: the report for the person, demo.json for scripts, both for nobody else."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote


def for_scripts(url: str, logins: list[dict[str, Any]], env: Mapping[str, str]) -> dict[str, Any]:
    """What scripts find in demo.json."""
    on_s3 = env.get("STORAGE") == "s3"
    return {
        "url": url,
        "logins": logins,
        "database_url": env["DATABASE_URL"],
        "owner_database_url": env["DATABASE_OWNER_URL"],
        "redis_url": env["REDIS_URL"],
        "storage": f"s3://{env.get('DATA_BUCKET', 'spendsense-data')}" if on_s3 else env["STORAGE_ROOT"],
    }


def report(url: str, logins: list[dict[str, Any]], summary: str) -> str:
    lines = ["", *summary.splitlines(), ""] if summary else [""]
    lines += [f"  product and console  {url}/admin/", f"  API, documented      {url}/api/docs", ""]
    for login in logins:
        lines.append(f"  {login['role']:<10} {login['email']}  password {login['password']}")
        if secret := login.get("totp_secret"):
            label = quote(f"SpendSense:{login['email']}")
            lines.append(f"             second factor {secret}")
            lines.append(f"             otpauth://totp/{label}?secret={secret}&issuer=SpendSense")
    return "\n".join([*lines, ""])


def write_privately(path: Path, text: str) -> None:
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    new.replace(path)

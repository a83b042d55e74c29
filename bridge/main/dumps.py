"""A copy of a PostgreSQL database by its own programs, and its restore into a database of its own. Blocking.

The password goes by the environment: arguments of a program are seen by everybody on the machine.
"""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

from bridge.main.reasons import BackupReason
from bridge.ports import PortError

DUMP: Final = "samband.pgdump"
"""In the format of `pg_dump --format=custom`."""
_MOST_S: Final = 6 * 3600
_EVIDENCE: Final = 300


def dump(url: str, into: Path) -> None:
    """Everything of one instant, while the program runs.

    Raises:
        PortError: device `backup`: `pg_dump` is not there, is older than the server, or is refused.
    """
    _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={into}")
    into.chmod(0o600)


@contextmanager
def on_trial(url: str, source: Path) -> Iterator[str]:
    """A new database on the same server that holds the dump; it is dropped at the end.

    Raises:
        PortError: device `backup`: the programs are not there, or our user may make no database.
    """
    name = f"samband_drill_{secrets.token_hex(6)}"
    try:
        _run("psql", url, "--no-psqlrc", "--quiet", f"--command=CREATE DATABASE {name}")
    except PortError as error:
        if error.reason.code == BackupReason.NO_PROGRAM:
            raise
        raise PortError("backup", BackupReason.NO_TRIAL(), retry=False, evidence=error.evidence) from error
    try:
        said = urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        _run("pg_restore", said, "--no-owner", "--no-privileges", "--exit-on-error", str(source))
        yield said
    finally:
        _run("psql", url, "--no-psqlrc", "--quiet", f"--command=DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _run(program: str, url: str, *words: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise PortError("backup", BackupReason.NO_PROGRAM(program=program), retry=False)
    there, password = _without_password(url)
    environment = {**os.environ, **({"PGPASSWORD": password} if password is not None else {})}
    try:
        done = subprocess.run(
            [found, f"--dbname={there}", *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_MOST_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PortError("backup", BackupReason.NOT_MADE(), retry=True, evidence=str(error)) from error
    if done.returncode != 0:
        evidence = done.stderr.decode(errors="replace").strip()[-_EVIDENCE:]
        raise PortError("backup", BackupReason.PROGRAM_FAILED(program=program), retry=True, evidence=evidence)


def _without_password(url: str) -> tuple[str, str | None]:
    """The same address, and the password by itself."""
    parts = urlsplit(url)
    if parts.password is None:
        return url, None
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}@{host}")), unquote(parts.password)

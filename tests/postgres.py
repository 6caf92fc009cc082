"""A PostgreSQL server for one test run, on a unix socket in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

_INSTALLED = Path("/usr/lib/postgresql")


def temporary_cluster() -> Iterator[str]:
    """Yield a database URL and remove the server afterwards.

    PostgreSQL refuses to run as root; there, the account ``postgres`` or ``nobody`` runs it.
    """
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed: sudo apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="mmsite-pg-"))
    account = _account()
    if account is not None:
        shutil.chown(folder, account.pw_name)
    data, log = folder / "data", folder / "log"
    as_account = {"user": account.pw_uid, "group": account.pw_gid} if account is not None else {}

    def run(program: str, *arguments: str) -> None:
        # Output goes to a file: the server inherits it, and a pipe would never close.
        with (folder.parent / f"{folder.name}.out").open("ab") as output:
            subprocess.run(
                [str(binaries / program), *arguments],
                check=True,
                cwd=folder,
                stdout=output,
                stderr=output,
                extra_groups=[] if as_account else None,
                **as_account,
            )

    try:
        run("initdb", "-D", str(data), "-U", "mmsite", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "-D", str(data), "-l", str(log), "-w", "-o", options, "start")
        yield f"postgresql://mmsite@{quote(str(folder), safe='')}/postgres"
    finally:
        if (data / "postmaster.pid").exists():
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)
        (folder.parent / f"{folder.name}.out").unlink(missing_ok=True)


def _binaries() -> Path | None:
    """The folder of the newest server found: on the PATH, or where Debian keeps them."""
    versions = sorted(_INSTALLED.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).parent if found and shutil.which("pg_ctl") else None


def _account() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]

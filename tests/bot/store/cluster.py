"""A throw-away PostgreSQL cluster: made, killed and removed by the tests."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg

PROGRAMS = ("initdb", "pg_ctl", "postgres")


def programs_folder() -> Path | None:
    """Folder of the server programs, wherever the system keeps them."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((p for p in places if all((p / name).exists() for name in PROGRAMS)), None)


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class Cluster:
    """A PostgreSQL cluster in a temporary folder, run by an ordinary user: the server refuses root."""

    def __init__(self, programs: Path, *, durable: bool = False) -> None:
        self.durable = durable
        self.programs = programs
        self.port = _free_port()
        self.home = Path(tempfile.mkdtemp(prefix="yqbot-pg-"))
        self.user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            entry = pwd.getpwnam(self.user)
            os.chown(self.home, entry.pw_uid, entry.pw_gid)
        self._do("initdb", "-D", str(self.data), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C")
        self._first_start()

    def _first_start(self) -> None:
        """A free port may be taken between the look and the start: then another one."""
        for _ in range(4):
            try:
                return self.start()
            except subprocess.CalledProcessError:
                self.port = _free_port()
        return self.start()

    @property
    def data(self) -> Path:
        return self.home / "data"

    def _do(self, program: str, *args: str) -> None:
        user = self.user if os.geteuid() == 0 else None
        subprocess.run(
            [str(self.programs / program), *args],
            check=True,
            timeout=300,
            user=user,
            cwd=self.home,
            env={"PATH": os.defpath, "HOME": str(self.home), "LC_ALL": "C"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def start(self) -> None:
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='{self.home}' -c shared_buffers=32MB"
        )
        if not self.durable:  # what is killed here loses nothing that the kernel has; only a power cut would
            options += " -c fsync=off -c full_page_writes=off"
        self._do("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.home / "log"), "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        self._do("pg_ctl", "-D", str(self.data), "-w", "-m", mode, "stop")

    def new_database(self) -> str:
        """Address of an empty schema: quicker than a database of its own, and as separate."""
        name = f"t{secrets.token_hex(6)}"
        with psycopg.connect(self.url, autocommit=True) as conn:
            conn.execute(f"create schema {name}".encode())
        return f"{self.url}?options=-csearch_path%3D{name}"

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def remove(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.home, ignore_errors=True)

"""Keep a database as this program writes it: `python -m tests.bot.store.freeze`, once for each new migration.

Plays six hours of the demo (invented county), packs the file under the name of the newest migration into tests/data/schemas.
"""

from __future__ import annotations

import contextlib
import lzma
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from bot.store.schema import MIGRATIONS
from bot.store.sqlite import FILE

FOLDER = Path(__file__).parents[2] / "data" / "schemas"


def pack(database: Path, name: str) -> Path:
    """A vacuumed copy, compressed; the same database gives the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / FILE
        with contextlib.closing(sqlite3.connect(database)) as db:
            db.execute("vacuum into ?", (str(plain),))
        FOLDER.mkdir(parents=True, exist_ok=True)
        target = FOLDER / f"{name}.db.xz"
        target.write_bytes(lzma.compress(plain.read_bytes(), preset=9))
    return target


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        words = ["demo", "--headless", "--until", "6h", "--data", str(data), "--out", str(Path(folder) / "out")]
        subprocess.run([sys.executable, "-m", "bot", *words], check=True, stdout=subprocess.DEVNULL)
        print(pack(data / FILE, MIGRATIONS[-1].name))


if __name__ == "__main__":
    main()

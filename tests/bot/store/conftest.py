"""One `store` fixture for both engines, and a throw-away PostgreSQL cluster for the whole test session."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.store import SqlStore, open_store
from tests.bot.store.cluster import Cluster, programs_folder


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    programs = programs_folder()
    if programs is None:
        reason = "PostgreSQL server programs (initdb, pg_ctl, postgres) are not installed"
        if os.environ.get("YQBOT_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    made = Cluster(programs)
    yield made
    made.remove()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Address of an empty database: none (SQLite in the folder) or one of the throw-away cluster."""
    if request.param == "sqlite":
        return ""
    made: Cluster = request.getfixturevalue("cluster")
    return made.new_database()


@pytest.fixture
async def store(database_url: str, tmp_path: Path) -> AsyncIterator[SqlStore]:
    opened = await open_store(database_url, tmp_path / "data")
    yield opened
    await opened.close()

"""`python -m tests.e2e.dying POINT N ARGS...`: the real command, killed by SIGKILL at the N-th passage of one point.

POINT is `before:NAME` or `after:NAME`, NAME a unit of work of the store: just before it reaches the database, or just after
it is durable and before anybody was told. Nothing else of the product is touched; the next start is the plain command.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from bot.__main__ import main
from bot.store.database import SqlStore


def arm(point: str, passage: int) -> None:
    """Let the process die there."""
    moment, _, name = point.partition(":")
    unit = getattr(SqlStore, name)
    left = passage

    async def deadly(self: SqlStore, *args: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0 and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = await unit(self, *args, **named)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(SqlStore, name, deadly)


if __name__ == "__main__":
    arm(sys.argv[1], int(sys.argv[2]))
    sys.exit(main(sys.argv[3:]))

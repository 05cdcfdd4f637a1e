"""What the oracle expects beside what the emulator received."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.e2e.oracle import Expected
from tests.e2e.rules import BEIJING

SLACK = timedelta(seconds=2)


def differences(wanted: list[Expected], alerts: list[dict[str, Any]]) -> list[str]:
    """What should have arrived and did not, came twice, at another second, or was never asked for. Empty: they agree."""
    arrived = [a for a in alerts if not a["repeat"]]
    left = list(arrived)
    out = []
    for e in sorted(wanted, key=lambda e: e.at):
        match = next((a for a in left if _same(e, a)), None)
        if match is None:
            out.append(f"missing: {e.at.astimezone(BEIJING):%m-%d %H:%M:%S} {e.number} {e.clause}/{e.step} {e.role} {e.user}")
        else:
            left.remove(match)
    for a in left:
        out.append(f"unexpected: {a['t']} {a['incident']} {a['clause']}/{a['step']} {a['role']} {a['recipients']}")
    return out


def _same(e: Expected, a: dict[str, Any]) -> bool:
    named = (str(e.number), e.clause, e.step, e.role, [e.user.lower()])
    if named != (a["incident"], a["clause"], a["step"], a["role"], [u.lower() for u in a["recipients"]]):
        return False
    at, due = datetime.fromisoformat(a["t"]), datetime.fromisoformat(a["due"])
    return abs(at - e.at) <= SLACK and abs(due - e.due) <= SLACK

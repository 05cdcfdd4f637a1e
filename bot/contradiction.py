"""Two people registered opposite results of the same check: both are told at once, with each other's telephone number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot import labels
from bot.desk import Desk
from bot.labels import beijing
from bot.outbox import say
from playbooks.incident import Actor, Event, Incident, Verification

HOLDS = {"true": True, "partly": True, "false": False}


def against(incident: Incident, by: str) -> Iterator[tuple[Verification, Verification]]:
    """The last word of this person and every other person's last word that says the opposite."""
    last = {v.by: v for v in incident.verifications if v.result in HOLDS}
    mine = last.get(by)
    if mine is not None:
        yield from ((mine, other) for other in last.values() if HOLDS[other.result] != HOLDS[mine.result])


async def tell(desk: Desk, by: Actor, incident: Incident, events: Sequence[Event], key: str) -> str:
    """A sentence for the one who has just registered a result; the others hear of it by a message of their own."""
    if not any(e.kind == "verified" for e in events):
        return ""
    words = []
    for mine, other in against(incident, by.id):
        theirs, own = (labels.VERIFY_RESULTS[v.result] for v in (other, mine))
        now = desk.now()
        words.append(f"{_named(desk, other.by)}{beijing(other.at, now)}登记的是“{theirs}”")
        text = (
            f"{incident.number}号：{_named(desk, by.id)}{beijing(mine.at, now)}登记核实结果“{own}”，与您登记的“{theirs}”不一致。"
            f"请马上电话核对，要改的重回：核实 {incident.number} 结果 来源"
        )
        await say(desk, other.by, text, f"against|{key}")  # never over the line the first one asked on
    return f"注意：{'，'.join(words)}，与您的不一致，请马上电话核对。" if words else ""


def _named(desk: Desk, userid: str) -> str:
    officer = desk.settings.organisation.officer(userid)
    return f"{officer.name} {officer.phone} ".lstrip() if officer is not None else userid

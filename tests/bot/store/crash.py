"""A process that writes and sends until it is killed: `python -m tests.bot.store.crash FOLDER OWNER DATABASE_URL WECOM_URL`.

It prints one line a write once the store has acknowledged it. Every round of it opens incidents, changes them, claims and settles
steps, sends messages and records, so that a kill can fall between any two of these.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import aiohttp

from bot import clock
from bot.store import SqlStore, StoreError, open_store
from bot.store.port import Change, MessageRow
from bot.wecom.cards import text_request
from bot.wecom.client import WeComClient
from bot.wecom.errors import OutcomeUnknown
from playbooks.fold import opened
from tests.bot.store.samples import T0, changed, event, message, minutes, opening, step

LEASE = timedelta(seconds=1)
CORPID, SECRET, AGENT = "wwcrash000000001", "crash-secret-of-a-test", 1000002
"""Its own: the demo's would load the whole product at every start."""


def say(*words: object) -> None:
    print(*words, flush=True)


async def open_next(store: SqlStore) -> None:
    number = await store.next_number()
    first = opening(f"第{number}件")
    plan = tuple(step(number, f"s{n}", T0 + minutes(n)) for n in range(3))
    if await store.commit(Change(incident=opened(number, first), base_version=0, events=(first,), steps=plan)):
        say("opened", number)


async def change_one(store: SqlStore, owner: str, n: int) -> None:
    for incident in (await store.incidents(limit=3))[:1]:
        if await store.commit(changed(incident, event("noted", text=f"{owner}-{n}"))):
            say("noted", incident.number, f"{owner}-{n}")


def queued(key: str, incident: int) -> MessageRow:
    """The message of one step, its bytes frozen."""
    ident = f"m-{key}"
    return message(ident, key, incident=incident, request=text_request("zhangsan", AGENT, ident, mark=ident))


async def send(store: SqlStore, wecom: WeComClient, owner: str) -> None:
    now, wall = T0 + minutes(60), clock.wall()
    for row in await store.claim_steps(now, wall, owner, wall + LEASE, 5):
        made = queued(row.key, row.incident)
        await store.settle_steps({row.key: ("sending", "")}, [made], now)
        say("queued", made.id)
    for got in await store.claim_messages(now, wall, owner, wall + LEASE, 5):
        say("sending", got.id, got.request.decode())
        try:
            result = await wecom.send(got.request, repeat=got.attempts > 1)
        except OutcomeUnknown:  # its lease gives it back, byte for byte
            continue
        said = event("notified", now, message=got.id)
        if await store.mark_sent(got.id, owner, now, msgid=result.msgid, response_code="", detail="", event=said):
            say("sent", got.id)


async def main(folder: Path, owner: str, url: str, phones: str) -> None:
    store = await open_store(url, folder)
    async with aiohttp.ClientSession() as session:
        wecom = WeComClient(session, phones, CORPID, SECRET, AGENT, clock.wall)
        say("ready", owner)
        n = 0
        while True:
            n += 1
            try:
                await asyncio.gather(open_next(store), change_one(store, owner, n), send(store, wecom, owner))
            except StoreError:  # the database is away: go on when it is back
                await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:5]))

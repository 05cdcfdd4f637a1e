"""我的履职单: one page after a shift that says what I did and when, from the event records (practice.md §5)."""

from __future__ import annotations

from datetime import datetime

from bot import labels, texts
from bot.desk import Desk
from bot.labels import beijing
from bot.store.chain import chain_of
from bot.store.port import StoredEvent
from playbooks.incident import Actor
from playbooks.rota import Duty

LIMIT = 1900  # bytes; a text message is cut at 2048


async def of(desk: Desk, actor: Actor, on: Duty | None = None) -> str:
    """What this person did since the start of the shift now running (or of the shift `on`), matter by matter."""
    now, on = desk.now(), on or desk.duty()
    lines: list[str] = []
    count = 0
    for incident in await desk.store.incidents(open_only=False, alarmed_only=True):
        own = [e for e in await desk.store.events(chain_of(incident.number)) if _mine(e, actor, on.start)]
        if own:
            count += len(own)
            mark = "（演练）" if incident.drill else ""
            lines.append(f"{incident.number}号{mark} {texts.short(incident, desk.settings)}")
            lines += [f"　{beijing(e.at, now)} {labels.EVENT_KINDS.get(e.kind, e.kind)}" for e in own]
    head = f"{actor.name} 履职单\n{on.shift or '当日'} {beijing(on.start, now)}至{beijing(now, now)}，共{count}项"
    return _fit([head, *(lines or ["本班没有需要登记的事项。"])])


def _mine(e: StoredEvent, actor: Actor, since: datetime) -> bool:
    return e.actor.lower() == actor.id.lower() and e.at >= since


def _fit(lines: list[str]) -> str:
    text = ""
    for n, line in enumerate(lines):
        if len(f"{text}\n{line}".encode()) > LIMIT:
            return f"{text}\n……另有{len(lines) - n}行，见总览的事件记录。"
        text = f"{text}\n{line}" if text else line
    return text

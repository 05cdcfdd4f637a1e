"""Lines of the digest about slow burns: who reads the morning brief learns of them before anything bursts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import texts
from bot.labels import BEIJING
from bot.store.port import Store, StoredItem
from config.lexicon import AlarmPolicy
from config.schema import Settings
from monitors.slowburn import SlowBurn, Voice, person_of, slow_burn
from playbooks.incident import Incident

SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Burning:
    """An open matter nobody has taken up yet, and how it smoulders."""

    incident: Incident
    burn: SlowBurn


async def slow_burns(store: Store, policy: AlarmPolicy, now: datetime) -> tuple[Burning, ...]:
    """Open matters that smoulder: those to be followed first, then the most voices. Taken up (交办, 认定) ones are left out."""
    found = []
    since = now - timedelta(days=policy.slow_window_days)
    for i in await store.incidents(open_only=True):
        recent = sum(1 for m in i.members if m.at >= since)
        if i.drill or i.assignments or i.starts.recognised_at or recent < max(policy.slow_days, policy.slow_people):
            continue
        burn = slow_burn(voices(await store.items_of(i.number)), now, policy)
        if burn is not None:
            found.append(Burning(incident=i, burn=burn))
    return tuple(sorted(found, key=lambda b: (not b.burn.attention, -b.burn.people, -b.burn.days, b.incident.number)))


def voices(items: Sequence[StoredItem]) -> tuple[Voice, ...]:
    """One voice for every stored item."""
    rows = (s.item for s in items)
    return tuple(Voice(at=x.seen_at, person=person_of(x.kind, x.source, x.author, x.url, x.id)) for x in rows)


def lines(found: Sequence[Burning], settings: Settings) -> tuple[str, ...]:
    """Digest lines, harmless if leaked: number, place and kind, how often, by how many; never a title or a person."""
    out = [line(b, settings) for b in found[:SHOWN]]
    return (*out, f"另有{len(found) - SHOWN}件慢热，见总览线索页。") if len(found) > SHOWN else tuple(out)


def line(b: Burning, settings: Settings) -> str:
    """12号 石坪镇征地补偿：3天内4人提出5次，转为关注，请研判是否应回应。"""
    span = (b.burn.last_at.astimezone(BEIJING).date() - b.burn.first_at.astimezone(BEIJING).date()).days + 1
    then = "转为关注，请研判是否应回应。" if b.burn.attention else "请留意。"
    what = texts.short(b.incident, settings)
    return f"{b.incident.number}号 {what}：{span}天内有{b.burn.days}天、{b.burn.people}人提出{b.burn.times}次，{then}"


async def slow_burn_lines(store: Store, settings: Settings, policy: AlarmPolicy, now: datetime) -> tuple[str, ...]:
    """What the digest says about slow burns now; empty when nothing smoulders."""
    return lines(await slow_burns(store, policy, now), settings)

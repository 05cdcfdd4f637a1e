"""What a duty officer reports by message becomes an incident at once, as fast as any feed."""

from __future__ import annotations

import asyncio
import hashlib
import re
from typing import Final

from bot import labels
from bot.desk import Desk
from bot.evidence import attach
from bot.typed import without_stickers
from monitors.cover import covered
from monitors.item import Item, ItemKind, fingerprint
from monitors.share import read_share
from playbooks.incident import Actor

OFFICER_SOURCE: Final = "officer"
_URL: Final = re.compile(r"https?://\S+")


async def _joined_elsewhere(desk: Desk, ident: str) -> int | None:
    """The incident of an item that another process joins: it looks every second."""
    for _ in range(1 if desk.alone_since is not None else 12):
        number = await desk.store.incident_of(ident)
        if number is not None:
            return number
        await asyncio.sleep(0 if desk.alone_since is not None else 0.25)
    return None


def officer_item(key: str) -> str:
    """Id of the item a delivery becomes."""
    return hashlib.sha1(f"{OFFICER_SOURCE}|{key}".encode()).hexdigest()


async def officer_report(desk: Desk, actor: Actor, text: str, key: str) -> str:
    """The duty officer's own words start an incident as fast as any feed; a repeated delivery changes nothing."""
    words = text.strip()
    if len(words) < 4:
        return "请写明地点和情况。例：报 大湾村滑坡 4人被埋 12345转"
    shared = read_share(words)
    if shared is not None and len(shared.title) < 4:
        return (
            f"收到{shared.platform}链接，但没有文字（系统不会去打开它）。请写上地点和情况一起发。例：报 大湾村滑坡 {shared.url}"
        )
    url = _URL.search(words)
    title = shared.title if shared else without_stickers(_URL.sub("", words)) or words
    ident = officer_item(key)
    item = Item(
        id=ident,
        source=OFFICER_SOURCE,
        title=title[:120],
        text=f"{title}\n来自{shared.platform}{f'：{shared.author}' if shared.author else ''}" if shared else words,
        url=shared.url if shared else url.group(0) if url else "",
        seen_at=desk.now(),
        author=actor.id,
        kind=ItemKind.OFFICER,
        fingerprint=fingerprint(title, words),
    )
    await desk.store.add_item(covered(item))
    found = (await desk.join()).get(ident)
    number = found if found is not None else await _joined_elsewhere(desk, ident)
    if number is None:
        return "已记录，尚未立案；请补充地点和情况再报一次。"
    incident = await desk.store.incident(number)
    new = incident is not None and len(incident.members) == 1
    head = f"已立案：{number}号" if new else f"已并入{number}号"
    if files := await attach(desk, actor, number):
        head += f"，附上{files}件图片语音"
    if incident is not None and not new and incident.verifications:
        status = labels.STATUS[incident.status.value]
        return f"{head}（已核实，现在{status}）。有新情况的请重新核实；不是同一件事的，请回：拆分 {number} 标题里的词"
    return f"{head}。请打电话核实，并电话报告带班领导。核实后回：核实 {number} 属实（或不实）来源。"

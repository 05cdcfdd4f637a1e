"""The files of a matter for whoever works on it: over WeCom on `附件 12`, and who may see them there and on the board.

Masking holds: a picture or a recording cannot be covered, so where a matter holds a citizen's work order its files are not for the
units it was or may be handed to (`playbooks.privacy`); matters of thin categories go by the board only.
"""

from __future__ import annotations

from typing import Final

from bot.channels.files import send_file
from bot.desk import Desk
from bot.evidence import ENDINGS, KINDS, size
from bot.refusals import of_others
from bot.store.kept import Attachment
from bot.store.port import Store
from bot.wecom.errors import OutcomeUnknown, SendError
from monitors.item import ItemKind
from playbooks.incident import Actor, Incident
from playbooks.privacy import involved

OF_UNITS: Final = frozenset({"unit_liaison", "unit_head"})
"""Roles of units; whoever has another one works for the desk or leads."""
MOST: Final = 10
"""Files of one answer, the newest."""
OTHERS: Final = "本件附件只给值班人员、新闻办、负责人和承办单位看；需要的请联系值班员。"
COVERED: Final = "本件含群众诉求，附件可能显示反映人信息，不得提供给承办单位；需要了解情况的请联系值班员。"


async def withheld(store: Store, incident: Incident, unit: str) -> bool:
    """Whether the files of a matter are kept from people of this unit: it is the one complained of, or may be."""
    if not unit or unit not in involved(incident):
        return False
    return any(i.item.kind is ItemKind.HOTLINE for i in await store.items_of(incident.number))


async def give(desk: Desk, actor: Actor, incident: Incident, key: str) -> str:
    """Send the files to who asked; the words say which ones, or why not."""
    number = incident.number
    if set(actor.roles) <= OF_UNITS and actor.unit not in involved(incident):
        return await of_others(desk, actor, "attachments", OTHERS, key)
    if await withheld(desk.store, incident, actor.unit):
        return await of_others(desk, actor, "attachments", COVERED, key)
    files = [a for a in await desk.store.attachments_of(number) if a.state == "kept"]
    if not files:
        return f"{number}号没有附件；24小时内也没有您发来而未归入事件的图片、语音、视频，请先发来。"
    if incident.category in desk.settings.bot.thin_categories:
        return f"{number}号是专线事项，附件不经企业微信传递，请到值班室或总览查看。"
    try:
        for file in files[-MOST:]:
            await _send(desk, actor, file, key)
    except (SendError, OutcomeUnknown) as e:
        return f"附件没有全部发出：{e}。请稍后再试，或在总览查看。"
    names = "、".join(f"{KINDS[a.kind]} {a.name}（{size(a.size)}）" for a in files[-MOST:])
    left = f"较早的{len(files) - MOST}件请在总览查看。" if len(files) > MOST else ""
    return f"{number}号附件正在发给您：{names}。内部使用，不要转发。{left}"


async def _send(desk: Desk, actor: Actor, file: Attachment, key: str) -> None:
    found = await desk.store.attachment(file.id)
    if found is None or not found[1]:
        return
    name = file.name or f"附件{ENDINGS.get(file.media_type, '')}"
    await send_file(desk, actor.id, name, found[1], f"{key}-{file.id}", file.incident)

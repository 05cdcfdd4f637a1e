"""Papers an officer asks for on the phone: the review of a matter as a file under its Chinese name, written from the record of this moment."""

from __future__ import annotations

import asyncio

from bot.channels.files import send_file
from bot.desk import Desk
from bot.reports import NoIncident, gather, render
from bot.wecom.errors import OutcomeUnknown, SendError
from playbooks.incident import Actor

NOBODY = "评估报告由值班员、带班领导或新闻办索取。本件办到哪一步，请回：详情 {n}"
MAY = {"duty_officer", "deputy_duty", "duty_leader", "press_office", "arbiter", "admin"}


async def review(desk: Desk, actor: Actor, number: int, key: str) -> str:
    """Send the review of matter `number` to who asked; the words say whether it is on its way.

    The rendering runs beside the loop. A matter of thin categories goes by the board only: a file cannot be called back.
    """
    if not MAY & set(actor.roles):
        return NOBODY.format(n=number)
    try:
        found = await gather(desk.store, desk.settings, number, desk.now())
    except NoIncident as e:
        return str(e)
    incident = await desk.store.incident(number)
    if incident is not None and incident.category in desk.settings.bot.thin_categories:
        return f"{number}号是专线事项，报告不经企业微信传递，请到值班室或总览查看。"
    what = "演练" if incident is not None and incident.drill else "事项评估"
    name = f"{number}号{what}报告.docx"
    body = await asyncio.to_thread(render, found, "docx")
    try:
        await send_file(desk, actor.id, name, body, key, number)
    except (SendError, OutcomeUnknown) as e:
        return f"报告没有发出：{e}。请稍后再试，或在总览下载。"
    return f"《{name}》正在发给您，内部使用，不要转发。" + (
        "" if incident is None or not incident.open else "本件尚未归档，为目前情况。"
    )

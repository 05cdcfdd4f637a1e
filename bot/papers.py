"""Papers an officer asks for on the phone: the review of a matter, the ledger of a month, as files under their Chinese names.

They are written from the record of this moment.
"""

from __future__ import annotations

import asyncio

from bot.channels.files import send_file
from bot.desk import Desk
from bot.refusals import of_others
from bot.reports import NoIncident, gather, render
from bot.reports.ledger import NoMonth, ledger_of, month_of, workbook
from bot.wecom.errors import OutcomeUnknown, SendError
from playbooks.incident import Actor

NOBODY = "评估报告由值班员、带班领导或新闻办索取。本件办到哪一步，请回：详情 {n}"
NO_LEDGER = "处置台账由值班员、带班领导或新闻办索取。本单位在办的事，请回：查询"
MAY = {"duty_officer", "deputy_duty", "duty_leader", "press_office", "arbiter", "admin"}


async def review(desk: Desk, actor: Actor, number: int, key: str) -> str:
    """Send the review of matter `number` to who asked; the words say whether it is on its way.

    The rendering runs beside the loop. A matter of thin categories goes by the board only: a file cannot be called back.
    """
    if not MAY & set(actor.roles):
        return await of_others(desk, actor, "review", NOBODY.format(n=number), key)
    try:
        found = await gather(desk.store, desk.settings, number, desk.now(), desk.data)
    except NoIncident as e:
        return str(e)
    incident = await desk.store.incident(number)
    if incident is not None and incident.category in desk.settings.bot.thin_categories:
        return f"{number}号是专线事项，报告不经企业微信传递，请到值班室或总览查看。"
    drill = incident is not None and incident.drill
    name = f"{number}号演练报告.docx" if drill else f"{number}号事项评估报告.docx"
    body = await asyncio.to_thread(render, found, "docx")
    try:
        await send_file(desk, actor.id, name, body, key, number)
    except (SendError, OutcomeUnknown) as e:
        return f"报告没有发出：{e}。请稍后再试，或在总览下载。"
    so_far = "演练尚未结束，为目前情况。" if drill else "本件尚未归档，为目前情况。"
    return f"《{name}》正在发给您，内部使用，不要转发。" + (so_far if incident is not None and incident.open else "")


async def ledger(desk: Desk, actor: Actor, said: str, key: str) -> str:
    """Send the ledger of the month `said` to who asked.

    Matters of thin categories stay on the board; the file and the reply say how many.
    """
    if not MAY & set(actor.roles):
        return await of_others(desk, actor, "ledger", NO_LEDGER, key)
    try:
        month = month_of(said, desk.now())
    except NoMonth as e:
        return f"{e}例：台账 2026-11"
    found = await ledger_of(desk.store, desk.settings, month, desk.now(), leaves=True)
    left = f"另有专线事项{found.withheld}件不在表内，请在总览查看。" if found.withheld else ""
    if not found.matters:
        return f"{found.title}没有立案的事件。{left}"
    body = await asyncio.to_thread(workbook, found)
    try:
        await send_file(desk, actor.id, found.name, body, key)
    except (SendError, OutcomeUnknown) as e:
        return f"台账没有发出：{e}。请稍后再试，或请管理员用 yqbot report ledger 生成。"
    return f"《{found.name}》正在发给您，{len(found.matters)}件，内部使用，不要转发。{left}"

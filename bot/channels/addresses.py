"""From where WeCom delivers callbacks: read every day, and said when it changes, since firewalls let in by address (document 90238)."""

from __future__ import annotations

from bot.desk import Desk

KEPT = "wecom.callback_addresses"


async def refresh(desk: Desk) -> None:
    """Read the list and compare it with the last one. WeComError where it cannot be read; the daily job tells that."""
    w = desk.settings.wecom
    if desk.wecom is None or not (w.token and w.aes_key):
        return
    now, found = desk.now(), set(await desk.wecom.getcallbackip())
    known = set((await desk.store.meta(KEPT) or "").split())
    await desk.store.set_meta(KEPT, " ".join(sorted(found)))
    come, gone = sorted(found - known), sorted(known - found)
    if not known or not (come or gone):
        await desk.store.resolve_problem("wecom", "callback_addresses", now)
        return
    parts = [f"{word}{'、'.join(part)}" for word, part in (("新增", come), ("取消", gone)) if part]
    text = f"企业微信回调的来源地址有变化：{'；'.join(parts)}。防火墙按来源地址放行的，请今天更新，否则收不到按钮和消息。"
    await desk.store.report_problem("wecom", "callback_addresses", text, now)

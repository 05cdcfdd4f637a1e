"""The incident page says by which channel each alert went, and what was tried before it did."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.clock import wall
from bot.store.port import MessageRow


async def test_channel_and_tries_stand_on_the_row_of_the_alert(night: Any) -> None:
    now, until = night.clock.now(), wall() + timedelta(seconds=60)
    row = MessageRow(
        id="mail-1",
        incident=12,
        recipient="penghai",
        kind="mail",
        task_id="",
        request=b"{}",
        text="12号事项待您处理",
        created_at=now,
        due_at=now,
        priority=-99,
    )
    await night.store.settle_steps({}, [row], now)
    for state, detail in (("pending", "连接不上邮件服务器"), ("failed", "收件人<b>不存在</b>")):
        await night.store.claim_messages(now, wall(), "p1", until, 1)
        await night.store.mark_failed("mail-1", "p1", now, state=state, retry_at=now, detail=detail)
    await night.sign_in("penghai")
    page = await night.text("/incident/12")
    line = next(part for part in page.split("<tr>") if "邮件提醒" in part)
    assert "<td>邮件</td>" in line
    assert "2次尝试" in line
    assert "未成，再试：连接不上邮件服务器" in line
    assert "收件人&lt;b&gt;不存在&lt;/b&gt;" in line
    others = [part for part in page.split("<tr>") if "首次提醒" in part]
    assert others
    assert all("次尝试" not in part for part in others), "what went at once says nothing more"

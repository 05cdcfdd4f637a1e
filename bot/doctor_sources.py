"""`yqbot doctor --sources`: every enabled source with all that its page on the board shows."""

from __future__ import annotations

from pathlib import Path

from bot.board.source_page import view
from bot.clock import wall
from bot.store import open_store
from config.schema import Settings


async def table(settings: Settings, data: Path) -> list[str]:
    """Lines to print: a source, what is wrong and what to do, its facts, its last errors. StoreError as from the store."""
    store = await open_store(settings.bot.database_url, data, readonly=True)
    try:
        states, now = await store.source_states(), wall()
        lines: list[str] = []
        for source in (s for s in settings.sources if s.enabled):
            page = view(source, states.get(source.id), await store.spells(source.id), now)
            lines.append(f"■ {source.name}：{page.line.state}")
            lines += [f"  处理：{advice}" for advice in page.line.advice]
            lines.append("  " + "；".join(f"{name}：{value}" for name, value in page.facts if name != "状态"))
            lines += [f"  出错：{first}起，{end}，{times}次，{error}" for first, end, times, error in page.spells[:5]]
        return lines or ["没有启用的来源，请在 sources.toml 中启用。"]
    finally:
        await store.close()

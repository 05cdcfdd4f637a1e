"""日报、周报、月报、年报 from the store: what the command line and the board both ask for."""

from __future__ import annotations

from datetime import datetime

from bot.digest import health_of
from bot.polling import BEGUN
from bot.reports.blocks import Paper
from bot.reports.ledger import ALL
from bot.reports.period import Stretch, figures
from bot.reports.period_paper import compose_period
from bot.store.port import Store
from config.schema import Settings


async def periodic(store: Store, settings: Settings, span: Stretch, now: datetime) -> Paper:
    """The paper of a stretch: what alarmed in it, whatever became of it, and how the sources stand now."""
    known = await store.incidents(open_only=False, alarmed_only=True, limit=ALL)
    states, begun = await store.source_states(), await store.meta(BEGUN)
    since = datetime.fromisoformat(begun) if begun else None
    return compose_period(figures(known, settings, span, now, since, health_of(settings, states, now)))

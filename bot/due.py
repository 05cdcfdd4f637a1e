"""Due steps judged again and turned into messages, many incidents in one transaction.

    load the incidents at once -> settle and re-check each (pure), breathe between slices of them -> queue all in one transaction

A slice ends after a few milliseconds, so that ten thousand steps due in one instant never hold the event loop. What goes wrong with
one incident stays with it: a batch that cannot be written is written incident by incident.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.channels.beside import beside
from bot.compose import compose
from bot.desk import Desk, NotFound, change
from bot.rota_desk import load_covers
from bot.store.port import MessageRow, StepRow
from playbooks import budget, ladder
from playbooks.deadlines import at_rest
from playbooks.incident import Incident
from playbooks.rota import Duty

log = logging.getLogger(__name__)

SLICE_S = 0.01
"""Seconds of work after which the loop may do something else."""
WRITTEN = 20
"""Incidents of one batch whose cards are written at once; in a flood the others are written when they are sent, which may be hours later."""


@dataclass(slots=True, kw_only=True)
class Sheet:
    """What is to be queued of one incident: what becomes of its steps, and the messages."""

    number: int
    outcomes: dict[str, tuple[str, str]] = field(default_factory=dict)
    messages: list[MessageRow] = field(default_factory=list)


async def queue_due(desk: Desk, rows: Sequence[StepRow]) -> None:
    """Claimed steps become queued messages. One bad incident stops no other: its lease gives its steps back."""
    if not rows:
        return
    if desk.settings.bot.database_url:
        await load_covers(desk)  # another process may have recorded who is really there
    groups: dict[int, list[StepRow]] = defaultdict(list)
    for row in rows:
        groups[row.incident].append(row)
    found = await desk.store.incidents_of(tuple(groups))
    on, sheets, begun = desk.duty(), [], time.perf_counter()
    for n, (number, group) in enumerate(groups.items()):
        sheet = await _sheet(desk, number, group, found, on, written=n < WRITTEN)
        if sheet is not None:
            sheets.append(sheet)
        if time.perf_counter() - begun >= SLICE_S:
            await asyncio.sleep(0)
            begun = time.perf_counter()
    await _write(desk, sheets)


async def _sheet(
    desk: Desk, number: int, rows: Sequence[StepRow], found: Mapping[int, Incident], on: Duty, *, written: bool
) -> Sheet | None:
    try:
        incident = found.get(number)
        if incident is None or not at_rest(incident, desk.now()):
            incident, _ = await change(desk, number, lambda i: ())
        return judged(desk, incident, rows, on, written=written, pushed=await _pushed(desk, incident, rows))
    except NotFound:
        return Sheet(number=number, outcomes={r.key: ("cancelled", "no_incident") for r in rows})
    except Exception as e:  # flow guard: one broken incident must not stop the others; the lease returns its steps
        await _broken(desk, number, e)
        return None


async def _pushed(desk: Desk, incident: Incident, rows: Sequence[StepRow]) -> dict[str, int] | None:
    """Pushes so far, where one of these steps might give way to the nag budget; else None."""
    internal = {c.id for c in incident.clocks if c.track == "internal"}
    if not any(r.clock_id in internal for r in rows) or not budget.counting(incident, desk.settings, desk.now()):
        return None
    return await desk.store.pushes(incident.number)


def judged(
    desk: Desk, incident: Incident, rows: Sequence[StepRow], on: Duty, *, written: bool, pushed: Mapping[str, int] | None = None
) -> Sheet:
    """Re-check with the ladder, keep the newest of each clock and role, find the people."""
    sheet = Sheet(number=incident.number)
    wanted = {s.key: s for s in ladder.among(incident, desk.settings, {r.key for r in rows})}
    sheet.outcomes |= {r.key: ("cancelled", "no_longer_due") for r in rows if r.key not in wanted}
    kept, passed = ladder.newest(tuple(wanted[r.key] for r in rows if r.key in wanted))
    sheet.outcomes |= {s.key: ("passed", "newer_step_due") for s in passed}
    sheet.messages += compose(desk, incident, kept, sheet.outcomes, on, written=written, pushed=pushed)
    sheet.messages += beside(desk, incident, sheet.messages)
    return sheet


async def _write(desk: Desk, sheets: Sequence[Sheet]) -> None:
    """One transaction for all of them; where that fails, one each."""
    if sheets:
        try:
            await _settle(desk, sheets)
        except Exception:  # flow guard: whoever spoiled the batch must not spoil the others
            for sheet in sheets:
                try:
                    await _settle(desk, [sheet])
                except Exception as e:  # flow guard: see above
                    await _broken(desk, sheet.number, e)
    await asyncio.sleep(0)


async def _settle(desk: Desk, sheets: Sequence[Sheet]) -> None:
    outcomes = {key: outcome for sheet in sheets for key, outcome in sheet.outcomes.items()}
    await desk.store.settle_steps(outcomes, [m for sheet in sheets for m in sheet.messages], desk.now())
    for key, reason in _unfilled(outcomes):
        text = f"这一步没有找到接收人（{reason}），请检查值班表和名册。"
        await desk.store.report_problem("recipient", key, text, desk.now())


def _unfilled(outcomes: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, str]]:
    yield from ((key, reason) for key, (state, reason) in outcomes.items() if state == "failed")


async def _broken(desk: Desk, number: int, e: Exception) -> None:
    log.error("steps_failed", extra={"incident": number}, exc_info=e)
    await desk.store.report_problem("step", str(number), f"{type(e).__name__}: {e}", desk.now())

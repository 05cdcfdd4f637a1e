"""Clocks and ladder of a replay: the same pure core as in service, without officers.

Nobody acknowledges, grades or publishes in a replay, so overdue repeats are capped; what is written is what the desk would
have been told, for which clause, when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot import texts
from bot.cards import latent_clock
from bot.outputs import iso
from config.schema import Settings, Source
from monitors.detect import Change, Story
from monitors.item import Item
from playbooks import ladder, triage
from playbooks.deadlines import settle
from playbooks.fold import evolve, opened
from playbooks.incident import ClockState, Incident, Place
from playbooks.ladder import PlannedStep

OVERDUE_REPEATS = 3
TAIL = timedelta(hours=49)


@dataclass(slots=True, kw_only=True)
class _Case:
    """One story as an incident, with the steps already fired."""

    story: str
    incident: Incident
    fired: set[str] = field(default_factory=set)
    repeats: dict[str, int] = field(default_factory=dict)


class Obligations:
    """Feed it every change in time order; `finish` runs the clocks out. `rows` are lines of alerts.jsonl."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._cases: dict[str, _Case] = {}
        self.rows: list[dict[str, object]] = []

    def observe(self, story: Story, item: Item, changes: Sequence[Change], now: datetime) -> None:
        """What one item did to its story."""
        self._meet(item)
        case = self._cases.get(story.id)
        if case is None:
            case = self._cases[story.id] = _Case(story=story.id, incident=self._opened(story, item, changes, now))
        self._advance(case, now)
        why = "；".join(changes[0].reasons)
        i = evolve(case.incident, triage.member(item, why, now))
        for events in (triage.learnt(i, story, item, now), triage.alarm(i, story, changes, now)):
            for event in events:
                i = evolve(i, event)
        case.incident = self._settled(i, now)
        self._advance(case, now)

    def _meet(self, item: Item) -> None:
        """A recorded source is as public as its kind: the installation's own list need not hold it."""
        if all(s.id != item.source for s in self._settings.sources):
            met = Source(id=item.source, name=item.source, kind=item.kind.value)
            self._settings = replace(self._settings, sources=(*self._settings.sources, met))

    def finish(self, until: datetime) -> None:
        """Run every clock to `until`."""
        for case in self._cases.values():
            self._advance(case, until)
        self.rows.sort(key=lambda r: (str(r["t"]), str(r["incident"])))

    def incident(self, story_id: str) -> Incident | None:
        case = self._cases.get(story_id)
        return case.incident if case else None

    def _opened(self, story: Story, item: Item, changes: Sequence[Change], now: datetime) -> Incident:
        place = Place(province=story.province, city=story.city, county=story.county, foreign=story.foreign)
        grave = self._settings.category(story.category).high_consequence or story.high_consequence
        return opened(len(self._cases) + 1, triage.opening(story, item, place, changes, now, grave=grave))

    def _settled(self, i: Incident, now: datetime) -> Incident:
        for event in settle(i, self._settings, now):
            i = evolve(i, event)
        return i

    def _advance(self, case: _Case, until: datetime) -> None:
        """Fire everything due up to `until`, instant by instant, marking clocks overdue on the way."""
        while case.incident.alarmed_at is not None:
            waiting = [s for s in ladder.steps(case.incident, self._settings) if s.key not in case.fired and s.fire_at <= until]
            if not waiting:
                return
            at = waiting[0].fire_at
            case.incident = self._settled(case.incident, at)
            live = {s.key: s for s in ladder.steps(case.incident, self._settings)}
            due = tuple(live[s.key] for s in waiting if s.fire_at == at and s.key in live)
            case.fired |= {s.key for s in waiting if s.fire_at == at}
            kept, _ = ladder.newest(due)
            self._emit(case, at, [s for s in kept if not self._capped(case, s)])

    def _capped(self, case: _Case, step: PlannedStep) -> bool:
        clock = next((c for c in case.incident.clocks if c.id == step.clock_id), None)
        if clock is None or step.due_at <= clock.due_at:
            return False
        key = f"{step.clock_id}:{step.role}"
        case.repeats[key] = case.repeats.get(key, 0) + 1
        return case.repeats[key] > OVERDUE_REPEATS

    def _emit(self, case: _Case, at: datetime, steps: Sequence[PlannedStep]) -> None:
        groups: dict[tuple[str, str], list[PlannedStep]] = {}
        for s in steps:
            groups.setdefault((s.clock_id, s.code), []).append(s)
        for (clock_id, code), members in groups.items():
            clock = next((c for c in case.incident.clocks if c.id == clock_id), None)
            if members[0].card == "latent":
                clock = latent_clock(case.incident)
            title, desc = texts.heading(case.incident, members[0].card, clock, self._settings, at)
            self.rows.append(
                {
                    "t": iso(at),
                    "incident": case.story,
                    "clause": members[0].clock_code,
                    "step": code,
                    "due": iso(members[0].due_at),
                    "start": iso(clock.start_at) if clock else None,
                    "by_regrade": bool(clock and clock.by_regrade and clock.state is ClockState.OVERDUE),
                    "recipients": [s.role for s in members],
                    "text": f"{title} {desc}",
                }
            )

"""The ladder: which step of which clock reaches which role, and when. The ONLY place that decides what alarms whom and when.

Pure: the same incident and settings give the same steps, whatever the hour. The store keeps them as rows; the audit derives
them again and compares (design.md §2). Every time is absolute; jitter is derived from the key and only ever earlier.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from config.daytime import between, minutes_of
from config.schema import Role, Settings, StepRule
from playbooks.deadlines import urgent
from playbooks.incident import Clock, Incident

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
NOTICE_CLOCK = "notice"
ALARM_KINDS = frozenset({"first", "first_quiet", "regraded", "urgent", "changed"})
FIRST, OVERDUE, STATUTORY, NORMAL = 0, 1, 2, 4
"""Who goes first: alarms, what is overdue or nobody took note of, statutory countdowns and reports upward; then answers to people
(3, `bot.outbox`), the desk's own reminders, digests. A countdown never stands behind answers: one matter has few, and a person who asks much has many."""
OF_STATE = ("public", "upward")
WATCH = frozenset({Role.DUTY_OFFICER})
UNREAD = "unread"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One rung of one clock for one role. `due_at` is nominal, `fire_at` the jittered or brought-forward instant."""

    key: str
    clock_id: str
    clock_code: str
    code: str
    role: str
    card: str
    due_at: datetime
    fire_at: datetime
    priority: int = 5


def step_key(number: int, clock_id: str, code: str, role: str, due_at: datetime) -> str:
    """Identity of a step: the same rung of the same clock for the same role and instant is one step for ever."""
    return f"{number}:{clock_id}:{code}:{role}:{int(due_at.timestamp())}"


def jitter(key: str, seconds: int) -> timedelta:
    """0 to `seconds` from the key's CRC-32; the caller subtracts it (WeCom asks to avoid minute 0 and 30)."""
    return timedelta(seconds=zlib.crc32(key.encode()) % (seconds + 1)) if seconds > 0 else timedelta(0)


def quiet_forward(at: datetime, settings: Settings) -> datetime:
    """An instant inside the quiet hours becomes the evening hour before them; others stay (practice.md §2.7)."""
    bot = settings.bot
    local = at.astimezone(BEIJING)
    minute = local.hour * 60 + local.minute
    if not between(minute, bot.quiet_from, bot.quiet_to):
        return at
    day = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if minute < minutes_of(bot.quiet_to):
        day -= timedelta(days=1)
    return (day + timedelta(minutes=minutes_of(bot.quiet_forward_to))).astimezone(at.tzinfo)


def quiet_after(at: datetime, settings: Settings) -> datetime:
    """The desk's own reminders of a calm matter wait for the morning: they are not statutory and wake nobody."""
    bot = settings.bot
    local = at.astimezone(BEIJING)
    minute = local.hour * 60 + local.minute
    if not between(minute, bot.quiet_from, bot.quiet_to):
        return at
    day, end = local.replace(hour=0, minute=0, second=0, microsecond=0), minutes_of(bot.quiet_to)
    if minute >= end:
        day += timedelta(days=1)
    return (day + timedelta(minutes=end)).astimezone(at.tzinfo)


def _instants(rule: StepRule, clock: Clock) -> Iterator[tuple[str, datetime]]:
    """Nominal instants of one rung; repeats are numbered."""
    if rule.left is not None:
        yield rule.code, clock.due_at - timedelta(minutes=rule.left)
    elif rule.from_start is not None:
        yield rule.code, clock.start_at + timedelta(minutes=rule.from_start)
    else:
        for n in range(rule.times):
            offset = (rule.after or 0) + n * (rule.every or 0)
            code = rule.code if n == 0 else f"{rule.code}-{n + 1}"
            yield code, clock.due_at + timedelta(minutes=offset)


def _clock_steps(
    incident: Incident, clock: Clock, settings: Settings, picked: frozenset[str] | None = None
) -> Iterator[PlannedStep]:
    """Steps of one clock; `picked` names the rungs wanted (None: all).

    Rungs from before the first alert go to the duty officer alone, together with that alert: nobody else is reminded of a matter
    that nobody had heard of.
    """
    ladder, alarmed = settings.ladders.get(clock.ladder), incident.alarmed_at
    if ladder is None or alarmed is None or not clock.running or clock.latent:
        return
    calm = clock.quiet_forward and not urgent(incident, settings)
    for rule in ladder.steps:
        if rule.after is not None and rule.after > 0 and clock.explained_by:
            continue
        for code, due in _instants(rule, clock):
            if picked is not None and code not in picked:
                continue
            for role in rule.roles if due > alarmed else WATCH & set(rule.roles):
                yield _step(incident, clock, rule, code, due, role, calm, settings)


def _step(
    incident: Incident, clock: Clock, rule: StepRule, code: str, due: datetime, role: Role, calm: bool, settings: Settings
) -> PlannedStep:
    key = step_key(incident.number, clock.id, code, role.value, due)
    before = due < clock.due_at and rule.left is not None
    rung = f"{incident.number}:{clock.id}:{code}:{int(due.timestamp())}"  # one jitter for all roles: one person, one message
    fire = due - jitter(rung, settings.bot.jitter_seconds) if before else due
    if calm and clock.track == "internal":
        fire = quiet_after(fire, settings)
    elif calm and due <= clock.due_at:
        evening = quiet_forward(fire, settings)
        told = incident.alarmed_at is None or evening >= incident.alarmed_at
        fire = evening if told else fire  # on the evening before nobody had heard of the matter
    late = due >= clock.due_at
    statutory = OVERDUE if late else STATUTORY
    priority = OVERDUE if rule.card == UNREAD else statutory if clock.track in OF_STATE else NORMAL
    return PlannedStep(
        key=key,
        clock_id=clock.id,
        clock_code=clock.code,
        code=code,
        role=role.value,
        card=rule.card,
        due_at=due,
        fire_at=max(fire, clock.armed_at, incident.alarmed_at or fire),
        priority=priority,
    )


def _notice_steps(incident: Incident, settings: Settings) -> Iterator[PlannedStep]:
    if not incident.open:
        return
    for notice in incident.notices:
        for role in settings.notices.get(notice.kind, ()):
            key = step_key(incident.number, f"{NOTICE_CLOCK}-{notice.id}", notice.kind, role.value, notice.at)
            yield PlannedStep(
                key=key,
                clock_id=f"{NOTICE_CLOCK}-{notice.id}",
                clock_code=NOTICE_CLOCK,
                code=notice.kind,
                role=role.value,
                card=notice.kind,
                due_at=notice.at,
                fire_at=notice.at,
                priority=FIRST if notice.kind in ALARM_KINDS else NORMAL,
            )


def steps(incident: Incident, settings: Settings) -> tuple[PlannedStep, ...]:
    """Every step the incident asks for in its present state, in order of firing.

    A matter that never alarmed has no steps: it is listed for reading only.
    """
    if incident.alarmed_at is None:
        return ()
    out = list(_notice_steps(incident, settings))
    for clock in incident.clocks:
        out.extend(_clock_steps(incident, clock, settings))
    return tuple(sorted(out, key=lambda s: (s.fire_at, s.priority, s.key)))


def among(incident: Incident, settings: Settings, keys: Collection[str]) -> tuple[PlannedStep, ...]:
    """Those of `steps` that have one of these keys: what is claimed is judged again without building the whole plan."""
    if incident.alarmed_at is None:
        return ()
    rungs: dict[str, set[str]] = {}
    for key in keys:
        clock_id, code, _, _ = key.partition(":")[2].rsplit(":", 3)
        rungs.setdefault(clock_id, set()).add(code)
    out = list(_notice_steps(incident, settings)) if any(c.startswith(f"{NOTICE_CLOCK}-") for c in rungs) else []
    for clock in incident.clocks:
        if clock.id in rungs:
            out.extend(_clock_steps(incident, clock, settings, frozenset(rungs[clock.id])))
    return tuple(sorted((s for s in out if s.key in keys), key=lambda s: (s.fire_at, s.priority, s.key)))


def newest(due: tuple[PlannedStep, ...]) -> tuple[tuple[PlannedStep, ...], tuple[PlannedStep, ...]]:
    """Of steps due together keep the latest of each clock and role; the others have been passed.

    After an outage or a late arming one message tells the true remaining time, not a burst (design.md §3.3).
    """
    best: dict[tuple[str, str], PlannedStep] = {}
    for s in sorted(due, key=lambda s: (s.due_at, s.fire_at)):
        best[s.clock_id, s.role] = s
    kept = tuple(s for s in due if best[s.clock_id, s.role] is s)
    return kept, tuple(s for s in due if best[s.clock_id, s.role] is not s)

"""Random stories against a small independent model: whatever people, feeds and outages do, the invariants of design.md §3 hold.

The model knows only the rules of the clauses: which duties a level brings, where a limit starts, what meets it. It shares no
code with the clocks or the ladder. `YQBOT_CHAOS=1` runs ten times as long, on new stories each time.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta

import chinese_calendar
from hypothesis import HealthCheck, Phase
from hypothesis import settings as tuning
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from config.schema import Level
from playbooks import ladder
from playbooks.calendar import BEIJING
from playbooks.deadlines import at_rest, settle
from playbooks.fields import Action
from playbooks.fold import evolve, fold
from playbooks.incident import Clock, ClockState, Event, Incident, Status
from playbooks.ladder import PlannedStep
from playbooks.lifecycle import ActionNotAllowed, decide
from tests.builders import ARBITER, FEED, HEAD, LEADER, OFFICER, OTHER_HEAD, PRESS, PRINCIPAL, at, event, settings
from tests.builders import figure as stated

CHAOS = os.environ.get("YQBOT_CHAOS") == "1"
NOW = at("02:24")
LIMITS = {"first_statement_5h": 300, "press_conference_24h": 1440, "response_48h": 2880}
MEETS = {
    "first_statement_5h": {"authoritative_info"},
    "press_conference_24h": {"press_conference"},
    "response_48h": {"authoritative_info", "press_conference", "press_briefing", "online_reply"},
}
ENDED = {Status.OBSERVING, Status.EVALUATING, Status.ARCHIVED, Status.DISMISSED, Status.MERGED, Status.TRANSFERRED}
LASTING = {ClockState.MET, ClockState.MET_LATE, ClockState.WAIVED, ClockState.OTHER_OUTCOME}
PEOPLE = (OFFICER, LEADER, PRESS, HEAD, OTHER_HEAD, ARBITER, PRINCIPAL)


WORKED = {"disclosure_answer": 20, "hotline_accept": 1, "hotline_settle": 5, "hotline_answer": 7}
UPWARD = {"upward_report": {"upward_reported"}, "upward_written": {"upward_written"}}
PLAIN = {"petition_notice": 15, "petition_settle": 60}
LONGER = {"petition_settle": 30, "disclosure_answer": 20, "hotline_settle": 5, "hotline_answer": 5}
ANSWERS = {
    "petition_notice": {"petition_notified", "petition_settled"},
    "petition_settle": {"petition_settled"},
    "disclosure_answer": {"disclosure_answered"},
    "hotline_accept": {"hotline_accepted", "hotline_settled", "hotline_answered"},
    "hotline_settle": {"hotline_settled", "hotline_answered"},
    "hotline_answer": {"hotline_answered"},
}


def last_day(code: str, start: datetime, longer: bool) -> datetime | None:
    """End of a day limit, counted with the library's own calendar; None beyond the years it knows."""
    more = LONGER[code] if longer else 0
    day = start.astimezone(BEIJING).date()
    try:
        if code in PLAIN:
            day += timedelta(days=PLAIN[code] + more)
            while not chinese_calendar.is_workday(day):
                day += timedelta(days=1)
        for _ in range(WORKED.get(code, -more) + more):
            day += timedelta(days=1)
            while not chinese_calendar.is_workday(day):
                day += timedelta(days=1)
    except NotImplementedError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING) + timedelta(days=1)


def by_deaths(deaths: int) -> Level | None:
    """GB rule of the table: 30 deaths, 10, 3, fewer."""
    lines = ((30, Level.ESPECIALLY_MAJOR), (10, Level.MAJOR), (3, Level.SIGNIFICANT), (1, Level.GENERAL))
    return next((level for least, level in lines if deaths >= least), None)


class Story(RuleBasedStateMachine):
    """One matter, lived through in random order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.rules = settings()
        self.events: list[Event] = []
        self.incident: Incident
        self.rows: dict[str, str] = {}  # step key -> pending | sent | passed | cancelled
        self.planned: tuple[Incident | None, tuple[PlannedStep, ...]] = (None, ())
        self.last: list[Event] = []
        self.before: dict[str, Clock] = {}
        self.level: Level | None = None  # confirmed by a person
        self.deaths: int | None = None
        self.detected = NOW
        self.occurred: datetime | None = None

    # the desk, in its simplest form

    @initialize(quiet=st.booleans())
    def begins(self, quiet: bool) -> None:
        first = event(
            "opened", NOW, FEED, title="大湾村滑坡", category="geo_damage",
            starts={"detected_at": {"value": "2026-11-21T18:24:00.000+00:00", "source": "system"}},
        )  # fmt: skip
        self.incident = fold(12, [first])
        self.events = [first]
        self._happen([event("alarmed", NOW, FEED, reason="x", quiet=quiet)])

    def _happen(self, events: list[Event]) -> None:
        self.before = {c.id: c for c in self.incident.clocks}
        i = self.incident
        for e in events:
            i = evolve(i, e)
        more = settle(i, self.rules, self.now)
        for e in more:
            i = evolve(i, e)
        self.incident = i
        self.last = [*events, *more]
        self.events += self.last
        self._plan()

    def _plan(self) -> None:
        wanted = {s.key for s in self._wanted()}
        for key, state in self.rows.items():
            if state == "pending" and key not in wanted:
                self.rows[key] = "cancelled"
        for key in wanted:
            if self.rows.get(key, "cancelled") == "cancelled":
                self.rows[key] = "pending"

    def _wanted(self) -> tuple[PlannedStep, ...]:
        if self.planned[0] is not self.incident:
            self.planned = (self.incident, ladder.steps(self.incident, self.rules))
        return self.planned[1]

    def _act(self, code: str, who: int, /, **fields: object) -> bool:
        action = Action(code=code, by=PEOPLE[who % len(PEOPLE)], now=self.now, fields=fields)
        try:
            events = decide(self.incident, action, self.rules)
        except ActionNotAllowed:
            return False
        self._happen(list(events))
        return bool(events)

    # what may happen

    @rule(minutes=st.sampled_from((1, 3, 20, 45, 90, 150, 300)))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.tick()

    @rule(hours=st.integers(6, 60))
    def the_desk_is_down(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.tick()

    @rule()
    def tick(self) -> None:
        """Claim what is due, look again, keep the newest, send."""
        self._happen([])
        due = tuple(s for s in self._wanted() if s.fire_at <= self.now and self.rows[s.key] == "pending")
        kept, passed = ladder.newest(due)
        running = {c.id for c in self.incident.clocks if c.running and not c.latent}
        assert {s.clock_id for s in kept} <= running | {s.clock_id for s in kept if s.clock_code == "notice"}
        assert len({(s.clock_id, s.role) for s in kept}) == len(kept)
        for s in passed:
            later = [k for k in kept if (k.clock_id, k.role) == (s.clock_id, s.role)]
            assert later
            assert later[0].due_at >= s.due_at
        self.rows |= {s.key: "sent" for s in kept} | {s.key: "passed" for s in passed}
        assert not [s.key for s in self._wanted() if s.fire_at <= self.now and self.rows[s.key] == "pending"]

    @rule()
    def the_process_restarts(self) -> None:
        self.incident = fold(12, self.events)
        self._happen([])

    @rule(deaths=st.sampled_from((0, 1, 2, 3, 9, 10, 29, 30, 40)), command=st.booleans())
    def deaths_are_stated(self, deaths: int, command: bool) -> None:
        self._happen([stated("deaths", deaths, self.now, "confirmed" if command else "net")])
        self.deaths = deaths

    @rule(metric=st.sampled_from(("missing", "trapped", "injured")), value=st.integers(0, 40))
    def others_are_stated(self, metric: str, value: int) -> None:
        self._happen([stated(metric, value, self.now)])

    @rule(level=st.sampled_from(list(Level)), who=st.integers(0, 6))
    def somebody_grades(self, level: Level, who: int) -> None:
        if self._act("grade", who, level=level, reason="研判") and any(e.kind == "graded" for e in self.last):
            self.level = level

    @rule(who=st.integers(0, 6))
    def somebody_acknowledges(self, who: int) -> None:
        before = {s.key for s in self._wanted() if s.clock_code in LIMITS}
        self._act("acknowledge", who)
        after = {s.key for s in self._wanted() if s.clock_code in LIMITS}
        assert before == after, "acknowledging silenced a statutory step"

    @rule(who=st.integers(0, 6), result=st.sampled_from(("true", "partly", "false", "unverifiable")))
    def somebody_verifies(self, who: int, result: str) -> None:
        self._act("verify", who, result=result, source="现场")

    @rule(
        kind=st.sampled_from(("authoritative_info", "press_conference", "press_briefing", "rolling_release")),
        ago=st.integers(0, 400),
    )
    def something_is_released(self, kind: str, ago: int) -> None:
        self._act(
            "release", 2, kind=kind, at=self.now - timedelta(minutes=ago), url="https://www.example.cn/1", detail="会议中心"
        )

    @rule(shift=st.integers(-600, 120))
    def the_start_is_corrected(self, shift: int) -> None:
        value = min(self.now, self.detected + timedelta(minutes=shift))
        if self._act("start", 1, instant="occurred_at", value=value, evidence="接警记录") and self.last[0].kind == "start_set":
            self.occurred = value

    @rule(who=st.integers(0, 6), agreed=st.booleans())
    def a_second_person_decides(self, who: int, agreed: bool) -> None:
        asked = self.incident.proposals[:1]
        if asked and self._act("second", who, proposal=asked[0].id, agreed=agreed) and agreed and asked[0].kind == "start_set":
            self.occurred = datetime.fromisoformat(str(asked[0].data["value"]["value"]))  # type: ignore[index]

    @rule(
        unit=st.sampled_from(("zrzyj", "yjj")),
        who=st.integers(0, 6),
        code=st.sampled_from(("assign", "sign", "return", "arbitrate")),
    )
    def the_order_moves(self, unit: str, who: int, code: str) -> None:
        self._act(code, who, unit=unit, reason="不归我管", who="张某")

    @rule(clock=st.sampled_from(tuple(LIMITS)), who=st.integers(0, 6), code=st.sampled_from(("waive", "explain")))
    def a_clock_is_answered(self, clock: str, who: int, code: str) -> None:
        self._act(code, who, clock=clock, reason="已报市政府同意")

    @rule(who=st.integers(0, 6), ago=st.integers(-10, 90), code=st.sampled_from(("report_up", "report_written")))
    def it_is_reported_upward(self, who: int, ago: int, code: str) -> None:
        self._act(code, who, at=self.now - timedelta(minutes=ago), detail="总值班室接报")

    @rule(who=st.integers(0, 6), kind=st.sampled_from(("petition", "disclosure", "hotline")), ago=st.integers(-100, 9000))
    def somebody_asked(self, who: int, kind: str, ago: int) -> None:
        self._act("enter_duty", who, kind=kind, at=self.now - timedelta(minutes=ago), detail="登记簿")

    @rule(
        who=st.integers(0, 6),
        kind=st.sampled_from(sorted({k for kinds in ANSWERS.values() for k in kinds})),
        ago=st.integers(0, 3000),
    )
    def somebody_is_answered(self, who: int, kind: str, ago: int) -> None:
        self._act("fulfil", who, kind=kind, at=self.now - timedelta(minutes=ago), detail="文书")

    @rule(who=st.integers(0, 6), clock=st.sampled_from(sorted(LONGER)))
    def a_limit_is_extended(self, who: int, clock: str) -> None:
        self._act("extend", who, clock=clock, reason="情况复杂")

    @rule(who=st.integers(0, 6))
    def recognised(self, who: int) -> None:
        self._act("recognise", who, reason="应回应")

    @precondition(lambda self: self.now - NOW > timedelta(hours=20))
    @rule(who=st.integers(0, 6), code=st.sampled_from(("not_public", "close", "change", "reopen")))
    def the_matter_turns(self, who: int, code: str) -> None:
        self._act(code, who, reason="线下办理")

    # what must always hold

    @invariant()
    def state_is_the_fold_of_the_chain(self) -> None:
        if self.events:
            assert fold(12, self.events) == self.incident
            assert self.incident.version == len([e for e in self.events if e.kind != "notified"])

    @invariant()
    def due_is_start_plus_limit_and_moves_only_on_record(self) -> None:
        said = {
            str(e.data.get("id") or e.data.get("clock", {}).get("id"))
            for e in self.last
            if e.kind in ("clock_moved", "clock_armed", "extended")
        }  # type: ignore[attr-defined]
        for c in self.incident.clocks if self.events else ():
            assert c.track == "service" or c.due_at - c.start_at == timedelta(minutes=c.limit_minutes)
            if c.code in LIMITS:
                assert c.limit_minutes == LIMITS[c.code]
            was = self.before.get(c.id)
            assert was is None or was.due_at == c.due_at or c.id in said
            assert was is None or was.limit_minutes == c.limit_minutes or c.id in said

    @invariant()
    def only_a_clock_that_runs_out_changes_by_time_alone(self) -> None:
        for later in (0, 1, 7, 30, 100) if self.events else ():
            at = self.now + timedelta(hours=later)
            assert at_rest(self.incident, at) == (settle(self.incident, self.rules, at) == ())

    @invariant()
    def statutory_clocks_count_from_the_original_start(self) -> None:
        for c in self.incident.clocks if self.events else ():
            if c.running and c.code in LIMITS:
                assert c.start_at == (self.detected if c.code == "response_48h" else self.occurred or self.detected), c

    @invariant()
    def every_duty_of_the_level_has_its_clock(self) -> None:
        if not self.events or self.incident.status in ENDED or self.incident.not_public_by:
            return
        machine = by_deaths(self.deaths) if self.deaths else None
        level = min((x for x in (self.level, machine) if x is not None), default=None)
        major = level is not None and level <= Level.MAJOR
        codes = ("first_statement_5h", "press_conference_24h") if major else ("response_48h",)
        for code in codes:
            alive = [c for c in self.incident.clocks if c.code == code and (c.running or c.state in LASTING) and not c.latent]
            assert alive, (level, code, [(c.code, c.state, c.latent) for c in self.incident.clocks])

    @invariant()
    def a_clock_runs_until_something_that_counts_was_done(self) -> None:
        for c in self.incident.clocks if self.events else ():
            if c.code not in LIMITS:
                continue
            done = [e.at for e in self.incident.evidence if e.kind in MEETS[c.code]]
            if c.running and not c.latent:
                assert not done
                assert c.state is (ClockState.OVERDUE if c.overdue_at else ClockState.PENDING)
            if c.state in (ClockState.MET, ClockState.MET_LATE):
                assert c.satisfied_at is not None
                assert c.satisfied_at in done
                assert (c.state is ClockState.MET) == (c.satisfied_at <= c.due_at)

    @invariant()
    def day_limits_end_where_the_calendar_says(self) -> None:
        mine = [c for c in self.incident.clocks if c.track == "service"] if self.events else []
        for c in mine:
            duty = next(d for d in self.incident.duties if d.kind == c.code.partition("_")[0])
            expected = last_day(c.code, duty.at if c.running else c.start_at, bool(c.extended_by))
            assert expected is None or c.due_at == expected, (c, expected)
        for duty in self.incident.duties if self.events and self.incident.open else ():
            for code in (c for c in ANSWERS if c.startswith(duty.kind)):
                known = any(c.code == code for c in mine) or last_day(code, duty.at, False) is None
                assert known, f"{code} is owed and has no clock"

    @invariant()
    def one_track_never_ends_another(self) -> None:
        kinds = {e.id: e.kind for e in self.incident.evidence} if self.events else {}
        for c in self.incident.clocks if self.events else ():
            if c.state in (ClockState.MET, ClockState.MET_LATE) and c.track in ("service", "upward"):
                allowed = ANSWERS[c.code] if c.track == "service" else UPWARD[c.code]
                assert kinds[c.satisfied_by] in allowed

    @invariant()
    def what_is_settled_stays_settled(self) -> None:
        now = {c.id: c for c in self.incident.clocks} if self.events else {}
        for ident, was in self.before.items():
            assert ident in now, "a clock left the record"
            if was.state in LASTING:
                assert now[ident].state is was.state

    @invariant()
    def steps_have_one_key_and_every_statutory_rung_has_a_row(self) -> None:
        if not self.events:
            return
        steps = self._wanted()
        assert len({s.key for s in steps}) == len(steps)
        assert {s.key for s in steps} <= self.rows.keys()
        claimed = {s.key for s in steps[:: 1 + len(steps) // 7]} | {next(iter(self.rows), "12:gone:due:duty_officer:0")}
        assert ladder.among(self.incident, self.rules, claimed) == tuple(s for s in steps if s.key in claimed)
        assert all(s.fire_at <= s.due_at or s.fire_at == self._armed(s) or not s.clock_code.endswith("h") for s in steps)
        for c in self.incident.clocks:
            if c.running and not c.latent and c.code in LIMITS:
                mine = [s for s in steps if s.clock_id == c.id]
                assert any(s.due_at == c.due_at and s.role == "duty_officer" for s in mine), "nobody hears that the limit ended"
                assert any(s.due_at < c.due_at for s in mine)

    def _armed(self, s: PlannedStep) -> datetime:
        """The first instant at which anybody can be told."""
        armed = next(c.armed_at for c in self.incident.clocks if c.id == s.clock_id)
        return max(armed, self.incident.alarmed_at or armed)


Story.TestCase.settings = tuning(
    max_examples=400 if CHAOS else 50,
    stateful_step_count=60 if CHAOS else 45,
    deadline=None,
    derandomize=not CHAOS,
    phases=(Phase.generate,),  # shrinking a long story takes minutes; the failing story itself is printed
    suppress_health_check=list(HealthCheck),
)
TestStories = Story.TestCase


def test_the_walk_would_notice_a_deadline_that_slides() -> None:
    """The checks are alive: a clock counted from now instead of its start is caught."""
    walk = Story()
    walk.begins(False)
    walk.now += timedelta(hours=1)
    clock = walk.incident.clocks[0]
    walk.before = {c.id: c for c in walk.incident.clocks}
    walk.last = []
    slid = replace(clock, due_at=clock.due_at + timedelta(hours=1))
    walk.incident = replace(walk.incident, clocks=(slid, *walk.incident.clocks[1:]))
    try:
        walk.due_is_start_plus_limit_and_moves_only_on_record()
    except AssertionError:
        return
    raise AssertionError("a sliding deadline went unnoticed")


def test_evidence_recorded_while_a_correction_waited_is_not_overwritten() -> None:
    """Found by the walk: ids counted from lengths repeat when a proposal is settled in between."""
    walk = Story()
    walk.begins(True)
    walk.now += timedelta(hours=2)
    walk.the_start_is_corrected(56)
    walk.something_is_released("rolling_release", 31)
    walk.a_second_person_decides(4, True)
    walk.something_is_released("press_conference", 28)
    walk.something_is_released("press_briefing", 18)
    assert [e.kind for e in walk.incident.evidence] == ["rolling_release", "press_conference", "press_briefing"]


def test_a_latent_duty_cannot_be_waived_before_it_is_due() -> None:
    """Found by the walk: waived while only shown in advance, the duty would have been silent when it became real."""
    walk = Story()
    walk.begins(False)
    walk.others_are_stated("missing", 36)
    assert {c.code for c in walk.incident.clocks if c.latent} == {"first_statement_5h", "press_conference_24h"}
    walk.a_clock_is_answered("first_statement_5h", 6, "waive")
    walk.deaths_are_stated(30, True)
    assert [c.state for c in walk.incident.clocks if c.code == "first_statement_5h"] == [ClockState.PENDING]

"""An independent oracle of the demo: from the rules' TOML, the story and the officers' acts to every step that should have
reached a phone, and at what second (`compare.differences` puts it beside what the emulator received).

It imports nothing of the product. It plays a matter act by act: after each act the duties that hold are written down anew
(`Matter.duties`), what fell due in between is sent (`Matter.send`), and a duty that was met, overtaken or closed asks for nothing
more. Times are those of the acts; a step may come up to the configured seconds early where its rule counts down to a limit.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tests.e2e.facts import Act, Facts, said
from tests.e2e.rules import BEIJING, SEVERE_FIRST, Rules

TOLL = {"遇难": "deaths", "死亡": "deaths", "失联": "missing", "失踪": "missing", "被困": "trapped", "被埋": "trapped"}
HURT = ("deaths", "missing", "trapped", "injured", "poisoned")
REGISTERED = {
    "已发布": "authoritative_info",
    "滚动发布": "rolling_release",
    "发布会": "press_conference",
    "回应": "online_reply",
}


class Expected(NamedTuple):
    """One step on one phone."""

    number: int
    clause: str
    step: str
    role: str
    user: str
    due: datetime
    at: datetime


class Key(NamedTuple):
    """What makes a rung the same rung: cycle of its duty, step, role, nominal time."""

    clock: str
    step: str
    role: str
    due: datetime


@dataclass(slots=True)
class Duty:
    """A clause in force on a matter. `id` is the clause's code, with its cycle from the second on."""

    id: str
    clause: dict[str, Any]
    start: datetime
    due: datetime
    armed: datetime
    latent: bool = False


@dataclass(slots=True)
class Rung:
    """`own`: only a reminder of the desk's own, which gives way to the nag budget (practice.md §2.7, design.md §3.4)."""

    key: Key
    fire: datetime
    own: bool


@dataclass(slots=True)
class Matter:
    """One thread as it stands, told act by act."""

    rules: Rules
    facts: Facts
    dead: dict[str, int] = field(default_factory=dict)
    public: dict[str, int] = field(default_factory=dict)
    level: str | None = None
    suggested: str | None = None
    occurred: datetime | None = None
    acknowledged: bool = False
    verified: list[str] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    ruled: bool = False
    reported: bool = False
    releases: list[tuple[str, datetime]] = field(default_factory=list)
    closed: bool = False
    in_force: dict[str, Duty] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    done: set[Key] = field(default_factory=set)
    urgent_at: datetime | None = None
    notices: int = 0
    sent: list[Expected] = field(default_factory=list)

    # ── what the matter is like ──

    @property
    def unit(self) -> str:
        last = self.orders[-1] if self.orders else None
        return last["unit"] if last and not last["returned"] else ""

    @property
    def urgent(self) -> bool:
        hurt = any(self.dead.get(m) for m in HURT)
        refuted = self.verified.count("false") >= 2 and not {"true", "partly"} & set(self.verified)
        grave = bool(self.facts.truth.get("consequence")) and not refuted
        return hurt or grave or self.acting in SEVERE_FIRST[:2]

    @property
    def acting(self) -> str | None:
        """The confirmed grade, or a higher one that the dead already stated reach."""
        reached = self.grade(self.dead.get("deaths", 0))
        return min((x for x in (self.level, reached) if x), key=SEVERE_FIRST.index, default=None)

    @property
    def possible(self) -> str | None:
        """The grade if everybody missing or trapped were dead."""
        return self.grade(sum(self.dead.get(m, 0) for m in ("deaths", "missing", "trapped")))

    def grade(self, people: int) -> str | None:
        return self.rules.level(str(self.facts.truth.get("category", "")), people)

    def start(self, name: str) -> datetime | None:
        releases = [at for _, at in self.releases]
        returned = [o["returned"] for o in self.orders if o["returned"]]
        return {
            "occurred_at": self.occurred or self.facts.detected,
            "detected_at": self.facts.detected,
            "alarmed_at": self.facts.alarmed,
            "urgent_at": self.urgent_at,
            "assigned_at": self.orders[-1]["at"] if self.orders else None,
            "returned_at": returned[-1] if returned else None,
            "last_release_at": max(releases, default=None),
        }[name]

    def holds(self, when: str) -> bool:
        """Whether the condition of a clause is fulfilled."""
        waiting = bool(self.orders) and not (self.orders[-1]["signed"] or self.orders[-1]["returned"])
        returned = sum(1 for o in self.orders if o["returned"])
        return {
            "always": True,
            "urgent": self.urgent,
            "verify_needed": bool(self.facts.truth.get("consequence")),
            "assigned": waiting,
            "returned_twice": returned >= 2 and not self.ruled,
            "released": bool(self.releases) and not self.closed and self.urgent,
            "petition": False,  # the day duties of domain.md §8.5 begin with a registration that no story makes
            "disclosure": False,
            "hotline": False,
        }[when]

    def satisfied(self, duty: Duty) -> bool:
        """Whether evidence that the clause accepts is on record."""
        code, clause = duty.clause["code"], duty.clause
        if code == "verify":
            return len(self.verified) >= (1 if "true" in self.verified else clause.get("needs", 1))
        if code == "sign":
            order = self.orders[int(duty.id.partition("#")[2] or 1) - 1]
            return bool(order["signed"] or order["returned"])
        simple = {"acknowledged": self.acknowledged, "arbitrated": self.ruled, "upward_reported": self.reported}
        if any(simple.get(kind) for kind in clause["met_by"]):
            return True
        later = duty.start if clause.get("repeats") else datetime.min.replace(tzinfo=BEIJING)
        return any(kind in clause["met_by"] and at > later for kind, at in self.releases)

    # ── which duties hold ──

    def wanted(self) -> Iterator[tuple[str, dict[str, Any], bool]]:
        """(duty id, clause, latent) for the present state."""
        for clause in self.rules.clauses:
            public = clause["track"] == "public" and not clause.get("repeats")
            if (
                (public and self.closed)
                or not self.holds(clause.get("when", "always"))
                or self.start(clause["start"][0]) is None
            ):
                continue
            cycle = len(self.releases) if clause.get("repeats") else len(self.orders) if clause["code"] == "sign" else 1
            ident = clause["code"] + (f"#{cycle}" if cycle > 1 else "")
            levels = clause.get("levels")
            if not levels or (self.acting or "unknown") in levels:
                yield ident, clause, False
            elif self.possible in levels and _worse(self.possible, self.acting):
                yield ident, clause, True

    def duties(self, now: datetime) -> bool:
        """Bring the duties in force up to date; whether one became visible only as what an upgrade would bring."""
        self.urgent_at = self.urgent_at or (now if self.urgent else None)
        wanted = {ident: (clause, latent) for ident, clause, latent in self.wanted()}
        for ident, duty in list(self.in_force.items()):
            if not duty.latent and self.satisfied(duty):
                self.ended.add(ident)
            if ident in self.ended or ident not in wanted:
                del self.in_force[ident]
        warned = [self._renew(ident, clause, latent, now) for ident, (clause, latent) in wanted.items()]
        return any(warned)

    def _renew(self, ident: str, clause: dict[str, Any], latent: bool, now: datetime) -> bool:
        """One wanted duty: armed, moved with its start, or left; whether it was armed as latent."""
        duty, start = self.in_force.get(ident), self.start(clause["start"][0])
        if ident in self.ended or start is None:
            return False
        if duty is None or duty.latent != latent:
            armed = self._arm(ident, clause, start, now, latent)
            self.in_force[ident] = armed
            if not latent and self.satisfied(armed):
                self.ended.add(ident)
                del self.in_force[ident]
            return latent
        if start != duty.start and not clause.get("repeats"):
            duty.due += start - duty.start
            duty.start = start
        return False

    def _arm(self, ident: str, clause: dict[str, Any], start: datetime, now: datetime, latent: bool) -> Duty:
        limit = clause["limit_minutes"]
        if self.facts.detected and start - self.facts.detected >= timedelta(days=1):
            limit = clause.get("later_limit_minutes", limit)
        return Duty(ident, clause, start, start + timedelta(minutes=limit), now, latent)

    # ── what is due when ──

    def rungs(self) -> Iterator[Rung]:
        for duty in self.in_force.values():
            if duty.latent:
                continue
            calm = duty.clause.get("quiet_forward", True) and not self.urgent
            for step in self.rules.ladders[duty.clause["ladder"]]:
                for code, due in _instants(step, duty):
                    fire, late = due, self.facts.alarmed is not None and due <= self.facts.alarmed
                    if "minutes_left" in step:
                        rung = f"{self.facts.number}:{duty.id}:{code}:{int(due.timestamp())}"
                        fire -= timedelta(seconds=zlib.crc32(rung.encode()) % (self.rules.bot["jitter_seconds"] + 1))
                    if calm and duty.clause["track"] == "internal":
                        fire = self.rules.morning_after(fire)
                    elif calm and due <= duty.due:
                        evening = self.rules.evening_before(fire)
                        fire = evening if evening >= self.facts.alarmed else fire
                    own = duty.clause["track"] == "internal" and step["card"] != "unread"  # practice.md §2.2: awake comes first
                    for role in (r for r in step["roles"] if not late or r == "duty_officer"):  # nobody else knew of the matter
                        yield Rung(Key(duty.id, code, role, due), max(fire, duty.armed), own)

    def send(self, until: datetime, now: datetime) -> None:
        """What falls due from `now` to `until`, in order; of what is due together only the latest of a duty and role."""
        while True:
            open_rungs = [r for r in self.rungs() if r.key not in self.done]
            instant = max(min((r.fire for r in open_rungs), default=until + timedelta(1)), now)
            if instant > until:
                return
            due = sorted((r for r in open_rungs if r.fire <= instant), key=lambda r: r.key.due)
            self.done |= {r.key for r in due}
            messages: dict[str, list[tuple[Rung, Expected]]] = {}
            for rung in {(r.key.clock, r.key.role): r for r in due}.values():
                key = rung.key
                for e in self._reached(key.clock.partition("#")[0], key.step, key.role, key.due, instant):
                    messages.setdefault(e.user, []).append((rung, e))
            for user, parts in messages.items():
                if not (all(rung.own for rung, _ in parts) and self._spared(user, instant)):
                    self.sent += [e for _, e in parts]

    def notice(self, kind: str, at: datetime) -> None:
        """A message sent at once."""
        for role in self.rules.notices[kind]:
            self.sent += self._reached("notice", kind, role, at, at)

    def _reached(self, clause: str, step: str, role: str, due: datetime, at: datetime) -> list[Expected]:
        number = self.facts.number
        assert number is not None
        return [Expected(number, clause, step, role, user, due, at) for user in self.rules.people(role, self.unit, at)]

    def _spared(self, user: str, at: datetime) -> bool:
        """At most eight pushes to anyone but the owner in the first five hours: the unit's people, before 签收 the duty officer too."""
        assert self.facts.alarmed is not None
        early = at < self.facts.alarmed + timedelta(hours=self.rules.bot["push_hours"])
        full = len({e.at for e in self.sent if e.user == user and e.at < at}) >= self.rules.bot["push_limit"]
        hold = self.rules.unit_people(self.unit)
        if not (hold and self.orders[-1]["signed"]):
            hold = hold | {self.rules.on_duty(at)["duty_officer"]}
        return early and full and user not in hold

    # ── what happens ──

    def take(self, act: Act) -> str:
        """Change the matter by one act; returns the notice it causes."""
        before = self.level or self.suggested
        method = getattr(self, f"_{act.kind}", None) or getattr(self, _TYPED.get(act.kind, "_nothing"))
        caused: str | None = method(act)
        return "regraded" if (self.level or self.suggested) != before else caused or ""

    def _nothing(self, act: Act) -> None:
        """Notes, countersignatures, talking points: they change no clock."""

    def _seen(self, act: Act) -> None:
        """A post: its figures, and the grade a machine may suggest from dead and missing together."""
        self.dead.update(act.figures)
        self.public.update(act.figures)
        likely = self.grade(self.public.get("deaths", 0) + self.public.get("missing", 0))
        if _worse(likely, self.level) and _worse(likely, self.suggested):
            self.suggested = likely

    def _acknowledge(self, act: Act) -> None:
        self.acknowledged = True

    def _verify(self, act: Act) -> None:
        self.acknowledged = True
        self.verified.append(act.args[0])

    def _report_up(self, act: Act) -> None:
        self.reported = True

    def _figures(self, act: Act) -> None:
        """Figures of the command post grade (practice.md §1)."""
        for word, metric in TOLL.items():
            number = said(act.text, rf"{word}(\d+)")
            if number:
                self.dead[metric] = int(number)
        reached = self.grade(self.dead.get("deaths", 0))
        if "指挥部" in act.text and _worse(reached, self.level):
            self.level = reached

    def _occurred(self, act: Act) -> None:
        self.occurred = _stated(act)

    def _assign(self, act: Act) -> str:
        unit = act.args[-1] if act.args else self.rules.unit_named(act.text)
        self.orders.append({"unit": unit, "at": act.at, "signed": None, "returned": None})
        return "assigned"

    def _sign(self, act: Act) -> None:
        self.orders[-1]["signed"] = act.at

    def _return(self, act: Act) -> str:
        self.orders[-1]["returned"] = act.at
        return "arbitrate" if sum(1 for o in self.orders if o["returned"]) >= 2 else "returned"

    def _arbitrate(self, act: Act) -> str:
        self.ruled = True
        self.orders.append({"unit": act.args[0], "at": act.at, "signed": None, "returned": None})
        return "arbitrated"

    def _release(self, act: Act) -> None:
        self.releases.append((REGISTERED[act.kind], _stated(act) or act.at))

    def _close(self, act: Act) -> None:
        waiting = [d for d in self.in_force.values() if d.clause["track"] == "public" and not d.clause.get("repeats")]
        self.closed = self.closed or not [d for d in waiting if not d.latent]


_TYPED = {
    "数字": "_figures",
    "起算": "_occurred",
    "交办": "_assign",
    "签收": "_sign",
    "退回": "_return",
    "办结": "_close",
    **dict.fromkeys(REGISTERED, "_release"),
}


def _worse(one: str | None, other: str | None) -> bool:
    return one is not None and (other is None or SEVERE_FIRST.index(one) < SEVERE_FIRST.index(other))


def _stated(act: Act) -> datetime | None:
    """The time a typed line states, Beijing time of the act's year."""
    found = said(act.text, r"(\d\d-\d\d \d\d:\d\d)")
    return datetime.strptime(f"{act.at.year}-{found}", "%Y-%m-%d %H:%M").replace(tzinfo=BEIJING) if found else None


def _instants(step: dict[str, Any], duty: Duty) -> Iterator[tuple[str, datetime]]:
    if "minutes_left" in step:
        yield step["code"], duty.due - timedelta(minutes=step["minutes_left"])
    elif "minutes_from_start" in step:
        yield step["code"], duty.start + timedelta(minutes=step["minutes_from_start"])
    else:
        for n in range(step.get("times", 1)):
            minutes = step["minutes_after"] + n * step.get("every_minutes", 0)
            yield step["code"] + (f"-{n + 1}" if n else ""), duty.due + timedelta(minutes=minutes)


def expected(rules: Rules, facts: Facts, until: datetime) -> list[Expected]:
    """Every step of one thread up to an instant."""
    if facts.alarmed is None:
        return []
    m = Matter(rules, facts)
    early = [a for a in facts.acts if a.at <= facts.alarmed]
    for act in early:
        m.take(act)
    m.duties(facts.alarmed)
    m.notice("first_quiet" if facts.truth.get("quiet") else "first", facts.alarmed)
    now = facts.alarmed
    for act in facts.acts[len(early) :]:
        m.send(act.at, now)
        caused, now = m.take(act), act.at
        calm, warned = m.urgent_at is None, m.duties(now)
        if caused or warned or (calm and m.urgent_at):
            m.notice(caused or ("latent" if warned else "urgent"), now)
    m.send(until, now)
    return m.sent

"""Rows of a card: at most six lines of a five-character name and a short value. Empty values are left out by the caller."""

from __future__ import annotations

import re
from datetime import datetime

from bot import labels, texts
from bot.labels import beijing
from bot.wecom.cards import VALUE
from config.schema import Settings
from playbooks.deadlines import latent_level
from playbooks.fold import RELEASES
from playbooks.incident import Clock, Incident
from playbooks.rota import Duty

Rows = list[tuple[str, str]]
_NUMBERED = re.compile(r"（([^（）]*〔\d{4}〕\d+号)）(.*)")
_NAMED = re.compile(r"([^《]*)(《.*》)(?:（[^（）]*）)?(.*)")


CHASING = ("urgent", "unread", "verify", "upward")
"""Cards of the first hour that ask for telephone calls: the numbers stand on each of them, and stay when 收到 was pressed."""
NEWLY = ("regraded", "latent")
"""Cards with which the report upward may have become due."""


def rows(i: Incident, kind: str, clock: Clock | None, settings: Settings, now: datetime, duty: Duty, reader: str = "") -> Rows:
    """`reader`: the person's userid, who is not told to look for himself."""
    yours = _yours(duty, reader)
    if kind in ("first", "first_quiet"):
        return _first(i, settings, now, duty, reader)
    if kind in CHASING or (kind == "state" and i.open and not i.verifications):
        return _chasing(i, settings, now, duty, reader)
    if kind == "overdue" and clock is not None:
        return _overdue(i, clock, settings, now, yours)
    out = [("主责", primary(i, settings, now)), ("卡在", texts.stuck_text(i, settings, now, yours))]
    up = ("首报", _upward(i, settings, now))
    out += [up] if kind in NEWLY else []
    out += [(texts.clock_name(c)[:5], texts.due_text(c, now)) for c in running(i)[:2]]
    out.append(("起算", _start(clock, now)))
    out.append(("已发", _releases(i, now)))
    out.append(("口径", _points(i, now)))
    return out if kind in NEWLY else [*out, up]


def running(i: Incident) -> list[Clock]:
    """Public clocks still open: the real ones first, then those that would run after an upgrade."""
    found = [c for c in i.clocks if c.running and c.track == "public"]
    return sorted(found, key=lambda c: (c.latent, c.due_at))


def primary(i: Incident, settings: Settings, now: datetime) -> str:
    """自然资源局 赵明 03:02签收."""
    if not i.primary_unit:
        return "待交办"
    unit, turn = texts.unit_name(i.primary_unit, settings), i.assignment
    if turn is None or turn.signed_at is None or turn.unit != i.primary_unit:
        return unit
    officer = settings.organisation.officer(turn.signed_by)
    brief = f"{unit} {beijing(turn.signed_at, now)}签收"
    full = f"{unit} {officer.name} {beijing(turn.signed_at, now)}签收" if officer else brief
    return full if len(full) <= VALUE else brief


def _first(i: Incident, settings: Settings, now: datetime, duty: Duty, reader: str) -> Rows:
    return [
        ("首现", _seen(i, settings, now)),
        ("地点", _place(i)),
        ("核实", _whom_to_ask(i, settings)),
        ("带班", _leader(settings, duty, reader)),
        ("首报", _upward(i, settings, now)),
        _public_row(i, settings, now),
    ]


def _chasing(i: Incident, settings: Settings, now: datetime, duty: Duty, reader: str) -> Rows:
    return [
        ("卡在", texts.stuck_text(i, settings, now, _yours(duty, reader))),
        ("地点", _place(i)),
        ("核实", _whom_to_ask(i, settings)),
        ("带班", _leader(settings, duty, reader)),
        ("首报", _upward(i, settings, now)),
        _public_row(i, settings, now),
    ]


def _yours(duty: Duty, reader: str) -> str:
    """The role in which something may wait for the reader himself."""
    return "duty_officer" if reader and reader.lower() == duty.duty_officer.lower() else ""


def _leader(settings: Settings, duty: Duty, reader: str) -> str:
    """Whom the others ring; on his own card not."""
    if reader and reader.lower() == duty.duty_leader.lower():
        return ""
    leader = settings.organisation.officer(duty.duty_leader)
    return f"{leader.name} {leader.phone}" if leader else "缺岗，请按预案"


def _upward(i: Incident, settings: Settings, now: datetime) -> str:
    """The report upward while it is owed: by when, and the number to ring."""
    up, phone = i.running("upward_report"), settings.organisation.superior_phone
    if up is None:
        return ""
    told = f"{beijing(up.due_at, now)}{'前' if now <= up.due_at else '应'}报总值班室"
    return f"{told} {phone}" if len(told) + len(phone) < VALUE else told


def _seen(i: Incident, settings: Settings, now: datetime) -> str:
    """The first two places where it was said: 02:19抖音 02:21来电."""
    names = {s.id: s.name.split("（")[0] for s in settings.sources}
    found: dict[str, str] = {}
    for m in sorted(i.members, key=lambda m: m.at):
        label = names.get(m.source, {"officer": "值班报告", "hotline": "12345来电"}.get(m.source, m.source))
        found.setdefault(label, f"{beijing(m.at, now)}{' ' if label[:1].isdigit() else ''}{label}")
    one, two = next(iter(found.values()), ""), " ".join(list(found.values())[:2])
    return two if len(two) <= VALUE else one


def _place(i: Incident) -> str:
    if not i.place.text:
        return "不详"
    forms = (i.place.text, i.place.city + i.place.county + i.place.detail, i.place.county + i.place.detail)
    mark = "" if texts.checked(i) else "（待核）"
    said = [f"{p}{mark}" for p in forms if p] + [p for p in forms if p]
    return next((p for p in said if len(p) <= VALUE), said[-1])


def _whom_to_ask(i: Incident, settings: Settings) -> str:
    """The unit that can say whether it is true; without a suggestion, the command post."""
    org = settings.organisation
    unit = org.unit(i.suggested_unit) or org.unit(org.command)
    return f"{unit.short or unit.name}值班 {unit.duty_phone}".strip() if unit else "待定"


def _public_row(i: Incident, settings: Settings, now: datetime) -> tuple[str, str]:
    """The public deadline to prepare for: one that an upgrade would bring comes before a later one already running."""
    found = sorted((c for c in running(i)), key=lambda c: c.due_at)
    if not found:
        return ("回应", "")
    c = found[0]
    label = "首发" if c.code == "first_statement_5h" else texts.clock_name(c)[:5]
    if c.latent:
        return (label, f"若达{texts.level_name(latent_level(i, settings))}，{texts.dated(c.due_at, now)}前（预置）")
    return (label, texts.due_text(c, now))


def _overdue(i: Incident, c: Clock, settings: Settings, now: datetime, yours: str) -> Rows:
    told = max(i.leader_told.values(), default=None)
    return [
        ("依据", cite(c.basis[0].text) if c.basis else ""),
        ("起算", _start(c, now)),
        ("卡在", texts.stuck_text(i, settings, now, yours)),
        ("已报", f"{beijing(told, now)}已电话报带班" if told else "还没有报带班领导"),
        ("已发", _releases(i, now) or "无登记"),
        ("主责", primary(i, settings, now)),
    ]


def cite(text: str) -> str:
    """A citation that fits a row: document number and article, else name or issuer and article; never cut in the middle."""
    plain = text.replace("（待核实）", "")
    numbered, named = _NUMBERED.search(plain), _NAMED.match(plain)
    forms = [f"{numbered[1]}{numbered[2]}", numbered[1]] if numbered else []
    if named:
        forms += [f"{named[2]}{named[3]}", f"{named[1]}{named[3]}", named[2]]
    return next((f for f in (*forms, plain) if f and len(f) <= VALUE), plain[: VALUE - 1] + "…")


def _start(c: Clock | None, now: datetime) -> str:
    return f"{labels.STARTS.get(c.start_kind, c.start_kind)} {beijing(c.start_at, now)}" if c else ""


def _releases(i: Incident, now: datetime) -> str:
    done = [e for e in i.evidence if e.kind in RELEASES or e.kind == "brief_info"]
    return f"{labels.EVIDENCE_KINDS.get(done[-1].kind, '')} {beijing(done[-1].at, now)}" if done else ""


def _points(i: Incident, now: datetime) -> str:
    noted = [n for n in i.notes if n.kind == "talking_points"]
    return f"第{len(noted)}版 {beijing(noted[-1].at, now)}" if noted else ""

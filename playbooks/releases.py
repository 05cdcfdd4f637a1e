"""Registering releases, other lawful outcomes and reports upward. Stated time and entry time are both kept."""

from __future__ import annotations

from datetime import datetime

from config.schema import Settings
from playbooks.fields import CLOCK_SLACK, Action, Refused, event_of, moment, needed, proposal, text
from playbooks.fold import RELEASES
from playbooks.incident import Clock, ClockState, Event, Evidence, Incident
from playbooks.record import dump

REGISTER_FIELDS = ("original_content", "publishing_unit", "reviewer", "publisher", "published_at", "channel")


def release(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """登记发布: the stated time counts, the entry time is kept; a plan is not a release (design.md §6)."""
    kind = text(a, "kind", "authoritative_info")
    if kind not in RELEASES and kind != "brief_info":
        raise Refused("bad_value", field="kind")
    at = moment(a, "at") or a.now
    if at > a.now + CLOCK_SLACK:
        raise Refused("not_yet_held", kind=kind)
    if at < _began(i) - CLOCK_SLACK:
        raise Refused("before_start")
    url = text(a, "url")
    if any(e.kind == kind and e.url == url and (e.at == at or not a.fields.get("at")) for e in i.evidence) and url:
        return ()
    if not url and not text(a, "detail"):
        raise Refused("missing_field", field="url")
    evidence = _register(i, a, kind, at, url)
    if any(turns_on_time(c, kind, at, a.now) for c in i.clocks):
        return (proposal(i, a, "evidence", {"evidence": dump(evidence)}),)
    return (event_of(a, "evidence", evidence=evidence),)


def next_id(i: Incident) -> str:
    """An id no piece of evidence ever had, one still waiting for a second person included: a repeated id would overwrite."""
    waiting = (str(p.data["evidence"]["id"]) for p in i.proposals if p.kind == "evidence")  # type: ignore[index]
    numbers = [int(x[1:]) for x in (*(e.id for e in i.evidence), *waiting) if x[1:].isdecimal()]
    return f"e{max(numbers, default=0) + 1}"


def _began(i: Incident) -> datetime:
    """Earliest known instant of the matter; a release before it is about something else."""
    s = i.starts
    known = (s.occurred_at, s.first_public_at, s.detected_at, s.reported_at)
    return min((x.value for x in known if x is not None), default=i.opened_at)


def _register(i: Incident, a: Action, kind: str, at: datetime, url: str) -> Evidence:
    given = {"published_at", "original_content"} if url else {"published_at"}
    given |= {f for f in REGISTER_FIELDS if text(a, f)}
    detail = "；".join(f"{f}={text(a, f)}" for f in REGISTER_FIELDS if text(a, f)) or text(a, "detail")
    missing = tuple(f for f in REGISTER_FIELDS if f not in given)
    return Evidence(
        id=next_id(i),
        kind=kind,
        at=at,
        recorded_at=a.now,
        by=a.by.id,
        url=url,
        detail=detail,
        missing=missing,
    )


def turns_on_time(clock: Clock, kind: str, at: datetime, now: datetime) -> bool:
    """Backdating that would change a verdict to 按时 (practice.md §2.13)."""
    late = now > clock.due_at and at <= clock.due_at
    return late and clock.running and not clock.latent and kind in clock.met_by


def superior_release(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """上级统一发布: alarms stop, "met" is not faked (practice.md §2.14)."""
    url = needed(a, "url")
    return _outcomes(i, a, "superior_release", url, ("first_statement_5h", "response_48h"))


def other_form(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """以其他形式发布, with approver and basis."""
    return _outcomes(i, a, "other_form", needed(a, "reason"), tuple(c.code for c in i.clocks if c.track == "public"))


def _outcomes(i: Incident, a: Action, outcome: str, basis: str, codes: tuple[str, ...]) -> tuple[Event, ...]:
    chosen = text(a, "clock")
    out = [
        event_of(a, "outcome", id=c.id, state=ClockState.OTHER_OUTCOME, outcome=outcome, basis=basis)
        for c in i.clocks
        if c.running and not c.latent and c.code in codes and (not chosen or c.code == chosen)
    ]
    if not out:
        raise Refused("no_clock")
    return tuple(out)


def report_up(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """报送: 首报 or 续报N with who took the call; never a public release nor the reverse (practice.md §2.6)."""
    return _reported(i, a, "upward_reported", "首报")


def report_written(i: Incident, a: Action, s: Settings) -> tuple[Event, ...]:
    """书面报送: a duty of its own where the rules set a limit for it (domain.md §8.4); the call does not fulfil it, nor the reverse."""
    return _reported(i, a, "upward_written", "书面报告")


def _reported(i: Incident, a: Action, kind: str, first: str) -> tuple[Event, ...]:
    """Evidence of a report upward; the first needs no words, a later one does."""
    done = sum(1 for e in i.evidence if e.kind == kind)
    at = moment(a, "at") or a.now
    if at > a.now + CLOCK_SLACK:
        raise Refused("in_future", field="at")
    if at < _began(i) - CLOCK_SLACK:
        raise Refused("before_start")
    if done and not text(a, "detail"):
        return ()
    item = Evidence(
        id=next_id(i),
        kind=kind,
        at=at,
        recorded_at=a.now,
        by=a.by.id,
        detail=text(a, "detail", first),
    )
    if any(turns_on_time(c, item.kind, at, a.now) for c in i.clocks):
        return (proposal(i, a, "evidence", {"evidence": dump(item)}),)
    return (event_of(a, "evidence", evidence=item),)

"""Where a matter is stuck, with whom and since when (practice.md §2.18). Codes and values only; texts are in `bot`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from playbooks.fold import RELEASES, returned_turns
from playbooks.incident import Incident

GATE_ORDER = ("countersign", "secrecy", "approval")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """`code`: unread | unverified | unassigned | unsigned | reassign | returned | countersign | secrecy | approval | release | second | none."""

    code: str
    who: str
    since: datetime


def _last(*times: datetime | None) -> datetime | None:
    known = [t for t in times if t is not None]
    return max(known) if known else None


def stuck(incident: Incident) -> Stuck:
    """The first thing still missing on the way to the first public release."""
    begin = incident.alarmed_at or incident.opened_at
    if any(e.kind in RELEASES for e in incident.evidence):
        return _waiting(incident) or Stuck(code="none", who="", since=begin)
    if not incident.acknowledgements and not incident.verifications:
        return Stuck(code="unread", who="duty_officer", since=begin)
    seen = min(incident.acknowledgements.values(), default=begin)
    if not incident.verifications:
        return Stuck(code="unverified", who="duty_officer", since=seen)
    checked = incident.verifications[-1].at
    turn = incident.assignment
    if turn is None:
        return Stuck(code="unassigned", who="duty_officer", since=checked)
    if turn.returned_at is not None:  # one return: another unit is asked; the second goes to the arbiter (practice.md §2.8)
        again = returned_turns(incident) < 2
        who = "duty_officer" if again else "arbiter"
        return Stuck(code="reassign" if again else "returned", who=who, since=turn.returned_at)
    if turn.signed_at is None:
        return Stuck(code="unsigned", who=turn.unit, since=turn.at)
    done = {a.gate: a.at for a in incident.attestations}
    since = turn.signed_at
    for gate in GATE_ORDER:
        if gate not in done:
            return Stuck(code=gate, who=turn.unit, since=_last(since, *done.values()) or since)
    return _waiting(incident) or Stuck(code="release", who=turn.unit, since=_last(*done.values()) or since)


def _waiting(incident: Incident) -> Stuck | None:
    """A release or start that was registered, but counts only when a second person has agreed."""
    first = min((p.at for p in incident.proposals), default=None)
    return Stuck(code="second", who="second", since=first) if first is not None else None

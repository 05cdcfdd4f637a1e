"""What cards say of a change that waits for a second person: to the one who is asked, and to all whom the clock still reminds."""

from __future__ import annotations

from datetime import datetime

from bot import labels
from bot.labels import beijing
from config.schema import Settings
from playbooks.incident import Clock, Incident, Proposal

PROPOSED = {"start_set": "更正起算时间", "evidence": "补登发布", "figure": "更正人数"}


def asked(i: Incident, settings: Settings, now: datetime) -> str:
    """What was registered, by whom and for when, to the one who has to agree or not."""
    if not i.proposals:
        return "没有待复核的事项了。"
    p = i.proposals[-1]
    kind, at = _evidence(p), _stated(p)
    what = f"补登{labels.EVIDENCE_KINDS.get(kind, '发布')}" if kind else PROPOSED.get(p.kind, _other(p))
    when = f"为{beijing(at, now)}" if at else ""
    return f"{_by(p, settings)}登记：{what}{when}。会改变按时或超时的结论，须由另一人核对凭据后点同意或不同意。"


def waits(i: Incident, clock: Clock | None, settings: Settings, now: datetime) -> str:
    """Somebody registered what the clock asks for, and nobody has agreed yet: the reminders go on, and say why. Empty where none."""
    wanted = clock.met_by if clock is not None else ()
    for p in i.proposals:
        at = _stated(p)
        if _evidence(p) in wanted and at is not None:
            said = f"{_by(p, settings)}已登记{beijing(at, now)}办过，还待另一人复核，复核前照样提醒。"
            return f"{said}复核请回：同意 {i.number}；不同意请回：不同意 {i.number}"
    return ""


def _evidence(p: Proposal) -> str:
    inner = p.data.get("evidence")
    return str(inner.get("kind", "")) if isinstance(inner, dict) else ""


def _other(p: Proposal) -> str:
    return labels.EVENT_KINDS.get(p.kind, "更正")


def _by(p: Proposal, settings: Settings) -> str:
    officer = settings.organisation.officer(p.by)
    return officer.name if officer else p.by


def _stated(p: Proposal) -> datetime | None:
    """The instant the proposal states, wherever its kind keeps it."""
    inner = p.data.get("evidence")
    found = p.data.get("value") or p.data.get("at") or (inner.get("at") if isinstance(inner, dict) else None)
    return datetime.fromisoformat(found) if isinstance(found, str) else None

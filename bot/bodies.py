"""Main text of a card (112 characters), one function a kind. What is in a row of the card is not said again here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import labels, texts
from bot.fitting import DRILL, SUB, fitted
from bot.labels import beijing
from bot.seconding import asked, waits
from bot.subjects import spoken
from config.schema import Settings
from playbooks.deadlines import latent_level
from playbooks.hearsay import by_hearsay
from playbooks.incident import Clock, Incident, Status
from playbooks.rumours import OldRumour, likely_same, old_rumour, untrue
from playbooks.urgency import casualties

FIVE = "原因不清可先发五项：时间、地点、已核伤亡、救援与安置、下次发布时间。"
OPEN_CAUSE = "原因、责任未查清，不写。"
FIRST_TWO = "请先做两件事：①打电话核实 ②电话报告带班领导。"
BOTH_ASKED = "请先做两件事：①打电话向现场和主管单位核实 ②电话报告带班领导。"
LEADS = "请10分钟内给值班员{}打电话问明，定两件事：①是否派人到场 ②是否先报总值班室。"
"""What the duty leader has to do in the place of the first two actions (practice.md §1: told within ten minutes, by telephone)."""
CLARIFY = "已核不实，请发布澄清。原帖先截图留证，再移送公安网安和网信。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a body is written from."""

    incident: Incident
    clock: Clock | None
    settings: Settings
    now: datetime
    officer: str | None = None

    def two(self, usual: str = FIRST_TWO) -> str:
        """What the reader does first: the duty officer, or (where `officer` names him) the duty leader."""
        return usual if self.officer is None else LEADS.format(self.officer)


def body(
    incident: Incident, kind: str, clock: Clock | None, settings: Settings, now: datetime, officer: str | None = None
) -> str:
    """Main text; for the duty leader with the duty officer whom he rings."""
    said = Said(incident=incident, clock=clock, settings=settings, now=now, officer=officer)
    text = BODIES.get(kind, _state)(said)
    return f"{DRILL}{text}" if incident.drill else text


def spread(i: Incident, settings: Settings) -> str:
    """抖音1条、12345来电1起: what was seen where, counted by source."""
    names = {s.id: s.name.split("（")[0] for s in settings.sources}
    counts: dict[str, int] = {}
    for m in i.members:
        label = names.get(m.source, {"officer": "值班报告", "hotline": "12345来电"}.get(m.source, m.source))
        counts[label] = counts.get(label, 0) + 1
    return "、".join(f"{k}{v}{'起' if '来电' in k or '热线' in k else '条'}" for k, v in list(counts.items())[:3])


def _first(s: Said) -> str:
    i = s.incident
    seen = spread(i, s.settings)
    old = old_rumour(i)
    if old is not None:
        return _told_again(seen, old)
    return _fresh(s, i, seen)


def _likely(i: Incident) -> str:
    found = likely_same(i)
    return f"疑与{found[0]}号为同一事，属同一事请并案。" if found else ""


def _told_again(seen: str, old: OldRumour) -> str:
    """Date and link of the earlier clarification; the link only where it fits whole."""
    head = f"{seen + '。' if seen else ''}疑为旧谣新传：{old.on.isoformat()}已澄清"
    tail = "请核对是否同一事：属同一事的引用原澄清答复；有新情况的重新核实。"
    full = f"{head}（{old.url}）。{tail}" if old.url else f"{head}。{tail}"
    return full if len(full) <= SUB else f"{head}。{tail}"


def _fresh(s: Said, i: Incident, seen: str) -> str:
    if _rumour(i):
        flee = "有人自行转移的，先保安全，不劝返。" if s.settings.category(i.category).evacuation else ""
        return fitted(
            i,
            (7, f"{seen}。" if seen else ""),
            (0, s.two(BOTH_ASKED)),
            (1, "核实前不下结论、不辟谣、不转发截图。"),
            (2, flee),
            (4, "统一答复：已关注，正在核查，结果尽快公布。"),
            (6, "原帖先截图留证。"),
            (3, _likely(i)),
            (5, _see(i)),
        )
    if i.label == "N":
        ask = "请先核实是否属实、属谁管，再认定是否应回应。"
        return fitted(
            i, (3, f"{seen}。" if seen else ""), (1, _late(s)), (2, _likely(i)), (0, ask), (2, _announced(i)), (1, _see(i))
        )
    return fitted(
        i,
        (5, f"{seen}，说法待核。" if seen else ""),
        (2, _late(s)),
        (1, texts.rumoured(i)),
        (0, s.two()),
        (3, _likely(i)),
        (3, _announced(i)),
        (4, _see(i)),
    )


def _rumour(i: Incident) -> bool:
    """What may have grave consequences and is only talk: nobody stated hurt or dead, no authority said to have spoken."""
    return i.high_consequence and not casualties(i) and i.level is None and not spoken(i)


def _see(i: Incident) -> str:
    """How to read what was posted: it is not copied onto a card."""
    return f"看原文回：详情 {i.number}。"


def _announced(i: Incident) -> str:
    return f"标题称{said}，请先找到原文核对。" if (said := spoken(i)) else ""


def _late(s: Said) -> str:
    """A first alert that comes long after the first post says what has passed and what is left."""
    if not texts.told_late(s.incident):
        return ""
    c = next((c for c in s.incident.clocks if c.running and c.track == "public" and not c.latent), None)
    since = f"{labels.span(s.now - texts.begun(s.incident))}前已出现，现在才达到提醒条件。"
    if c is None:
        return since
    left = f"只剩{labels.span(c.due_at - s.now)}" if s.now < c.due_at else "已过"
    return f"{since}{texts.clock_name(c)}时限{left}。" if c.due_at - s.now < FEW_HOURS else since


WATCHED = (Status.OBSERVING, Status.EVALUATING)
FEW_HOURS = timedelta(hours=24)


def _urgent(s: Said) -> str:
    i = s.incident
    return fitted(i, (0, "提醒后出现伤亡或重大情况，从现在起按紧急件办。"), (1, _toll(i)), (0, s.two()), (2, _see(i)))


def _unread(s: Said) -> str:
    since = s.incident.alarmed_at or s.incident.opened_at
    waited = texts.remaining(s.now - since)
    ask = "请看到的人先点“收到”，再打电话核实、报告带班领导。"
    return fitted(
        s.incident,
        (0, f"首次提醒发出已{waited}，还没有人点“收到”。{ask}"),
        (1, texts.rumoured(s.incident)),
        (2, _see(s.incident)),
    )


def _changed(s: Said) -> str:
    return "先前的核实结论作废，已发口径暂停使用。请重新打电话核实。各项时限照常。"


def _regraded(s: Said) -> str:
    i = s.incident
    level = texts.level_name(i.level)
    start = "仍自原起点起算"
    if (
        s.clock is not None and s.clock.start_kind != "last_release_at"
    ):  # the interval between two releases is no limit of a grade
        start = f"自{labels.STARTS.get(s.clock.start_kind, '原起点')}{beijing(s.clock.start_at, s.now)}起算"
    if i.confirmed and s.clock is not None and s.clock.by_regrade:
        passed = f"{texts.clock_name(s.clock)}时限在提级前已届满，评估单列，不计承办单位超时。"
        return f"已定{level}。{passed}请立即发布权威信息并登记。{_toll(i)}{OPEN_CAUSE}"
    if i.confirmed:
        return f"已定{level}。{_toll(i)}时限{start}，不从定级时起算。请抓紧备稿，{OPEN_CAUSE}"
    if i.level is None:
        return f"现有数字达不到定级的线，先前的建议等级撤回，须指挥部或带班领导定级。{_toll(i)}时限{start}。{OPEN_CAUSE}"
    if by_hearsay(i, s.settings):
        ask = f"仅据网传人数建议{level}，须核实后由指挥部或带班领导定级。"
    else:
        ask = f"按现有数字建议{level}，须指挥部或带班领导定级。"
    late = s.clock is not None and s.now >= s.clock.due_at
    then = f"{texts.clock_name(s.clock)}时限已过，请尽快发布。" if s.clock and late else f"时限{start}，先按此准备。"
    return fitted(i, (0, ask), (1, _toll(i)), (2, then), (3, OPEN_CAUSE))


def _latent(s: Said) -> str:
    level = texts.level_name(latent_level(s.incident, s.settings))
    return fitted(
        s.incident,
        (0, f"已掌握的遇难、失联、被困人数合计触及{level}线。请先做发布准备，等指挥部核报后定级。"),
        (1, _toll(s.incident)),
        (2, OPEN_CAUSE),
    )


def _verify(s: Said) -> str:
    done = [f"{texts.unit_name(v.party, s.settings) or '值班员'}" for v in s.incident.verifications]
    had = f"已核：{'、'.join(dict.fromkeys(done))}。" if done else ""
    ask = "请现场和主管单位各核一次，核完点按钮登记。核实前不下结论、不辟谣。"
    return fitted(s.incident, (0, f"{had}{ask}"), (1, _toll(s.incident)), (2, _see(s.incident)))


def _upward(s: Said) -> str:
    if claimed := waits(s.incident, s.clock, s.settings, s.now):
        return claimed
    number = s.incident.number
    if s.clock is not None and s.clock.code == "upward_written":
        ask = (
            "电话报过的，书面报告仍要按时报。只写已核实的：时间、地点、简要情况、已采取措施；没核实的写“待核”。"
            f"报完点“书面已报”，或回：书面报送 {number}。要底稿，回：底稿 {number}"
        )
        return fitted(s.incident, (1, _toll(s.incident)), (0, ask))
    ask = (
        "先打电话，后补书面。只报已核实的：时间、地点、简要情况、已采取措施；没核实的写“待核”。"
        f"报完点“已报总值班室”。要首报底稿，回：底稿 {number}"
    )
    return fitted(s.incident, (1, _toll(s.incident)), (0, ask))


def _overdue(s: Said) -> str:
    c = s.clock
    if c is not None and c.by_regrade:
        return f"{texts.clock_name(c)}时限在提级前已届满，评估单列，不计承办单位超时。请立即发布权威信息并登记。"
    if claimed := waits(s.incident, s.clock, s.settings, s.now):
        return claimed
    if c is not None and s.now < c.due_at - timedelta(minutes=2):
        return f"到期时间在夜间，提前提醒，免得夜里再叫醒各位。请在下班前{texts.clock_act(c)}并登记。"
    if c is not None and c.track != "public":
        return f"{texts.clock_act(c)}尚未登记。已经办的，请补记实际时间；没有办的，请立即办理。"
    return (
        "请选一项：①已发未登记，补录链接和实际时间；②上级已统一发布，登记链接；"
        "③确未发布，写明原因和预计时间，报带班领导签认。选定前持续提醒。"
    )


def _order(s: Said) -> str:
    turn = s.incident.assignment
    unit = texts.unit_name(turn.unit, s.settings) if turn else "承办单位"
    end = next((c for c in s.incident.clocks if c.running and c.track == "public" and not c.latent), None)
    when = f"最迟{beijing(end.due_at, s.now)}前。" if end else ""
    return (
        f"请{unit}承办：核清事实，拟写回应，发布后登记。{when}"
        "不属本单位职责的，2小时内退回并写明理由、依据、建议单位，时限不停。"
    )


def _returns(s: Said) -> str:
    parts = []
    for t in s.incident.assignments:
        if t.returned_at:
            basis = f"（{t.basis}）" if t.basis else ""
            parts.append(f"{texts.unit_name(t.unit, s.settings)}：{t.reason}{basis}")
    return "；".join(parts) + "。" if parts else ""


def _returned(s: Said) -> str:
    return f"{_returns(s)}请另行交办，或报裁定人指定牵头单位。时限不停。"


def _arbitrate(s: Said) -> str:
    return f"{_returns(s)}首接单位先接访、先答复，时限不停。"


def _continue(s: Said) -> str:
    return "首发后须持续发布。没有新进展，也请说明正在做什么、下次何时发布。"


def _exclusion(s: Said) -> str:
    reason = labels.EXCLUSION_REASONS.get(s.incident.exclusion.get("reason", ""), "不需处置")
    return f"值班员拟以“{reason}”排除。请打电话核对后确认；不同意则继续处置。"


def _second(s: Said) -> str:
    return asked(s.incident, s.settings, s.now)


def _met(s: Said) -> str:
    done = next((c for c in reversed(s.incident.clocks) if c.satisfied_at is not None and c.track == "public"), None)
    if done is None:
        return "已登记。"
    verdict = labels.CLOCK_STATES[done.state.value]
    owed = next((e.missing for e in reversed(s.incident.evidence) if e.id == done.satisfied_by), ())
    missing = "、".join(labels.REGISTER_FIELDS.get(m, m) for m in owed)
    debt = f"登记还缺{missing}，归档前补齐。" if missing else ""
    return f"{texts.clock_name(done)}{verdict}（登记时间{beijing(done.satisfied_at or s.now, s.now)}），相应提醒停止。{debt}"


def _toll(i: Incident) -> str:
    """Confirmed figures as such; hearsay as hearsay, said only while nothing is confirmed."""
    confirmed = texts.toll(i, "confirmed")
    return f"指挥部核定：{confirmed}。" if confirmed else texts.rumoured(i)


def _state(s: Said) -> str:
    i = s.incident
    if i.open and i.alarmed_at and not i.verifications:
        cause = OPEN_CAUSE if i.label == "E" else ""
        return fitted(i, (1, _toll(i)), (0, _unchecked(s)), (3, cause), (2, _see(i)))
    return _known(s) or _next_step(s)


def _unchecked(s: Said) -> str:
    """What is still to be done of the first two actions."""
    i = s.incident
    if i.label == "N":
        return "请先核实是否属实、属谁管，再认定是否应回应。"
    if i.leader_told and s.officer is None:
        return "已报带班领导。请打电话核实，核完点按钮登记。"
    return s.two(BOTH_ASKED if i.high_consequence else FIRST_TWO)


def _known(s: Said) -> str:
    i = s.incident
    parts = [_toll(i), f"已定{texts.level_name(i.confirmed.level)}。" if i.confirmed else ""]
    higher = [c for c in i.clocks if c.latent and c.running]
    if higher:
        passed = [c for c in higher if c.due_at <= s.now]
        then = f"高一级的{texts.clock_name(passed[0])}时限已过，请尽快定级。" if passed else "先按高一级的时限准备。"
        parts.append(f"人数合计已到上一级的线，{then}")
    if untrue(i):
        parts.append(CLARIFY)
    elif i.label == "E":
        parts.append(OPEN_CAUSE)
    return "".join(parts)


def _next_step(s: Said) -> str:
    turn = s.incident.assignment
    if s.incident.status in WATCHED:
        return f"正在观察，不用再办。又有新情况的，请回：重开 {s.incident.number}"
    if turn is not None and turn.open:
        return f"等{texts.unit_name(turn.unit, s.settings)}签收。两小时没有回音的，请打电话催，可代签收。"
    return "请核清事实，拟稿送审，发布后登记。"


def _pressing(s: Said) -> str:
    """Countdown: what is known, then what can be published without waiting for the rest."""
    code = s.clock.code if s.clock else ""
    what = {
        "first_statement_5h": FIVE,
        "press_conference_24h": "请定时间、地点、主持人、发布人、口径。开过再登记，计划召开不算。",
        "response_48h": "请核清事实、拟好回应；发布或答复后登记。",
    }.get(code, "")
    known = _known(s)
    return ((known.replace(OPEN_CAUSE, "") if what == FIVE else known) + what) or _next_step(s)


BODIES: dict[str, Callable[[Said], str]] = {
    "first": _first,
    "first_quiet": _first,
    "unread": _unread,
    "urgent": _urgent,
    "changed": _changed,
    "regraded": _regraded,
    "latent": _latent,
    "verify": _verify,
    "upward": _upward,
    "overdue": _overdue,
    "assigned": _order,
    "sign": _order,
    "arbitrated": _order,
    "returned": _returned,
    "arbitrate": _arbitrate,
    "continue": _continue,
    "exclusion": _exclusion,
    "second": _second,
    "met": _met,
    "half": _pressing,
    "last": _pressing,
    "countdown": _pressing,
}

"""Chinese sentences of cards. One place, so that an editor can read how the product speaks (practice.md §3 gives the models)."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot import labels
from bot.labels import beijing
from config.schema import Level, Settings
from playbooks.deadlines import casualties, latent_level
from playbooks.fold import RELEASES
from playbooks.incident import Clock, ClockState, Incident
from playbooks.ladder import BEIJING
from playbooks.rota import Duty
from playbooks.stuck import stuck

METRICS = {
    "deaths": "遇难",
    "missing": "失联",
    "trapped": "被困",
    "injured": "受伤",
    "poisoned": "中毒",
    "evacuated": "转移",
}
CLOCKS = {
    "first_statement_5h": ("权威信息", "发布权威信息"),
    "press_conference_24h": ("发布会", "召开新闻发布会"),
    "response_48h": ("回应", "予以回应"),
    "continuing_release": ("滚动发布", "滚动发布"),
    "upward_report": ("首报", "电话报总值班室"),
    "acknowledge": ("收到", "点“收到”"),
    "verify": ("核实", "两方核实"),
    "sign": ("签收", "签收或退回"),
    "arbitrate": ("裁定", "指定牵头单位"),
}
STANDING = {"net": "网传", "reported": "接报", "confirmed": "核定"}


def remaining(delta: timedelta) -> str:
    """2小时30分; never negative."""
    minutes = max(0, int(delta.total_seconds() // 60))
    hours, minutes = divmod(minutes, 60)
    if hours and minutes:
        return f"{hours}小时{minutes}分"
    return f"{hours}小时" if hours else f"{minutes}分"


def checked(i: Incident) -> bool:
    """A person has said the matter is true, at least in part."""
    return any(v.result in ("true", "partly") for v in i.verifications)


def spot(i: Incident) -> str:
    """The narrowest known place: what fits a title."""
    return i.place.detail or i.place.county or i.place.city or i.place.province


def clock_name(clock: Clock) -> str:
    """Short noun of a duty for a card; a local clause keeps the name it has in its file."""
    return CLOCKS.get(clock.code, (clock.name, ""))[0]


def clock_act(clock: Clock) -> str:
    """What has to be done, as a verb."""
    return CLOCKS.get(clock.code, ("", f"办理{clock_name(clock)}"))[1]


def short(i: Incident, settings: Settings) -> str:
    """Short neutral name of the matter: place and kind, no toll, no cause."""
    name = settings.category(i.category).neutral
    return f"{spot(i) or settings.organisation.short}{name}"


def mark(i: Incident) -> str:
    if i.drill:
        return "【演练】"
    return "" if checked(i) else "【网传待核】"


def name(i: Incident, settings: Settings) -> str:
    """Title of an unverified or verified matter."""
    kind = settings.category(i.category).neutral
    place = spot(i) or settings.organisation.short
    return f"{mark(i)}{place}{'' if checked(i) else '疑似' if i.label == 'E' else '涉'}{kind}"


def source_line(settings: Settings, i: Incident) -> str:
    return "演练·不外传" if i.drill else f"{settings.organisation.short[:4]}舆情值班·内部"


def keep_words(i: Incident) -> tuple[str, ...]:
    return tuple(w for w in (i.place.detail, i.place.county) if w)


def level_name(level: Level | None) -> str:
    return labels.LEVELS.get(level.code if level else "unknown", "未定级")


def heading(i: Incident, kind: str, clock: Clock | None, settings: Settings, now: datetime) -> tuple[str, str]:
    """Title (26) and description (30) of a card."""
    by = beijing(clock.due_at, now) if clock else ""
    what = short(i, settings)
    drill = "【演练】" if i.drill else ""
    duty = clock_act(clock) if clock else ""
    left = remaining(clock.due_at - now) if clock else ""
    number = f"{i.number}号"
    table = {
        "first": (name(i, settings), f"{number} {beijing(i.opened_at, now)}发现，请3分钟内点“收到”"),
        "first_quiet": (name(i, settings), f"{number} {beijing(i.opened_at, now)}发现，请核实处理"),
        "changed": (f"{drill}【情况有变】{what}", f"{number} 请重新核实，时限照常"),
        "regraded": (f"{drill}【{_direction(i)}】{what}{level_name(i.level)}", f"{number} 时限自原起点计算"),
        "latent": (f"{drill}【时限预置】{what}", f"{number} 若升级，{by}前{duty}"),
        "unread": (f"{drill}【未收到】{what}", f"{number} 请立即点“收到”"),
        "verify": (f"{drill}【待核实】{what}", f"{number} {by}前两方核实"),
        "upward": (f"{drill}【待报送】{what}", f"{number} {by}前电话报总值班室"),
        "assigned": (f"{drill}【交办】{what}", f"{number} 请在2小时内签收或退回"),
        "sign": (f"{drill}【待签收】{what}", f"{number} {by}前签收或退回"),
        "returned": (f"{drill}【退回】{what}", f"{number} 请另行交办"),
        "arbitrate": (f"{drill}【请裁定】{what}", f"{number} 请指定牵头单位"),
        "arbitrated": (f"{drill}【已裁定】{what}", f"{number} 请牵头单位签收"),
        "exclusion": (f"{drill}【请确认】{what} 拟排除", f"{number} 涉伤亡或重大隐患，须带班确认"),
        "second": (f"{drill}【请复核】{what}", f"{number} 有一项更正待第二人确认"),
        "continue": (f"{drill}【该续发了】{what}", f"{number} {by}前滚动发布"),
        "met": (f"{drill}【已登记】{what}", f"{number} 时限已满足"),
        "half": (f"{drill}【时限预警】{what}", f"{number} {by}前{duty} 发出时剩{left}"),
        "countdown": (f"{drill}【时限预警】{what}", f"{number} {by}前{duty} 发出时剩{left}"),
        "last": (f"{drill}【剩{left}】{what}", f"{number} {by}前须{duty}"),
        "state": (f"{mark(i)}{what}", number),
    }
    if kind == "overdue" and clock is not None:
        return _overdue_heading(i, clock, what, drill, number, now)
    return table.get(kind, table["state"])


def _direction(i: Incident) -> str:
    """提级 or 定级, from the last two judgements."""
    known = [a.level for a in i.assessments if a.level is not None]
    if len(known) >= 2 and known[-1] < known[-2]:
        return "提级"
    return "定级" if i.confirmed else "建议等级"


def _overdue_heading(i: Incident, clock: Clock, what: str, drill: str, number: str, now: datetime) -> tuple[str, str]:
    at = beijing(clock.due_at, now)
    if clock.by_regrade:
        return f"{drill}【提级】{what} 请即{clock_act(clock)}", f"{number} {at}已过（提级在后）"
    if now < clock.due_at:
        return f"{drill}【今晚请办】{what}", f"{number} {at}到期，请提前{clock_act(clock)}"
    if now < clock.due_at + timedelta(minutes=1):
        return f"{drill}【时限已到】{what}", f"{number} {at}到期 {clock_name(clock)}未登记"
    return f"{drill}【已过时限】{what} {clock_name(clock)}未登记", f"{number} 应于{at}前 现{beijing(now, now)}"


def spread(i: Incident, settings: Settings) -> str:
    """抖音1条、12345来电1起: what was seen where, counted by source."""
    names = {s.id: s.name.split("（")[0] for s in settings.sources}
    counts: dict[str, int] = {}
    for m in i.members:
        label = names.get(m.source, {"officer": "值班报告", "hotline": "12345来电"}.get(m.source, m.source))
        counts[label] = counts.get(label, 0) + 1
    return "、".join(f"{k}{v}条" for k, v in list(counts.items())[:3])


def toll(i: Incident, *standings: str) -> str:
    """Figures of the given standings, newest of each metric."""
    parts = []
    for metric, label in METRICS.items():
        f = i.latest(metric, *standings)
        if f is not None and f.value > 0:
            parts.append(f"{label}{f.value}人")
    return "、".join(parts)


def rumoured(i: Incident) -> str:
    """What the net says of casualties, said as hearsay."""
    said = toll(i, "net", "reported")
    return f"网传{said}，未经核实，不得外传。" if said else ""


def body(i: Incident, kind: str, clock: Clock | None, settings: Settings, now: datetime) -> str:
    """Main text (112 characters)."""
    if kind in ("first", "first_quiet"):
        return _first_body(i, settings)
    if kind == "overdue":
        return _overdue_body(i, clock)
    if kind in ("assigned", "sign", "arbitrated"):
        return _order_body(i, settings, now)
    if kind == "arbitrate":
        return _returns(i, settings) + "首接单位先接访、先答复，时限不停。"
    if kind == "returned":
        return _returns(i, settings)
    if kind == "latent":
        level = level_name(latent_level(i, settings))
        return f"已掌握的遇难、失联、被困人数合计触及{level}线。请先做发布准备，等指挥部核报后定级。原因、责任未查清，不写。"
    if kind == "continue":
        return "首发后须持续发布。无新进展也请说明正在做什么、下次何时发布。"
    if kind == "exclusion":
        reason = labels.EXCLUSION_REASONS.get(i.exclusion.get("reason", ""), "")
        return f"值班员拟以“{reason}”排除。请打电话核对后确认；不同意则继续处置。"
    return _state_body(i, settings, now)


def _first_body(i: Incident, settings: Settings) -> str:
    seen = spread(i, settings)
    if i.high_consequence and not casualties(i):
        return (
            f"{seen}。核实前不下结论、不辟谣、不转发截图。"
            "统一答复：已关注，正在现场核查，结果尽快公布。有人自行转移的，先保安全，不劝返。原帖先截图留证。"
        )
    if i.label == "N":
        return f"{seen}。请先核实是否属实、属谁管，再认定是否应回应。"
    return f"{seen}，说法待核。{rumoured(i)}请先做两件事：①打电话核实 ②电话报告带班领导。"


def _overdue_body(i: Incident, clock: Clock | None) -> str:
    if clock is not None and clock.by_regrade:
        return f"{clock_name(clock)}时限在提级前已届满，评估单列，不计承办单位超时。请立即发布权威信息并登记。"
    if clock is not None and clock.track != "public":
        return f"{clock_act(clock)}尚未登记。已经办的，请补记实际时间；没有办的，请立即办理。"
    return (
        "请选一项：①已发未登记，补录链接和实际时间；②上级已统一发布，登记链接；"
        "③确未发布，写明原因和预计时间，报带班领导签认。选定前持续提醒。"
    )


def _order_body(i: Incident, settings: Settings, now: datetime) -> str:
    turn = i.assignment
    unit = unit_name(turn.unit, settings) if turn else ""
    tasks = "核清事实，拟写回应，发布后登记"
    end = next((c for c in i.clocks if c.running and c.track == "public" and not c.latent), None)
    when = f"最迟{beijing(end.due_at, now)}前。" if end else ""
    return f"请{unit}承办：{tasks}。{when}不属本单位职责的，2小时内退回并写明理由、依据、建议单位，时限不停。"


def _returns(i: Incident, settings: Settings) -> str:
    parts = []
    for t in i.assignments:
        if t.returned_at:
            basis = f"（{t.basis}）" if t.basis else ""
            parts.append(f"{unit_name(t.unit, settings)}：{t.reason}{basis}")
    return "；".join(parts) + "。" if parts else ""


def _state_body(i: Incident, settings: Settings, now: datetime) -> str:
    confirmed = toll(i, "confirmed")
    parts = [f"指挥部核定：{confirmed}。" if confirmed else rumoured(i)]
    if i.confirmed:
        parts.append(f"已定{level_name(i.confirmed.level)}。")
    where = stuck_text(i, settings, now)
    if where:
        parts.append(f"现卡在：{where}。")
    if any(c.latent and c.running for c in i.clocks):
        parts.append("升级线已触及，时限按就高预置。")
    parts.append("原因、责任未查清，不写。" if i.label == "E" else "")
    return "".join(parts)


def unit_name(code: str, settings: Settings) -> str:
    unit = settings.organisation.unit(code)
    return (unit.short or unit.name) if unit else code


def stuck_text(i: Incident, settings: Settings, now: datetime) -> str:
    """卡在谁、多久: 自然资源局会签，已18分钟."""
    at = stuck(i)
    if at.code == "none":
        return ""
    waited = remaining(now - at.since)
    who = {"duty_officer": "值班员", "arbiter": "裁定人"}.get(at.who) or unit_name(at.who, settings)
    what = {
        "unread": "未点收到",
        "unverified": "核实",
        "unassigned": "交办",
        "unsigned": "签收",
        "returned": "裁定牵头",
        "countersign": "会签",
        "secrecy": "保密审查",
        "approval": "审定",
        "release": "发布登记",
    }[at.code]
    return f"{who}{what}，已{waited}"


def due_text(c: Clock, now: datetime) -> str:
    tail = "（预置）" if c.latent else "（暂定）" if c.provisional else ""
    return f"{beijing(c.due_at, now)}前{tail}"


def rows(i: Incident, kind: str, clock: Clock | None, settings: Settings, now: datetime, duty: Duty) -> list[tuple[str, str]]:
    """At most six lines; empty values are left out by the caller."""
    if kind in ("first", "first_quiet"):
        return _first_rows(i, settings, now, duty)
    if kind == "overdue" and clock is not None:
        return _overdue_rows(i, clock, settings, now)
    out = [
        ("主责", unit_name(i.primary_unit, settings) if i.primary_unit else "待交办"),
        ("卡在", stuck_text(i, settings, now)),
    ]
    out += [(clock_name(c)[:5], due_text(c, now)) for c in _clocks(i)[:2]]
    out.append(("起算", _start_text(clock, now)))
    out.append(("已发", _releases(i, now)))
    return out


def _clocks(i: Incident) -> list[Clock]:
    running = [c for c in i.clocks if c.running and c.track == "public"]
    return sorted(running, key=lambda c: (c.latent, c.due_at))


def _first_rows(i: Incident, settings: Settings, now: datetime, duty: Duty) -> list[tuple[str, str]]:
    first = min(i.members, key=lambda m: m.at, default=None)
    leader = settings.organisation.officer(duty.duty_leader)
    unit = settings.organisation.unit(i.suggested_unit)
    up = i.running("upward_report")
    names = {s.id: s.name.split("（")[0] for s in settings.sources}
    seen = f"{beijing(first.at, now)} {names.get(first.source, '值班报告')}" if first else ""
    out = [
        ("首现", seen),
        ("地点", i.place.text or "不详"),
        ("核实", f"{unit.short or unit.name} {unit.duty_phone}".strip() if unit else "待定"),
        ("带班", f"{leader.name} {leader.phone}" if leader else "缺岗，请按预案"),
        ("首报", f"{beijing(up.due_at, now)}前报县总值班室" if up else ""),
    ]
    public = _clocks(i)
    label = "首发" if public and public[0].code == "first_statement_5h" else "回应"
    out.append((label, due_text(public[0], now) if public else ""))
    return out


def _overdue_rows(i: Incident, c: Clock, settings: Settings, now: datetime) -> list[tuple[str, str]]:
    return [
        ("依据", c.basis[0].text if c.basis else ""),
        ("起算", _start_text(c, now)),
        ("卡在", stuck_text(i, settings, now)),
        ("已报", "已电话报带班" if i.leader_told else "未报带班"),
        ("已发", _releases(i, now)),
        ("主责", unit_name(i.primary_unit, settings) if i.primary_unit else "待交办"),
    ]


def _start_text(c: Clock | None, now: datetime) -> str:
    if c is None:
        return ""
    return f"{labels.STARTS.get(c.start_kind, c.start_kind)} {beijing(c.start_at, now)}"


def _releases(i: Incident, now: datetime) -> str:
    done = [e for e in i.evidence if e.kind in RELEASES or e.kind == "brief_info"]
    if not done:
        return ""
    last = done[-1]
    return f"{labels.EVIDENCE_KINDS.get(last.kind, '')} {beijing(last.at, now)}"


def call_first(calls: tuple[str, ...]) -> str:
    """The rung above the unit head: the duty officer telephones (practice.md §1)."""
    return f"请电话报告：{'、'.join(calls[:3])}。"


def late_note(state: ClockState) -> str:
    return labels.CLOCK_STATES[state.value]


def local(at: datetime) -> datetime:
    return at.astimezone(BEIJING)

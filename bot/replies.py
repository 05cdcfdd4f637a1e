"""Chinese replies to what officers type and press: results, refusals with what is possible, short reading answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot import labels, texts
from bot.commands import COMMANDS
from bot.echo import said_back
from bot.labels import beijing
from bot.likely import in_order
from config.schema import Settings
from config.vocabulary import UPWARD
from playbooks.duties import uncounted
from playbooks.incident import Clock, Event, Incident
from playbooks.lifecycle import ActionNotAllowed
from playbooks.rota import Duty

DONE = {
    "acknowledged": "已收到",
    "leader_told": "已记录电话报告带班领导",
    "verified": "已登记核实结果",
    "figure": "已登记人数",
    "graded": "已定级",
    "suggested": "已记录建议等级",
    "opinion_graded": "已认定舆情等级",
    "opinion_suggested": "已记录建议的舆情等级，待带班领导认定",
    "recognised": "已认定应回应",
    "not_public": "已记录线下办理、不公开回应",
    "start_set": "已更正起算时间",
    "proposed": "已登记，待第二人复核（复核人回“同意”）",
    "seconded": "复核意见已记录",
    "assigned": "已交办",
    "signed": "已签收",
    "returned": "已退回",
    "arbitrated": "已裁定",
    "evidence": "已登记",
    "duty": "已登记收到时间",
    "extended": "已登记延期",
    "attested": "已登记",
    "noted": "已记入台账",
    "explained": "已记录原因，后续逾期提醒停止",
    "waived": "已免除",
    "outcome": "已登记，相应提醒停止",
    "excluded": "已记录排除",
    "changed": "已恢复处置，请重新核实",
    "reopened": "已重新处置",
    "closed": "已转入平息观察",
    "archived": "已归档",
    "merged": "已并案",
    "split": "已拆分",
    "classified": "已更正",
}
REFUSED = {
    "unknown": "没有这个操作。",
    "own_unit": "本件涉及您所在的单位，反映人的信息不得提供给被反映单位。",
    "wrong_state": "这件事现在是“{status}”，不能这样办。",
    "wrong_role": "这一步须由{roles}办理{whom}。",
    "missing_field": "还缺{field}，请补全。",
    "bad_value": "{field}填得不对，请检查。",
    "in_future": "填的时间还没到，请核对。",
    "not_yet_held": "尚未发布或召开的不能登记，请在实际发布、召开后再登记。",
    "before_start": "填的时间早于事件起点，请核对；确属更早的，请先用“起算”更正事发时间。",
    "unknown_unit": "名册里没有“{unit}”这个单位，请核对。",
    "order_open": "已交办{unit}，尚未签收或退回；要改派请先由其退回或由裁定人裁定。",
    "no_order": "目前没有待签收的交办单。",
    "not_your_unit": "交办给的是{unit}，请由该单位签收或退回；值班员可代签：签收 编号 姓名 电话。",
    "returned_once": "本单位已退回过一次，不能再退，请承办或请裁定人裁定。",
    "already_ruled": "已经裁定牵头单位，不能再退回。",
    "nothing_to_rule": "没有退回需要裁定。",
    "nothing_to_second": "没有待复核的事项。",
    "same_person": "须由另一人复核。",
    "no_clock": "没有对应的时限。",
    "no_duty": "还没有登记收到时间，请先回：登记事项 编号 信访（或依申请公开、热线）收到日期 文号。",
    "no_extension": "没有可以延期的时限，或者已经延过一次。",
    "too_late": "已经超过时限，不能再批准延期；请办理并说明原因。",
    "no_holidays": "没有{year}年的节假日数据，不能计算工作日，请管理员把国务院通知中的安排补入 holidays.toml 后再登记。",
    "answer_first": "对来访来信来电人的答复时限还在走（{clocks}），请先答复登记，再办这一步。",
    "merged_here": "{into}号已经并入本件，不能再反过来并。",
    "no_such_item": "本件没有含“{word}”的信息，请写标题里的原词，或在总览网页上勾选。",
    "all_items": "不能把全部信息都拆走，至少留一条；要改类别请用“归类”。",
    "clarify_instead": "不实信息应当发布澄清并移送，不能排除；请登记澄清发布，再登记移送。",
    "clock_running": "还有时限没有满足（{clocks}），不能办结。",
    "debts": "还有欠项（{debts}），补齐后才能归档。",
}
FIELD_NAMES = {
    "items": "拆出去的信息",
    "level": "等级",
    "reason": "理由",
    "url": "网址或方式",
    "unit": "单位",
    "value": "时间",
    "evidence": "依据",
    "figures": "人数",
    "result": "核实结果",
    "who": "代签人姓名和电话",
    "text": "内容",
    "gate": "环节",
    "kind": "形式",
    "category": "类别",
    "into": "并入的编号",
    "clock": "时限",
}
ABLE = 8
"""Words a refusal names; a tired eye takes no more."""
SPOKEN = 4
"""Roles a refusal names."""
ASK = {
    "ask_exclude": "请直接回复：排除 {n} 非本地（或旧闻、重复、无关）。",
    "ask_grade": "请直接回复：定级 {n} 等级 依据。",
    "ask_release": "请直接回复：已发布 {n} 网址 [实际时间]。发布会回：发布会 {n} 时间 地点；网上回应回：回应 {n} 网址。",
    "ask_explain": "请直接回复：说明 {n} 原因和预计发布时间。",
    "ask_superior": "请直接回复：上级已发 {n} 网址。",
    "ask_sign": "请直接回复：签收 {n} 代签人姓名 电话。",
    "ask_return": "请直接回复：退回 {n} 理由；依据；建议单位。",
    "ask_figure": "请直接回复：数字 {n} 遇难4 失联7 指挥部。",
    "ask_note": "请直接回复：补录 {n} 时间 困难或情况。",
    "ask_points": "查看现行口径请回：口径 {n}；登记口径请回：口径 {n} 内容。",
}


def done(incident: Incident, events: Sequence[Event], settings: Settings, now: datetime) -> str:
    """What was recorded, and what runs next."""
    if any(e.data.get("note") == "unmasked" for e in events):
        page = f"{settings.bot.public_url}/incident/{incident.number}/original"
        return f"{incident.number}号：已登记查看。原文不经企业微信传递，请在10分钟内到总览查看：{page}"
    words = [_recorded(incident, e, events, settings, now) for e in events if e.kind in DONE]
    head = f"{incident.number}号：" + ("；".join(dict.fromkeys(words)) if words else "已经办过，无需再办") + "。"
    met = [e for e in events if e.kind == "clock_met"]
    by_id = {c.id: c for c in incident.clocks}
    for e in met:
        clock = by_id.get(str(e.data["id"]))
        if clock and clock.track in ("public", "service"):
            verdict = "按时" if clock.state.value == "met" else "超时"
            head += f"{texts.clock_name(clock)}时限已停（{verdict}）。"
    owed = [e for e in events if e.kind == "evidence"]
    if owed and incident.evidence and incident.evidence[-1].missing and incident.evidence[-1].kind not in UPWARD:
        missing = "、".join(labels.REGISTER_FIELDS.get(m, m) for m in incident.evidence[-1].missing)
        head += f"登记还缺：{missing}，归档前补齐。"
    return head + _not_counted(incident, events, settings) + next_due(incident, now)


def _recorded(incident: Incident, e: Event, events: Sequence[Event], settings: Settings, now: datetime) -> str:
    """The sentence of an event with what it says; events of one kind are one sentence."""
    if e.kind == "split":
        return f"{DONE[e.kind]}，另立{e.data['into']}号"
    return DONE[e.kind] + said_back(incident, events, e.kind, settings, now)


def _not_counted(incident: Incident, events: Sequence[Event], settings: Settings) -> str:
    """A registered duty whose end cannot be computed is said to the one who registered it."""
    found = uncounted(incident, settings) if any(e.kind in ("duty", "seconded") for e in events) else ()
    if not found:
        return ""
    names = "、".join(f"“{name}”" for name, _ in found)
    return f"{names}没有开始计时：没有{found[0][1]}年的节假日数据，请管理员补入 holidays.toml，补入后按原收到日期计算；此前请人工盯办。"


def next_due(incident: Incident, now: datetime) -> str:
    """The next deadline towards the public or the person who asked, as a sentence; empty when none runs."""
    open_ones = (c for c in incident.clocks if c.running and c.track in ("public", "service"))
    running = sorted(open_ones, key=lambda c: (c.latent, c.due_at))
    if not running or not incident.open:
        return ""
    return f"下一时限：{texts.clock_name(running[0])} {texts.due_text(running[0], now)}。"


def refused(e: ActionNotAllowed, settings: Settings, whom: str = "", able: Sequence[str] | None = None) -> str:
    """Why not, whom to ask, and what this person may do now; `able`: what of it there is something to do about."""
    detail = dict(e.detail)
    detail["whom"] = f"，请联系{whom}" if whom else "，请联系相应人员"
    if "roles" in detail:
        roles = [labels.ROLES.get(r, r) for r in detail["roles"].split("、")]
        detail["roles"] = "、".join(roles[:SPOKEN]) + ("等" if len(roles) > SPOKEN else "")
    if "field" in detail:
        detail["field"] = FIELD_NAMES.get(detail["field"], detail["field"])
    if "unit" in detail:
        detail["unit"] = texts.unit_name(detail["unit"], settings)
    if "clocks" in detail:
        detail["clocks"] = "、".join(_clause_name(c, settings) for c in detail["clocks"].split("、"))
    status = labels.STATUS.get(e.status.value, e.status.value)
    text = REFUSED.get(e.reason, "现在不能这样办。").format(status=status, **detail)
    first = {c.action: c.words[0] for c in reversed(COMMANDS)}
    words = [first[code] for code in (in_order(e.allowed) if able is None else able) if code in first]
    listed = "、".join(words[:ABLE]) + (f"等，全部请回：帮助 {e.number}" if len(words) > ABLE else "。")
    return f"{e.number}号：{text}现在可以：{listed}" if words else f"{e.number}号：{text}"


def _clause_name(code: str, settings: Settings) -> str:
    return next((c.name for c in settings.clauses if c.code == code), code)


def detail(i: Incident, settings: Settings, now: datetime) -> str:
    """One matter in a few lines; of what is kept off phones no place, unit or words."""
    level = texts.level_said(i, settings)
    hidden = texts.thin(i, settings)
    lines = [
        f"{i.number}号 {texts.mark(i)}{texts.short(i, settings)}",
        f"状态：{labels.STATUS[i.status.value]}　等级：{level}",
    ]
    if not hidden:
        lines.append(f"主责：{texts.unit_name(i.primary_unit, settings) if i.primary_unit else '待交办'}")
    if i.merged_into is not None:
        lines.append(f"已并入{i.merged_into}号，请看：详情 {i.merged_into}")
    where = texts.stuck_text(i, settings, now)
    if where and i.open and not hidden:
        lines.append(f"卡在：{where}")
    for c in sorted(i.clocks, key=lambda c: c.due_at):
        if c.track == "public" and c.state.value != "superseded":
            lines.append(f"{texts.clock_name(c)}：{texts.due_text(c, now)} {labels.CLOCK_STATES[c.state.value]}")
    if hidden:
        return "\n".join((*lines, "内容不在手机上显示，请到值班室，或在单位打开总览查看。"))
    first = [f"首条：{m.title[:60]}（{beijing(m.at, now)}）{m.url if len(m.url) <= LINK else ''}" for m in i.members[:1]]
    last = [f"最近：{m.title[:40]}（{beijing(m.at, now)}）" for m in i.members[1:][-1:]]
    return "\n".join((*lines, *first, *last))


PAGE = 10
LINK = 120
"""Longest address shown in an answer of 2048 bytes."""


def listing(incidents: Sequence[Incident], settings: Settings, now: datetime, page: int = 1) -> str:
    """Open matters, ten a page, the most pressing deadline first."""
    if not incidents:
        return "目前没有在办事件。"
    pages = -(-len(incidents) // PAGE)
    page = min(page, pages)
    lines = []
    for i in ordered(incidents)[(page - 1) * PAGE : page * PAGE]:
        running = _running(i)
        due = f" {texts.clock_name(running[0])}{texts.due_text(running[0], now)}" if running else ""
        drill = "【演练】" if i.drill else ""
        lines.append(f"{i.number}号 {drill}{texts.short(i, settings)} {labels.STATUS[i.status.value]}{due}")
    more = f"\n第{page}页，共{pages}页；下一页请回：查询 第{page + 1}页" if page < pages else ""
    return f"在办{len(incidents)}件：\n" + "\n".join(lines) + more


def ordered(incidents: Sequence[Incident]) -> list[Incident]:
    """The most pressing deadline first."""
    return sorted(incidents, key=_pressing)


def _running(i: Incident) -> list[Clock]:
    return sorted((c for c in i.clocks if c.running and c.track == "public"), key=lambda c: (c.latent, c.due_at))


def _pressing(i: Incident) -> tuple[bool, float, int]:
    running = _running(i)
    return (not running, running[0].due_at.timestamp() if running else 0.0, i.number)


def roster(on: Duty, settings: Settings, now: datetime) -> str:
    def who(userid: str) -> str:
        o = settings.organisation.officer(userid)
        return f"{o.name} {o.phone}" if o else "缺岗"

    span = f"{beijing(on.start, now)}至{beijing(on.end, now)}"
    return (
        f"{on.shift or '无班次'}（{span}）\n值班员：{who(on.duty_officer)}\n"
        f"副班：{who(on.deputy_duty)}\n带班：{who(on.duty_leader)}"
    )

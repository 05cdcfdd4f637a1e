"""Forms of the incident page. Each becomes one line of a chat command, so board and chat share gates, wording and replies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot import labels
from config.schema import Settings
from playbooks.incident import ENDED, ClockState, Incident

Fields = Mapping[str, str]
MANY = 60_000
"""Characters of the ids of all items that may be ticked at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """`kind`: text | url | time | number | area | select | unit | items (ticked members, ids parted by spaces)."""

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    options: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """`action` is the code of `playbooks.lifecycle` that must be permitted; `line` turns fields into (word, rest)."""

    code: str
    title: str
    action: str
    button: str
    inputs: tuple[Input, ...]
    line: Callable[[Fields], tuple[str, str]]


def one_line(text: str) -> str:
    return " ".join(text.split())


def _time(value: str) -> str:
    """``2026-11-22T04:35`` as a chat line writes it."""
    return value.replace("T", " ")[:16]


def _rest(f: Fields, *names: str, by: str = " ") -> str:
    return by.join(f[n] for n in names if f.get(n))


def _release(f: Fields) -> tuple[str, str]:
    named = [f"{word}:{f[name]}" for word, name in REGISTER if f.get(name)]
    parts = (f.get("url", ""), _time(f.get("at", "")), *named, f.get("words", ""))
    return f.get("word") or "已发布", " ".join(x for x in parts if x)


REGISTER = (("单位", "publishing_unit"), ("审核", "reviewer"), ("发布人", "publisher"), ("渠道", "channel"))
METRIC_INPUTS = ("遇难", "失联", "被困", "受伤", "转移")


def _figures(f: Fields) -> tuple[str, str]:
    said = [f"{m}{f[m]}" for m in METRIC_INPUTS if f.get(m, "").isdigit()]
    return "数字", " ".join([*said, f.get("source", "")]).strip()


def _exclude(f: Fields) -> tuple[str, str]:
    return "排除", f.get("reason", "")


FORMS: tuple[Form, ...] = (
    Form(
        code="second",
        title="复核",
        action="second",
        button="提交",
        inputs=(Input(name="word", label="意见", kind="select", options=("同意", "不同意"), required=True),),
        line=lambda f: (f.get("word", ""), ""),
    ),
    Form(
        code="confirm_exclude",
        title="确认排除",
        action="confirm_exclude",
        button="同意排除",
        inputs=(),
        line=lambda f: ("同意排除", ""),
    ),
    Form(
        code="release",
        title="登记发布",
        action="release",
        button="登记",
        inputs=(
            Input(
                name="word",
                label="形式",
                kind="select",
                options=("已发布", "简要信息", "发布会", "回应", "滚动发布"),
                required=True,
            ),
            Input(name="url", label="链接或地点", required=True, hint="https://"),
            Input(name="at", label="实际时间", kind="time"),
            Input(name="publishing_unit", label="发布单位"),
            Input(name="reviewer", label="审核人"),
            Input(name="publisher", label="发布人员"),
            Input(name="channel", label="发布渠道"),
            Input(name="words", label="标题或正文", hint="只查数字、姓名、用语，不影响登记"),
        ),
        line=_release,
    ),
    Form(
        code="verify",
        title="登记核实",
        action="verify",
        button="登记",
        inputs=(
            Input(name="result", label="结果", kind="select", options=tuple(labels.VERIFY_RESULTS.values()), required=True),
            Input(name="party", label="核实方", kind="unit"),
            Input(name="source", label="来源", hint="谁、怎么核实的"),
        ),
        line=lambda f: ("核实", _rest(f, "result", "party", "source")),
    ),
    Form(
        code="figure",
        title="登记人数",
        action="figure",
        button="登记",
        inputs=(
            *(Input(name=m, label=m, kind="number") for m in METRIC_INPUTS),
            Input(name="source", label="来源", kind="select", options=("接报", "指挥部"), required=True),
        ),
        line=_figures,
    ),
    Form(
        code="grade",
        title="定级",
        action="grade",
        button="定级",
        inputs=(
            Input(name="level", label="等级", kind="select", options=("特别重大", "重大", "较大", "一般"), required=True),
            Input(name="reason", label="理由", required=True),
        ),
        line=lambda f: ("定级", _rest(f, "level", "reason")),
    ),
    Form(
        code="grade_opinion",
        title="舆情等级",
        action="grade_opinion",
        button="登记",
        inputs=(
            Input(name="level", label="等级", kind="select", options=("特别重大", "重大", "较大", "一般"), required=True),
            Input(name="reason", label="理由", required=True),
        ),
        line=lambda f: ("舆情等级", _rest(f, "level", "reason")),
    ),
    Form(
        code="assign",
        title="交办",
        action="assign",
        button="交办",
        inputs=(
            Input(name="unit", label="承办单位", kind="unit", required=True),
            Input(name="other", label="协办", kind="unit"),
        ),
        line=lambda f: ("交办", _rest(f, "unit", "other")),
    ),
    Form(
        code="arbitrate",
        title="裁定牵头",
        action="arbitrate",
        button="裁定",
        inputs=(Input(name="unit", label="牵头单位", kind="unit", required=True),),
        line=lambda f: ("裁定", _rest(f, "unit")),
    ),
    Form(
        code="attest",
        title="登记审签",
        action="attest",
        button="登记",
        inputs=(
            Input(name="gate", label="环节", kind="select", options=tuple(labels.GATES.values()), required=True),
            Input(name="name", label="姓名", required=True),
            Input(name="at", label="时间", kind="time"),
        ),
        line=lambda f: (f.get("gate", ""), " ".join(x for x in (f.get("name", ""), _time(f.get("at", ""))) if x)),
    ),
    Form(
        code="note",
        title="记录",
        action="note",
        button="记入",
        inputs=(
            Input(name="word", label="种类", kind="select", options=("口径", "移送", "补记"), required=True),
            Input(name="at", label="实际时间（补记用）", kind="time"),
            Input(name="text", label="内容", kind="area", required=True),
        ),
        line=lambda f: (
            f.get("word", ""),
            " ".join(x for x in (_time(f.get("at", "")) if f.get("word") == "补记" else "", f.get("text", "")) if x),
        ),
    ),
    Form(
        code="recognise",
        title="认定应回应",
        action="recognise",
        button="认定",
        inputs=(Input(name="reason", label="理由", required=True),),
        line=lambda f: ("认定", _rest(f, "reason")),
    ),
    Form(
        code="explain",
        title="说明逾期原因",
        action="explain",
        button="签认",
        inputs=(Input(name="reason", label="原因和预计时间", kind="area", required=True),),
        line=lambda f: ("说明", _rest(f, "reason")),
    ),
    Form(
        code="superior",
        title="上级统一发布",
        action="superior_release",
        button="登记",
        inputs=(Input(name="url", label="上级发布的链接", required=True, hint="https://"),),
        line=lambda f: ("上级已发", _rest(f, "url")),
    ),
    Form(
        code="other_form",
        title="以其他形式发布",
        action="other_form",
        button="登记",
        inputs=(Input(name="reason", label="批准人和依据", required=True),),
        line=lambda f: ("其他形式", _rest(f, "reason")),
    ),
    Form(
        code="report_up",
        title="登记信息报送",
        action="report_up",
        button="登记",
        inputs=(
            Input(name="word", label="种类", kind="select", options=("报送", "续报"), required=True),
            Input(name="at", label="实际时间", kind="time"),
            Input(name="text", label="接报人、内容", required=True),
        ),
        line=lambda f: (f.get("word", ""), " ".join(x for x in (_time(f.get("at", "")), f.get("text", "")) if x)),
    ),
    Form(
        code="report_written",
        title="登记书面报送",
        action="report_written",
        button="登记",
        inputs=(
            Input(name="at", label="实际时间", kind="time"),
            Input(name="text", label="文号、接收人", required=True),
        ),
        line=lambda f: ("书面报送", " ".join(x for x in (_time(f.get("at", "")), f.get("text", "")) if x)),
    ),
    Form(
        code="enter_duty",
        title="登记信访、依申请公开、热线",
        action="enter_duty",
        button="登记",
        inputs=(
            Input(name="what", label="种类", kind="select", options=("信访", "依申请公开", "热线"), required=True),
            Input(name="at", label="收到时间", kind="time"),
            Input(name="text", label="登记号"),
        ),
        line=lambda f: ("登记事项", " ".join(x for x in (f.get("what", ""), _time(f.get("at", "")), f.get("text", "")) if x)),
    ),
    Form(
        code="fulfil",
        title="登记告知、受理、办结、答复",
        action="fulfil",
        button="登记",
        inputs=(
            Input(name="what", label="办了什么", kind="select", options=tuple(labels.SERVICES.values()), required=True),
            Input(name="at", label="实际时间", kind="time"),
            Input(name="text", label="文书、凭据", required=True),
        ),
        line=lambda f: ("办理登记", " ".join(x for x in (f.get("what", ""), _time(f.get("at", "")), f.get("text", "")) if x)),
    ),
    Form(
        code="extend",
        title="批准延期一次",
        action="extend",
        button="批准",
        inputs=(Input(name="reason", label="理由", required=True),),
        line=lambda f: ("延期", _rest(f, "reason")),
    ),
    Form(
        code="start",
        title="更正事发时间",
        action="start",
        button="更正",
        inputs=(
            Input(name="at", label="事发时间", kind="time", required=True),
            Input(name="evidence", label="依据", required=True, hint="往后改须第二人复核"),
        ),
        line=lambda f: ("起算", " ".join(x for x in (_time(f.get("at", "")), f.get("evidence", "")) if x)),
    ),
    Form(
        code="sign",
        title="代签收",
        action="sign",
        button="签收",
        inputs=(Input(name="who", label="对方姓名、电话", required=True),),
        line=lambda f: ("签收", _rest(f, "who")),
    ),
    Form(
        code="change",
        title="情况有变",
        action="change",
        button="恢复处置",
        inputs=(Input(name="reason", label="说明", required=True),),
        line=lambda f: ("情况有变", _rest(f, "reason")),
    ),
    Form(
        code="exclude",
        title="排除",
        action="exclude",
        button="排除",
        inputs=(Input(name="reason", label="原因", kind="select", options=("非本地", "旧闻", "重复", "无关"), required=True),),
        line=_exclude,
    ),
    Form(
        code="split",
        title="拆分",
        action="split",
        button="另立一件",
        inputs=(Input(name="item", label="拆出去的信息", kind="items", required=True),),
        line=lambda f: ("拆分", _rest(f, "item")),
    ),
    Form(
        code="unmask",
        title="查看原文",
        action="unmask",
        button="登记并查看",
        inputs=(Input(name="reason", label="理由", required=True, hint="登记后10分钟内可看，留痕"),),
        line=lambda f: ("原文", _rest(f, "reason")),
    ),
    Form(
        code="erase",
        title="清除原文和附件",
        action="erase",
        button="清除，不能恢复",
        inputs=(Input(name="reason", label="理由", required=True, hint="如：本人申请；记录链照常校验"),),
        line=lambda f: ("清除原文", _rest(f, "reason")),
    ),
    Form(
        code="close",
        title="办结",
        action="close",
        button="转入平息观察",
        inputs=(Input(name="reason", label="说明"),),
        line=lambda f: ("办结", _rest(f, "reason")),
    ),
)
BY_CODE: Mapping[str, Form] = {f.code: f for f in FORMS}


def idle(incident: Incident) -> frozenset[str]:
    """Codes of forms that would have nothing to do."""
    turn = incident.assignment
    public = [c for c in incident.clocks if c.running and not c.latent and c.track == "public"]
    busy = {
        "second": bool(incident.proposals),
        "confirm_exclude": bool(incident.exclusion) and incident.open,
        "recognise": incident.starts.recognised_at is None,
        "explain": any(c.state is ClockState.OVERDUE for c in incident.clocks),
        "superior": bool(public),
        "other_form": bool(public),
        "sign": turn is not None and turn.open,
        "fulfil": any(c.running and c.track == "service" for c in incident.clocks),
        "extend": any(c.running and not c.extended_by and any(b.extension for b in c.basis) for c in incident.clocks),
        "arbitrate": any(a.returned_at for a in incident.assignments),
        "assign": turn is None or not turn.open,
        "split": len(incident.members) > 1,
        "change": bool(incident.verifications) or incident.status in ENDED,
    }
    return frozenset(code for code, needed in busy.items() if not needed)


def offered(permitted: tuple[str, ...], incident: Incident) -> tuple[Form, ...]:
    """Forms worth showing now: permitted, and with something to do."""
    hidden = idle(incident)
    return tuple(form for form in FORMS if form.action in permitted and form.code not in hidden)


def command(form: Form, given: Fields, settings: Settings) -> tuple[str, str]:
    """Command word and the rest of the line; unit codes become names, every value one line."""
    fields = {}
    for field in form.inputs:
        value = one_line(given.get(field.name, ""))[: MANY if field.kind == "items" else 500]
        unit = settings.organisation.unit(value) if field.kind == "unit" else None
        fields[field.name] = unit.name if unit else "" if field.kind == "unit" else value
        if field.kind == "select" and value not in field.options:
            fields[field.name] = ""
    return form.line(fields)

"""A random walk through one matter, and a model of its states written from domain.md §9 and practice.md §1, not from the product.

The model reads the events of the record one by one and says what state they lead to, and whose they may be. What an officer asked
and did not get must stand on the record with a reason.
"""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.emulator.refusal import PressRefused
from bot.emulator.switches import Fault
from bot.store.chain import SYSTEM
from bot.store.port import StoredEvent
from playbooks.incident import Incident
from tests.bot.desk_room import Room

LIVE = {"detected", "verifying", "assessing", "assigned", "responding", "sustaining"}
CALM = {"observing", "evaluating"}
TURNS: dict[str, tuple[set[str], str]] = {
    "acknowledged": ({"detected"}, "verifying"),
    "verified": ({"detected", "verifying"}, "assessing"),
    "graded": ({"detected", "verifying"}, "assessing"),
    "assigned": ({"detected", "verifying", "assessing"}, "assigned"),
    "arbitrated": ({"detected", "verifying", "assessing"}, "assigned"),
    "signed": ({"assigned"}, "responding"),
    "returned": ({"assigned", "responding"}, "assessing"),
    "evidence": ({"responding"}, "sustaining"),
    "closed": (LIVE, "observing"),
    "archived": (CALM, "archived"),
    "merged": (LIVE | CALM, "merged"),
    "changed": (CALM | {"archived", "dismissed"}, "verifying"),
    "reopened": (CALM | {"archived", "dismissed", "transferred"}, "verifying"),
}
"""Kind of event -> states it moves, and where to. In any other state the event leaves the state alone or may not happen."""
ONLY = {"closed", "archived", "merged", "reopened"}  # must not happen in another state
DUTY, LEAD = {"duty_officer", "deputy_duty", "duty_leader"}, {"duty_leader", "press_office"}
WHO: dict[str, set[str]] = {
    "leader_told": DUTY,
    "graded": LEAD | {"approver", "deputy_in_charge", "principal"},
    "opinion_graded": LEAD | {"approver", "deputy_in_charge", "principal"},
    "not_public": {"press_office", "deputy_in_charge", "principal"},
    "recognised": DUTY | LEAD,
    "arbitrated": {"arbiter", "duty_leader", "principal"},
    "waived": {"principal"},
    "excluded": DUTY | LEAD,
    "closed": LEAD,
    "archived": LEAD,
    "reopened": DUTY | LEAD,
    "merged": DUTY | LEAD,
    "extended": {"unit_head", "deputy_in_charge", "principal"},
}
"""Who may make these facts (practice.md §1; domain.md §9)."""
RELEASES = {"authoritative_info", "press_conference", "press_briefing", "media_briefing", "online_reply", "rolling_release"}
REASONS = frozenset(
    (
        "unknown",
        "own_unit",
        "wrong_state",
        "wrong_role",
        "missing_field",
        "bad_value",
        "in_future",
        "not_yet_held",
        "before_start",
        "unknown_unit",
        "order_open",
        "no_order",
        "not_your_unit",
        "returned_once",
        "already_ruled",
        "nothing_to_rule",
        "nothing_to_second",
        "same_person",
        "no_clock",
        "no_duty",
        "no_extension",
        "too_late",
        "no_holidays",
        "answer_first",
        "no_such_item",
        "merged_here",
        "all_items",
        "clarify_instead",
        "clock_running",
        "debts",
        "not_in_roster",
        "secrecy_mark",
        "bad_words",
        "no_such_number",
        "busy",
    )
)
STRANGER = "yushan"  # in the contacts of WeCom, not in our roster
OFFICERS = (
    "penghai",
    "xiaomeng",
    "gaolin",
    "chenjing",
    "liqiang",
    "dongzheng",
    "zhaomin",
    "fangyuan",
    "heyue",
    "tangping",
    "jiangke",
    "suqing",
    STRANGER,
)
LINES = (
    "收到 {n}",
    "已报带班 {n}",
    "核实 {n} 属实 现场民警",
    "核实 {n} 不实 现场",
    "定级 {n} 特别重大 指挥部核报",
    "定级 {n} 一般 研判",
    "定级 {n}",
    "舆情等级 {n} 较大 帖文转负面",
    "数字 {n} 遇难4 失联2 指挥部",
    "数字 {n} 遇难31 指挥部",
    "数字 {n} 受伤2",
    "应回应 {n} 群众关切",
    "不公开 {n} 线下办理",
    "交办 {n} 应急管理局",
    "交办 {n} 自然资源局 水利局",
    "交办 {n} 没有的局",
    "签收 {n}",
    "签收 {n} 王某 0000-1",
    "退回 {n} 不属本局职责；三定方案；水利局",
    "裁定 {n} 水利局",
    "会签 {n}",
    "审定 {n} 指挥长",
    "已发布 {n} https://www.luxi.example/1",
    "已发布 {n} https://www.luxi.example/1 23:59",
    "发布会 {n} 县政府一楼",
    "滚动发布 {n} https://www.luxi.example/2",
    "回应 {n} 网上回复",
    "上级已发 {n} https://www.yunze.example/1",
    "报送 {n} 总值班室李某",
    "排除 {n} 非本地",
    "排除 {n} 不属实",
    "同意排除 {n}",
    "同意 {n}",
    "不同意 {n}",
    "说明 {n} 会签等候时间长，预计一小时后发布",
    "免除 {n} 主要负责人决定",
    "情况有变 {n} 又有新情况",
    "归类 {n} 道路交通事故",
    "起算 {n} 02:10 民警记录",
    "登记事项 {n} 信访 11-21 1号",
    "办理登记 {n} 信访告知 11-22 2号",
    "延期 {n} 情况复杂",
    "并案 {n} 98",
    "办结 {n}",
    "归档 {n}",
    "重开 {n}",
    "补录 {n} 02:20 已通知镇里",
    "办结 98",
    "随便说一句",
)
PATH = (
    ("duty", "收到 {n}"),
    ("duty", "核实 {n} 属实 现场民警"),
    ("leader", "定级 {n} 较大 指挥部核报"),
    ("duty", "交办 {n} 应急管理局"),
    ("liqiang", "签收 {n}"),
    ("chenjing", "已发布 {n} https://www.luxi.example/1 审核:陈静 发布人:何平 渠道:网站 单位:县新闻办 内容:通报第1版"),
    ("leader", "办结 {n}"),
    ("chenjing", "归档 {n}"),
)
"""The way a matter should go; walks leave it and come back to it."""
FAULTS = (("errcode", -1), ("http", 503), ("reset", 0), ("lost", 0), ("garbled", 0), ("errcode", 45009))


@dataclass(slots=True)
class Walk:
    """One matter in the room. `state` is the model's."""

    office: Room
    number: int
    state: str = "detected"
    read: int = 0
    refused: int = 0
    proposals: dict[str, str] = field(default_factory=dict)
    excluder: str = ""
    unit: str = ""
    done: int = 0
    states: set[str] = field(default_factory=set)
    reasons: set[str] = field(default_factory=set)

    async def begin(self) -> None:
        self.refused = len(await self._refusals())
        await self.check(None)

    async def _refusals(self) -> list[StoredEvent]:
        return [e for e in await self.office.desk.store.events(SYSTEM) if e.kind == "refused"]

    # what may happen

    async def types(self, who: int, line: int) -> None:
        await self._types(OFFICERS[who % len(OFFICERS)], LINES[line % len(LINES)].format(n=self.number))

    async def goes_on(self) -> None:
        """The next step of a good officer."""
        who, line = PATH[self.done % len(PATH)]
        on = self.office.duty
        await self._types({"duty": on.duty_officer, "leader": on.duty_leader}.get(who, who), line.format(n=self.number))
        self.done += 1

    async def _types(self, user: str, text: str) -> None:
        events, refusals = self.read, self.refused
        switches = self.office.emulator.switches
        clear = switches.callbacks == "normal" and not switches.faults
        before = {m.id for m in self.office.emulator.messages(user)}
        await self.office.emulator.type(user, text)
        await self.office.settle()
        await self.check(user)
        if not clear:
            return
        heard = [json.dumps(m.content, ensure_ascii=False) for m in self.office.emulator.messages(user) if m.id not in before]
        done = self.read > events or self.refused > refusals
        same = any(words in h for h in heard for words in ("已经办过", "没有看懂", "还没有立案", "请确认要办什么"))
        later = await self.office.desk.store.pending_messages()  # an answer held back by trouble just over comes by itself
        assert done or same or later, f"{user} typed {text}: nothing happened and nothing says why: {heard}"

    async def presses(self, who: int, card: int, key: int) -> None:
        """Any button of any card on a phone, however old the card."""
        user = OFFICERS[who % len(OFFICERS)]
        cards = [m for m in self.office.emulator.messages(user) if m.msgtype == "template_card" and self.office.keys(m)]
        if not cards:
            return
        chosen = cards[-1 - card % len(cards)]
        keys = list(self.office.keys(chosen).values())
        with contextlib.suppress(PressRefused):
            await self.office.emulator.press(user, chosen.id, keys[key % len(keys)])
        await self.office.settle()
        await self.check(user)

    async def waits(self, minutes: int) -> None:
        await self.office.forward(minutes=minutes)
        await self.check(None)

    async def trouble(self, kind: int, times: int) -> None:
        name, code = FAULTS[kind % len(FAULTS)]
        self.office.emulator.switches.faults.append(Fault(kind=name, path="message/send", code=code, times=times))

    async def callbacks(self, mode: str) -> None:
        self.office.emulator.switches.callbacks = mode
        if mode == "normal":
            await self.office.emulator.courier.release(reverse=True)
            await self.office.settle()
            await self.check(None)

    async def end(self) -> None:
        self.office.emulator.switches.faults.clear()
        await self.callbacks("normal")
        await self.waits(20)
        open_ones = await self.office.desk.store.problems()
        assert not [p for p in open_ones if p.kind == "callback"], open_ones
        assert not await self.office.desk.store.open_callbacks()

    # what must hold

    async def check(self, user: str | None) -> None:
        """The model follows the new events; its state is the product's; new refusals have a reason."""
        incident = await self.office.incident(self.number)
        events = await self.office.desk.store.events(f"incident:{self.number}")
        for e in events[self.read :]:
            self._follow(e)
        self.read = len(events)
        assert incident.status.value == self.state, (incident.status, self.state, [e.kind for e in events])
        self.states.add(self.state)
        _never_falls(incident, events)
        refusals = await self._refusals()
        for e in refusals[self.refused :]:
            assert e.data["reason"] in REASONS, e.data
            self.reasons.add(str(e.data["reason"]))
            assert e.actor, e.data
            assert user is None or e.actor == user, (e.actor, user)
        self.refused = len(refusals)

    def _follow(self, e: StoredEvent) -> None:
        if e.kind == "opened":
            return
        self._may(e)
        if e.kind == "excluded":
            self._excluded(e)
            return
        if e.kind == "evidence" and _kind(e) not in RELEASES:
            return
        before, after = TURNS.get(e.kind, (set(), ""))
        if self.state in before:
            self.state = after
        else:
            assert e.kind not in ONLY, f"{e.kind} in {self.state}"
        self.unit = str(e.data["unit"]) if e.kind in ("assigned", "arbitrated") else self.unit

    def _excluded(self, e: StoredEvent) -> None:
        assert self.state not in ("archived", "merged"), "excluded what had ended"
        if e.data.get("confirmed"):
            if self.excluder:
                assert e.actor != self.excluder, "the same person excluded and confirmed"
                assert set(e.actor_roles) & LEAD
            self.state, self.excluder = "dismissed", ""
        elif e.data.get("rejected"):
            self.excluder = ""
        else:
            self.excluder = e.actor

    def _may(self, e: StoredEvent) -> None:
        if e.actor_kind != "officer":
            assert e.kind not in WHO, f"a machine made {e.kind}"
            return
        by_figures = e.kind == "graded" and any("指挥部" in str(r) or ">=" in str(r) for r in _reasons(e))
        if e.kind in WHO and not by_figures:
            assert set(e.actor_roles) & WHO[e.kind], (e.kind, e.actor, e.actor_roles)
        if e.kind == "signed":
            assert e.actor_unit == self.unit or (set(e.actor_roles) & DUTY and e.data.get("on_behalf")), e.data
        if e.kind == "returned":
            assert e.actor_unit == self.unit
        if e.kind == "proposed":
            self.proposals[str(e.data["id"])] = e.actor
        if e.kind == "seconded":
            assert self.proposals[str(e.data["id"])] != e.actor, "one person signed twice"


def _kind(e: StoredEvent) -> str:
    body = e.data["evidence"]
    return str(body["kind"]) if isinstance(body, dict) else str(json.loads(str(body))["kind"])


def _reasons(e: StoredEvent) -> Sequence[object]:
    found = e.data.get("reasons", ())
    return found if isinstance(found, (list, tuple)) else ()


def _never_falls(incident: Incident, events: Sequence[StoredEvent]) -> None:
    """A confirmed level falls by a named grader only (design.md §3.6)."""
    graded = [e for e in events if e.kind == "graded"]
    order = ["general", "significant", "major", "especially_major"]
    for earlier, later in itertools.pairwise(graded):
        fell = order.index(str(later.data["level"])) < order.index(str(earlier.data["level"]))
        assert not fell or set(later.actor_roles) & WHO["graded"]
    assert not graded or incident.confirmed is not None

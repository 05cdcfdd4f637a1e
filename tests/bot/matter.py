"""A matter built event by event through the real core, with the chain it would leave in a store.

`Matter.act` asks `playbooks.lifecycle` as the bot does; `landslide_night` and `land_money` are two whole stories about the demo's
invented county, rich enough for every page and table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.desk import settled
from bot.store.port import Change, MessageRow, Store, StoredEvent
from config.schema import Level, Settings
from playbooks import ladder
from playbooks.fields import Action
from playbooks.fold import opened
from playbooks.incident import Actor, ActorKind, Event, Figure, Instant, Member, Place
from playbooks.ladder import BEIJING
from playbooks.lifecycle import decide
from playbooks.record import dump
from playbooks.rota import duty, roles_of

FEED = Actor(id="feed", name="监测", kind=ActorKind.FEED)


def at(text: str, day: int = 22) -> datetime:
    """A Beijing time of November 2026, for example ``02:24``."""
    hour, minute = (int(x) for x in text.split(":"))
    return datetime(2026, 11, day, hour, minute, tzinfo=BEIJING)


class Matter:
    """One incident with its events; every step also settles the clocks at its time."""

    def __init__(self, rules: Settings, now: datetime, *, number: int = 12, **data: object) -> None:
        self.rules = rules
        first = Event(kind="opened", at=now, actor=FEED, data={k: dump(v) for k, v in data.items()})
        self.incident, self.events = settled(opened(number, first), (), rules, now)
        self.events = (first, *self.events)

    def happen(self, now: datetime, *events: Event) -> None:
        before = self.incident
        self.incident, done = settled(before, events, self.rules, now)
        self.events = (*self.events, *done)

    def note(self, kind: str, now: datetime, actor: Actor = FEED, **data: object) -> None:
        self.happen(now, Event(kind=kind, at=now, actor=actor, data={k: dump(v) for k, v in data.items()}))

    def item(self, source: str, title: str, now: datetime, url: str = "") -> None:
        n = len(self.incident.members) + 1
        self.note(
            "joined", now, member=Member(item_id=f"i{n}", source=source, title=title, at=now, url=url, why="同一地点、同类事件")
        )

    def figure(self, metric: str, value: int, now: datetime, standing: str = "net", source: str = "demo-hotlist") -> None:
        self.note("figure", now, figure=Figure(metric=metric, value=value, standing=standing, source=source, at=now))

    def act(self, code: str, userid: str, now: datetime, **fields: object) -> None:
        org = self.rules.organisation
        officer = org.officer(userid)
        assert officer is not None, userid
        roles = roles_of(org, officer, duty(org, now)) + officer.roles
        by = Actor(id=officer.userid, name=officer.name, roles=roles, unit=officer.unit)
        self.happen(now, *decide(self.incident, Action(code=code, by=by, now=now, fields=fields), self.rules))

    def pass_time(self, now: datetime) -> None:
        self.happen(now)

    def stored(self) -> list[StoredEvent]:
        """The chain with plausible links, for pure tests."""
        out: list[StoredEvent] = []
        prev = ""
        for n, e in enumerate(self.events, 1):
            digest = hashlib.sha256(f"{prev}{n}{e.kind}".encode()).hexdigest()
            out.append(
                StoredEvent(
                    chain=f"incident:{self.incident.number}",
                    seq=n,
                    kind=e.kind,
                    at=e.at,
                    actor=e.actor.id,
                    actor_name=e.actor.name,
                    actor_kind=e.actor.kind.value,
                    data=e.data,
                    prev=prev,
                    hash=digest,
                )
            )
            prev = digest
        return out

    async def save(self, store: Store) -> None:
        """Write the matter to a store whole: state, chain and pending steps."""
        steps = ladder.steps(self.incident, self.rules)
        assert await store.commit(Change(incident=self.incident, base_version=0, events=self.events, steps=steps))


def landslide_night(rules: Settings, number: int = 12, title: str = "石坪镇大湾村疑似山体滑坡") -> Matter:
    """较大 to 重大: four buried at night, eleven dead in the morning, returned once, released late, conference in time."""
    found = at("02:24")
    m = Matter(
        rules,
        found,
        number=number,
        title=title,
        label="E",
        category="geo_damage",
        place=Place(province="青岚", city="云泽", county="鹿溪县", detail="石坪镇大湾村"),
        starts={
            "detected_at": dump(Instant(value=found, source="system")),
            "first_public_at": dump(Instant(value=at("02:19"), source="demo-hotlist", evidence="短视频发布时间")),
        },
        disposition="major_problem",
        reasons=["山体滑坡", "被埋"],
    )
    m.item("demo-hotlist", "大湾村半夜塌山了，好几家人被埋！#石坪镇", at("02:24"), "http://127.0.0.1/v/1")
    m.item("hotline", "石坪镇大湾村村民来电：房后山体滑坡，有人被埋", at("02:25"))
    m.figure("trapped", 4, at("02:25"))
    m.note("alarmed", at("02:25"), reason="突发事件，涉及人员被困")
    m.note("unit_suggested", at("02:25"), unit="zrzyj", ranked=["zrzyj", "yjj"])
    m.act("acknowledge", "zhouwen", at("02:26"))
    m.act("tell_leader", "zhouwen", at("02:33"))
    m.act("verify", "zhouwen", at("02:41"), result="true", party="yjj", source="应急管理局值班室、镇干部现场电话")
    m.act("start", "zhouwen", at("02:50"), instant="occurred_at", value=at("02:10"), evidence="应急管理局接警记录")
    m.act("report_up", "zhouwen", at("02:52"), detail="首报，市总值班室接听")
    m.act("assign", "wangjianguo", at("02:55"), unit="zrzyj", supporting=("yjj",))
    m.act(
        "return",
        "yuanbo",
        at("03:20"),
        unit="zrzyj",
        reason="救援和人数由应急管理局牵头",
        basis="县应急预案第三章",
        suggested="应急管理局",
    )
    m.act("assign", "wangjianguo", at("03:28"), unit="yjj", supporting=("zrzyj",))
    m.act("sign", "liqiang", at("03:35"))
    for n in range(3):
        m.item("demo-city-forum", f"【求证】大湾村那边现在什么情况？第{n + 1}帖", at(f"03:{40 + n}"), f"http://127.0.0.1/t/{n}")
    m.figure("deaths", 2, at("03:45"))
    m.act("figure", "liqiang", at("03:50"), figures={"deaths": 4, "missing": 7}, source=rules.organisation.command, span="初核")
    m.act("grade", "wangjianguo", at("04:00"), level=Level.SIGNIFICANT, reason="指挥部核报遇难4人")
    m.act("note", "chenjing", at("04:05"), note="talking_points", text="正在全力搜救，具体情况以官方发布为准")
    m.act("attest", "yuanbo", at("05:12"), gate="countersign", name="袁博")
    m.act(
        "figure", "liqiang", at("06:02"), figures={"deaths": 11, "missing": 0}, source=rules.organisation.command, span="核报"
    )
    m.act("attest", "chenjing", at("06:20"), gate="secrecy", name="陈静")
    m.pass_time(at("07:11"))
    m.act(
        "release",
        "chenjing",
        at("07:42"),
        kind="authoritative_info",
        at=at("07:30"),
        url="https://www.example.cn/notice/1122.html",
        publishing_unit="县政府新闻办",
        publisher="林霜",
        channel="县政府门户网站",
    )
    m.item("demo-national", "青岚云泽鹿溪县发布山体滑坡情况通报", at("08:05"), "http://127.0.0.1/n/9")
    return m


def morning(m: Matter) -> Matter:
    """The rest of the landslide day: rolling release, conference held, explanation signed, watch."""
    m.act(
        "explain", "chenjing", at("08:20"), clock="first_statement_5h", reason="会签和审定等候时间较长，已于07:30发布"
    ) if any(c.code == "first_statement_5h" and c.running for c in m.incident.clocks) else None
    m.act("release", "chenjing", at("11:30"), kind="rolling_release", url="https://www.example.cn/notice/1122b.html")
    m.act(
        "release",
        "chenjing",
        at("16:40"),
        kind="press_conference",
        at=at("16:00"),
        detail="县会议中心",
        publishing_unit="县政府新闻办",
        reviewer="沈若",
        publisher="陈静",
        channel="现场和网络直播",
        original_content="发布稿第3版",
    )
    m.act("note", "zhouwen", at("17:30"), note="late_entry", text="02:30已电话通知石坪镇政府组织转移", happened_at=at("02:30"))
    return m


def land_money(rules: Settings, number: int = 13) -> Matter:
    """A grievance that two units return; nobody hurt, 48 hours, recognised by the press office."""
    begin = at("09:10")
    m = Matter(
        rules,
        begin,
        number=number,
        title="柳河镇李家村反映征地补偿款未发放",
        label="N",
        category="land_expropriation" if "land_expropriation" in rules.categories else "other",
        place=Place(province="青岚", city="云泽", county="鹿溪县", detail="柳河镇李家村"),
        starts={"detected_at": dump(Instant(value=begin, source="system"))},
        disposition="hardship",
    )
    m.item("demo-city-forum", "李家村的征地补偿款到底什么时候发？", begin, "http://127.0.0.1/t/88")
    m.note("alarmed", at("09:11"), reason="多人反映切身利益", quiet=True)
    m.act("acknowledge", "zhouwen", at("09:30"))
    m.act("verify", "zhouwen", at("10:05"), result="partly", party="zrzyj", source="自然资源局征地股")
    m.act("recognise", "chenjing", at("10:20"), reason="涉及群众切身利益，应回应")
    m.act("assign", "zhouwen", at("10:30"), unit="zrzyj")
    return m


def rumour(rules: Settings, number: int = 14) -> Matter:
    """Listed only: nobody was disturbed."""
    begin = at("10:32")
    m = Matter(
        rules,
        begin,
        number=number,
        title="网传青山水库有渗水",
        label="N",
        category="other",
        place=Place(province="青岚", city="云泽", county="鹿溪县", detail="青山乡"),
        starts={"detected_at": dump(Instant(value=begin, source="system"))},
    )
    m.item("demo-city-forum", "青山水库坝脚有水，正常吗", begin, "http://127.0.0.1/t/99")
    return m


def messages(m: Matter, recipients: Sequence[str] = ("zhouwen", "wangjianguo")) -> list[MessageRow]:
    """Rows as the tick would have left them: one sent and seen, one a little late, one failed."""
    keys = [s.key for s in ladder.steps(m.incident, m.rules)]
    base = MessageRow(
        id="m1",
        incident=m.incident.number,
        recipient=recipients[0],
        kind="first",
        task_id="t1",
        request=b"{}",
        text="【网传待核】石坪镇大湾村疑似山体滑坡",
        created_at=at("02:25"),
        due_at=at("02:25"),
        state="seen",
        attempts=1,
        sent_at=at("02:25"),
        seen_at=at("02:26"),
        steps=tuple(keys[:1]),
    )
    late = replace(base, id="m2", recipient=recipients[1], kind="half", task_id="t2", due_at=at("04:40"), state="sent")
    late = replace(
        late, sent_at=at("04:40") + timedelta(minutes=3), seen_at=None, steps=("12:first_statement_5h:half:unit_head:1",)
    )
    failed = replace(
        base, id="m3", recipient="yuanbo", kind="assigned", task_id="t3", state="failed", sent_at=None, seen_at=None
    )
    return [base, late, replace(failed, steps=(), error="60111")]

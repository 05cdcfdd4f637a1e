"""What an officer reads on a phone at 03:00: every kind of card, at every stage, for every chair, within the smaller limits."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

import pytest

from bot.bodies import body
from bot.cards import LEAD, Context, alert_card, group_card, living_card, neutral_card
from bot.rows import cite
from bot.texts import apart, level_said, stuck_text
from bot.wecom.cards import Card, validate
from config.schema import Level
from playbooks import ladder
from playbooks.incident import Actor, Incident, Member, Status
from playbooks.ladder import PlannedStep
from playbooks.rota import duty, roles_of
from tests.builders import ARBITER, FEED, HEAD, LEADER, OFFICER, PRESS, act, apply, at, event, figure, landslide, settings

NOW = at("02:24")
SIGNER = replace(HEAD, id="liqiang", name="李强")
READERS = ("penghai", "gaolin", "chenjing")
FORBIDDEN = re.compile("管控|维稳|炒作|别有用心|不明真相|失职|瞒报|责任人|系因|起因是")


def context(now: datetime, user: str, **more: object) -> Context:
    org = settings().organisation
    on, officer = duty(org, now), org.officer(user)
    assert officer is not None
    base = Context(
        settings=settings(),
        now=now,
        duty=on,
        userid=user,
        roles=roles_of(org, officer, on),
        unit=officer.unit,
        board_url="http://127.0.0.1/incident/12",
    )
    return replace(base, **more)


def step(incident: Incident, kind: str, code: str = "") -> PlannedStep:
    """The planned step of this kind (of this clock), else any planned step worn as this kind."""
    steps = ladder.steps(incident, settings())
    own = [s for s in steps if s.card == kind and code in ("", s.clock_code)]
    return own[0] if own else replace(steps[0], card=kind)


def card(incident: Incident, kind: str, now: datetime, user: str = "penghai", code: str = "", **more: object) -> Card:
    return alert_card(incident, [step(incident, kind, code)], context(now, user, **more), "task-1")


def joined(incident: Incident, source: str, clock: str, title: str = "大湾村那边山塌了 埋了4个人") -> Incident:
    member = Member(item_id=f"{source}-{clock}", source=source, title=title, at=at(clock))
    return replace(incident, members=(*incident.members, member))


def found() -> Incident:
    i = joined(joined(landslide(NOW), "demo-shortvideo", "02:19"), "demo-hotline", "02:21")
    return apply(i, [figure("trapped", 11, NOW)], settings(), NOW)


def verified() -> Incident:
    i = act(found(), "acknowledge", OFFICER, at("02:26"))
    i = act(i, "tell_leader", OFFICER, at("02:28"))
    return act(i, "verify", OFFICER, at("02:40"), result="true", source="现场民警")


def assigned() -> Incident:
    return act(verified(), "assign", OFFICER, at("02:50"), unit="zrzyj")


def graded() -> Incident:
    i = apply(assigned(), [figure("deaths", 11, at("03:40"), "confirmed")], settings(), at("03:40"))
    i = act(i, "grade", LEADER, at("03:50"), level=Level.MAJOR, reason="指挥部核报")
    return act(i, "sign", SIGNER, at("03:02"))


def returned() -> Incident:
    return act(assigned(), "return", HEAD, at("03:10"), reason="不属本局职责", basis="三定规定第四条", suggested="农业农村局")


STAGES = {"found": found, "verified": verified, "assigned": assigned, "graded": graded, "returned": returned}


def words(shown: Card) -> str:
    """Everything on the card, as it would stand on a screenshot."""
    title = shown["main_title"]
    rows = [f"{r['keyname']} {r['value']}" for r in shown.get("horizontal_content_list", ())]
    buttons = [b["text"] for b in shown.get("button_list", ())]
    return "\n".join([title["title"], title.get("desc", ""), shown.get("sub_title_text", ""), *rows, *buttons])


def lines(shown: Card) -> tuple[str, str, str, list[str], list[str]]:
    title = shown["main_title"]
    rows = [f"{r['keyname']} {r['value']}" for r in shown.get("horizontal_content_list", ())]
    buttons = [b["text"] for b in shown.get("button_list", ())]
    return title["title"], title.get("desc", ""), shown.get("sub_title_text", ""), rows, buttons


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("kind", LEAD)
@pytest.mark.parametrize("user", READERS)
def test_every_card_fits_and_is_harmless_if_leaked(stage: str, kind: str, user: str) -> None:
    incident = STAGES[stage]()
    shown = card(incident, kind, at("04:40"), user)
    text = words(shown)
    assert validate(shown) == ()
    assert not FORBIDDEN.search(text)
    assert "…" not in text, "a sentence was cut in the middle"
    assert re.search(r"\d\d:\d\d", text), "no absolute time on the card"
    assert shown["main_title"]["desc"].startswith("12号")
    if stage == "found":
        assert shown["main_title"]["title"].startswith("【网传待核】")
        assert "大湾村那边" not in text
        for hit in re.finditer("11人", text):
            assert text[: hit.start()].endswith("网传被困"), "a scraped toll stands as fact"


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("kind", LEAD)
def test_a_drill_card_cannot_be_mistaken(stage: str, kind: str) -> None:
    shown = card(replace(STAGES[stage](), drill=True), kind, at("04:40"))
    title, _, sub, _, buttons = lines(shown)
    assert title.startswith("【演练】")
    assert sub.startswith("本卡为演练，内容均为虚构。") or shown["source"]["desc"] == "演练·不外传"
    assert shown["source"]["desc"] == "演练·不外传"
    assert buttons[-1] == "中止演练"
    assert all(b.startswith("演练") for b in buttons[:-1])
    assert validate(shown) == ()


def test_the_first_card_says_what_where_whose_and_by_when() -> None:
    assert lines(card(found(), "first", NOW)) == (
        "【网传待核】石坪镇大湾村疑似地质灾害",
        "12号 02:24发现，请3分钟内点“收到”",
        "短视频同城1条、12345热线1起，说法待核。网传被困11人，未经核实，不得外传。请先做两件事：①打电话核实 ②电话报告带班领导。看原文回：详情 12。",
        [
            "首现 02:19短视频同城 02:21 12345热线",
            "地点 鹿溪县石坪镇大湾村（待核）",
            "核实 指挥部值班 0000-6220001",
            "带班 高琳 0000-1234006",
            "首报 02:54前报总值班室 0000-6110000",
            "首发 若达重大，07:24前（预置）",
        ],
        ["收到", "核实：属实", "核实：不实", "非本地／旧闻", "已电话报带班", "已报总值班室"],
    )


def test_the_half_time_card_names_where_it_is_stuck() -> None:
    title, desc, sub, rows, _ = lines(card(graded(), "half", at("04:54"), code="first_statement_5h"))
    assert title == "【时限过半】石坪镇大湾村地质灾害"
    assert desc == "12号 07:24前发布权威信息 发出时剩2小时30分"
    assert "指挥部核定：遇难11人" in sub
    assert "网传" not in sub
    assert "卡在 自然资源局会签，已1小时52分" in rows
    assert "主责 自然资源局 李强 03:02签收" in rows


def test_the_half_time_card_of_a_conference_keeps_its_whole_deadline() -> None:
    _, desc, _, _, _ = lines(card(graded(), "half", at("14:24"), code="press_conference_24h"))
    assert desc == "12号 11月23日 02:24前召开新闻发布会"


def test_one_hour_left_says_what_can_go_out_at_once() -> None:
    title, desc, sub, _, _ = lines(card(graded(), "last", at("06:24"), code="first_statement_5h"))
    assert title == "【剩1小时】石坪镇大湾村地质灾害"
    assert desc == "12号 07:24前须发布权威信息"
    assert "可先发五项：时间、地点、已核伤亡、救援与安置、下次发布时间" in sub


def test_overdue_looks_overdue_and_offers_the_three_ways_out() -> None:
    shown = card(graded(), "overdue", at("07:54"), code="first_statement_5h")
    title, desc, sub, rows, buttons = lines(shown)
    assert title == "【已过时限】石坪镇大湾村地质灾害 权威信息未登记"
    assert desc == "12号 应于07:24前发布权威信息 现07:54"
    assert sub.startswith("请选一项：①已发未登记")
    assert rows[0] == "依据 国办发〔2016〕80号三（四）"
    assert "已报 02:28已电话报带班" in rows
    assert shown["source"]["desc_color"] == 2
    assert "登记发布" in buttons


def test_the_evening_before_asks_early_and_does_not_call_it_overdue() -> None:
    title, _, sub, _, _ = lines(card(graded(), "overdue", at("21:00", day=21), code="first_statement_5h"))
    assert title.startswith("【今晚请办】")
    assert "①" not in sub


def test_an_upgrade_past_its_time_is_not_called_late() -> None:
    i = found()
    i = apply(i, [], settings(), at("08:00"))
    i = act(
        act(i, "verify", OFFICER, at("08:00"), result="true"), "grade", LEADER, at("08:10"), level=Level.MAJOR, reason="核报"
    )
    title, desc, sub, _, _ = lines(card(i, "overdue", at("08:11"), code="first_statement_5h"))
    assert title.startswith("【提级】")
    assert "07:24已过（提级在后）" in desc
    assert "不计承办单位超时" in sub


def test_who_gave_it_back_is_not_the_first_to_be_offered_it_again() -> None:
    def offered(i: Incident) -> list[str]:
        shown = card(i, "returned", at("03:10"), "penghai", roles=OFFICER.roles)
        return [option["text"] for option in shown["button_selection"]["option_list"]]

    assert offered(replace(verified(), suggested_unit="zrzyj"))[0] == "自然资源局"
    i = replace(assigned(), suggested_unit="zrzyj")
    after = offered(
        act(i, "return", HEAD, at("03:10"), reason="不属本局职责", basis="三定规定第四条", suggested="建议水利局牵头")
    )
    assert after[0] == "水利局"
    assert "自然资源局" not in after[:-1]


def test_a_rumour_asks_two_parties_and_forbids_conclusions() -> None:
    i = replace(landslide(NOW, high_consequence=True), category="reservoir", figures=())
    title, _, sub, _, buttons = lines(card(i, "first", NOW))
    assert title.startswith("【网传待核】")
    assert "不下结论、不辟谣、不转发截图" in sub
    assert buttons[:2] == ["收到", "现场：正常"]
    assert "有异常" in buttons


def test_arbitration_quotes_each_unit_and_ends_in_choices() -> None:
    org = settings().organisation
    arbiter = next(o for o in org.officers if "arbiter" in o.roles)
    i = act(returned(), "assign", OFFICER, at("03:20"), unit="yjj")
    other = replace(HEAD, id="x", unit="yjj")
    i = act(i, "return", other, at("03:40"), reason="地灾由自然资源部门主管")
    shown = card(i, "arbitrate", at("03:41"), arbiter.userid, roles=ARBITER.roles)
    _, _, sub, _, buttons = lines(shown)
    assert "自然资源局：不属本局职责（三定规定第四条）；应急管理局：地灾由自然资源部门主管。" in sub
    assert buttons[:2] == ["自然资源局牵头", "应急管理局牵头"]


@pytest.mark.parametrize(
    ("user", "chair", "first"),
    [("penghai", OFFICER, "已报总值班室"), ("gaolin", LEADER, "自然资源局牵头")],
    ids=["duty-officer-cannot-assign-again", "leader-may-rule"],
)
def test_while_a_ruling_is_awaited_nobody_is_offered_to_assign_again(user: str, chair: Actor, first: str) -> None:
    i = act(returned(), "assign", OFFICER, at("03:20"), unit="yjj")
    assert "交办" in lines(card(returned(), "returned", at("03:10"), "penghai", roles=OFFICER.roles))[4]
    i = act(i, "return", replace(HEAD, id="x", unit="yjj"), at("03:40"), reason="地灾由自然资源部门主管")
    shown = card(i, "arbitrate", at("03:41"), user, roles=chair.roles)
    buttons = lines(shown)[4]
    assert buttons[0] == first
    assert "交办" not in buttons
    assert "button_selection" not in shown


def test_leaders_above_the_unit_are_telephoned_first_thing_on_the_card() -> None:
    _, _, sub, _, _ = lines(card(graded(), "last", at("06:24"), code="first_statement_5h", calls=("分管副县长何平 0000-1",)))
    assert sub.startswith("请电话报告：分管副县长何平 0000-1。")


def test_a_card_that_asks_for_a_call_has_the_button_that_records_it() -> None:
    calls = ("分管副县长何平 0000-1", "宣传部部长沈若 0000-2")
    shown = card(graded(), "last", at("06:24"), code="first_statement_5h", calls=calls)
    assert "副县长何平 0000-1；宣传部" in lines(shown)[2]
    assert lines(shown)[4][0] == "已电话报告"
    assert len(lines(shown)[4]) <= 6
    plain = card(graded(), "last", at("06:24"), code="first_statement_5h")
    assert "已电话报告" not in lines(plain)[4]


def suggested(standing: str, deaths: int = 4) -> Incident:
    """A grade the monitors suggest from a toll of this standing."""
    i = apply(found(), [figure("deaths", deaths, at("03:00"), standing)], settings(), at("03:00"))
    raised = event("suggested", at("03:00"), FEED, level="significant", reasons=[f"deaths={deaths}"])
    return apply(i, [raised], settings(), at("03:00"))


def test_a_suggestion_from_hearsay_says_so_and_is_no_升级() -> None:
    i = suggested("net")
    low = event("suggested", at("02:50"), FEED, level="general", reasons=["deaths=1"])
    i = replace(i, assessments=(*apply(found(), [low], settings(), at("02:50")).assessments, *i.assessments))
    title, _, sub, _, _ = lines(card(i, "regraded", at("03:01")))
    assert "【建议等级】" in title
    assert sub.startswith("仅据网传人数建议较大，须核实后由指挥部或带班领导定级。网传遇难4人")
    assert level_said(i, settings()) == "较大（仅据网传人数建议）"


def test_a_suggestion_from_figures_that_somebody_reported_is_not_called_hearsay() -> None:
    i = suggested("reported")
    _, _, sub, _, _ = lines(card(i, "regraded", at("03:01")))
    assert sub.startswith("按现有数字建议较大，须指挥部或带班领导定级。")
    assert level_said(i, settings()) == "较大（建议）"


def test_what_an_officer_suggests_is_not_called_hearsay_and_what_is_graded_stands_alone() -> None:
    i = act(suggested("net"), "grade", OFFICER, at("03:05"), level=Level.SIGNIFICANT, reason="现场估计")
    assert level_said(i, settings()) == "较大（建议）"
    assert level_said(graded(), settings()) == "重大"


def test_a_suggestion_whose_limit_has_passed_asks_to_publish_and_not_to_prepare() -> None:
    i = suggested("net", 12)
    i = apply(i, [event("suggested", at("09:00"), FEED, level="major", reasons=["deaths=12"])], settings(), at("09:00"))
    _, _, sub, _, _ = lines(card(i, "regraded", at("09:01"), code="first_statement_5h"))
    assert "权威信息时限已过，请尽快发布。" in sub
    assert "先按此准备" not in sub


def test_a_line_reached_by_people_missing_says_when_its_limit_has_passed() -> None:
    early, late = (lines(card(found(), "countdown", at(when), code="response_48h"))[2] for when in ("06:00", "08:00"))
    assert "先按高一级的时限准备" in early
    assert "高一级的权威信息时限已过，请尽快定级" in late


def test_a_last_reminder_brought_forward_out_of_the_night_says_that_it_is_due_tomorrow() -> None:
    i = replace(landslide(at("12:18")), label="N", category="demolition")
    evening = lines(card(i, "last", at("21:00", day=23), code="response_48h"))
    assert evening[0].startswith("【网传待核】【明日到期】")
    assert "11月24日 12:18前须予以回应" in evening[1]
    near = lines(card(i, "last", at("06:18", day=24), code="response_48h"))
    assert near[0].startswith("【网传待核】【剩6小时】")


def test_a_matter_under_observation_asks_for_nothing() -> None:
    i = replace(verified(), status=Status.OBSERVING, label="N", figures=(), clocks=())
    sub = living_card(i, context(at("12:00"), "penghai"), "已办结")["sub_title_text"]
    assert "正在观察，不用再办" in sub
    assert "拟稿送审" not in sub


def test_a_suggestion_that_fell_away_is_not_called_a_level() -> None:
    shown = card(found(), "regraded", at("03:00"))
    assert "建议未定级" not in words(shown)
    assert "建议等级撤回" in lines(shown)[2]


def test_in_a_drill_nobody_is_really_called() -> None:
    shown = card(replace(graded(), drill=True), "last", at("06:24"), code="first_statement_5h", calls=("副县长何平 0000-1",))
    assert "请电话报告" not in words(shown)
    assert "演练不拨打" in words(shown)
    assert lines(shown)[4][0] == "演练已电话报告"


def test_closing_is_offered_only_when_it_would_not_be_refused() -> None:
    """A release is out and the press conference still owed: 办结 would be refused, so it is no button."""
    i = act(graded(), "release", PRESS, at("05:00"), kind="authoritative_info", url="https://x.example/1")
    assert "办结" not in lines(card(i, "continue", at("08:00"), PRESS.id, roles=PRESS.roles))[4]
    i = act(i, "release", PRESS, at("09:00"), kind="press_conference", detail="县会议中心")
    assert "办结" in lines(card(i, "continue", at("10:00"), PRESS.id, roles=PRESS.roles))[4]


def test_after_one_return_it_waits_for_the_duty_officer_and_only_then_for_the_arbiter() -> None:
    i = returned()
    assert "值班员另行交办" in stuck_text(i, settings(), at("03:30"))
    i = act(i, "assign", OFFICER, at("03:20"), unit="yjj")
    i = act(i, "return", replace(HEAD, id="x", unit="yjj"), at("03:40"), reason="地灾由自然资源部门主管")
    assert "裁定人裁定牵头" in stuck_text(i, settings(), at("03:50"))


def test_a_rumour_found_untrue_is_to_be_clarified_and_not_researched() -> None:
    i = landslide(NOW, high_consequence=True)
    for party, who in (("site", OFFICER), ("slj", LEADER)):
        i = act(i, "verify", who, at("02:40"), result="false", party=party)
    _, _, sub, _, _ = lines(living_card(i, context(at("02:45"), OFFICER.id, roles=OFFICER.roles), "12号：已登记核实结果。"))
    assert "请发布澄清" in sub
    assert "移送" in sub
    assert "原因、责任未查清" not in sub


def test_a_reader_of_the_unit_may_sign_or_return() -> None:
    i = assigned()
    head = next(o for o in settings().organisation.officers if o.unit == "zrzyj")
    _, _, sub, _, buttons = lines(card(i, "assigned", at("02:50"), head.userid))
    assert buttons == ["签收", "退回"]
    assert "最迟07:24前" in sub or "最迟11月24日 02:24前" in sub


@pytest.mark.parametrize("build", [neutral_card, None], ids=["refused-by-wecom", "group"])
def test_the_neutral_card_carries_number_grade_and_time_only(build: object) -> None:
    ctx = context(at("04:40"), "penghai")
    shown = neutral_card(graded(), ctx, "task-2") if build else group_card(graded(), ctx)
    text = words(shown)
    for word in ("大湾村", "地质灾害", "遇难", "11人", "自然资源局"):
        assert word not in text
    for word in ("12号", "重大", "07:24前"):
        assert word in text
    assert validate(shown) == ()
    assert ("button_list" in shown) is bool(build)


@pytest.mark.parametrize("kind", LEAD)
def test_categories_kept_off_phones_have_thin_cards(kind: str) -> None:
    i = replace(graded(), category=settings().bot.thin_categories[0])
    for shown in (card(i, kind, at("04:40")), living_card(i, context(at("04:40"), "penghai"), "12号：已收到。")):
        text = words(shown)
        assert "有专线事项，请到值班室" in text
        assert "大湾村" not in text.replace("石坪镇", "")
        assert "遇难" not in text


def test_a_pressed_card_shows_the_new_state() -> None:
    shown = living_card(assigned(), context(at("02:51"), "penghai"), "12号：已交办。")
    title, desc, _, rows, buttons = lines(shown)
    assert title == "石坪镇大湾村地质灾害"
    assert desc == "12号：已交办。"
    assert "卡在 自然资源局签收，已1分钟" in rows
    assert "代签收" in buttons
    assert "task_id" not in shown


@pytest.mark.parametrize(
    ("text", "short"),
    [
        (
            "《〈关于全面推进政务公开工作的意见〉实施细则》（国办发〔2016〕80号）三（四）（待核实）",
            "国办发〔2016〕80号三（四）",
        ),
        ("《龙江县全面推进政务公开工作实施意见》（2017年7月25日）四（四）", "《龙江县全面推进政务公开工作实施意见》四（四）"),
        (
            "黑龙江省国土资源厅《关于全面推进全省国土资源系统政务公开工作的实施方案》（2017年4月20日）三（四）第15条",
            "黑龙江省国土资源厅三（四）第15条",
        ),
        ("值班规程（单位自定）信息报送（待核实）", "值班规程（单位自定）信息报送"),
    ],
    ids=["numbered", "named", "long-name", "own-rule"],
)
def test_a_citation_fits_its_row_whole(text: str, short: str) -> None:
    assert cite(text) == short


def test_no_sentence_of_any_body_is_longer_than_a_card_takes() -> None:
    for stage in STAGES.values():
        incident = stage()
        for kind in LEAD:
            said = body(incident, kind, incident.clocks[0], settings(), at("04:40"))
            assert len(said) <= 112, f"{kind}: {len(said)} {said}"


def test_press_office_sees_release_and_wording() -> None:
    _, _, _, _, buttons = lines(card(graded(), "last", at("06:24"), PRESS.id))
    assert buttons == ["登记发布", "口径"]


def test_wording_in_force_has_its_row() -> None:
    i = apply(
        graded(), [event("noted", at("04:05"), PRESS, note="talking_points", text="正在全力救援")], settings(), at("04:05")
    )
    _, _, _, rows, _ = lines(card(i, "half", at("04:54"), code="first_statement_5h"))
    assert "口径 第1版 04:05" in rows


def test_a_name_does_not_say_the_same_word_twice() -> None:
    assert apart("青山水库", "水库堤坝安全") == "堤坝安全"
    assert apart("石坪镇大湾村", "地质灾害") == "地质灾害"
    assert apart("水库", "水库") == "水库"

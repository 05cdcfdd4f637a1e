"""Units, officers and the rota: can everyone who must be told be reached, day and night, in the next 30 days?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from config import vocabulary as words
from config.findings import error, warning
from config.problem import Problem
from config.roster import collisions, gaps
from config.schema import Officer, Organisation, Role, Settings, Shift, Unit

DAYS = 30
SHOWN = 3
NO_ROTA = (
    "请在 organisation.toml 写班次，首尾相接排满全天，例如："
    '[[shift]] name = "白班" days = ["每天"] start = "08:00" end = "20:00" '
    'duty_officer = "值班员的userid" duty_leader = "带班领导的userid"（每项一行）；'
    "值班表在 Excel 里的，用 yqbot import rota 文件 转成配置。"
)
_ON_CALL = (Role.DUTY_LEADER, Role.DEPUTY_IN_CHARGE, Role.PRINCIPAL, Role.APPROVER)


def problems(settings: Settings, now: datetime) -> Iterator[Problem]:
    org = settings.organisation
    if not org.units and not org.officers:
        yield _nobody(settings)
        return
    yield from _organisation(settings, org)
    for unit in org.units:
        yield from _unit(settings, org, unit)
    for officer in org.officers:
        yield from _officer(settings, org, officer)
    yield from _same_userid(settings, org)
    for shift in org.shifts:
        yield from _shift(settings, org, shift)
    yield from _rota(settings, org, now)


def _nobody(settings: Settings) -> Problem:
    remedy = "请在本单位配置目录写 organisation.toml（单位、人员、值班表）。"
    if len(settings.folders) > 1:
        return error(settings, "Y301", "organisation", "没有组织表，提醒不到任何人。", remedy)
    return warning(settings, "Y301", "organisation", "只有产品默认配置，没有组织表。", remedy)


def _organisation(settings: Settings, org: Organisation) -> Iterator[Problem]:
    if not org.name:
        yield error(settings, "Y301", "organisation", "没有写单位名称。", "请在 [organisation] 中写 name。", "name")
    if org.level not in words.ORGANISATION_LEVELS:
        known = "、".join(words.ORGANISATION_LEVELS)
        yield error(settings, "Y311", "organisation", f"层级 {org.level} 不认识。", f"可用：{known}。", "level")
    places = (
        ("press_office", org.press_office, "新闻办"),
        ("command", org.command, "指挥部"),
        ("arbiter", org.arbiter, "裁定单位"),
    )
    for key, code, what in places:
        if not code:
            yield warning(settings, "Y307", "organisation", f"没有指定{what}。", f"请在 [organisation] 中写 {key}。", key)
        elif org.unit(code) is None:
            yield error(settings, "Y307", "organisation", f"{what} {code} 不在单位表中。", "请改为单位代码。", key)
    if not any(Role.ADMIN.value in o.roles or o.board == "admin" for o in org.officers):
        yield warning(
            settings, "Y312", "organisation", "没有管理员，程序自身的故障无人处理。", '请给一名人员写 roles = ["admin"]。'
        )


def _unit(settings: Settings, org: Organisation, unit: Unit) -> Iterator[Problem]:
    name = f"unit {unit.code}"
    people = [o for o in org.officers if o.unit == unit.code]
    if not people and not unit.duty_phone:
        yield error(
            settings, "Y302", name, f"{unit.name}既没有人员也没有值班电话，交办送不到。", "请补写人员，或写 duty_phone。"
        )
    elif not unit.duty_phone and not any(_signs(o) for o in people):
        yield error(
            settings,
            "Y302",
            name,
            f"{unit.name}没有联络员、负责人，也没有值班电话。",
            '请给一名人员写 roles = ["unit_liaison"]，或写 duty_phone。',
        )
    if unit.kind not in words.UNIT_KINDS:
        yield error(settings, "Y308", name, f"单位类型 {unit.kind} 不认识。", f"可用：{'、'.join(words.UNIT_KINDS)}。", "kind")
    if unit.kind == "town" and not unit.territory:
        yield warning(
            settings, "Y310", name, f"{unit.name}没有写属地，按属地分办时找不到它。", "请写 territory（地名）。", "territory"
        )


def _signs(officer: Officer) -> bool:
    return Role.UNIT_LIAISON.value in officer.roles or Role.UNIT_HEAD.value in officer.roles


def _officer(settings: Settings, org: Organisation, officer: Officer) -> Iterator[Problem]:
    name = f"officer {officer.userid}"
    if org.unit(officer.unit) is None:
        yield error(settings, "Y303", name, f"{officer.name}的单位 {officer.unit} 不在单位表中。", "请改为单位代码。", "unit")
    for role in officer.roles:
        if role not in {r.value for r in Role}:
            yield error(settings, "Y304", name, f"角色 {role} 不认识。", f"可用：{'、'.join(r.value for r in Role)}。", "roles")
    if officer.board not in words.BOARD_ROLES:
        yield error(
            settings, "Y306", name, f"总览权限 {officer.board} 不认识。", "可用：viewer、editor、admin，或不写。", "board"
        )
    if not officer.phone and any(role.value in officer.roles for role in _ON_CALL):
        yield warning(settings, "Y313", name, f"{officer.name}没有写电话，请人打电话报告时找不到号码。", "请写 phone。")


def _same_userid(settings: Settings, org: Organisation) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for officer in org.officers:
        low = officer.userid.lower()
        if low in seen:
            yield error(
                settings,
                "Y305",
                f"officer {officer.userid}",
                f"与 {seen[low]} 只差大小写，企业微信视为同一人。",
                "请删去一个。",
            )
        seen[low] = officer.userid


def _shift_name(shift: Shift) -> str:
    days = shift.date or "、".join("周" + "一二三四五六日"[d] for d in shift.days)
    return f"{days}{shift.name}"


def _shift(settings: Settings, org: Organisation, shift: Shift) -> Iterator[Problem]:
    what = _shift_name(shift)
    for key, userid in (("值班员", shift.duty_officer), ("副班", shift.deputy_duty), ("带班领导", shift.duty_leader)):
        if userid and org.officer(userid) is None:
            yield error(settings, "Y320", "shift", f"{what}的{key} {userid} 不在人员表中。", "请改为人员的 userid。")
    if not shift.duty_officer and not shift.deputy_duty:
        yield error(settings, "Y326", "shift", f"{what}没有值班员也没有副班。", "请安排至少一人。")
    if not shift.duty_leader:
        yield error(settings, "Y326", "shift", f"{what}没有带班领导。", "请安排带班领导。")
    if shift.duty_officer and shift.duty_officer == shift.duty_leader:
        yield warning(settings, "Y323", "shift", f"{what}的值班员和带班领导是同一人，无法互相复核。", "请安排两个人。")


def _rota(settings: Settings, org: Organisation, now: datetime) -> Iterator[Problem]:
    if not org.shifts:
        yield error(settings, "Y321", "organisation", "没有值班表，提醒找不到人。", NO_ROTA)
        return
    empty = gaps(org.shifts, now, DAYS)
    if empty:
        first = "；".join(f"{a:%m月%d日 %H:%M}至{b:%m月%d日 %H:%M}" for a, b in empty[:SHOWN])
        more = f"等共{len(empty)}段" if len(empty) > SHOWN else ""
        yield error(
            settings, "Y321", "shift", f"今后{DAYS}天值班有空档：{first}{more}。", "请在值班表中补齐，空档内提醒找不到人。"
        )
    pairs = {(_shift_name(a.shift), _shift_name(b.shift)) for a, b in collisions(org.shifts, now, DAYS)}
    for one, other in sorted(pairs):
        yield error(settings, "Y322", "shift", f"{one}与{other}时间重叠。", "请调整起止时间，同一时刻只能有一个班。")

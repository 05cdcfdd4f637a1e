"""Clauses, profiles, ladders and notices: can every duty arise, and can every rung fire and reach somebody?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from config import vocabulary as words
from config.findings import error, warning
from config.problem import Problem
from config.schema import Citation, Clause, Ladder, Role, Settings, StepRule

COUNTDOWNS = 3
"""Pushes before due that people still read (practice: at most three)."""


def problems(settings: Settings) -> Iterator[Problem]:
    yield from _profiles(settings)
    for clause in settings.clauses:
        yield from _clause(settings, clause)
    for ladder in settings.ladders.values():
        yield from _ladder(settings, ladder)
    yield from _roles(settings)
    yield from _notices(settings)
    yield from _citations(settings)


def _profiles(settings: Settings) -> Iterator[Problem]:
    chosen = settings.bot.profile
    if chosen not in settings.profiles:
        yield error(settings, "Y101", "bot", f"时限规定 {chosen} 不存在。", f"可用：{_names(settings.profiles)}。", "profile")
    for profile in settings.profiles.values():
        name = f"profile {profile.code}"
        if profile.floor and (profile.floor not in settings.profiles or profile.floor == profile.code):
            yield error(
                settings, "Y102", name, f"兜底规定 {profile.floor} 不存在。", f"可用：{_names(settings.profiles)}。", "floor"
            )
        yield from _uncovered(settings, profile.code, profile.floor)


def _uncovered(settings: Settings, code: str, floor: str | None) -> Iterator[Problem]:
    """A level for which no public duty has a limit."""
    own = [c for c in settings.clauses if c.profile in (code, floor) and c.track == "public" and not c.repeats]
    for level in words.CLAUSE_LEVELS:
        if not any(not c.levels or level in c.levels for c in own):
            yield error(
                settings,
                "Y110",
                f"profile {code}",
                f"等级 {level} 没有任何对外回应的时限。",
                '请补写条款，或写 floor = "national-default" 由国家通用规定兜底。',
            )


def _clause(settings: Settings, clause: Clause) -> Iterator[Problem]:
    name = f"clause {clause.id}"
    if clause.profile not in settings.profiles:
        yield error(settings, "Y103", name, f"所属规定 {clause.profile} 不存在。", "请补写 [[profile]] 或改正代码。", "profile")
    ladder = settings.ladders.get(clause.ladder)
    if ladder is None:
        yield error(
            settings, "Y104", name, f"提醒阶梯 {clause.ladder} 不存在。", f"可用：{_names(settings.ladders)}。", "ladder"
        )
    else:
        yield from _fit(settings, clause, ladder)
    yield from _known(settings, name, "track", (clause.track,), words.TRACKS)
    yield from _known(settings, name, "levels", clause.levels, words.CLAUSE_LEVELS)
    yield from _known(settings, name, "when", (clause.when,), words.CONDITIONS)
    yield from _known(settings, name, "start", clause.start, words.STARTS)
    yield from _known(settings, name, "met_by", clause.met_by, words.EVIDENCE)
    for key, value in (("start", clause.start), ("met_by", clause.met_by)):
        if not value:
            yield error(settings, "Y109", name, f"{key} 是空的，时钟无法开始或停止。", "请至少写一项。", key)
    if clause.needs < 1:
        yield error(settings, "Y108", name, "needs 应不小于 1。", "请改为需要的凭据份数。", "needs")


def _fit(settings: Settings, clause: Clause, ladder: Ladder) -> Iterator[Problem]:
    """Rungs of the ladder against the limit of the clause that uses it."""
    limit = min(x for x in (clause.limit, clause.later_limit) if x)
    place = f"ladder {ladder.code}"
    for n, step in enumerate(ladder.steps):
        if step.left is not None and timedelta(minutes=step.left) >= limit:
            yield error(
                settings,
                "Y111",
                place,
                f"阶梯 {step.code} 永远到不了：到期前{step.left}分钟，而条款 {clause.id} 的时限只有{_minutes(limit)}分钟。",
                "请把 minutes_left 改得比时限小，或换用别的阶梯。",
                f"step.{n}.minutes_left",
            )
    told = any(
        s.after is not None or (s.from_start is not None and timedelta(minutes=s.from_start) >= limit) for s in ladder.steps
    )
    if not told:
        yield error(settings, "Y118", place, f"条款 {clause.id} 到期以后没有任何提醒。", "请加一级 minutes_after = 0 的提醒。")


def _ladder(settings: Settings, ladder: Ladder) -> Iterator[Problem]:
    place = f"ladder {ladder.code}"
    if not any(c.ladder == ladder.code for c in settings.clauses):
        yield warning(settings, "Y119", place, "没有条款使用这个阶梯。", "请在条款中引用，或删去。")
    seen: set[str] = set()
    for n, step in enumerate(ladder.steps):
        yield from _step(settings, place, n, step)
        if step.code in seen:
            yield error(settings, "Y114", place, f"级的代码 {step.code} 重复。", "同一阶梯内代码应各不相同。", f"step.{n}.code")
        seen.add(step.code)
    before = [s for s in ladder.steps if s.left is not None]
    if len(before) > COUNTDOWNS:
        yield warning(
            settings,
            "Y117",
            place,
            f"到期前有{len(before)}次提醒，超过{COUNTDOWNS}次容易被当成打扰。",
            f"建议不超过{COUNTDOWNS}次。",
        )


def _step(settings: Settings, place: str, n: int, step: StepRule) -> Iterator[Problem]:
    given = [x for x in (step.left, step.after, step.from_start) if x is not None]
    if len(given) != 1:
        yield error(
            settings,
            "Y112",
            place,
            f"级 {step.code} 应只写一种时间，现写了{len(given)}种。",
            "请在 minutes_left、minutes_after、minutes_from_start 中只写一个。",
            f"step.{n}",
        )
    elif given[0] < 0:
        yield error(settings, "Y112", place, f"级 {step.code} 的时间不能是负数。", "请改为 0 或正数。", f"step.{n}")
    if (step.times > 1 and not step.every) or (step.every and step.after is None) or step.times < 1:
        yield error(
            settings,
            "Y113",
            place,
            f"级 {step.code} 的重复写法不对。",
            "every_minutes 和 times 要一起写，且只用于 minutes_after。",
            f"step.{n}",
        )
    if not step.roles:
        yield error(settings, "Y116", place, f"级 {step.code} 没有写提醒谁。", "请在 roles 里写至少一个角色。", f"step.{n}")
    if step.card not in words.CARDS:
        yield warning(
            settings,
            "Y107",
            place,
            f"级 {step.code} 的卡片 {step.card} 不认识。",
            f"可用：{'、'.join(words.CARDS)}。",
            f"step.{n}",
        )


def held(settings: Settings, role: Role) -> bool:
    """Somebody of the organisation can hold the role: by the rota, by the roster, or a duty phone in a liaison's place.

    Without any rota nobody is on duty at all: that is one mistake, told once (Y321), not one a rung.
    """
    org = settings.organisation
    if not org.shifts and role in (Role.DUTY_OFFICER, Role.DEPUTY_DUTY, Role.DUTY_LEADER):
        return True
    if role is Role.DUTY_OFFICER:
        return any(s.duty_officer or s.deputy_duty or s.duty_leader for s in org.shifts)
    if role is Role.DEPUTY_DUTY:
        return any(s.deputy_duty for s in org.shifts)
    if role is Role.DUTY_LEADER:
        return any(s.duty_leader for s in org.shifts)
    if role is Role.UNIT_LIAISON and any(u.duty_phone for u in org.units):
        return True
    return any(role.value in o.roles for o in org.officers)


def _roles(settings: Settings) -> Iterator[Problem]:
    """Rungs and roles that reach nobody; silent where there is no organisation at all (that is its own problem)."""
    if not settings.organisation.officers:
        return
    known: set[Role] = set()
    for ladder in settings.ladders.values():
        for n, step in enumerate(ladder.steps):
            nobody = [role for role in step.roles if not held(settings, role)]
            place, key = f"ladder {ladder.code}", f"step.{n}.roles"
            if nobody and len(nobody) == len(step.roles):
                message = f"级 {step.code} 提醒不到任何人：没有人担任 {'、'.join(nobody)}。"
                yield error(settings, "Y115", place, message, "请在人员表或值班表中安排，或改这一级的 roles。", key)
            for role in nobody:
                if role not in known:
                    yield _unheld(settings, place, step.code, role, key)
            known.update(nobody)


def _unheld(settings: Settings, place: str, step: str, role: Role, key: str) -> Problem:
    """A role no officer ever holds; a small desk may do without a deputy on duty."""
    said = warning if role is Role.DEPUTY_DUTY else error
    message = f"级 {step} 的角色 {role.value} 从来无人担任，这一级到不了人。"
    return said(settings, "Y120", place, message, "请在人员表的 roles 或值班表中安排，或从 roles 中删去。", key)


def _notices(settings: Settings) -> Iterator[Problem]:
    for kind, roles in settings.notices.items():
        if kind not in words.NOTICES:
            yield error(settings, "Y121", "notices", f"不认识的通知 {kind}。", f"可用：{'、'.join(words.NOTICES)}。", kind)
        elif settings.organisation.officers and not any(held(settings, role) for role in roles):
            yield error(
                settings, "Y115", "notices", f"通知 {kind} 提醒不到任何人。", "请改 roles，或在人员表、值班表中安排。", kind
            )
    for kind in words.NOTICES:
        if kind not in settings.notices:
            yield error(
                settings, "Y122", "notices", f"缺少通知 {kind}，这件事发生时无人知道。", f"请在 [notices] 中补写 {kind}。"
            )


def _citations(settings: Settings) -> Iterator[Problem]:
    """Every rule names its document and article; what is not verified is listed once a document."""
    cited: list[tuple[str, Citation]] = [(f"clause {c.id}", c.citation) for c in settings.clauses]
    cited += [(f"profile {p.code}", p.citation) for p in settings.profiles.values()]
    cited += [(f"threshold {t.id}", t.citation) for t in settings.thresholds]
    cited += [(f"playbook {p.id}", p.citation) for p in settings.playbooks]
    unverified: dict[str, list[str]] = {}
    for name, citation in cited:
        if not citation.document.strip() or not citation.article.strip():
            yield error(settings, "Y105", name, "没有写依据。", "请写明文件名称和条款（document、article）。", "citation")
        elif not citation.verified:
            unverified.setdefault(citation.document + citation.article, []).append(name)
    for text, names in unverified.items():
        yield warning(
            settings,
            "Y106",
            names[0],
            f"依据待核实：{text}（{len(names)}处引用）。",
            "请核对原文后把 verified 改为 true。",
            "citation",
        )


def _known(settings: Settings, name: str, key: str, given: Iterable[str], known: tuple[str, ...]) -> Iterator[Problem]:
    for value in given:
        if value not in known:
            yield error(settings, "Y107", name, f"{key} 的 {value} 不认识。", f"可用：{'、'.join(known)}。", key)


def _names(table: Iterable[str]) -> str:
    return "、".join(sorted(table)) or "（没有）"


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)

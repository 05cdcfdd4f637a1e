"""Who holds a matter, what may give way, and for how long the budget counts (practice.md §2.7)."""

from __future__ import annotations

from dataclasses import replace

from config.schema import Level
from playbooks.budget import counting, gives_way, owners
from playbooks.incident import Incident
from playbooks.ladder import PlannedStep, steps
from playbooks.rota import duty
from tests.builders import HEAD, LEADER, act, apply, at, graded, hours, landslide, settings

NOW = at("02:24")
ORG = settings().organisation
ON = duty(ORG, NOW)


def major() -> Incident:
    return apply(landslide(NOW), [graded(Level.MAJOR, NOW)], settings(), NOW)


def unit_people(code: str) -> set[str]:
    return {o.userid.lower() for o in ORG.officers if o.unit == code and {"unit_liaison", "unit_head"} & set(o.roles)}


def test_the_duty_officer_holds_the_matter_until_a_unit_signs_for_it() -> None:
    i = major()
    assert owners(i, ORG, ON) == {ON.duty_officer.lower()}
    given = act(i, "assign", LEADER, NOW + hours(0.5), unit="zrzyj")
    assert owners(given, ORG, ON) == {ON.duty_officer.lower()} | unit_people("zrzyj")
    signed = act(given, "sign", HEAD, NOW + hours(1))
    assert owners(signed, ORG, ON) == unit_people("zrzyj")


def test_only_the_desks_own_reminders_give_way() -> None:
    i = major()
    plan = steps(i, settings())

    def some(code: str, **named: str) -> list[PlannedStep]:
        return [s for s in plan if s.clock_code == code and all(getattr(s, k) == v for k, v in named.items())][:1]

    assert not gives_way(i, some("first_statement_5h"))
    assert not gives_way(i, some("upward_report"))
    assert not gives_way(i, some("notice"))
    assert not gives_way(i, some("acknowledge", card="unread"))
    own = [s for s in plan if s.clock_code == "verify"][:1]
    assert own == [] or gives_way(i, own)
    assert own == [] or not gives_way(i, own + some("first_statement_5h"))


def test_the_budget_counts_in_the_first_hours_after_the_alarm_and_may_be_switched_off() -> None:
    i, rules = major(), settings()
    assert counting(i, rules, NOW + hours(4.9))
    assert not counting(i, rules, NOW + hours(5))
    assert not counting(replace(i, alarmed_at=None), rules, NOW)
    assert not counting(i, replace(rules, bot=replace(rules.bot, push_limit=0)), NOW)

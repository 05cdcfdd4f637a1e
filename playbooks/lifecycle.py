"""Who may do what to an incident, when: one table. `decide` turns an action into events or says what is possible.

A recorded fact is never refused for a missing gate (会商、会签、保密审查、审定 are shown as defects); what is refused is what the
person may not do or what would be untrue: a planned release is not a release, confirmed falsehood is not dismissed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from config.schema import Settings
from playbooks import actions, duties, opinion, parting, privacy, releases
from playbooks.fields import Action, Refused
from playbooks.incident import CLOSED, ENDED, Actor, Event, Incident, Status

DUTY = ("duty_officer", "deputy_duty", "duty_leader")
LEAD = ("duty_leader", "press_office")
COMMAND = ("duty_leader", "press_office", "approver", "deputy_in_charge", "principal", "arbiter")
UNIT = ("unit_liaison", "unit_head", "deputy_in_charge", "principal")
ANY: tuple[str, ...] = ()


class ActionNotAllowed(Exception):
    """The action is not possible; `reason` is a code for texts, `allowed` lists what this person may do now."""

    def __init__(self, number: int, action: str, status: Status, reason: str, allowed: tuple[str, ...] = (), **detail: str):
        super().__init__(f"incident {number} {action} in {status}: {reason}")
        self.number = number
        self.action = action
        self.status = status
        self.reason = reason
        self.allowed = allowed
        self.detail = detail


Handler = Callable[[Incident, Action, Settings], tuple[Event, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One action: roles that may (empty = any officer), states in which it is impossible, and what it does."""

    code: str
    handler: Handler
    roles: tuple[str, ...] = ANY
    not_in: frozenset[Status] = CLOSED
    only_in: frozenset[Status] | None = None


def _rules(*rules: Rule) -> Mapping[str, Rule]:
    return {r.code: r for r in rules}


RULES: Mapping[str, Rule] = _rules(
    Rule(code="acknowledge", handler=actions.acknowledge),
    Rule(code="tell_leader", handler=actions.tell_leader, roles=DUTY),
    Rule(code="verify", handler=actions.verify),
    Rule(code="figure", handler=actions.figure),
    Rule(code="recognise", handler=actions.recognise, roles=(*DUTY, *LEAD)),
    Rule(code="not_public", handler=actions.not_public, roles=("press_office", "deputy_in_charge", "principal")),
    Rule(code="grade", handler=actions.grade_by_hand),
    Rule(code="grade_opinion", handler=opinion.grade_opinion),
    Rule(code="start", handler=actions.set_start, roles=(*DUTY, *COMMAND)),
    Rule(code="assign", handler=actions.assign, roles=(*DUTY, *COMMAND), not_in=ENDED),
    Rule(code="sign", handler=actions.sign, not_in=ENDED),
    Rule(code="return", handler=actions.give_back, not_in=ENDED),
    Rule(code="arbitrate", handler=actions.arbitrate, roles=("arbiter", "duty_leader", "principal"), not_in=ENDED),
    Rule(code="release", handler=releases.release),
    Rule(code="superior_release", handler=releases.superior_release, roles=(*DUTY, *COMMAND)),
    Rule(code="other_form", handler=releases.other_form, roles=(*LEAD, "approver", "principal")),
    Rule(code="report_up", handler=releases.report_up, roles=(*DUTY, *LEAD)),
    Rule(code="report_written", handler=releases.report_written, roles=(*DUTY, *LEAD)),
    Rule(code="enter_duty", handler=duties.enter, roles=(*DUTY, *LEAD, *UNIT)),
    Rule(code="fulfil", handler=duties.fulfil, roles=(*DUTY, *LEAD, *UNIT)),
    Rule(code="extend", handler=duties.extend, roles=("unit_head", "deputy_in_charge", "principal")),
    Rule(code="note", handler=actions.note, not_in=frozenset()),
    Rule(code="attest", handler=actions.attest),
    Rule(code="explain", handler=actions.explain, roles=("duty_leader", "press_office", "unit_head", "principal")),
    Rule(code="waive", handler=actions.waive, roles=("principal",)),
    Rule(code="second", handler=actions.second, not_in=frozenset({Status.ARCHIVED, Status.MERGED})),
    Rule(code="exclude", handler=actions.exclude, roles=(*DUTY, *LEAD)),
    Rule(code="confirm_exclude", handler=actions.confirm_exclude, roles=("duty_leader", "press_office")),
    Rule(code="reject_exclude", handler=actions.reject_exclude, roles=("duty_leader", "press_office")),
    Rule(code="change", handler=actions.change, roles=(*DUTY, *UNIT, *LEAD), not_in=frozenset({Status.MERGED})),
    Rule(code="close", handler=actions.close, roles=LEAD, not_in=ENDED),
    Rule(
        code="archive",
        handler=actions.archive,
        roles=LEAD,
        only_in=frozenset({Status.OBSERVING, Status.EVALUATING}),
    ),
    Rule(code="reopen", handler=actions.reopen, roles=(*DUTY, *LEAD), only_in=frozenset(ENDED - {Status.MERGED})),
    Rule(code="merge", handler=actions.merge, roles=(*DUTY, *LEAD)),
    Rule(code="split", handler=parting.split, roles=(*DUTY, *LEAD)),
    Rule(code="unmask", handler=privacy.unmask, roles=(*DUTY, *COMMAND), not_in=frozenset()),
    Rule(code="erase", handler=privacy.erase, roles=("press_office", "principal", "admin"), not_in=frozenset()),
    Rule(code="classify", handler=actions.classify, roles=(*DUTY, *LEAD)),
)


def permitted(incident: Incident, actor: Actor) -> tuple[str, ...]:
    """Codes of the actions this person may try on this incident now, in table order."""
    return tuple(r.code for r in RULES.values() if _refusal(r, incident, actor) is None)


def _refusal(rule: Rule, incident: Incident, actor: Actor) -> str | None:
    if rule.only_in is not None and incident.status not in rule.only_in:
        return "wrong_state"
    if rule.only_in is None and incident.status in rule.not_in:
        return "wrong_state"
    if rule.roles and not set(rule.roles) & set(actor.roles):
        return "wrong_role"
    return None


def decide(incident: Incident, action: Action, settings: Settings) -> tuple[Event, ...]:
    """Events of a permitted action; empty when it is already so (a second press changes nothing).

    Raises ActionNotAllowed with the reason and what is possible instead.
    """
    rule = RULES.get(action.code)
    allowed = permitted(incident, action.by)
    if rule is None:
        raise ActionNotAllowed(incident.number, action.code, incident.status, "unknown", allowed)
    reason = _refusal(rule, incident, action.by)
    if reason is not None:
        who = "、".join(rule.roles)
        raise ActionNotAllowed(incident.number, action.code, incident.status, reason, allowed, roles=who)
    try:
        return rule.handler(incident, action, settings)
    except Refused as e:
        raise ActionNotAllowed(incident.number, action.code, incident.status, e.reason, allowed, **e.detail) from None

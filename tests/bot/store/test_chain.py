"""An event is sealed as the one text of what it says, however that text is put together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType

import pytest

from bot.store import SqlStore
from bot.store.chain import columns, seal
from bot.store.forms import canonical, parsed, sha256
from bot.store.verify import verify
from playbooks.incident import SYSTEM, Actor, Event, Figure, Status
from tests.bot.store.samples import OFFICER, T0, event, minutes

STRANGE = Actor(id='a"b\\', name="王\0五\ud83d", roles=("duty_officer", "leader"), unit="宣传部")
LEADER = Actor(id="lisi", name="李四", roles=("leader",), unit="宣传部")
FIGURE = Figure(metric="deaths", value=2, standing="net", source="s1", at=T0)


@pytest.mark.parametrize("actor", [SYSTEM, OFFICER, STRANGE], ids=["system", "officer", "strange"])
@pytest.mark.parametrize(
    "data",
    [
        {},
        {"text": '引号"、换行\n、空\0字节、孤立代理\ud83d、😀', "乙": [1, 2.5, None, True], "甲": {"b": 1, "a": 2}},
        {"at": T0, "status": Status.DETECTED, "figure": FIGURE, "many": (FIGURE, T0), "kept": MappingProxyType({"z": T0})},
    ],
    ids=["nothing", "plain", "values"],
)
def test_the_body_is_the_canonical_text_of_the_event_at_its_place(actor: Actor, data: Mapping[str, object]) -> None:
    at = datetime(2026, 3, 2, 9, 30, 0, 987_654, tzinfo=timezone(timedelta(hours=8)))
    sealed = seal("incident:7", 12, "before", Event(kind="noted", at=at, actor=actor, data=data))
    whole = {"chain": "incident:7", "seq": 12, "kind": "noted", "at": at, "actor": actor, "data": data}
    assert sealed.body == canonical(whole)
    assert sealed.hash == sha256("before", sealed.body)
    assert parsed(sealed.body)["at"] == at.astimezone(UTC).isoformat(timespec="milliseconds")
    assert columns(parsed(sealed.body))["actor_kind"] == actor.kind.value


def test_what_has_no_text_is_refused_and_not_written_in_some_way() -> None:
    for odd in ({"x": float("nan")}, {"x": object()}):
        with pytest.raises((ValueError, TypeError)):
            seal("system", 1, "", Event(kind="noted", at=T0, actor=SYSTEM, data=odd))


async def test_events_written_together_keep_each_its_own_time_and_person(store: SqlStore) -> None:
    told = [
        event("noted", T0, OFFICER, text="一"),
        event("noted", T0, LEADER, text="二"),
        event("noted", T0 + minutes(1), LEADER, text="三"),
        event("noted", T0 + minutes(1), OFFICER, private={"phone": "略"}),
        event("noted", T0 + minutes(1), OFFICER, private={}),
        event("noted", T0, SYSTEM, text="五"),
    ]
    await store.append_system(told)
    kept = await store.events("system")
    assert [(e.at, e.actor, e.actor_kind) for e in kept] == [(e.at, e.actor.id, e.actor.kind.value) for e in told]
    assert [e.data.get("private") for e in kept] == [None, None, None, {"phone": "略"}, None, None]
    assert (await store.engine.read(verify)).faults == ()

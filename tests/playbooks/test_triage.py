"""Events the monitors give: those made in bulk are the ones made with care."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from monitors.detect import Change, Kind, Story
from monitors.item import Item
from playbooks import triage
from playbooks.incident import Event, Incident, Member, Place
from playbooks.record import dump, iso

SEEN = datetime(2026, 3, 2, 1, 2, 3, 456_789, tzinfo=UTC)
NOW = SEEN + timedelta(minutes=1)
ITEM = Item(id="i1", source="news", title="石坪镇山体滑坡", url="https://a.example/1", seen_at=SEEN)
STORY = Story(id="s1", opened_at=NOW, title=ITEM.title, last_at=NOW)
MATTER = Incident(number=1, title=ITEM.title, opened_at=NOW, version=1)


def test_the_event_of_a_member_is_the_frozen_one_with_what_a_member_dumps() -> None:
    made = triage.member(ITEM, "same matter", NOW)
    member = Member(item_id="i1", source="news", title=ITEM.title, at=SEEN, url=ITEM.url, why="same matter")
    assert made == Event(kind="joined", at=NOW, actor=triage.FEED, data={"member": dump(member)})
    assert type(made) is Event
    with pytest.raises(FrozenInstanceError):
        made.kind = "other"  # type: ignore[misc]


def test_a_time_has_one_form_whatever_its_zone() -> None:
    beijing = SEEN.astimezone(timezone(timedelta(hours=8)))
    assert iso(beijing) == iso(SEEN) == "2026-03-02T01:02:03.456+00:00"
    assert iso(SEEN + timedelta(milliseconds=1)) == "2026-03-02T01:02:03.457+00:00"


@pytest.mark.parametrize(
    ("kinds", "alarmed", "dismissed", "said"),
    [
        ((Kind.JOINED,), False, False, []),
        ((Kind.JOINED, Kind.ALARMED), False, False, ["alarmed"]),
        ((Kind.JOINED, Kind.ALARMED), True, False, []),
        ((Kind.JOINED, Kind.BURST), False, False, ["alarmed"]),
        ((Kind.JOINED, Kind.BURST), False, True, []),
        ((), False, False, []),
    ],
    ids=["joined", "alarmed", "alarmed before", "runs away", "runs away when closed", "nothing"],
)
def test_a_matter_alarms_once(kinds: tuple[Kind, ...], alarmed: bool, dismissed: bool, said: list[str]) -> None:
    matter = replace(MATTER, alarmed_at=NOW if alarmed else None)
    if dismissed:
        matter = replace(matter, status=type(matter.status).DISMISSED)
    changes = [Change(kind=k, story="s1", at=NOW, item="i1", reasons=("why",)) for k in kinds]
    assert [e.kind for e in triage.alarm(matter, STORY, changes, NOW)] == said


@pytest.mark.parametrize(
    ("known", "learnt"),
    [
        (Place(), {"province": "江东省", "city": "安平市", "county": "鹿溪县"}),
        (Place(province="江东省"), {"province": "江东省", "city": "安平市", "county": "鹿溪县"}),
        (Place(province="江东省", city="安平市", county="鹿溪县"), None),
        (Place(detail="大湾村"), None),
        (Place(foreign=True), None),
    ],
    ids=["none", "the province", "the county", "a village", "abroad"],
)
def test_a_place_is_learnt_where_none_or_a_wider_one_was_known(known: Place, learnt: dict[str, str] | None) -> None:
    story = replace(STORY, province="江东省", city="安平市", county="鹿溪县", category=MATTER.category, label=MATTER.label)
    events = triage.learnt(replace(MATTER, place=known), story, ITEM, NOW)
    places = [e.data["place"] for e in events if "place" in e.data]
    assert places == ([dump(Place(**learnt))] if learnt else [])  # type: ignore[arg-type]

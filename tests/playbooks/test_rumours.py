"""How an old rumour eases an alarm, and when it must not."""

from __future__ import annotations

from datetime import date

import pytest

from config.clarified import Clarification
from monitors.clarified import recognise
from monitors.detect import Story
from playbooks.rumours import eased, told_again
from tests.builders import at, event

NOW = at("09:00")
KNOWN = (
    Clarification(
        on=date(2025, 3, 2), title="关于柳河桥传言的说明", url="https://x.example/1", claims=("柳河桥要塌了",), county="鹿溪县"
    ),
    Clarification(on=date(2026, 3, 2), title="柳河桥结构安全", claims=("柳河桥要塌了",), county="鹿溪县"),
)
ALARM = (event("alarmed", NOW, reason="alarm_at"),)


def story(**figures: int) -> Story:
    return Story(id="S1", opened_at=NOW, title="", last_at=NOW, figures=figures)


def test_the_latest_of_equal_clarifications_is_named() -> None:
    found = recognise("柳河桥要塌了快跑", "鹿溪县", KNOWN, 0.5)
    assert found is not None
    assert found.known.on == date(2026, 3, 2)
    assert told_again(found) == "2026-03-02《柳河桥结构安全》"


@pytest.mark.parametrize(
    ("title", "county"), [("柳河桥要塌了", "江城县"), ("青山水库钓鱼比赛", "鹿溪县")], ids=["elsewhere", "other"]
)
def test_another_place_or_matter_is_no_old_rumour(title: str, county: str) -> None:
    assert recognise(title, county, KNOWN, 0.5) is None


def test_policy_says_whether_it_wakes_anybody() -> None:
    repeat = recognise("柳河桥要塌了", "鹿溪县", KNOWN, 0.5)
    assert eased(ALARM, story(), repeat, "now", grave=False) == ALARM
    assert eased(ALARM, story(), repeat, "list", grave=False) == ()
    (quiet,) = eased(ALARM, story(), repeat, "quiet", grave=False)
    assert quiet.data["quiet"] is True


def test_an_old_rumour_that_is_only_listed_alarms_when_it_runs_away() -> None:
    repeat = recognise("柳河桥要塌了", "鹿溪县", KNOWN, 0.5)
    burst = (event("alarmed", NOW, reason="accelerate_items"),)
    assert eased(burst, story(), repeat, "list", grave=False) == burst


def test_a_new_toll_a_grave_matter_and_a_new_rumour_alarm_as_usual() -> None:
    toll = recognise("柳河桥要塌了 3人死亡", "鹿溪县", KNOWN, 0.4)
    assert toll is not None
    assert toll.new_toll
    assert eased(ALARM, story(deaths=3), toll, "list", grave=False) == ALARM
    old = recognise("柳河桥要塌了", "鹿溪县", KNOWN, 0.5)
    assert eased(ALARM, story(), old, "list", grave=True) == ALARM
    assert eased(ALARM, story(), None, "list", grave=False) == ALARM

"""The shipped content: the scopes of the six profiles, the thresholds of the law, complete playbooks, nothing local in the product."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

import config
from config.load import load
from config.schema import Level, Role, Settings

ROOT = Path(config.__file__).parent
DEFAULT = load([ROOT / "default"], {})
DEMO = load([ROOT / "default", ROOT / "demo"], {})
TOP = ("especially_major", "major")
REST = ("significant", "general", "unknown")
HOURS = {"first_statement_5h": 5, "press_conference_24h": 24, "response_48h": 48}


def scopes(profile: str) -> dict[str, tuple[str, ...]]:
    return {c.code: c.levels for c in DEFAULT.clauses if c.profile == profile and c.code in HOURS}


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("national-default", {"first_statement_5h": TOP, "press_conference_24h": TOP, "response_48h": REST}),
        ("heilongjiang-land", {"first_statement_5h": TOP, "press_conference_24h": TOP, "response_48h": REST}),
        (
            "longjiang-county",
            {
                "first_statement_5h": ("especially_major",),
                "press_conference_24h": ("especially_major",),
                "response_48h": ("major", *REST),
            },
        ),
        ("hangzhou-planning", {"first_statement_5h": TOP, "press_conference_24h": TOP}),
        ("jiangsu-land", {}),
        ("cangzhou-land", {}),
    ],
)
def test_each_profile_has_the_scope_of_its_own_text(profile: str, expected: dict[str, tuple[str, ...]]) -> None:
    assert scopes(profile) == expected
    assert DEFAULT.profiles[profile].floor == (None if profile == "national-default" else "national-default")


def test_limits_are_those_in_the_names_of_the_duties() -> None:
    for clause in DEFAULT.clauses:
        if clause.code in HOURS:
            assert clause.limit == timedelta(hours=HOURS[clause.code]), clause.id
            assert clause.start == (("detected_at",) if clause.code == "response_48h" else ("occurred_at",))


def test_only_a_release_of_authority_meets_5_hours_and_only_a_conference_meets_24() -> None:
    met = {c.code: c.met_by for c in DEFAULT.clauses if c.profile == "national-default"}
    assert met["first_statement_5h"] == ("authoritative_info",)
    assert met["press_conference_24h"] == ("press_conference",)
    assert len(met["response_48h"]) == 10


def test_local_profiles_cite_their_document_by_file_and_article() -> None:
    for profile in DEFAULT.profiles.values():
        if profile.floor:
            assert re.fullmatch(r"00[0-4]_[0-9a-f]{16}\.txt", profile.citation.file)
            assert profile.citation.verified
            assert profile.citation.article


def minima(category: str, metric: str) -> tuple[float | None, ...]:
    row = next(t for t in DEFAULT.thresholds if t.category == category and t.metric == metric)
    return tuple(row.minima.get(level.code) for level in sorted(Level))


@pytest.mark.parametrize(
    ("category", "metric", "expected"),
    [
        ("work_safety", "deaths", (30, 10, 3, 1)),
        ("work_safety", "serious", (100, 50, 10, 1)),
        ("work_safety", "loss_cny", (100_000_000, 50_000_000, 10_000_000, 1)),
        ("geo_damage", "loss_cny", (10_000_000, 5_000_000, 1_000_000, 1)),
        ("geo_threat", "people_to_relocate", (1000, 500, 100, 1)),
        ("forest_fire", "burned_ha", (1000, 100, 1, 0)),
        ("environment", "evacuated", (50_000, 10_000, 5_000, 1)),
        ("railway", "passenger_cars_derailed", (None, 18, 2, None)),
        ("railway", "passenger_cars_derailed_cut_48h", (18, None, None, None)),
        ("special_equipment", "toxic_leak_evacuated", (150_000, 50_000, 10_000, 500)),
        ("mass_incident", "participants", (5000, 1000, None, None)),
        ("food_safety", "poisoned", (None, None, 100, 30)),
        ("relief_response", "dead_or_missing", (200, 100, 50, 20)),
        ("fallback", "deaths", (30, 10, 3, 1)),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_thresholds_are_those_of_the_rules(category: str, metric: str, expected: tuple[float | None, ...]) -> None:
    assert minima(category, metric) == expected


def test_threshold_ids_say_category_and_metric() -> None:
    assert all(t.id == f"{t.category}.{t.metric}" for t in DEFAULT.thresholds)


def test_matters_whose_consequence_is_high_are_marked() -> None:
    marked = {c.code for c in DEFAULT.categories.values() if c.high_consequence}
    assert marked == {"reservoir", "campus", "crowd_crush", "building_collapse", "mass_incident"}


def test_roles_of_a_public_ladder_only_grow() -> None:
    for code in ("statement", "conference", "response"):
        told: set[Role] = set()
        for step in DEFAULT.ladders[code].steps:
            assert told <= set(step.roles), (code, step.code)
            told = set(step.roles)


def test_overdue_repeats_every_half_hour_twice_then_hourly_then_twice_a_day() -> None:
    for code in ("statement", "conference", "response"):
        after = [(s.after, s.every, s.times) for s in DEFAULT.ladders[code].steps if s.after is not None]
        assert after == [(0, None, 1), (30, 30, 2), (120, 60, 5), (1080, 720, 14)]


def test_every_category_has_a_playbook_and_every_grade_one() -> None:
    for category in DEFAULT.categories:
        for level in (*TOP, *REST):
            fitting = [
                p
                for p in DEFAULT.playbooks
                if (not p.categories or category in p.categories) and (not p.levels or level in p.levels)
            ]
            assert fitting, (category, level)


def test_every_playbook_fills_every_part() -> None:
    for p in DEFAULT.playbooks:
        parts = (p.conditions, p.units, p.first_actions, p.verify, p.tell, p.consult, p.outline, p.avoid)
        assert all(parts), p.id
        assert p.file.startswith("default/playbooks/")
        assert p.line > 0


def test_shipped_sources_are_off_until_an_installation_turns_them_on() -> None:
    assert DEFAULT.sources
    assert not any(s.enabled for s in DEFAULT.sources)


def test_the_product_names_no_place_unit_or_officer_of_the_demo() -> None:
    org = DEMO.organisation
    local = {org.short, DEMO.scope.city, *(o.name for o in org.officers), *(u.territory for u in org.units if u.territory)}
    shipped = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "default").rglob("*.toml"))
    assert not [name for name in local if name in shipped]


def test_demo_people_and_phones_are_plainly_invented() -> None:
    org = DEMO.organisation
    assert all(o.phone.startswith("0000-") for o in org.officers)
    assert all(u.duty_phone.startswith("0000-") for u in org.units)
    regions = (ROOT / "default" / "regions.tsv").read_text(encoding="utf-8")
    assert not [name for name in (DEMO.scope.county, DEMO.scope.city, DEMO.scope.province) if name in regions]


def test_some_demo_towns_are_reachable_by_duty_phone_only() -> None:
    org = DEMO.organisation
    staffed = {o.unit for o in org.officers}
    outside = [u for u in org.units if u.code not in staffed]
    assert outside
    assert all(u.kind == "town" and u.duty_phone for u in outside)


def test_settings_are_one_immutable_value() -> None:
    with pytest.raises(AttributeError):
        DEFAULT.bot.listen = "0.0.0.0:1"  # type: ignore[misc]
    assert isinstance(DEFAULT, Settings)

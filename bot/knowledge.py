"""Everything the judgement needs, loaded once: lexicon, gazetteer, routing, wordings, thresholds, and the installation's own models."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bot.judging import Judges, judges_from
from bot.training import Models
from config.routing import RoutedUnit, load_routing
from config.schema import Category, Settings
from monitors.detect import Detector, Scope, Story
from monitors.item import Item, ItemKind
from monitors.region import Region
from playbooks import triage
from playbooks.assign import Assignment, Matter, Router
from playbooks.incident import Event, Incident

_SPOT = re.compile(
    r"[一-龥]{2,3}(?:镇|乡|街道)(?:中心)?(?:卫生院|小学|中学|幼儿园|敬老院|养老院|集市)|"
    r"(?:[一-龥]{2,3}(?:镇|乡|街道))?[一-龥]{2,4}(?:村|社区|小区|水库|大桥|中学|小学|医院|广场)|[一-龥]{2,3}(?:镇|乡|街道)"
)
_BEFORE = re.compile(
    r"反映|投诉|举报|咨询|来电|有人|网友|网传|网曝|关于|位于|发生在?|家住|住在|其住|刚才|刚刚|今天|昨晚|凌晨|称|在|的"
    r"|[夜这那]里|听说|据说|据传|传言|谣传|网上|说|乡镇|是|了|们|往|问|从"
)
"""What stands before a place in a complaint and is no part of its name."""
_MAY_NAME = re.compile("[村镇乡]|街道|[社小]区|水库|大桥|[中小]学|医院|广场")


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What the service needs beside the judges: who takes a matter, and where "here" is."""

    judges: Judges
    router: Router
    home: Region | None

    def locate(self, title: str, text: str, *, local: bool) -> Region:
        """Place of a text; the installation's own area stands in for a local source that names none."""
        return self.judges.locator.locate(title, text, self.home if local else None)

    def assign(self, title: str, text: str, category: str, place: tuple[str, ...], *, letter: bool = False) -> Assignment:
        return self.router.assign(Matter(title=title, text=text, category=category, region=place, letter=letter))

    def unit_of(self, story: Story, item: Item, now: datetime) -> Event:
        """Whom this post of the matter, as it is understood now, is for."""
        place, letter = (story.province, story.city, story.county), item.kind is ItemKind.HOTLINE
        found = self.assign(item.title, item.text, story.category, place, letter=letter)
        return triage.event("unit_suggested", now, unit=found.code, ranked=found.ranked, reasons=found.reasons)

    def learnt(self, i: Incident, story: Story, item: Item, now: datetime, *, alarms: bool) -> tuple[Event, ...]:
        """What a post teaches of a matter. With another category, or with the first alert, whom to ask is looked for anew:

        the number on the card follows what the matter is now, not its first post, until a unit has it or somebody verified it.
        """
        known = triage.learnt(i, story, item, now)
        if detail := self._spot_of(i, item):
            known = (*known, triage.event("classified", now, place=replace(i.place, detail=detail)))
        if not known and not alarms:
            return known
        if i.primary_unit or i.verifications or not (alarms or any(e.kind == "classified" for e in known)):
            return known
        unit = self.unit_of(story, item, now)
        return known if unit.data["unit"] in ("", i.suggested_unit) else (*known, unit)

    def _spot_of(self, i: Incident, item: Item) -> str:
        """The town or village a later post names where the first named the county only; empty where none, or of another county."""
        place = i.place
        if place.detail or not place.county or place.foreign or i.verifications or not i.members:
            return ""
        if not _MAY_NAME.search(item.title):  # most posts name none, and to look a place up costs
            return ""
        own = tuple(n for n in (place.county, place.city) if n)
        region = self.judges.locator.locate(item.title, "")
        return spot(item.title, "", region, own) if region.county == place.county else ""

    def detector(self) -> Detector:
        """A fresh detector over the installation's scope."""
        s = self.judges.settings.scope
        return self.judges.detector(Scope(province=s.province, city=s.city, county=s.county), self.home)

    def category(self, code: str) -> Category:
        return self.judges.settings.category(code)


def spot(title: str, text: str, region: Region, own: tuple[str, ...]) -> str:
    """The narrowest place named: a village, estate or reservoir after the names of larger places are taken away."""
    for passage in (title, text[:200]):
        for name in own:
            passage = passage.replace(name, " ")
        for name in (region.province, region.city, region.county):
            if name:
                passage = re.sub(f"{name}(?:省|市|县|区)?", " ", passage)
        m = _SPOT.search(_BEFORE.sub(" ", passage))
        if m:
            return m.group(0)
    return region.town


def load_knowledge(settings: Settings, models: Models | None = None) -> Knowledge:
    """Load from the settings' folders; raises the loaders' own errors, each with every mistake."""
    folders = [Path(f) for f in settings.folders]
    routing = load_routing(settings.organisation.routing, *[f / "routing" for f in folders if (f / "routing").is_dir()])
    own = tuple(
        RoutedUnit(code=u.code, name=u.name, functions=u.functions, aliases=(u.short,) if u.short else ())
        for u in settings.organisation.units
    )
    if own:
        routing = routing.with_units(own)
    judges = judges_from(settings)
    home = judges.locator.of_code(judges.locator.home)
    return Knowledge(judges=judges, router=Router(routing, models.router if models else None), home=home)

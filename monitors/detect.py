"""From one seen item to what changed: the single entry of the live service and of replay.

    item -> fold reposts -> judge (gate) -> locate -> figures -> place in a story -> grade -> alarm or list

Values in, changes out; no clock, no storage. The state is a function of the items fed, so `rebuild` feeds stored members again.
A story alarms once: later items of it join silently, a higher level is its own change.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from config.lexicon import AlarmPolicy
from monitors.gate import Gate, Place, Verdict
from monitors.heat import Sighting
from monitors.lexicon import fold
from monitors.likeness import form_of, segmenter
from monitors.matter import Story as Story
from monitors.matter import fill_place, update_figures
from monitors.sites import Apart
from monitors.slowburn import person_of
from monitors.story import ItemRef, JoinRules, StoryIndex
from monitors.story_words import dull_words, family_reader, letter_form, names_of, site_reader
from monitors.text import LETTER_CHARS
from monitors.told import aged
from monitors.twins import Twins

DOUBTED = (
    "ctx_refute",
    "ctx_history",
    "ctx_foreign",
    "ctx_court",
    "ctx_aftermath",
)  # their numbers are of another time, place or nobody
QUIET_TITLES = (
    2  # so many titles of a film, a trial or an inquiry make the whole story one, unless plain ones outnumber them twice
)
QUIETED = ("ctx_ent_quiet", "ctx_fiction", "ctx_sport", "ctx_history", "ctx_court", "ctx_aftermath", "ctx_refute", "ctx_drill")
ANIMALS = frozenset(
    ("dead_animals", "animal_victims")
)  # what died was no person; a toll of people beside it is counted by the figures


class Kind(StrEnum):
    OPENED = "opened"
    JOINED = "joined"
    ALARMED = "alarmed"
    BURST = "burst"
    LEVEL_RAISED = "level_raised"


Locate = Callable[[str, str], Place]
Count = Callable[[str, str], Mapping[str, int | None]]
Grade = Callable[[str, Mapping[str, int | None]], str | None]

BURST = "accelerate_items"  # the policy key of what runs away
LEVELS = ("general", "significant", "major", "especially_major")
ORDER = "hotline"
FORCED = ("officer", ORDER)  # a person reported it: always a story


class Seen(NamedTuple):
    """One item as a source showed it. The same `id` again with a text is the same item, better known.

    `local`: its source is of the installation's own area, so that a text naming no place is about there.
    """

    id: str
    source: str
    title: str
    text: str = ""
    kind: str = "hotlist"
    rank: int | None = None
    url: str = ""
    local: bool = False
    author: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The territory of the installation; empty = everywhere. Functions are the router's business."""

    province: str = ""
    city: str = ""
    county: str = ""

    @classmethod
    def parse(cls, text: str) -> "Scope":
        """`省/市/县` with any tail left out, or `all`."""
        parts = [] if text in ("", "all") else [part.strip() for part in text.split("/")]
        return cls(**dict(zip(("province", "city", "county"), parts, strict=False)))

    def covers(self, story: "Story") -> bool:
        """Whether the story lies in the territory; a place that is not known lies only in `all`."""
        pairs = ((self.province, story.province), (self.city, story.city), (self.county, story.county))
        return all(not mine or (theirs and (theirs.startswith(mine) or mine.startswith(theirs))) for mine, theirs in pairs)


class Change(NamedTuple):
    """What an item did to a story. `reasons` are ids: rules, words, evidence of joining, the policy key that decided."""

    kind: Kind
    story: str
    at: datetime
    item: str
    reasons: tuple[str, ...] = ()
    level: str | None = None


class Detector:
    """Judges, joins and decides alarms for a stream of items in time order."""

    def __init__(
        self,
        *,
        gate: Gate,
        locate: Locate,
        count: Count,
        grade: Grade,
        policy: AlarmPolicy,
        scope: Scope | None = None,
        home: Place | None = None,
    ) -> None:
        segmenter()  # its dictionary is loaded at start, not at the first title
        self._gate, self._locate, self._count, self._grade = gate, locate, count, grade
        self.policy = policy
        self.memory: timedelta | None = None  # how long a matter nothing can join any more is kept; None for always
        self.scope = scope or Scope()
        self._home = home
        self._families_of, self._sites = family_reader(gate), site_reader(gate)
        rules = JoinRules(hours=policy.story_hours, letter_days=policy.letter_days)
        own = (self.scope.province, self.scope.city, self.scope.county)
        self._form = form_of(letter_form(gate))
        self._index = StoryIndex(rules, dull_words(gate), self.scope.county or self.scope.city, letter_form(gate), own)
        self._twins = Twins(index=self._index, policy=policy)
        self.stories: dict[str, Story] = {}
        self._titles: dict[str, tuple[str, datetime]] = {}
        self._alarmed: list[Story] = []
        self._swept: datetime | None = None

    def feed(self, seen: Seen, now: datetime, fixed: str = "") -> tuple[Change, ...]:
        """Changes caused by one item seen at `now`; empty when it is ordinary. `fixed`: the story a person put it into."""
        self._sweep(now)
        forced = bool(fixed) or seen.kind in FORCED
        title = fold(seen.title)
        known = self._titles.get(title) if not forced else None
        if not known and not forced and self.policy.list_at > 0 and self._gate.silent(seen.title, seen.text):
            return ()
        region = self._place_of(seen)
        verdict = self._gate.judge(seen.title, seen.text, region=region)
        families = self._families_of(verdict)
        if known and known[0] in self.stories:
            story, changes = self.stories[known[0]], [self._join(known[0], seen, now, ("repost",))]
        else:
            placed = self._place(seen, verdict, region, families, now, fixed)
            if placed is None:
                return ()
            story, changes = placed
        self._titles[title] = (story.id, now)
        story.families |= families
        figures = self._count(seen.title, seen.text)  # only of what joins: most items are ordinary
        self._note(story, seen, verdict, region, figures, now)
        changes += self._level(story, seen, now)
        changes += self._alarm(story, seen, verdict, now) or self._burst(story, seen, now)
        return tuple(changes)

    def _place_of(self, seen: Seen) -> Place:
        """Place of an item; a local source that names none means the installation's own area (design.md §6, scope)."""
        region = self._locate(seen.title, seen.text)
        unknown = not (region.province or region.foreign)
        return self._home if seen.local and unknown and self._home is not None else region

    def rebuild(self, members: Iterable[tuple[Seen, datetime]]) -> None:
        """Restore the state from stored members in their original order; what they change is already known."""
        for seen, at in members:
            self.feed(seen, at)

    def _sweep(self, now: datetime) -> None:
        """Once an hour, forget titles and stories whose window has passed."""
        if self._swept and now - self._swept < timedelta(hours=1):
            return
        self._swept = now
        self._index.expire(now)
        open_ = timedelta(days=self.policy.open_days)
        self._alarmed = [story for story in self._alarmed if now - story.last_at <= open_]
        limit = timedelta(hours=self.policy.story_hours)
        self._titles = {title: value for title, value in self._titles.items() if now - value[1] <= limit}
        if self.memory is not None:
            since = now - self.memory
            self.stories = {name: s for name, s in self.stories.items() if s.last_at >= since or self._index.takes(name)}

    def _place(
        self, seen: Seen, verdict: Verdict, region: Place, families: frozenset[str], now: datetime, fixed: str
    ) -> tuple[Story, list[Change]] | None:
        forced = bool(fixed) or seen.kind in FORCED
        open_ = forced or verdict.score_en >= self.policy.list_at
        if not open_ and not verdict.groups:
            return None
        ref = self._ref(seen, region, families)
        placement = self._index.place(ref, now, fixed=fixed or None, join_only=not open_)
        if not placement.story:
            return None
        if placement.story not in self.stories:
            story = Story(id=placement.story, opened_at=now, title=seen.title, last_at=now)
            self.stories[story.id] = story
            return story, [Change(kind=Kind.OPENED, story=story.id, at=now, item=seen.id, reasons=_reasons(verdict))]
        return self.stories[placement.story], [self._join(placement.story, seen, now, placement.evidence)]

    def _ref(self, seen: Seen, region: Place, families: frozenset[str]) -> ItemRef:
        province, city, county = names_of(region)
        order = seen.kind == ORDER
        letter = order and len(seen.text) > LETTER_CHARS  # a short order is read like a title
        told = self._form.sub(" ", seen.title).strip() if order and not letter and self._form else ""
        return ItemRef(
            id=seen.id,
            title=told or seen.title,  # 关于…的投诉 says how orders are entered, not what about
            text=seen.text if letter else "",
            stream="letters" if letter else "",
            province=province,
            city=city,
            county=county,
            families=families,
            spot=self._sites.read(seen.title, (province, city, county)),
        )

    def _join(self, story: str, seen: Seen, now: datetime, evidence: tuple[str, ...]) -> Change:
        return Change(kind=Kind.JOINED, story=story, at=now, item=seen.id, reasons=evidence)

    def _note(
        self, story: Story, seen: Seen, verdict: Verdict, region: Place, figures: Mapping[str, int | None], now: datetime
    ) -> None:
        """Take over what the item says: place, category, figures. Refuted texts give no figures."""
        person = person_of(seen.kind, seen.source, seen.author, seen.url, seen.id)
        story.sightings.append(Sighting(at=now, source=seen.source, title=seen.title, rank=seen.rank, person=person))
        story.last_at = now
        story.magnitude = max(story.magnitude, verdict.magnitude or 0.0)
        excluded = verdict.excluded_by
        quieted = bool(excluded) and any(hit.rule in QUIETED for hit in excluded)
        story.quiet += quieted
        story.plain += not quieted and verdict.label != "O"
        story.high_consequence = story.high_consequence or verdict.high_consequence
        story.foreign = story.foreign or bool(region.foreign and not story.province)
        fill_place(story, region)
        if verdict.label != "O" and verdict.score_en > story.score:
            story.label, story.category, story.score = verdict.label, verdict.category or story.category, verdict.score_en
        elsewhere = bool(region.province and story.province and region.province != story.province)
        doubtful = bool(excluded) and any(hit.rule in DOUBTED for hit in excluded)
        if not elsewhere and not doubtful:
            update_figures(story.figures, figures)
            killed = "deaths_sure" in verdict.groups and ANIMALS.isdisjoint(verdict.groups) and not verdict.none_hurt
            story.deadly = story.deadly or (verdict.label == "E" and killed)

    def _level(self, story: Story, seen: Seen, now: datetime) -> list[Change]:
        known = (story.category, story.foreign, story.deadly, *story.figures.items())
        if known == story.graded:
            return []
        story.graded = known
        level = self._grade(story.category, story.figures) if not story.foreign else None
        if level is None and story.deadly and not story.foreign:
            level = LEVELS[0]  # somebody died: at least one, whatever the number
        if level is None or (story.level and LEVELS.index(level) <= LEVELS.index(story.level)):
            return []
        story.level = level
        return [Change(kind=Kind.LEVEL_RAISED, story=story.id, at=now, item=seen.id, level=level)]

    def _alarm(self, story: Story, seen: Seen, verdict: Verdict, now: datetime) -> list[Change]:
        if story.twin and self._twins.parted(story, self.stories.get(story.twin)):
            story.twin = ""
        if story.alarmed_at or story.twin or 2 * story.quiet >= max(2 * QUIET_TITLES, story.plain):
            return []
        if not self._in_scope(story):  # asked first: what is loud elsewhere is counted for nobody
            return []
        reason = (
            self._told(seen)
            or self._reason(story, aged(verdict, seen.title, seen.text, now, self.policy.old_news_days), now)
            or self._repeated(story, seen, now)
        )
        if not reason:
            return []
        twin = self._twins.of(story, self._alarmed, now)
        if twin:
            story.twin = twin
            return []
        story.alarmed_at = now
        self._alarmed.append(story)
        self._index.keep(story.id, timedelta(days=self.policy.open_days))
        return [Change(kind=Kind.ALARMED, story=story.id, at=now, item=seen.id, reasons=(reason, *_reasons(verdict)))]

    def _burst(self, story: Story, seen: Seen, now: datetime) -> list[Change]:
        """A matter that alarmed before runs away, told once: news only to whom the first alarm was kept from (an old rumour)."""
        if story.alarmed_at is None or story.burst_at or not self._fast(story, now):
            return []
        story.burst_at = now
        return [Change(kind=Kind.BURST, story=story.id, at=now, item=seen.id, reasons=(BURST,))]

    def _fast(self, story: Story, now: datetime) -> bool:
        policy = self.policy
        return story.echo.accelerates(now, policy.accelerate_items, policy.accelerate_platforms, policy.accelerate_times)

    def _told(self, seen: Seen) -> str:
        """What a person on duty reported alarms at once; a work order only where the policy says so."""
        return "forced" if seen.kind == "officer" or (seen.kind == ORDER and self.policy.orders_at_once) else ""

    def _repeated(self, story: Story, seen: Seen, now: datetime) -> str:
        """An order that is nothing by itself, but asked for by several people over several days."""
        return "attention_days" if seen.kind == ORDER and self._smoulders(story, now) else ""

    def _reason(self, story: Story, verdict: Verdict, now: datetime) -> str:
        """The policy key under which this item makes its story alarm, or empty."""
        policy = self.policy
        if verdict.alarm == "never" or verdict.label == "O" or verdict.category in policy.categories_listed:
            return ""
        if verdict.category == "earthquake" and not self._strong(story, verdict):
            return ""
        if verdict.category in policy.categories_at_once and verdict.label == "E":
            return "categories_at_once"
        if verdict.alarm == "now" and verdict.score_en >= policy.alarm_at:
            return "alarm_at"
        if verdict.alarm == "digest":
            if story.echo.platforms(now, policy.digest_hours, policy.digest_platforms) >= policy.digest_platforms:
                return "digest_platforms"
            if story.echo.titles(now, policy.digest_hours, policy.digest_items) >= policy.digest_items:
                return "digest_items"
        if verdict.alarm == "digest" and self._smoulders(story, now):
            return "attention_days"
        return BURST if self._fast(story, now) else ""

    def _smoulders(self, story: Story, now: datetime) -> bool:
        """Several people over several days: followed from now on."""
        policy = self.policy
        days, people = max(policy.slow_days, policy.attention_days), max(policy.slow_people, policy.attention_people)
        return story.echo.smoulders(now, timedelta(days=policy.slow_window_days), days, people)

    def likely(self, story: Story) -> str:
        """Id of another story that is likely the same matter: its twin, or the nearest in words with no other place.

        Looked for among those that alarmed and, for what titles tell, those that letters told of.
        """
        if story.twin:
            return story.twin
        letters = self._index.of_letters()
        told = [] if story.id in letters else [self.stories[name] for name in letters if name in self.stories]
        near = [
            (self._index.alike(story.id, other.id), other.id)
            for other in (*self._alarmed, *told)
            if other.id != story.id and _meet(story, other) and self._index.apart(story.id, other.id) is not Apart.SITE
        ]
        best = max(near, default=(0.0, ""))
        return best[1] if best[0] >= self.policy.suggest_likeness else ""

    def _strong(self, story: Story, verdict: Verdict) -> bool:
        hurt = any(story.figures.get(key) for key in ("deaths", "injured", "missing", "trapped"))
        return hurt or (verdict.magnitude is not None and verdict.magnitude >= self.policy.magnitude_min)

    def _in_scope(self, story: Story) -> bool:
        if story.foreign or story.province in self.policy.outside:
            return False
        return self.scope.covers(story)


def _meet(one: Story, two: Story) -> bool:
    """Whether two stories may lie in one place."""
    pairs = ((one.province, two.province), (one.city, two.city), (one.county, two.county))
    return not any(mine and theirs and mine != theirs for mine, theirs in pairs)


def _reasons(verdict: Verdict) -> tuple[str, ...]:
    return tuple(f"{hit.rule}@{hit.file}:{hit.line}" for hit in verdict.hits[:4])

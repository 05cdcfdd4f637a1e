"""Is a story that would alarm the same matter as one that already did, told in other words? Then it gets no card of its own.

Two ways: a twin (same place and hazard, like words, a short while ago) and an echo (talk around what everyone talks of).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.lexicon import AlarmPolicy
from monitors.facts import grievance_and_disaster
from monitors.likeness import STORM
from monitors.matter import Story
from monitors.sites import Apart
from monitors.story import MATTER, WIDE, StoryIndex, hazards

# likeness of words that makes a twin: less, the more the facts agree
CITY, TOLL_HERE, SELDOM, TOLL, PROVINCE, KIND, WORDS, SURE = 0.0, 0.03, 0.04, 0.08, 0.08, 0.15, 0.22, 0.33
HERE = ("city", "county")
LOST = ("dead", "lost")  # how the tolls end by which a disaster is known
OWN_TOLL = ("deaths", "missing", "trapped")  # what makes a matter its own beside a louder one


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """Looks for twins among alarmed stories."""

    index: StoryIndex
    policy: AlarmPolicy

    def of(self, story: Story, alarmed: Sequence[Story], now: datetime) -> str:
        """Id of the latest alarmed story that is the same matter, or empty."""
        fresh = (other for other in reversed(alarmed) if now - other.last_at <= self._limit(story, other))
        return next((other.id for other in fresh if self._echo(story, other, now) or self._twin(story, other)), "")

    def parted(self, story: Story, other: Story | None) -> bool:
        """A story once silenced turns out to lie elsewhere and to have dead or missing people of its own: no twin any more."""
        if other is None or not _own_toll(story, other):
            return False
        return any(differ(mine, theirs) for mine, theirs in zip(_place(story), _place(other), strict=True))

    def _limit(self, story: Story, other: Story) -> timedelta:
        """How long after its last item a story still has twins: a grievance is talked of longer than an accident."""
        slow = story.label == other.label == "N" and (
            _same_grievance(story, other) or story.category == other.category != "other"
        )
        return timedelta(hours=self.policy.same_grievance_hours if slow else self.policy.same_place_hours)

    def _twin(self, story: Story, other: Story) -> bool:
        """Same place and hazard: the same matter under other words."""
        if self._elsewhere(story, other):
            return False
        shared, apart = self._shared(story, other), self.index.apart(story.id, other.id)
        related, near = _related(story, other), self.index.near(story.id, other.id)
        if apart >= Apart.THING or (apart is Apart.PERSON and not shared and near < SURE):
            return False
        if self._of_another_kind(story, other, shared):
            return False
        same_toll = bool(self.index.share_toll(story.id, other.id))
        if _fewer_dead(story, other) and near < WORDS and not same_toll:
            return False
        other_hazard = bool(hazards(story.families) and hazards(other.families) and not related)
        needed = TOLL_HERE if shared in HERE else WORDS if other_hazard else KIND if shared == "home" else TOLL
        return (same_toll and near >= needed) or near >= self._needed(story, other, shared)

    def _of_another_kind(self, story: Story, other: Story, shared: str) -> bool:
        """A disaster beside a grievance it is no part of; beside talk or a disaster of another kind, where it lies in the desk's own
        territory or has dead or missing people of its own.
        """
        mine, theirs = frozenset(story.families), self._leading(other)
        if grievance_and_disaster(mine, theirs):
            return True
        own = shared == "home" or self._own_toll(story, other)
        return own and bool(hazards(mine)) and mine.isdisjoint(theirs)

    def _needed(self, story: Story, other: Story, shared: str) -> float:
        if not _related(story, other) or shared in ("", "home"):
            return KIND if not shared and _same_grievance(story, other) else WORDS
        if shared in HERE:
            return CITY
        if self._own_toll(story, other):
            return WORDS
        if _same_grievance(story, other):
            return SELDOM
        return PROVINCE if story.families & other.families or not (story.families or other.families) else KIND

    def _elsewhere(self, story: Story, other: Story) -> bool:
        """Whether both lie in places that differ; a flood strikes many counties of one city at once."""
        apart = [differ(mine, theirs) for mine, theirs in zip(_place(story), _place(other), strict=True)]
        if self._one_storm(story, other) or not any(apart):
            return False
        if any(apart[:2]):
            return True
        flooded = "water" in story.families & self._leading(other)
        return not flooded or self._shared(story, other) == "home" or self._own_toll(story, other)

    def _one_storm(self, story: Story, other: Story) -> bool:
        """Both name one typhoon, which crosses provinces, and the story has no victims of its own."""
        named = any(said.startswith(STORM) for said in self.index.share_toll(story.id, other.id))
        return named and not self._own_toll(story, other)

    def _shared(self, story: Story, other: Story) -> str:
        return self.index.shared(_place(story), _place(other))

    def _leading(self, other: Story) -> frozenset[str]:
        """Families that lead in a story; all it ever named where the index has forgotten it."""
        return self.index.families(other.id) or frozenset(other.families)

    def _own_toll(self, story: Story, other: Story) -> bool:
        """Whether a story has dead or missing people whom the other has never counted."""
        said = self.index.share_toll(story.id, other.id)
        return _own_toll(story, other) and not any(toll.endswith(LOST) for toll in said)

    def _echo(self, story: Story, other: Story, now: datetime) -> bool:
        """Talk around a matter everyone talks of (same province, same hazard, no toll of its own): no card of its own."""
        if self._aftershock(story, other):
            return True
        shared, wide = self._shared(story, other), self._leading(other) & WIDE
        elsewhere = differ(story.province, other.province)
        if shared == "home" or (elsewhere and not _shaken(story, wide)) or self.index.apart(story.id, other.id) >= Apart.THING:
            return False
        loud = other.echo.titles(now, self.policy.loud_hours, self.policy.loud_titles) >= self.policy.loud_titles
        alike = self.index.near(story.id, other.id) >= self.policy.loud_likeness
        if elsewhere:
            return loud and alike
        if self._own_toll(story, other):
            return bool(wide) and alike and shared in HERE and _nameless(story) and _fewer_dead(story, other)
        if shared in HERE and wide and "earth" in story.families:
            return True  # a wall or a slope that gives way in the city that is flooded or shaken
        if not loud:
            return False
        if (shared in HERE and _nameless(story)) or (alike and wide and "earth" in story.families):
            return True
        return bool(story.province and story.families & wide) or (alike and (_related(story, other) or _nameless(story)))

    def _aftershock(self, story: Story, other: Story) -> bool:
        """After an earthquake in the province, what names none, or a weaker one below `aftershock_max`, is the same matter."""
        if "quake" not in story.families & other.families or not story.province or story.province != other.province:
            return False
        return story.magnitude < min(other.magnitude, self.policy.aftershock_max)


def differ(one: str, two: str) -> bool:
    """Whether two names are both known and not the same."""
    return bool(one and two and one != two)


def _nameless(story: Story) -> bool:
    """No word says what struck: people looked for, a dead person found."""
    return not story.families and story.category == "other"


def _shaken(story: Story, wide: frozenset[str]) -> bool:
    """What an earthquake did beyond the border of its province, told with no magnitude of its own."""
    return "quake" in story.families & wide and not story.magnitude


def _place(story: Story) -> tuple[str, str, str]:
    return story.province, story.city, story.county


def _same_grievance(story: Story, other: Story) -> bool:
    """Both are of a kind that hardly strikes one province twice in some days (a bank's savers, a school's meals, a beast)."""
    return any(name.startswith(MATTER) for name in story.families & other.families)


def _related(story: Story, other: Story) -> bool:
    return bool(other.families & story.families) or (story.category == other.category != "other")


def _fewer_dead(story: Story, other: Story) -> bool:
    """A toll never falls: fewer dead than the other story had is another matter."""
    return 0 < story.figures.get("deaths", 0) < other.figures.get("deaths", 0)


def _own_toll(story: Story, other: Story) -> bool:
    """Whether a story states dead or missing people the other has not counted; a victim's story without a place is a part of it."""
    mine, theirs = story.figures, other.figures
    if not story.province:
        return any(mine.get(key, 0) > theirs.get(key, 0) for key in OWN_TOLL)
    return any(mine.get(key) and mine[key] != theirs.get(key) for key in OWN_TOLL)

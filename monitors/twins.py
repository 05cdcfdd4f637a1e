"""Is a story that would alarm the same matter as one that already did, told in other words? Then it gets no card of its own.

Two ways: a twin (same place and hazard, like words, a short while ago) and an echo (talk around what everyone talks of).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.lexicon import AlarmPolicy
from monitors.heat import recent
from monitors.matter import Story
from monitors.sites import Apart
from monitors.story import MATTER, WIDE, StoryIndex, hazards

# likeness of words that makes a twin: less, the more the facts agree
CITY, TOLL, PROVINCE, TOLL_APART, WORDS = 0.0, 0.08, 0.08, 0.15, 0.22
OWN_TOLL = ("deaths", "missing")  # what makes a matter its own beside a louder one


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
        if any(differ(mine, theirs) for mine, theirs in zip(_place(story), _place(other), strict=True)):
            return False
        if self.index.apart(story.id, other.id) >= Apart.THING:
            return False
        related, near = _related(story, other), self.index.near(story.id, other.id)
        if _fewer_dead(story, other) and near < WORDS:
            return False
        other_hazard = bool(hazards(story.families) and hazards(other.families) and not related)
        elsewhere = not story.city or story.city != other.city
        toll_needed = TOLL_APART if other_hazard and elsewhere else TOLL
        same_toll = near >= toll_needed and self.index.share_toll(story.id, other.id)
        return same_toll or near >= self._needed(story, other, related)

    def _needed(self, story: Story, other: Story, related: bool) -> float:
        shared = self.index.shared(_place(story), _place(other))
        if not related or shared in ("", "home"):
            return WORDS
        if shared in ("city", "county"):
            return CITY
        return WORDS if _own_toll(story, other) else PROVINCE

    def _echo(self, story: Story, other: Story, now: datetime) -> bool:
        """Talk around a matter everyone talks of (same province, same hazard, no toll of its own): no card of its own."""
        if self._aftershock(story, other):
            return True
        if _own_toll(story, other) or differ(story.province, other.province):
            return False
        if self.index.shared(_place(story), _place(other)) == "home" or self.index.apart(story.id, other.id) >= Apart.THING:
            return False
        if recent(other.sightings, now, self.policy.loud_hours)[0] < self.policy.loud_titles:
            return False
        if story.province and (story.families & other.families & WIDE or _brought_along(story, other)):
            return True
        alike = self.index.near(story.id, other.id) >= self.policy.loud_likeness
        return alike and (_related(story, other) or (not story.families and story.category == "other"))

    def _aftershock(self, story: Story, other: Story) -> bool:
        """After an earthquake in the province, what names none, or a weaker one below `aftershock_max`, is the same matter."""
        if "quake" not in story.families & other.families or not story.province or story.province != other.province:
            return False
        return story.magnitude < min(other.magnitude, self.policy.aftershock_max)


def differ(one: str, two: str) -> bool:
    """Whether two names are both known and not the same."""
    return bool(one and two and one != two)


def _brought_along(story: Story, other: Story) -> bool:
    """A wall or a slope that gives way in the city that is flooded or shaken."""
    return "earth" in story.families and bool(other.families & WIDE) and bool(story.city) and story.city == other.city


def _place(story: Story) -> tuple[str, str, str]:
    return story.province, story.city, story.county


def _same_grievance(story: Story, other: Story) -> bool:
    """Both are told with words of one family of grievances (a bank's savers, a school's meals)."""
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

"""Is a story that would alarm the same matter as one that already did, told in other words? Then it gets no card of its own.

Two ways: a twin (same place and hazard, like words, a short while ago) and an echo (talk around what everyone talks of).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.lexicon import AlarmPolicy
from monitors.heat import recent
from monitors.matter import Story
from monitors.story import StoryIndex

# likeness of words that makes a twin: less, the more the facts agree
CITY, TOLL, PROVINCE, WORDS = 0.0, 0.08, 0.08, 0.22
WIDE = frozenset(("water", "quake"))  # hazards that strike a whole province at once
OWN_TOLL = ("deaths", "missing")  # what makes a matter its own beside a louder one


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """Looks for twins among alarmed stories."""

    index: StoryIndex
    policy: AlarmPolicy

    def of(self, story: Story, alarmed: Sequence[Story], now: datetime) -> str:
        """Id of the latest alarmed story that is the same matter, or empty."""
        limit = timedelta(hours=self.policy.same_place_hours)
        fresh = (other for other in reversed(alarmed) if now - other.last_at <= limit)
        return next((other.id for other in fresh if self._echo(story, other, now) or self._twin(story, other)), "")

    def _twin(self, story: Story, other: Story) -> bool:
        """Same place and hazard: the same matter under other words."""
        if any(differ(mine, theirs) for mine, theirs in zip(_place(story), _place(other), strict=True)):
            return False
        related, near = _related(story, other), self.index.near(story.id, other.id)
        if _fewer_dead(story, other) and near < WORDS:
            return False
        return near >= self._needed(story, other, related) or (near >= TOLL and self.index.share_toll(story.id, other.id))

    def _needed(self, story: Story, other: Story, related: bool) -> float:
        if not related or self._at_home(story):
            return WORDS
        if story.city and story.city == other.city:
            return CITY
        return PROVINCE if story.province and story.province == other.province else WORDS

    def _at_home(self, story: Story) -> bool:
        return self.index.at_home(story.county or story.city)

    def _echo(self, story: Story, other: Story, now: datetime) -> bool:
        """Talk around a matter everyone talks of (same province, same hazard, no toll of its own): no card of its own."""
        if self._aftershock(story, other):
            return True
        if _own_toll(story.figures, other.figures) or differ(story.province, other.province) or self._at_home(story):
            return False
        if recent(other.sightings, now, self.policy.loud_hours)[0] < self.policy.loud_titles:
            return False
        if story.province and story.families & other.families & WIDE:
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


def _place(story: Story) -> tuple[str, str, str]:
    return story.province, story.city, story.county


def _related(story: Story, other: Story) -> bool:
    return bool(other.families & story.families) or (story.category == other.category != "other")


def _fewer_dead(story: Story, other: Story) -> bool:
    """A toll never falls: fewer dead than the other story had is another matter."""
    return 0 < story.figures.get("deaths", 0) < other.figures.get("deaths", 0)


def _own_toll(mine: Mapping[str, int], theirs: Mapping[str, int]) -> bool:
    """Whether a story states dead or missing people that the other has not already counted."""
    return any(mine.get(key) and mine[key] != theirs.get(key) for key in OWN_TOLL)

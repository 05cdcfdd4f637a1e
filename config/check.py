"""What is wrong between the entries of the settings: references, ladders that cannot fire, people nobody can reach, gaps in the rota.

    problems(settings, now) -> every problem, each with id, file, line, key and remedy
    across(settings, now) -> those between the settings' own entries
    folder_problems(settings) -> problems of the tables other loaders read (lexicon, policy, places, routing)

Reads nothing but its arguments (`folder_problems`: the settings' folders). Mistakes inside one entry are found by `config.load`.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from config import check_calendar, check_clocks, check_content, check_people, check_service
from config.clarified import ClarifiedError, load_clarified
from config.gazetteer import PlaceError, load_gazetteer
from config.lexicon import LexiconError, load_lexicon, load_policy
from config.opinion import OpinionError, load_opinion
from config.problem import Problem
from config.routing import RoutingError, load_functions
from config.schema import Settings
from config.tables import problems_of
from config.wording import WordingError, load_wording

WORD_LISTS = {
    "release_words.toml": "出稿体检词表",
    "subjects.toml": "卡片事由词表",
    "sentiment.toml": "帖文倾向词表",
    "rumor.toml": "传言用语词表",
    "letters.toml": "来信词表",
    "dispositions.toml": "舆情分类词表",
    "drill.toml": "演练目标",
}
"""Files of weighted words, read when they are needed: a mistake must be told before that."""


def problems(settings: Settings, now: datetime) -> tuple[Problem, ...]:
    """Every problem across entries and files; errors first, then by file and line."""
    return ordered([*across(settings, now), *folder_problems(settings)])


def across(settings: Settings, now: datetime) -> tuple[Problem, ...]:
    """Problems between the entries of the settings themselves; reads no file."""
    return ordered(
        [
            *check_clocks.problems(settings),
            *check_content.problems(settings),
            *check_people.problems(settings, now),
            *check_service.problems(settings),
            *check_calendar.problems(settings, now),
        ]
    )


def ordered(found: list[Problem] | tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(sorted(found, key=lambda p: (not p.is_error, p.file, p.line, p.id, p.key)))


def folder_problems(settings: Settings) -> list[Problem]:
    """Mistakes in the files of the other loaders, and references into them."""
    folders = tuple(Path(folder) for folder in settings.folders)
    found: list[Problem] = []
    try:
        load_lexicon(*(path for folder in folders if (path := folder / "lexicon").is_dir()))
    except LexiconError as error:
        found += problems_of("Y505", "词表、规则", error)
    try:
        load_policy(*(path for folder in folders if (path := folder / "policy.toml").is_file()))
    except LexiconError as error:
        found += problems_of("Y505", "告警策略", error)
    try:
        load_opinion(*(folder / "opinion.toml" for folder in folders))
    except OpinionError as error:
        found += problems_of("Y501", "舆情等级建议表", error)
    try:
        load_clarified(*(folder / "clarified.toml" for folder in folders))
    except ClarifiedError as error:
        found += problems_of("Y501", "已澄清传言清单", error)
    for name, what in WORD_LISTS.items():
        try:
            present = [path for folder in folders if (path := folder / name).is_file()]
            load_wording(*present or [Path(name)])
        except WordingError as error:
            found += problems_of("Y501", what, error)
    try:
        load_gazetteer(next((path for folder in folders[:0:-1] if (path := folder / "places.toml").is_file()), None))
    except PlaceError as error:
        found += problems_of("Y502", "地名表", error)
    try:
        functions = load_functions(*(folder / "routing" for folder in folders))
        found += check_content.lead_problems(settings, functions, folders)
    except RoutingError as error:
        found += problems_of("Y503", "分办表", error)
    return found

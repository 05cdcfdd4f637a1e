"""What texts are compared by: words of a title or character grams of a letter, weighed by how rarely they were seen so far.

A title is segmented, and its character pairs count too, with less weight (`~鼠头` is in 老鼠头 and in 鼠头鸭脖, whatever a
segmenter makes of them); a letter gives 2-3-grams of its Chinese runs and whole numbers with their unit (805路, A7县), its title
counted `TITLE_FACTOR` times. Words of form weigh little: they tell how people write, not what about.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from heapq import nlargest
from itertools import pairwise
from math import log, sqrt

PLACE_FACTOR = 0.6  # names of places already count as facts
PAIR = "~"  # begins a character pair of a title
PAIR_FACTOR = 0.5  # pairs repeat what the words say, and bridge what the segmenter cuts differently
PRIOR = 400.0  # as if so many items had been seen before the first one
FORM_CHARS = frozenset("的了是我们你您他不在有和就也都这那要会能可以为到对与及给让被把个很请尊敬好谢领导")
FORM_FACTOR = 0.4  # grams with a character of form say little about the matter
NUMBER_FACTOR = 2.0  # a number of a line, building or sum names the matter
TITLE_FACTOR = 4.0  # the title of a letter names the matter
LETTER_READ = 800  # characters of a letter that are read
LETTER_GRAMS = 400  # heaviest grams of a letter that are kept
SEEN_MOST = 400_000  # counted grams; beyond it those seen once are forgotten, as good as never seen
LAST_ASCII = "\x7f"
FIRST_HAN, LAST_HAN = "㐀", "鿿"
_RUN = re.compile(r"[㐀-鿿]+|[A-Za-z0-9]+(?:\.[0-9]+)?[㐀-鿿]?")
_HAN = re.compile(r"[㐀-鿿]{2,}")
_KEEP = re.compile(r"[㐀-鿿A-Za-z]")
_TOLL = re.compile(
    r"([0-9]+)(?:余|多)?(?:(?:人|名|位|户|车)[^0-9,。;!?]{0,5}?)?"
    r"(?:(?P<dead>死|遇难|身亡|死亡|溺亡|殒命|丧生)|(?P<hurt>伤|送医)|(?P<lost>失联|失踪)|(?P<stuck>被困|被埋))"
)
_DIGIT = re.compile("[0-9]")
_LEVEL = re.compile(r"[0-9]\.[0-9]级")
STORM = "台风"
_AGE = re.compile(r"(?<![0-9.])([0-9]{1,2})岁(?!以|及|半)")
_GONE = re.compile(r"(?:失联|失踪|走失)(?:已|了|近|超)?([0-9]+[天日月小])")
_STORM = re.compile(
    STORM
    + r"[“”\"《「『]?(?!来袭|影响|天气|登陆|预警|逼近|过境|中心|路径|即将|可能|带来|红色|橙色|黄色|蓝色|[或将已致最正生停再又袭])([㐀-鿿]{2})"
)

Vector = dict[str, float]


class TitleWeights:
    """Unit vectors of titles. `dull` maps a word to its factor (0..1)."""

    def __init__(self, dull: Mapping[str, float]) -> None:
        self._dull = dict(dull)
        self._seen: Counter[str] = Counter()
        self._items = 0

    def vector(self, counts: Mapping[str, float], places: Iterable[str]) -> Vector:
        """Unit vector of a title that was read (`words`)."""
        total, names = log(PRIOR + self._items), {name for name in places if name}
        seen, dull, pair = self._seen.get, self._dull.get, PAIR
        raw: Vector = {}
        for word, count in counts.items():
            weight = total - log(1.0 + seen(word, 0))
            if word[:1] == pair:
                raw[word] = weight * dull(word, 1.0) * PAIR_FACTOR
                continue
            if count != 1.0:
                weight *= 1.0 + log(count)
            weight *= dull(word, 1.0)
            if names and (word in names or word[:-1] in names):
                weight *= PLACE_FACTOR
            raw[word] = weight
        return _unit(raw)

    def learn(self, counts: Mapping[str, float]) -> None:
        """Count what an item contained, after it was placed."""
        self._items += 1
        self._seen.update(counts.keys())


def form_of(phrases: Iterable[str]) -> re.Pattern[str] | None:
    """What finds the phrases of form, longer ones first; None where there are none."""
    sorted_ = sorted(map(re.escape, phrases), key=lambda phrase: (-len(phrase), phrase))
    return re.compile("|".join(sorted_)) if sorted_ else None


class LetterWeights:
    """Unit vectors of letters. `form` are phrases people write in any letter; they are not read."""

    def __init__(self, form: Iterable[str]) -> None:
        self._form = form_of(form)
        self._seen: Counter[str] = Counter()
        self._items = 0

    def read(self, title: str, text: str) -> dict[str, float]:
        """Grams of a letter with their counts, those of its title counting more; the letter itself where only form is left."""
        counts: dict[str, float] = dict(grams(self._matter(text[:LETTER_READ])))
        for gram, count in grams(self._matter(title)).items():
            counts[gram] = counts.get(gram, 0.0) + TITLE_FACTOR * count
        return counts or {f"{title}{text}": 1.0}

    def _matter(self, text: str) -> str:
        return self._form.sub(" ", text) if self._form else text

    def vector(self, counts: Mapping[str, float]) -> Vector:
        """Unit vector of a letter that was read (`read`), its heaviest grams only."""
        total, seen, raw = log(PRIOR + self._items), self._seen, {}
        for gram, count in counts.items():
            weight = total - log(1.0 + seen.get(gram, 0))
            if count != 1:
                weight *= 1.0 + log(count)
            if not FORM_CHARS.isdisjoint(gram):
                weight *= FORM_FACTOR
            raw[gram] = weight if gram[:1] > LAST_ASCII else weight * NUMBER_FACTOR
        if len(raw) > LETTER_GRAMS:
            raw = dict(nlargest(LETTER_GRAMS, raw.items(), key=lambda entry: (entry[1], entry[0])))
        return _unit(raw)

    def learn(self, counts: Mapping[str, float]) -> None:
        """Count what a letter contained, after it was placed."""
        self._items += 1
        self._seen.update(counts.keys())
        if len(self._seen) > SEEN_MOST:
            self._seen = Counter({gram: count for gram, count in self._seen.items() if count > 1})


def dot(one: Mapping[str, float], two: Mapping[str, float]) -> float:
    """Scalar product; the smaller vector leads."""
    if len(two) < len(one):
        one, two = two, one
    return sum([weight * two[word] for word, weight in one.items() if word in two])


def told_alike(title: Mapping[str, float], letter: Mapping[str, float]) -> float:
    """Share (0..1) of what titles say, pair by pair, that letters say too: a letter says much more besides."""
    said = {word: weight for word, weight in title.items() if word[:1] == PAIR}
    whole = sum(said.values())
    return sum(weight for word, weight in said.items() if word[1:] in letter) / whole if whole else 0.0


@cache
def segmenter() -> Callable[[str], list[str]]:
    """The word segmenter. Its dictionary takes a sixth of a second to load: a detector loads it when made, a lone judgement never."""
    from rjieba import cut

    return cut


def pieces(word: str) -> tuple[str, ...]:
    """What a title makes of a word: pieces of two characters and more as the segmenter cuts it, and its character pairs."""
    return (*(piece for piece in segmenter()(word) if len(piece) >= 2), *pairs(word))


def words(title: str) -> dict[str, float]:
    """Words of two characters and more, lower case, and character pairs; the title itself where it has none."""
    found: dict[str, float] = {}
    for word in segmenter()(title):
        if len(word) < 2:
            continue
        text = word.strip().lower()
        if len(text) >= 2 and (FIRST_HAN <= text[0] <= LAST_HAN or _KEEP.search(text)):
            found[text] = found.get(text, 0.0) + 1.0
    found |= dict.fromkeys(pairs(title), 1.0)
    return found or {title: 1.0}


def pairs(text: str) -> list[str]:
    """Every two characters that follow each other in its Chinese runs, marked with `PAIR`."""
    return [f"{PAIR}{first}{second}" for run in _HAN.findall(text) for first, second in pairwise(run)]


def grams(text: str) -> Counter[str]:
    """Character 2-3-grams of Chinese runs, and numbers and Latin words whole with the character that follows."""
    found: list[str] = []
    for run in _RUN.findall(text):
        if run[0].isascii():
            found.append(run)
            continue
        found += [run[start : start + 2] for start in range(len(run) - 1)]
        found += [run[start : start + 3] for start in range(len(run) - 2)]
    return Counter(found)


def tolls(title: str) -> set[str]:
    """Tolls and magnitudes a title states, in one spelling: 6名学生溺亡 and 6人遇难 are both 6dead."""
    if not _DIGIT.search(title):
        return set()
    found = {f"{match[1]}{match.lastgroup}" for match in _TOLL.finditer(title)}
    return found | set(_LEVEL.findall(title))


def person_marks(title: str) -> set[str]:
    """What tells a person apart where names are withheld: an age (4岁男童), how long somebody has been missing (失联5天)."""
    found = {f"{match}old" for match in _AGE.findall(title)} if "岁" in title else set()
    return found | {f"{match}gone" for match in _GONE.findall(title)} if "失" in title else found


def storms(title: str) -> set[str]:
    """Typhoons a title names, with the first two characters of the name: one typhoon crosses several provinces."""
    return {f"{STORM}{name}" for name in _STORM.findall(title)} if STORM in title else set()


def _unit(raw: Vector) -> Vector:
    norm = sqrt(sum([weight * weight for weight in raw.values()])) or 1.0
    return {word: weight / norm for word, weight in raw.items()}

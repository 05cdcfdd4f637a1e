"""Plain text from what feeds and people send: one normal form that every judgement reads.

The normal form is for reading by rules only. What an officer sees is always the original.
"""

import html
import re
import unicodedata
from functools import lru_cache

LETTER_CHARS = 60  # a text this long is read as a letter
_TAG = re.compile(r"</?[a-zA-Z!][^<>]{0,400}>")
_URL = re.compile(r"(?:https?://|www\.)[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", re.I)
# A mention ends where the platforms end it: at a blank, at punctuation or at the end of the text.
_MENTION = re.compile(r"(?:/{2})?(?<![A-Za-z0-9])@[\w\-·]{1,30}(?=[\s:,。;!?、)]|$)")
_HASHTAG = re.compile(r"#([^#\s][^#\n]{0,60})#")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff\ufe0e\ufe0f]")
_HAN = "\u3400-\u9fff"
_BLANK_AT_DIGIT = re.compile(rf" (?:(?<=[{_HAN}] )(?=\d)|(?<=\d )(?=[{_HAN}]))")  # begins with the blank, so that re can skip
_NOT_WORD = re.compile(r"[\W_]+")
_SENTENCE_ENDS = "。!?;"


_WIDE = (("，", ","), ("：", ":"), ("（", "("), ("）", ")"), ("！", "!"), ("？", "?"), ("；", ";"), ("\u3000", " "))


def nfkc(text: str) -> str:
    """`text` in NFKC. The marks of Chinese print go first: without them most texts are normal already, which is seen at once."""
    for wide, plain in _WIDE:
        text = text.replace(wide, plain)
    return unicodedata.normalize("NFKC", text)


@lru_cache(maxsize=64)  # title and body of one item are read by several judges
def normalise(text: str) -> str:
    """Return `text` as NFKC without markup, addresses, mentions and invisible characters; blanks folded, lines kept.

    Full-width digits and punctuation become ASCII (`，` becomes `,`), `。` and `、` stay. Never raises.
    """
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _TAG.sub(" ", text)
    text = nfkc(text)
    if "://" in text or "www." in text or "WWW." in text:
        text = _URL.sub(" ", text)
    if "@" in text:
        text = _MENTION.sub(" ", text)
    if "#" in text:
        text = _HASHTAG.sub(r" \1 ", text)
    text = _INVISIBLE.sub("", text)
    lines = [" ".join(line.split()) for line in text.split("\n")]
    text = "\n".join([line for line in lines if line])
    # Typesetters put blanks around figures; the number grammar must not see them.
    return _BLANK_AT_DIGIT.sub("", text) if " " in text else text


def bare(text: str) -> str:
    """Return only the letters, digits and Han characters of `text`, lower case: equal for exact reposts."""
    return _NOT_WORD.sub("", normalise(text).casefold())


def sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of an already normalised text, each with its closing mark, blanks trimmed, none empty."""
    for mark in _SENTENCE_ENDS:
        text = text.replace(mark, f"{mark}\n")
    return tuple([part for raw in text.split("\n") if (part := raw.strip())])

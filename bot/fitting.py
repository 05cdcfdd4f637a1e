"""The sentences of a card's main text that fit its room: the least needed stay away, none is cut."""

from __future__ import annotations

from playbooks.incident import Incident

SUB = 112  # characters of the main text (bot.wecom.cards)
DRILL = "本卡为演练，内容均为虚构。"


def fitted(i: Incident, *parts: tuple[int, str]) -> str:
    """Sentences in the order in which they are read; where they are too many the highest numbers stay away."""
    room, kept = SUB - (len(DRILL) if i.drill else 0), [p for p in parts if p[1]]
    while sum(len(text) for _, text in kept) > room:
        kept.remove(max(kept, key=lambda p: p[0]))
    return "".join(text for _, text in kept)

"""What the board needs from the program, handed over once by the wiring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.board.upload import Report
from bot.clock import Clock
from bot.store.port import Store
from config.schema import Settings
from playbooks.incident import Actor
from playbooks.rota import Duty, duty, roles_of

Act = Callable[[str, str, int, Mapping[str, str]], Awaitable[str]]
"""(userid, command word, incident number, {"text": rest of the line}) -> Chinese reply: the entry chat commands use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardDeps:
    """`clock` is program time (virtual in the demo); `actor` gives the roles held now, covers included, if the desk has them; `duty` likewise.

    `data`: the folder with the models the installation trained itself.
    """

    store: Store
    settings: Settings
    clock: Clock
    act: Act
    actor: Callable[[str], Actor | None] | None = None
    report: Report | None = None
    duty: Callable[[], Duty] | None = None
    data: Path | None = None

    def actor_of(self, userid: str) -> Actor | None:
        """The officer with the roles held at this moment; None for a stranger."""
        if self.actor is not None:
            return self.actor(userid)
        org = self.settings.organisation
        officer = org.officer(userid)
        if officer is None:
            return None
        roles = roles_of(org, officer, duty(org, self.clock.now()))
        return Actor(id=officer.userid, name=officer.name, roles=roles, unit=officer.unit)

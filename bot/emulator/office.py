"""What all parts of the emulator share: the corp, the ledger, the clocks, the switches, and who wants to hear of changes."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.emulator.corp import Corp, Member
from bot.emulator.ledger import Ledger, PhoneMessage, ms
from bot.emulator.refusal import Refusal
from bot.emulator.switches import Switches

MEDIA_LIFE_MS = 3 * 24 * 3_600_000

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Recipients of a message after the app's visible range and the licences were applied."""

    reached: tuple[str, ...]
    invalid: tuple[str, ...]
    invalid_parties: tuple[str, ...]
    invalid_tags: tuple[str, ...]
    unlicensed: tuple[str, ...]


class Office:
    """Mutable shared state of one emulator; used only from its event loop."""

    def __init__(self, corp: Corp, ledger: Ledger, clock: Clock, wall: Clock) -> None:
        self.corp = corp
        self.ledger = ledger
        self.clock = clock
        self.wall = wall
        self.switches = Switches()
        self.callback_url = corp.callback_url
        self.trusted_ips = list(corp.trusted_ips)
        self.wrong_secrets: list[int] = []
        self.banned_until = 0
        self.hooks: list[Callable[[PhoneMessage], None]] = []
        self.watchers: set[asyncio.Event] = set()
        self.closing = False
        self._members = {member.userid.lower(): member for member in corp.members}

    def now(self) -> int:
        """Epoch milliseconds on the program's clock."""
        return ms(self.clock())

    def member(self, userid: str) -> Member | None:
        """WeCom compares userids without case."""
        return self._members.get(userid.lower())

    def name_of(self, user: str) -> str:
        member = self.member(user)
        return member.name if member else user

    def known_media(self, media_id: str) -> str:
        """The name of an uploaded file that has not expired; 40007 otherwise."""
        found = self.ledger.row("select name, created_at from media where media_id=?", media_id)
        if found is None or self.now() - found["created_at"] > MEDIA_LIFE_MS:
            raise Refusal(40007, "invalid media_id")
        return str(found["name"])

    def open_userid(self, userid: str) -> str:
        """The encrypted id under which a smart bot knows a member; its case counts."""
        return f"wo{hashlib.sha256(f'{self.corp.corpid}|{userid.lower()}'.encode()).hexdigest()[:20]}Q"

    def changed(self) -> None:
        """Tell every open phone page that something is to be seen."""
        for watcher in self.watchers:
            watcher.set()

    def arrived(self, deliveries: Iterable[int]) -> None:
        """Tell the hooks of new messages once the answer has left, and the pages at once."""
        loop = asyncio.get_running_loop()
        for delivery in deliveries:
            message = self.ledger.message(delivery)
            if message is not None:
                for hook in self.hooks:
                    loop.call_soon(hook, message)
        self.changed()

    def target(self, users: list[str], parties: list[str], tags: list[str]) -> Target:
        """Resolve recipients; everything WeCom returns about people is lower case."""
        wanted = list(self._members) if users == ["@all"] else [user.lower() for user in users]
        in_range = [member for member in self._members.values() if member.visible]
        for party in parties:
            wanted += [member.userid.lower() for member in in_range if str(member.party) == party]
        for tag in tags:
            wanted += [member.userid.lower() for member in in_range if int(tag or 0) in member.tags] if tag.isdigit() else []
        wanted = list(dict.fromkeys(wanted))
        known = [user for user in wanted if user in self._members and self._members[user].visible]
        return Target(
            reached=tuple(user for user in known if self._members[user].licensed),
            invalid=() if users == ["@all"] else tuple(user for user in wanted if user not in known),
            invalid_parties=tuple(p for p in parties if p not in {str(member.party) for member in in_range}),
            invalid_tags=tuple(t for t in tags if t not in {str(tag) for member in in_range for tag in member.tags}),
            unlicensed=tuple(user for user in known if not self._members[user].licensed),
        )


def fresh_id(prefix: str) -> str:
    """An identifier nobody can guess."""
    return f"{prefix}{secrets.token_urlsafe(24)}"

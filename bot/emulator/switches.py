"""What the documents leave open (both behaviours can be had) and the faults that can be injected."""

from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(slots=True, kw_only=True)
class Fault:
    """Next `times` calls of `path` (the part after /cgi-bin/, empty: any) misbehave.

    `kind`: errcode (refuse with `code` before acting), http (status `code` before acting), delay (`seconds`, then act), reset
    (close before acting), lost (act, then close without an answer), garbled (act, then answer half a JSON).
    """

    kind: str
    path: str = ""
    code: int = -1
    seconds: float = 0.0
    times: int = 1


@dataclass(slots=True, kw_only=True)
class Switches:
    """Mutable on purpose: tests and the control address change them while the server runs."""

    rotate_token: bool = False  # a repeated gettoken while one is valid: the same or a new one
    expired_code: int = 42001  # 42001 or 40014 for an expired token
    token_lifetime: int = 7200  # seconds
    wrong_secret_limit: int = 10  # then gettoken is banned for an hour
    duplicate_check: bool = True  # off: as after its interval, when only the task_id tells a repeat
    repeat_answer: str = "same"  # a dropped identical repeat: "same" msgid and code as the first, or "bare"
    taken_code: int = 42014  # errcode of a task_id used before
    passive: str = "honour"  # passive replies to card events: honour | ignore
    retry_on: str = "any"  # callback retries after "any" non-200, or only after a "timeout"
    retry_pause: float = 0.2  # seconds between callback retries
    callback_timeout: float = 5.0  # seconds
    callbacks: str = "normal"  # normal | drop | duplicate | hold
    stale_by: int = 0  # seconds by which callback signatures are dated back
    callback_ips: str = "127.0.0.1"  # addresses of getcallbackip, by spaces
    bot_userid: str = "plain"  # plain | encrypted: what a smart bot learns of who writes
    ping_timeout: float = 90.0  # seconds after which a long connection without a ping is cut
    per_minute: int = 30
    per_hour: int = 1000
    webhook_per_minute: int = 20
    daily_per_account: int = 200
    faults: list[Fault] = field(default_factory=list)

    def change(self, values: dict[str, Any]) -> list[str]:
        """Set the switches named in `values`; return the names that are unknown or of the wrong type."""
        known = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "faults"}
        wrong = []
        for name, value in values.items():
            if name not in known or (not isinstance(value, type(known[name])) and not isinstance(known[name], float)):
                wrong.append(name)
            else:
                setattr(self, name, value)
        return wrong

    def take(self, path: str) -> Fault | None:
        """Return the fault that is due for this call, once."""
        for fault in self.faults:
            if fault.path in ("", path):
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None

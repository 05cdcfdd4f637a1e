"""Refusals: of the emulated server (an errcode and an English errmsg, as on the wire) and of the phone."""


class Refusal(Exception):
    """Answered as HTTP 200 with this errcode (WeCom reports errors in the body)."""

    def __init__(self, errcode: int, errmsg: str, **more: object) -> None:
        super().__init__(errmsg)
        self.errcode = errcode
        self.errmsg = errmsg
        self.more = more


class PressRefused(Exception):
    """What an officer tried is not possible on this phone; the text says why, in Chinese."""

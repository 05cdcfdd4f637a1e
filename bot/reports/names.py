"""How people and units are called in an official paper: roles in the body, names only in the restricted annex."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.labels import ROLES, UNKNOWN
from config.schema import Officer, Organisation, Settings
from monitors.mask import mask

SYSTEM_IDS = {"system": "系统", "feed": "监测来源", "": UNKNOWN}


def print_office(org: Organisation) -> str:
    """印发机关 of a paper: as configured, else the press office, else the body itself."""
    press = org.unit(org.press_office)
    return org.print_office or (press.name if press else "") or org.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Look-ups over the organisation of `settings`. With `open_names` persons are named (the board, for those who may)."""

    settings: Settings
    open_names: bool = False

    def unit(self, code: str) -> str:
        unit = self.settings.organisation.unit(code)
        return (unit.short or unit.name) if unit else (code or UNKNOWN)

    def source(self, code: str) -> str:
        known = next((s.name for s in self.settings.sources if s.id == code), "")
        return (
            known
            or {"officer": "值班报告", "hotline": "热线来电", "system": "系统监测", "drill": "演练情景"}.get(code)
            or self.unit(code)
        )

    def person(self, userid: str) -> str:
        """``应急管理局 联络员``; with open names the name after it."""
        if userid in SYSTEM_IDS:
            return SYSTEM_IDS[userid]
        officer = self.settings.organisation.officer(userid)
        if officer is None:
            return "名册外人员"
        return f"{self.post(officer)} {officer.name}".strip() if self.open_names else self.post(officer)

    def people(self, userids: Iterable[str]) -> str:
        return "、".join(dict.fromkeys(self.person(u) for u in userids))

    def post(self, officer: Officer) -> str:
        """Unit and title, or the first role where no title is known."""
        unit = self.unit(officer.unit)
        role = officer.title or next((ROLES[r] for r in officer.roles if r in ROLES), "工作人员")
        return role if unit in role else f"{unit} {role}"

    def scrub(self, text: str) -> str:
        """Free text for the body: numbers covered, known officers replaced by their posts."""
        if self.open_names:
            return text
        text = mask(text)
        for officer in self.settings.organisation.officers:
            if len(officer.name) > 1 and officer.name in text:
                text = text.replace(officer.name, f"〔{self.post(officer)}〕")
        return text

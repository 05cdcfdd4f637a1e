"""Settings as frozen values: what an installation may decide. No logic beyond look-ups, no reading of files.

Chinese labels, limits and citations come from TOML (`config/load.py`); nothing here repeats a statutory number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum, StrEnum

from config.holidays import Holidays
from config.period import Period


class Level(IntEnum):
    """Grade of an emergency, 1 worst (突发事件应对法 §3: 特别重大、重大、较大、一般)."""

    ESPECIALLY_MAJOR = 1
    MAJOR = 2
    SIGNIFICANT = 3
    GENERAL = 4

    @property
    def code(self) -> str:
        return self.name.lower()

    @classmethod
    def of(cls, code: str) -> Level:
        """Level of a code such as ``major``; KeyError on anything else."""
        return cls[code.upper()]


class Role(StrEnum):
    """Roles a ladder step may address (practice.md §1)."""

    DUTY_OFFICER = "duty_officer"
    DEPUTY_DUTY = "deputy_duty"
    DUTY_LEADER = "duty_leader"
    UNIT_LIAISON = "unit_liaison"
    UNIT_HEAD = "unit_head"
    DEPUTY_IN_CHARGE = "deputy_in_charge"
    PRINCIPAL = "principal"
    PRESS_OFFICE = "press_office"
    ARBITER = "arbiter"
    APPROVER = "approver"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a rule is written. `verified` False is shown as 待核实."""

    document: str
    article: str
    file: str = ""
    verified: bool = True

    @property
    def text(self) -> str:
        return f"{self.document}{self.article}" + ("" if self.verified else "（待核实）")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRule:
    """One rung: when (before due, at due, after due, after start) and for which roles.

    Exactly one of `left`, `after`, `from_start` is set; all are minutes. `every`/`times` repeat an `after` rung.
    """

    code: str
    roles: tuple[Role, ...]
    left: int | None = None
    after: int | None = None
    from_start: int | None = None
    every: int | None = None
    times: int = 1
    card: str = "countdown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    code: str
    steps: tuple[StepRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One duty with a limit. `levels` holds level codes and `unknown`; empty = no level condition.

    With a `period` the limit is counted in days or months and `limit` is only the least it can be; `extension` may be granted once.

    `when` names a condition of `playbooks.deadlines.CONDITIONS`; `start` lists instants, the first known one counts.
    """

    code: str
    profile: str
    name: str
    duty: str
    track: str  # public | upward | internal | service
    levels: tuple[str, ...]
    limit: timedelta
    start: tuple[str, ...]
    met_by: tuple[str, ...]
    ladder: str
    citation: Citation
    when: str = "always"
    repeats: bool = False
    needs: int = 1
    quiet_forward: bool = True
    later_limit: timedelta | None = None
    period: Period | None = None
    extension: Period | None = None

    @property
    def id(self) -> str:
        return f"{self.profile}.{self.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    code: str
    name: str
    citation: Citation
    floor: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """Minima of one metric per level (domain.md §3): reaching one metric gives the level."""

    id: str
    category: str
    metric: str
    minima: Mapping[str, float]
    citation: Citation
    count_missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A kind of matter; `table` names the threshold table, empty = fallback deaths 30/10/3 (provisional)."""

    code: str
    name: str
    neutral: str  # what a leaked card may say before verification
    table: str = ""
    high_consequence: bool = False
    vague: bool = False  # says nothing by itself: cards name the subject instead (subjects.toml)
    aside: bool = False  # says too little: cards add in brackets what happened
    evacuation: bool = False  # people may leave their homes because of it
    lead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """预案: the lines an officer reads, by category and grade."""

    id: str
    name: str
    categories: tuple[str, ...]
    levels: tuple[str, ...]
    conditions: tuple[str, ...]
    units: tuple[str, ...]
    first_actions: tuple[str, ...]
    verify: tuple[str, ...]
    tell: tuple[str, ...]
    consult: tuple[str, ...]
    outline: tuple[str, ...]
    avoid: tuple[str, ...]
    citation: Citation
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    code: str
    name: str
    short: str = ""
    functions: tuple[str, ...] = ()
    territory: str = ""
    duty_phone: str = ""
    kind: str = "bureau"  # bureau | town | press | command | arbiter


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    userid: str
    name: str
    unit: str
    title: str = ""
    roles: tuple[str, ...] = ()
    phone: str = ""
    direct_push: bool = False
    email: str = ""  # where alarms go that WeCom does not take
    board: str = ""  # "" | viewer | editor | admin


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Who is on duty from `start` to `end` (minutes of the local day, end may exceed 1440) on `days` (0 = Monday) or a date."""

    name: str
    start: int
    end: int
    duty_officer: str
    deputy_duty: str
    duty_leader: str
    days: tuple[int, ...] = ()
    date: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the installation watches: empty province = everything."""

    province: str = ""
    city: str = ""
    county: str = ""
    functions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    name: str
    short: str
    level: str  # county | city | province | bureau
    units: tuple[Unit, ...]
    officers: tuple[Officer, ...]
    shifts: tuple[Shift, ...]
    press_office: str = ""
    command: str = ""
    arbiter: str = ""
    routing: str = "county"
    superior_phone: str = ""
    report_to: str = ""  # 主送: whom reviews and periodic reports are addressed to
    copy_to: str = ""  # 抄送
    print_office: str = ""  # 印发机关, empty: the press office

    def unit(self, code: str) -> Unit | None:
        return next((u for u in self.units if u.code == code), None)

    def officer(self, userid: str) -> Officer | None:
        low = userid.lower()
        return next((o for o in self.officers if o.userid.lower() == low), None)

    @property
    def administrators(self) -> tuple[Officer, ...]:
        """Who looks after the desk itself."""
        return tuple(o for o in self.officers if o.board == "admin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One feed, hot list, drop folder, vendor or watched page. Intervals in seconds; `mapping` names a field map.

    `own`: a site or account of this body: its trouble is told to the desk as well. `quiet_hours`: silent longer is a trouble
    (0 = by its own rhythm). `expect`: words a watched page must show, or it is not the page.
    """

    id: str
    name: str
    kind: str
    url: str = ""
    interval: int = 300
    internal: bool = False
    local: bool = False
    tags: tuple[str, ...] = ()
    enabled: bool = True
    mapping: str = ""
    own: bool = False
    quiet_hours: int = 0
    expect: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMap:
    """How one foreign system names its fields: field -> headings or JSON keys, tried before the usual ones."""

    id: str
    names: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeComSettings:
    base_url: str = "https://qyapi.weixin.qq.com"
    corpid: str = ""
    agentid: int = 0
    secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    aes_key: str = field(default="", repr=False)
    oauth_url: str = "https://open.weixin.qq.com"
    login_url: str = "https://login.work.weixin.qq.com"
    bot_url: str = "wss://openws.work.weixin.qq.com"  # long connection of the smart bot
    bot_id: str = ""  # empty: no smart bot
    bot_secret: str = field(default="", repr=False)
    webhook: str = field(default="", repr=False)  # key of the duty group's robot
    gateway_url: str = field(default="", repr=False)  # SMS or voice gateway
    passive_card_reply: str = "none"  # none | update_button | update_template_card
    incident_chat: bool = False  # an app group of the units concerned; needs the root department in the app's visible range


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """The server that takes e-mail for officers; empty `host`: no e-mail. `security`: starttls | tls | none."""

    host: str = ""
    port: int = 587
    security: str = "starttls"
    sender: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""  # certificate authority of a private server, empty: those of the system


@dataclass(frozen=True, slots=True, kw_only=True)
class BotSettings:
    listen: str = "127.0.0.1:8710"
    public_url: str = ""
    heartbeat_url: str = ""
    database_url: str = field(default="", repr=False)
    profile: str = "national-default"
    quiet_from: str = "22:00"
    quiet_to: str = "07:30"
    quiet_forward_to: str = "21:00"
    jitter_seconds: int = 45
    push_limit: int = 8  # pushes about one matter to anybody but its owner in its first `push_hours`; 0: no limit
    push_hours: int = 5
    watch_days: int = 3
    lease_seconds: int = 30
    zero_report_at: str = "08:00"
    brief_at: tuple[str, ...] = ("08:10", "17:30")
    original_days: int = 180
    item_days: int = 730
    thin_categories: tuple[str, ...] = ()
    thin_until_public: tuple[str, ...] = ()  # of these, thin only while no public source has told of the matter
    secrecy_marks: tuple[str, ...] = ("绝密", "机密", "秘密★", "内部秘密")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an installation decides; one immutable value, swapped whole."""

    bot: BotSettings
    wecom: WeComSettings
    organisation: Organisation
    scope: Scope
    profiles: Mapping[str, Profile]
    clauses: tuple[Clause, ...]
    ladders: Mapping[str, Ladder]
    notices: Mapping[str, tuple[Role, ...]]
    thresholds: tuple[Threshold, ...]
    categories: Mapping[str, Category]
    playbooks: tuple[Playbook, ...]
    sources: tuple[Source, ...]
    mappings: Mapping[str, FieldMap] = field(default_factory=dict)
    mail: MailSettings = field(default_factory=MailSettings)
    ingest_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)  # source id -> key of its signed pushes
    holidays: Holidays = field(default_factory=Holidays)
    folders: tuple[str, ...] = ()
    origins: Mapping[str, str] = field(
        default_factory=dict
    )  # "clause national-default.first_statement_5h" -> "clauses.toml:12"

    def category(self, code: str) -> Category:
        return self.categories.get(code) or self.categories["other"]

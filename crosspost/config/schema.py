"""What a configuration holds, as frozen values: one class for each table. Every option is in config.example.toml.

No platform is known here: the keys of an account come from the `Settings` of the platform's own folder.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from crosspost.config import types, weektime
from crosspost.config.secrets import PrivateKey, Secret
from crosspost.errors import UsageError


@dataclass(frozen=True, slots=True)
class NewsletterConfig:
    """How a newsletter is called, where it is published and how its issues are written."""

    name: str = "This Week in Rust"
    site: types.Site = "https://this-week-in-rust.org"
    page: types.PagePattern | None = None
    """The address of an issue's page; None: This Week in Rust's own, of any other newsletter none."""
    grammar: Literal["twir", "plain"] | None = None
    """How an issue's sections are read; None: "twir" of This Week in Rust, "plain" of any other newsletter."""
    number: str = ""
    """A key of the header that has the issue's number, beside `Number` and `Issue`; "extra.issue" is one in a table."""

    @property
    def is_twir(self) -> bool:
        """Return whether it is This Week in Rust, whose own ways are the defaults."""
        return self.name == "This Week in Rust"

    @property
    def page_pattern(self) -> str | None:
        """Return the pattern of a page's address; None: an issue's header or feed has to say its address."""
        return self.page or ("{site}/blog/{date:%Y/%m/%d}/{slug}/" if self.is_twir else None)

    @property
    def sections(self) -> Literal["twir", "plain"]:
        """Return the grammar of its sections."""
        return self.grammar or ("twir" if self.is_twir else "plain")


@dataclass(frozen=True, slots=True)
class StoreConfig:
    url: types.StoreUrl = "sqlite:////var/lib/crosspost/crosspost.db"
    password: Secret | None = None
    """Of a PostgreSQL server, in place of one in the address."""
    takeover: types.Duration = timedelta(minutes=1)
    """Of several machines on one PostgreSQL one watches; this long after it was last heard of, another one does."""

    @property
    def serves_several_machines(self) -> bool:
        """Whether more than one machine may work on it."""
        return self.url.startswith("postgresql")

    @property
    def file(self) -> Path | None:
        """Return where a SQLite database is; None: it is on a server, or in no file."""
        path = self.url.partition("sqlite:///")[2].partition("?")[0]
        return Path(path) if path else None

    def address(self) -> str:
        """Return the address to connect to, with its password: a secret. Raises SecretError when that is not there."""
        if self.password is None:
            return self.url
        scheme, _, rest = self.url.partition("://")
        user, at, place = rest.rpartition("@")
        name = user.partition(":")[0] if at else ""
        return f"{scheme}://{name}:{quote(self.password.reveal(), safe='')}@{place}"


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """One `[source]` table; `[[source]]` gives several."""

    kind: Literal["git", "directory", "feed"] = "git"
    name: str = ""
    """For status and logs; empty: the kind, with a number if there are several."""
    url: str | None = None
    path: types.LocalPath | None = None
    branch: str = "main"
    folder: str = "content"
    files: tuple[types.Glob, ...] = ()
    """Which paths below the folder may be issues, or which addresses of a feed's entries without their host; empty: the
    Markdown files of the folder and the index.md of its folders, or all entries."""
    ssh_key: PrivateKey | None = None
    """With it git reads and pushes over ssh; None: with the keys that this user's ssh finds."""
    known_hosts: types.LocalPath | None = None
    """The only host keys that are believed; None: those in this user's and the machine's known_hosts."""
    token: Secret | None = None
    """With it git reads and pushes over https; "name:token" where the forge wants a name of its own."""
    every: types.PositiveDuration = timedelta(seconds=60)
    every_in_window: types.PositiveDuration | None = None
    """Poll this often within `window`."""
    window: types.Span | None = None
    """When publication is expected, in UTC: "Wed 20:00 - Thu 08:00"."""


@dataclass(frozen=True, slots=True)
class ChannelConfig:
    """One `[[channels]]` table: where the newsletter should appear although another program or person puts it there."""

    kind: Literal["feed", "page", "account"]
    name: str = ""
    """For status and alerts; empty: the host or the account."""
    url: types.PublicPage | None = None
    """Of a feed or a page."""
    platform: str | None = None
    """Of an account; and its address or handle there."""
    address: str | None = None
    alert_after: types.PositiveDuration = timedelta(hours=2)
    """An issue that is not there this long after it went live needs a person."""


@dataclass(frozen=True, slots=True)
class GateConfig:
    page_live: bool = True
    page_base_url: types.Site | None = None
    """Where to ask for the issue's page in place of `newsletter.site`: for rehearsals."""
    in_content: bool = False
    in_feed: bool = False
    whole: bool = True
    quiet_for: types.Duration = timedelta(minutes=10)
    max_age: types.PositiveDuration = timedelta(days=7)
    largest_step: int = 5
    """A number further above the last one than this waits for a person."""
    hold: bool = False
    """Every issue waits until an editor lets it go."""
    closed: types.Span | None = None
    """"Fri 22:00 - Mon 06:00" in UTC: in these hours nothing is sent."""


SHADOW = "it is on: nothing is posted, edited, deleted, pushed or proposed"


@dataclass(frozen=True, slots=True)
class DeliveryConfig:
    attempt_limit: types.PositiveDuration = timedelta(seconds=60)
    first_retry: types.PositiveDuration = timedelta(minutes=1)
    longest_retry: types.PositiveDuration = timedelta(hours=1)
    give_up_after: types.PositiveDuration = timedelta(days=2)
    look_after: tuple[types.Duration, ...] | None = None
    """After an attempt whose outcome is unknown, when to look; None: as each platform's listings lag."""
    shadow: bool = False
    """Do everything but write: what would be posted is kept, and compared with what people post."""


@dataclass(frozen=True, slots=True)
class BackfillConfig:
    mode: Literal["push", "pull-request", "file", "off"] = "off"
    author: types.Author = "crosspost <crosspost@localhost>"
    message: types.Message = "Add the discussion link to {number}"
    hiring: bool = False
    """Fill the hiring link's placeholder in the same edit (Reddit account must be readable)."""
    api_base_url: types.ApiAddress | None = None
    repository: types.Repository | None = None
    token: Secret | None = None


@dataclass(frozen=True, slots=True)
class WebConfig:
    listen: types.Listen | None = None
    """"127.0.0.1:8570"; None: no page."""
    hosts: tuple[types.HostName, ...] = ()
    """Further names by which it may be asked for, such as a reverse proxy's."""
    webhook_secret: Secret | None = None
    """With it, `POST /hooks/push` of the forge makes the next poll happen now."""


NEVER = "never"
Deadline = Annotated[
    str,
    types.checked_option(
        f'{weektime.MOMENT}, or "{NEVER}"', lambda text: text == NEVER or weektime.parse_moment(text)
    ),
]


@dataclass(frozen=True, slots=True)
class AlertsConfig:
    to: tuple[Secret, ...] = ()
    """Apprise addresses; each is a secret."""
    no_issue_by: Deadline | None = None
    """"Thu 12:00" in UTC: say so when no issue came out by then; "never". None: a day after the weekday and hour by
    which the last ten issues were out, of a newsletter that is weekly."""
    gate_waits_longer_than: types.Duration = timedelta(hours=6)
    link_missing_longer_than: types.Duration = timedelta(days=1)
    """An announced issue whose discussion link is not in its text by then needs a person."""
    unreachable_longer_than: types.Duration = timedelta(hours=1)
    """A source that has not answered for this long needs a person."""
    corrections: bool = False
    """Say so when an issue changed after its posts, in a line that was posted."""
    check_before: types.Moment | None = None
    """"Tue 18:00" in UTC: run `check` by itself then, and say so if anything would fail."""


@dataclass(frozen=True, slots=True)
class DigestConfig:
    """What is worth saying, in which order."""

    sections: tuple[str, ...] = ()
    """Community headings, the most telling first; empty: the built-in order (the digest's `SECTIONS`)."""
    links: int = 5
    """How many top links at most."""
    hashtags: tuple[types.Hashtag, ...] = ("RustLang",)
    """In CamelCase, so that a screen reader can say them. Of another newsletter than the built-in one: none."""
    official: tuple[str, ...] = ("Official", "blog.rust-lang.org")
    """Whose word is news: headings of the issue, and beginnings of addresses without their scheme."""
    inside: tuple[str, ...] = (
        "Foundation",
        "blog.rust-lang.org/inside-rust",
        "foundation.rust-lang.org",
        "rustfoundation.org",
    )
    """The same for what is official and less of an event."""
    advisories: tuple[types.Pattern, ...] = (
        r"advisor(y|ies)(?! (board|committee|council|group))",
        r"(CVE|RUSTSEC)-\d{4}-\d+",
        r"security (fix|flaw|incident|release|response)",
        r"vulnerabilit(y|ies)",
        r"malicious|malware|phishing|typosquat\w*|compromised|backdoor\w*",
    )
    """Of an official title, any of these words makes an advisory. Regular expressions, in any case."""
    releases: tuple[types.Pattern, ...] = (
        r"(announcing|released:?|releasing) rust v?\d[\d.]*",
        r"^rust v?\d[\d.]*(?![\d.]| pre-?release)",
        r"(rust|edition) 20(18|21|24|27|30)",
        r"20(18|21|24|27|30) edition",
        r"^(announcing )?rustup v?\d[\d.]*(?![\d.]| (alpha|beta))",
    )
    calls: tuple[types.Pattern, ...] = (
        r"calls? for \w+",
        r"^(?!.*\b(results?|reports?|reveals?|findings|analysis)\b).*surveys?",
        r"vision",
        r"public testing",
        r"(please|help us|help) (test|submit|try|review|vote)",
        r"seeks? (your )?(input|feedback)|share your \w+|we want your \w+|tell us",
        r"open for (applications|proposals|nominations)|applications? (are )?open",
    )
    """What official titles ask readers to do; asked before `releases`."""
    warnings: tuple[types.Pattern, ...] = (
        r"(CVE|RUSTSEC)-\d{4}-\d+",
        r"security advisor(y|ies)",
        r"malicious (crates?|packages?)",
    )
    """What makes a title of the community as urgent as a call."""
    routine: tuple[types.Pattern, ...] = (
        r"change-?logs?|(dev|work) ?logs?|newsletters?|spotlight|agenda|jobs?|hiring|steering cycle",
        r"weekly|biweekly|monthly|quarterly|(this|last) (week|month|quarter|development.cycle)",
        r"#\s?\d+|(issue|episode|ep\.|week|day|chapter) ?\d+",
        r"(part|pt\.?) ?(\d+|[ivx]+|one|two|three|four|five)|\(\d+/\d+\)",
        r"(status|progress|goals?|council|directors?|team|management|development) (update|report)s?",
        r"Q[1-4].*(recap|reports?|updates?|plan|review)",
        r"^(?=.*\b(updates?|reports?|recap|goals|notes)\b).*\b(january|february|march|april|may 20\d\d|june|july"
        r"|august|september|october|november|december|20\d\d-\d\d)",
    )
    """What comes by the calendar, and stands last."""


@dataclass(frozen=True, slots=True)
class AccountConfig:
    name: str
    platform: str
    settings: Any
    """The platform's own frozen `Settings`."""
    mode: Literal["auto", "manual"] = "auto"
    card: bool = False
    language: types.Language = "en"
    template: types.Wording | None = None
    """A wording of its own: a text, or the path of a file."""
    look_after: tuple[types.Duration, ...] | None = None
    has_credentials: bool = True
    """False: a manual account that cannot be read."""


LISTS = {"sources": "source", "channels": "channels", "accounts": "accounts"}
"""Fields of a Config that are no table of their own, and how the file calls them."""
NO_OPTIONS = ("name", "settings", "has_credentials")
"""Fields of an AccountConfig that are no options of its table."""


@dataclass(frozen=True, slots=True)
class Config:
    newsletter: NewsletterConfig = NewsletterConfig()
    store: StoreConfig = StoreConfig()
    sources: tuple[SourceConfig, ...] = ()
    channels: tuple[ChannelConfig, ...] = ()
    gate: GateConfig = GateConfig()
    delivery: DeliveryConfig = DeliveryConfig()
    backfill: BackfillConfig = BackfillConfig()
    digest: DigestConfig = DigestConfig()
    web: WebConfig = WebConfig()
    alerts: AlertsConfig = AlertsConfig()
    accounts: tuple[AccountConfig, ...] = field(default_factory=tuple)

    def account(self, name: str) -> AccountConfig:
        """Return the account of this name. Raises UsageError naming those there are."""
        for account in self.accounts:
            if account.name == name:
                return account
        known = ", ".join(account.name for account in self.accounts) or "none"
        raise UsageError(f"there is no account {name!r} in the configuration; there are: {known}")

    def in_shadow(self) -> Config:
        """Return the configuration with which nothing is posted, pushed or proposed."""
        delivery, backfill = replace(self.delivery, shadow=True), replace(self.backfill, mode="off")
        return replace(self, delivery=delivery, backfill=backfill)

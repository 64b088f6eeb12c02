"""The configuration as frozen values: one class for each table. Every option is in config.example.toml.

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
    """The newsletter: its name, where it is published, how its issues are written."""

    name: str = "This Week in Rust"
    site: types.Site = "https://this-week-in-rust.org"
    page: types.PagePattern | None = None
    """The pattern of an issue's address; None: This Week in Rust's, and no pattern for another newsletter."""
    grammar: Literal["twir", "plain"] | None = None
    """The grammar of an issue's sections; None: "twir" for This Week in Rust, "plain" for another newsletter."""
    number: str = ""
    """Another key of the header with the number, beside `Number` and `Issue`; "extra.issue" is a key in a table."""

    @property
    def is_twir(self) -> bool:
        """Return whether it is This Week in Rust, for which the defaults are made."""
        return self.name == "This Week in Rust"

    @property
    def page_pattern(self) -> str | None:
        """Return the pattern of a page's address; None: an issue's header or feed has the address."""
        return self.page or ("{site}/blog/{date:%Y/%m/%d}/{slug}/" if self.is_twir else None)

    @property
    def sections(self) -> Literal["twir", "plain"]:
        """Return the grammar of an issue's sections."""
        return self.grammar or ("twir" if self.is_twir else "plain")


@dataclass(frozen=True, slots=True)
class StoreConfig:
    url: types.StoreUrl = "sqlite:////var/lib/crosspost/crosspost.db"
    password: Secret | None = None
    """The password of a PostgreSQL server, in place of one in the address."""
    takeover: types.Duration = timedelta(minutes=1)
    """The silence of the machine that polls the sources after which another one on the same PostgreSQL takes over."""

    @property
    def serves_several_machines(self) -> bool:
        """Return whether several machines may use it."""
        return self.url.startswith("postgresql")

    @property
    def file(self) -> Path | None:
        """Return the file of a SQLite database; None: it is on a server or in memory."""
        path = self.url.partition("sqlite:///")[2].partition("?")[0]
        return Path(path) if path else None

    def address(self) -> str:
        """Return the address with its password (a secret). Raises SecretError when the password cannot be read."""
        if self.password is None:
            return self.url
        scheme, _, rest = self.url.partition("://")
        user, at, host = rest.rpartition("@")
        name = user.partition(":")[0] if at else ""
        return f"{scheme}://{name}:{quote(self.password.reveal(), safe='')}@{host}"


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """One `[source]` table; `[[source]]` gives several."""

    kind: Literal["git", "directory", "feed"] = "git"
    name: str = ""
    """The name in status and logs; empty: the kind, with a number if there are several."""
    url: str | None = None
    path: types.LocalPath | None = None
    branch: str = "main"
    folder: str = "content"
    files: tuple[types.Glob, ...] = ()
    """Patterns of paths below the folder that may be issues, or of a feed's addresses without their host; empty: the
    Markdown files of the folder and the index.md of its folders, or all entries."""
    ssh_key: PrivateKey | None = None
    """git's key for ssh; None: the keys that this user's ssh finds."""
    known_hosts: types.LocalPath | None = None
    """The file of trusted host keys; None: this user's and the machine's known_hosts."""
    token: Secret | None = None
    """git's token for https; "name:token" where the forge expects a certain user name."""
    every: types.PositiveDuration = timedelta(seconds=60)
    every_in_window: types.PositiveDuration | None = None
    """Poll this often within `window`."""
    window: types.Span | None = None
    """When publication is expected, in UTC: "Wed 20:00 - Thu 08:00"."""


@dataclass(frozen=True, slots=True)
class ChannelConfig:
    """One `[[channels]]` table: where another program or person publishes the newsletter, which is only watched."""

    kind: Literal["feed", "page", "account"]
    name: str = ""
    """The name in status and alerts; empty: the host or the account."""
    url: types.PublicPage | None = None
    """The address of a feed or a page."""
    platform: str | None = None
    """The platform of an account."""
    address: str | None = None
    """The address or handle of an account."""
    alert_after: types.PositiveDuration = timedelta(hours=2)
    """An issue that is not there so long after it went live needs a person."""


@dataclass(frozen=True, slots=True)
class GateConfig:
    page_live: bool = True
    page_base_url: types.Site | None = None
    """The site of the issue's page in place of `newsletter.site`, for rehearsals."""
    in_content: bool = False
    in_feed: bool = False
    whole: bool = True
    quiet_for: types.Duration = timedelta(minutes=10)
    max_age: types.PositiveDuration = timedelta(days=7)
    largest_step: int = 5
    """The largest step from the last number to the next; beyond it the issue waits for a person."""
    hold: bool = False
    """Every issue waits until an editor releases it."""
    closed: types.Span | None = None
    """The hours in which nothing is sent: "Fri 22:00 - Mon 06:00" in UTC."""


SHADOW = "it is on: nothing is posted, edited, deleted, pushed or proposed"


@dataclass(frozen=True, slots=True)
class DeliveryConfig:
    attempt_limit: types.PositiveDuration = timedelta(seconds=60)
    first_retry: types.PositiveDuration = timedelta(minutes=1)
    longest_retry: types.PositiveDuration = timedelta(hours=1)
    give_up_after: types.PositiveDuration = timedelta(days=2)
    look_after: tuple[types.Duration, ...] | None = None
    """When to look after an attempt whose outcome is unknown; None: as each platform's listings lag."""
    shadow: bool = False
    """Do everything but write; what would be posted is stored, and compared with what people post."""


@dataclass(frozen=True, slots=True)
class BackfillConfig:
    mode: Literal["push", "pull-request", "file", "off"] = "off"
    author: types.Author = "crosspost <crosspost@localhost>"
    message: types.Message = "Add the discussion link to {number}"
    hiring: bool = False
    """Fill in the hiring link in the same edit (the Reddit account must be readable)."""
    api_base_url: types.ApiAddress | None = None
    repository: types.Repository | None = None
    token: Secret | None = None


@dataclass(frozen=True, slots=True)
class WebConfig:
    listen: types.Listen | None = None
    """Address and port: "127.0.0.1:8570"; None: no page."""
    hosts: tuple[types.HostName, ...] = ()
    """Further host names that requests may have, such as a reverse proxy's."""
    webhook_secret: Secret | None = None
    """The secret with which a forge may call `POST /hooks/push`, so that the sources are polled now."""


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
    """An alert when no issue came out by then: "Thu 12:00" in UTC, or "never". None: for a weekly newsletter a day
    after the weekday and hour by which the last ten issues were out."""
    gate_waits_longer_than: types.Duration = timedelta(hours=6)
    link_missing_longer_than: types.Duration = timedelta(days=1)
    """An announced issue without a discussion link in its text after so long needs a person."""
    unreachable_longer_than: types.Duration = timedelta(hours=1)
    """A source that does not answer for so long needs a person."""
    corrections: bool = False
    """An alert when a line of an issue changed that was posted already."""
    check_before: types.Moment | None = None
    """When to run `check`, with an alert if anything would fail: "Tue 18:00" in UTC."""


@dataclass(frozen=True, slots=True)
class DigestConfig:
    """The content of the digest, and its order."""

    sections: tuple[str, ...] = ()
    """Community headings, the most important first; empty: the built-in order (the digest's `SECTIONS`)."""
    links: int = 5
    """The maximum number of top links."""
    hashtags: tuple[types.Hashtag, ...] = ("RustLang",)
    """The hashtags, in CamelCase, which a screen reader can pronounce. For another newsletter the default is none."""
    official: tuple[str, ...] = ("Official", "blog.rust-lang.org")
    """Official sources: headings of the issue, and beginnings of addresses without their scheme."""
    inside: tuple[str, ...] = (
        "Foundation",
        "blog.rust-lang.org/inside-rust",
        "foundation.rust-lang.org",
        "rustfoundation.org",
    )
    """The same for official sources of less important news."""
    advisories: tuple[types.Pattern, ...] = (
        r"advisor(y|ies)(?! (board|committee|council|group))",
        r"(CVE|RUSTSEC)-\d{4}-\d+",
        r"security (fix|flaw|incident|release|response)",
        r"vulnerabilit(y|ies)",
        r"malicious|malware|phishing|typosquat\w*|compromised|backdoor\w*",
    )
    """Regular expressions, in any case: an official title that has one is an advisory."""
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
    """The same for calls to readers; they come before `releases`."""
    warnings: tuple[types.Pattern, ...] = (
        r"(CVE|RUSTSEC)-\d{4}-\d+",
        r"security advisor(y|ies)",
        r"malicious (crates?|packages?)",
    )
    """Regular expressions: a community title that has one is as urgent as a call."""
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
    """Regular expressions for regular news, which comes last."""


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
    """A template in place of the platform's."""
    look_after: tuple[types.Duration, ...] | None = None
    has_credentials: bool = True
    """Whether it can be read; a manual account may have no credentials."""


LISTS = {"sources": "source", "channels": "channels", "accounts": "accounts"}
"""Fields of a Config that are several tables, and their key in the file."""
NO_OPTIONS = ("name", "settings", "has_credentials")
"""Fields of an AccountConfig that are no options."""


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
        """Return the account of this name. Raises UsageError that names all accounts."""
        for account in self.accounts:
            if account.name == name:
                return account
        known = ", ".join(account.name for account in self.accounts) or "none"
        raise UsageError(f"there is no account {name!r} in the configuration; there are: {known}")

    def in_shadow(self) -> Config:
        """Return the configuration with which nothing is posted, pushed or proposed."""
        delivery, backfill = replace(self.delivery, shadow=True), replace(self.backfill, mode="off")
        return replace(self, delivery=delivery, backfill=backfill)

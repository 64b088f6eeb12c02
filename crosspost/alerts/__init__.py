"""One message when a person is needed, one when it is over; none in between, none again after a restart.

What needs a person follows from the document that `crosspost status` prints, so that the two cannot tell
different stories (`standing`, pure). What was told is kept in the store, for each channel by itself: one that
fails is tried again later, and the others hear nothing twice. Without a channel the log is told.

Sending goes through Apprise (alertchannel.py), one address for one channel.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from crosspost import log, platforms
from crosspost.alerts import channel as alertchannel
from crosspost.compose.embed_text import as_markdown
from crosspost.config import weektime
from crosspost.delivery import Account, too_late
from crosspost.errors import CrosspostError
from crosspost.model import BackfillState, Clock, Delivery, DeliveryState, IssueState
from crosspost.platforms import CheckResult, Level
from crosspost.status import status
from crosspost.watch.problems import Kind

if TYPE_CHECKING:
    from crosspost.app import App

if TYPE_CHECKING:
    from crosspost.config.schema import AlertsConfig, Config

logger = logging.getLogger(__name__)

Send = Callable[[str, str], bool]
"""Title and body → whether it was taken. May raise CrosspostError with a sentence."""

FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=1)

TOGETHER = 45.0
"""Seconds that all channels may take of one pass; who has not heard by then is told in the next one."""

SENDING = timedelta(minutes=5)
"""How long a process that tells a channel has it to itself; if it dies in there, another one tells it then."""

WEEK = timedelta(days=7)


class Memory(Protocol):
    """The calls of the store that are used here."""

    def recall(self, scope: str, key: str) -> str | None: ...

    def remember(self, scope: str, key: str, value: str) -> None: ...

    def remember_if(self, scope: str, key: str, value: str, *, was: str | None) -> bool: ...


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that needs a person."""

    key: str
    """The same for as long as it is the same: "665/x"."""
    sentence: str
    """What is wrong and what to do."""
    open: bool = True
    """False: at rest. A person has acted and it is not settled yet: neither to be told nor over."""


# ── What needs a person ──────────────────────────────────────────────────────────────────────────────


def standing(
    document: Mapping[str, Any],
    config: Config,
    now: datetime,
    texts: Mapping[tuple[int, str], str] | None = None,
) -> tuple[Concern, ...]:
    """Everything in the document of `status --json` that needs a person now.

    `texts`: for (issue, manual account) the ready text and the link to post it with.
    """
    found: list[Concern] = []
    for issue in document["issues"]:
        found.extend(_gate(issue, config, now))
        found.extend(_deliveries(issue, config, now, texts or {}))
        found.extend(_link(issue, config, now))
        found.extend(_taken_back(issue))
    found.extend(_problems(document, config, now))
    found.extend(_no_issue(document, config, now))
    return tuple(found)


def _gate(issue: Mapping[str, Any], config: Config, now: datetime) -> Iterator[Concern]:
    if (
        issue["state"] == IssueState.WAITING
        and _age(issue["first_seen_at"], now) > config.alerts.gate_waits_longer_than
    ):
        number = issue["number"]
        yield Concern(
            f"{number}/gate",
            f"Issue {number} still waits: {issue['reason']}. "
            f"Mend it, or announce it as it is: crosspost post {number}",
        )


def _taken_back(issue: Mapping[str, Any]) -> Iterator[Concern]:
    """An issue on its way or announced has a reason only while no source shows it any more."""
    if issue["state"] in (IssueState.PLANNED, IssueState.DONE) and issue["reason"]:
        number = issue["number"]
        yield Concern(
            f"{number}/taken-back",
            f"Issue {number} was announced, and now {issue['reason']}. "
            f"What is to become of its posts is for a person to decide: crosspost status {number}",
        )


def _deliveries(
    issue: Mapping[str, Any], config: Config, now: datetime, texts: Mapping[tuple[int, str], str]
) -> Iterator[Concern]:
    number = issue["number"]
    accounts = {account.name: account for account in config.accounts}
    for row in issue["deliveries"]:
        name, reason, state = row["account"], row["reason"], row["state"]
        key, account = f"{number}/{name}", accounts.get(name)
        if state == DeliveryState.STUCK:
            yield Concern(
                key,
                f"Issue {number} is stuck on {name}: {reason}. "
                f"Mend the cause, then: crosspost retry {number} {name} (or: skip)",
            )
        elif state == DeliveryState.UNCERTAIN and _needs_eyes(row, issue, config, now):
            yield Concern(
                key,
                f"Issue {number} may or may not be on {name}: {reason}. If it is there: "
                f"crosspost record {number} {name} URL; if not: crosspost retry {number} {name}",
            )
        elif state == DeliveryState.DUE and account is not None and account.mode == "manual":
            ready = texts.get((number, name))
            sentence = (
                f"Issue {number} is yours to post on {name}. Then: crosspost record {number} {name} URL"
            )
            yield Concern(key, f"{sentence}\n\n{ready}" if ready else sentence)
        elif state not in (DeliveryState.SENT, DeliveryState.SKIPPED):
            yield Concern(key, f"Issue {number} on {name}: {reason}", open=False)


def asked_too_late(
    document: Mapping[str, Any], asked: Mapping[tuple[int, str], datetime]
) -> tuple[Concern, ...]:
    """One for each platform that asks to come back after its delivery is given up. `asked`: until when, by row."""
    return tuple(
        Concern(
            f"{number}/{account}/asked",
            f"{account} asks to come back with issue {number} on {until:%Y-%m-%d}, after it would be given up. "
            f"It is tried before that all the same; if it is not to wait, post it by hand, then: "
            f"crosspost record {number} {account} URL",
        )
        for (number, account), until in asked.items()
        if any(
            issue["number"] == number
            and row["account"] == account
            and row["state"] in (DeliveryState.DUE, DeliveryState.UNCERTAIN)
            for issue in document["issues"]
            for row in issue["deliveries"]
        )
    )


def _needs_eyes(row: Mapping[str, Any], issue: Mapping[str, Any], config: Config, now: datetime) -> bool:
    """Whether nobody but a person will find out, or the looking itself has failed for too long."""
    if row["not_before"] is None:
        return True
    account = next((each for each in config.accounts if each.name == row["account"]), None)
    delivery = config.delivery
    looks_end = max(platforms.look_after(account, delivery)) if account else delivery.longest_retry
    return _age(issue["planned_at"], now) > looks_end + config.alerts.unreachable_longer_than


def _link(issue: Mapping[str, Any], config: Config, now: datetime) -> Iterator[Concern]:
    number, link = issue["number"], issue["backfill"]
    late = _age(issue["planned_at"], now) > config.alerts.link_missing_longer_than
    planned = issue["state"] == IssueState.PLANNED
    if link["state"] == BackfillState.STUCK:
        yield Concern(
            f"{number}/link",
            f"The discussion link cannot be put into issue {number}: {link['reason']}. "
            f"Do it by hand, or: crosspost backfill {number}",
        )
    elif planned and late and link["state"] not in (BackfillState.DONE, BackfillState.OFF):
        yield Concern(
            f"{number}/link",
            f"Issue {number} still has no discussion link: {link['reason'] or 'there is none yet'}. "
            f"If there is a discussion: crosspost backfill {number} --url URL",
        )


def _no_issue(document: Mapping[str, Any], config: Config, now: datetime) -> Iterator[Concern]:
    """The set hour has passed and the newest issue is older than a week before it.

    A store that has not seen the newsletter yet knows of no issue at all, and says nothing.
    """
    if config.alerts.no_issue_by is None or not document["issues"]:
        return
    moment = weektime.moment(config.alerts.no_issue_by)
    since = (moment.last(now) - WEEK).date().isoformat()
    out = (IssueState.PLANNED, IssueState.DONE, IssueState.BASELINE)
    if not any(issue["state"] in out and (issue["date"] or "") > since for issue in document["issues"]):
        yield Concern(
            "no-issue",
            f"No issue of {config.newsletter.name} was announced by {moment} UTC. "
            "If one is out, see why: crosspost status",
        )


def _problems(document: Mapping[str, Any], config: Config, now: datetime) -> Iterator[Concern]:
    """What does not work: at once what a person has to change or nobody foresaw, what does not answer when it lasts."""
    for problem in document.get("problems", ()):
        source, path, reason, since = (problem[key] for key in ("source", "path", "reason", "since"))
        place = "/".join(filter(None, (source, path, problem["step"])))
        if problem["kind"] != Kind.AWAY:
            what = ": ".join(filter(None, (source, path, problem["step"], reason)))
            yield Concern(f"problem/{place}", f"{what}. See: crosspost status")
        elif _age(since, now) > config.alerts.unreachable_longer_than:
            yield Concern(
                f"source/{place}",
                f"{place} has not answered since {since[:16].replace('T', ' ')} UTC: {reason}",
            )


def failing(results: Iterable[CheckResult]) -> tuple[Concern, ...]:
    """What `crosspost check` says would fail on the day; to be told in a scope of its own."""
    return tuple(
        Concern(f"check/{result.what}", f"{result.what}: {result.sentence}")
        for result in results
        if result.level is Level.FAIL
    )


def check_is_due(memory: Memory, newsletter: str, config: Config, now: datetime) -> bool:
    """Whether the weekly look ahead of publication should be taken now. True once for each week, then False.

    The first week counts as looked at: whoever has just set it up has run `check`.
    """
    if config.alerts.check_before is None:
        return False
    last = weektime.moment(config.alerts.check_before).last(now).isoformat()
    kept = memory.recall("checked", newsletter)
    if kept == last or not memory.remember_if("checked", newsletter, last, was=kept):
        return False  # looked at already, or another daemon is looking
    return kept is not None and kept < last


def _age(moment: str | None, now: datetime) -> timedelta:
    return now - datetime.fromisoformat(moment) if moment else timedelta()


# ── Telling it ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Told:
    """What one channel knows."""

    sentences: Mapping[str, str] = field(default_factory=dict)
    """Key → what was said of it. What is over is gone from here."""
    at_rest: tuple[str, ...] = ()
    """The keys among them on which somebody has acted since."""
    failures: int = 0
    """In a row."""
    not_before: str | None = None
    """After a failure: when to try again."""

    @classmethod
    def read(cls, text: str | None) -> Told:
        kept = json.loads(text or "{}")
        return cls(**{**kept, "at_rest": tuple(kept.get("at_rest", ()))})

    def write(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class News:
    """What a channel does not know yet."""

    needed: tuple[str, ...]
    over: tuple[str, ...]
    then: Told
    """What it knows once it has been told."""


def news(told: Told, concerns: Sequence[Concern]) -> News:
    """What there is to tell to somebody who knows this much. Pure."""
    fresh = [c for c in concerns if c.open and (c.key not in told.sentences or c.key in told.at_rest)]
    keys = {concern.key for concern in concerns}
    over = [sentence for key, sentence in told.sentences.items() if key not in keys]
    sentences = {key: sentence for key, sentence in told.sentences.items() if key in keys}
    sentences |= {concern.key: concern.sentence for concern in fresh}
    at_rest = tuple(concern.key for concern in concerns if not concern.open and concern.key in sentences)
    return News(tuple(concern.sentence for concern in fresh), tuple(over), Told(sentences, at_rest))


def tell(
    memory: Memory,
    newsletter: str,
    concerns: Sequence[Concern],
    config: AlertsConfig,
    clock: Clock,
    send: Send | None = None,
    *,
    scope: str = "standing",
) -> None:
    """Tell each channel what is new and what is over, and nothing else. Safe to call at each pass.

    `concerns` is everything that stands in this scope: what is missing from it is over. `send` takes the
    place of the configured addresses. A channel that fails is logged and tried later; it raises nothing.
    Of several daemons on one store, one tells.
    """
    channels = (
        {"given": send} if send else {str(secret): alertchannel.channel(secret) for secret in config.to}
    )
    started = time.monotonic()
    for name, channel in (channels or {"log": _to_log}).items():
        if time.monotonic() - started > TOGETHER - alertchannel.TIME_LIMIT:
            break
        record = _Record(memory, f"{newsletter}/{scope}/{name}")
        told, now = record.read(), clock()
        what = news(told, concerns)
        if not what.needed and not what.over:
            record.write(what.then)
        elif not _rests(told, now) and record.write(replace(told, not_before=(now + SENDING).isoformat())):
            record.write(_tell(told, what, newsletter, name, channel, now))


def _rests(told: Told, now: datetime) -> bool:
    """Whether a channel is left alone after a failure. No wait is longer: a time beyond it is of another clock."""
    if not told.not_before:
        return False
    return now < datetime.fromisoformat(told.not_before) <= now + max(SENDING, LONGEST_RETRY)


class _Record:
    """What is kept of one channel. It is written only as long as nobody else has written it."""

    def __init__(self, memory: Memory, key: str) -> None:
        self._memory = memory
        self._key = key
        self._kept: str | None = None

    def read(self) -> Told:
        self._kept = self._memory.recall("told", self._key)
        return Told.read(self._kept)

    def write(self, told: Told) -> bool:
        """Whether the record was still as it was read, or written, here."""
        text = told.write()
        if told == Told.read(self._kept):
            return True
        if not self._memory.remember_if("told", self._key, text, was=self._kept):
            return False
        self._kept = text
        return True


def _tell(told: Told, what: News, newsletter: str, name: str, send: Send, now: datetime) -> Told:
    """Send what is new; what the channel knows afterwards."""
    title = f"{newsletter}: {'a person is needed' if what.needed else 'it is over'}"
    over = [f"Over: {sentence.splitlines()[0]}" for sentence in what.over]
    if problem := _refusal(send, title, "\n\n".join([*what.needed, *over])):
        wait = min(FIRST_RETRY * 2 ** min(told.failures, 16), LONGEST_RETRY)
        log.event(logger, "alert not sent", level=logging.WARNING, channel=name, why=problem, next=now + wait)
        return replace(told, failures=told.failures + 1, not_before=(now + wait).isoformat())
    log.event(logger, "alert sent", channel=name, needed=len(what.needed), over=len(what.over))
    return what.then


def _refusal(send: Send, title: str, body: str) -> str | None:
    """Why the message was not taken; None when it was."""
    try:
        return None if send(title, body) else "the channel did not take the message"
    except CrosspostError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - a voice that fails must never stop the announcing
        return f"{type(error).__name__}: {error}"


def _to_log(title: str, body: str) -> bool:
    log.event(logger, title, level=logging.WARNING, what=body)
    return True


NEWEST = 3
"""Issues that are looked at besides the unsettled ones: the newest may be one that was taken back."""


def tell_editors(app: App) -> None:
    """Tell what is new and what is over, once."""
    now = app.clock()
    document = status(app.store, newest=NEWEST)
    needed = standing(document, app.config, now, _ready_texts(app, document))
    late = asked_too_late(document, _asked_too_late(app, document))
    tell(app.store, app.newsletter, (*needed, *late), app.config.alerts, app.clock)
    if check_is_due(app.store, app.newsletter, app.config, now):
        from crosspost.check import run_checks

        found = failing(run_checks(app))
        tell(app.store, app.newsletter, found, app.config.alerts, app.clock, scope="check")


def ready_to_post(account: Account, row: Delivery) -> str:
    """What an editor needs to post by hand: the text, a page with everything filled in, and the word to say after."""
    link = account.compose_link(row.post)
    where = f"\n  post it with one click: {link}" if link else ""
    words = row.post.text or "\n\n".join(as_markdown(embed) for embed in row.post.fields.get("embeds", ()))
    text = f"\n\n{words}\n" if words else ""
    return (
        f"{account.name}: to be posted by hand: {row.post.title}{where}{text}"
        f"\n  then say so: crosspost record {row.number} {account.name} URL"
    )


def _asked_too_late(app: App, document: Mapping[str, Any]) -> Mapping[tuple[int, str], datetime]:
    numbers = [issue["number"] for issue in document["issues"]]
    rows = (row for number in numbers for row in app.store.deliveries(number))
    asked = {(row.number, row.account): too_late(app.store, row) for row in rows}
    return {key: until for key, until in asked.items() if until is not None}


def _ready_texts(app: App, document: Mapping[str, Any]) -> Mapping[tuple[int, str], str]:
    numbers = [issue["number"] for issue in document["issues"]]
    rows = (row for number in numbers for row in app.store.deliveries(number))
    return {
        (row.number, row.account): ready_to_post(app.accounts[row.account], row)
        for row in rows
        if row.state is DeliveryState.DUE
        and row.account in app.accounts
        and app.accounts[row.account].mode == "manual"
    }

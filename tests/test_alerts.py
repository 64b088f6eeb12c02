"""Alerts: one when a person is needed, one when that is resolved, none in between and none again."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosspost import alerts
from crosspost.alerts import SENT_ALERTS, SentAlerts, message_for
from crosspost.alerts import channel as alertchannel
from crosspost.alerts.conditions import WEEK, Alert, alerts_of, expected_by
from crosspost.config.schema import AccountConfig, AlertsConfig, Config
from crosspost.config.secrets import Secret
from crosspost.errors import CrosspostError
from crosspost.model import Backfill, BackfillState, Clock, Delivery, DeliveryState, IssueState, Post, utcnow
from crosspost.status import IssueStatus, Status, status
from crosspost.store import Store, open_store
from crosspost.watch.problems import Problem, ProblemKind, Problems

NOW = datetime(2026, 8, 20, 12, 30, tzinfo=UTC)
TWIR = "This Week in Rust"
CONFIG = Config(
    accounts=(
        AccountConfig("x", "x", settings=None),
        AccountConfig("reddit", "reddit", settings=None, mode="manual"),
    ),
    alerts=AlertsConfig(no_issue_by="Thu 12:00"),
)
STUCK = Alert("665/x", "Issue 665 is stuck on x")


def ago(**kwargs: float) -> datetime:
    return NOW - timedelta(**kwargs)


def delivery(account: str = "x", state: str = "sent", not_before: datetime | None = None) -> Delivery:
    return Delivery(
        id=1,
        newsletter=TWIR,
        number=665,
        account=account,
        platform=account,
        state=DeliveryState(state),
        key="665-a",
        post=Post(account, account, 665, "https://twir.example/665/", f"{TWIR} 665", ""),
        attempts=1,
        looks=0,
        adopted=False,
        url=None,
        remote_id=None,
        not_before=not_before,
        claimed_at=None,
        claim=None,
        uncertain_since=None,
        reason="a reason",
        planned_at=NOW,
        settled_at=None,
    )


def link(state: str) -> Backfill:
    return Backfill(TWIR, 665, BackfillState(state), None, "", 0, None)


def issue(number: int = 665, state: str = "planned", *deliveries: Delivery, **more: Any) -> IssueStatus:
    stands = IssueStatus(
        newsletter=TWIR,
        number=number,
        title=f"{TWIR} {number}",
        url="",
        date=date(2026, 8, 19),
        source="git",
        path="content/665.md",
        fingerprint="",
        state=IssueState(state),
        reason="no crate of the week" if state == "waiting" else "",
        first_seen_at=ago(hours=1),
        changed_at=ago(hours=1),
        planned_at=ago(minutes=30),
        deliveries=deliveries,
        backfill=link("done"),
    )
    return replace(stands, **more)


def wanted(*issues: IssueStatus, config: Config = CONFIG) -> list[str]:
    """The keys of what needs a person now."""
    return [each.key for each in alerts_of(Status(issues, ()), config, NOW) if each.open]


# ── What needs a person ──────────────────────────────────────────────────────────────────────────────


def test_a_platform_that_asks_for_more_time_than_there_is_is_told_once() -> None:
    until = NOW + timedelta(days=365)
    waits, done = delivery("x", "due", ago(minutes=-9)), delivery("mastodon")

    rows = [replace(row, asked_until=until) for row in (waits, done)]
    (alert,) = (
        each for each in alerts_of(Status((issue(665, "planned", *rows),), ()), CONFIG, NOW) if each.open
    )

    assert (alert.key, alert.open) == ("665/x/asked", True)
    assert "2027-08-20" in alert.sentence
    assert wanted(issue(665, "planned", waits, done)) == []


def test_an_issue_on_its_way_needs_nobody() -> None:
    deliveries = (
        delivery(),
        delivery("mastodon", "due", not_before=ago(minutes=-1)),
        delivery("discord", "sending"),
        delivery("bluesky", "uncertain", not_before=ago(minutes=-1)),
    )

    assert wanted(issue(665, "planned", *deliveries)) == []
    assert wanted(issue(665, "waiting")) == ["no-issue"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (delivery(state="stuck"), ("stuck on x", "a reason", "crosspost retry 665 x")),
        (delivery(state="uncertain"), ("may or may not", "crosspost record 665 x URL")),
        (delivery("reddit", "due"), ("yours to post on reddit", "crosspost record 665 reddit URL")),
    ],
)
def test_what_stops_at_a_person_says_why_and_what_to_do(row: Delivery, words: tuple[str, ...]) -> None:
    (alert,) = alerts_of(Status((issue(665, "planned", row),), ()), CONFIG, NOW)

    assert alert.open
    for word in words:
        assert word in alert.sentence


def test_a_stuck_reason_that_says_what_to_do_is_not_followed_by_the_same() -> None:
    row = replace(delivery(state="stuck"), reason="looking was refused; fix it, then: crosspost retry 665 x")

    (alert,) = alerts_of(Status((issue(665, "planned", row),), ()), CONFIG, NOW)

    assert alert.sentence == f"Issue 665 is stuck on x: {row.reason} (or: skip)"


def test_a_manual_account_brings_its_text_along() -> None:
    document = Status((issue(665, "planned", delivery("reddit", "due")),), ())

    (alert,) = alerts_of(document, CONFIG, NOW, {(665, "reddit"): "https://submit.example\n\nThe text"})

    assert alert.sentence == "Issue 665 is yours to post on reddit.\nhttps://submit.example\n\nThe text"


def test_looking_that_fails_for_hours_needs_eyes() -> None:
    row = delivery(state="uncertain", not_before=ago(minutes=-1))

    assert wanted(issue(665, "planned", row, planned_at=ago(minutes=50))) == []
    assert wanted(issue(665, "planned", row, planned_at=ago(hours=3))) == ["665/x"]


def test_an_announced_issue_that_vanished_needs_a_decision_and_a_mere_reason_does_not() -> None:
    gone = issue(
        665, "done", reason="it is gone from git; too late to withdraw it", vanished_at=ago(minutes=1)
    )

    assert wanted(gone) == ["665/taken-back"]
    assert wanted(issue(665, "planned", reason="another sentence")) == []


def test_a_gate_that_waits_too_long() -> None:
    early = issue(666, "waiting", first_seen_at=ago(hours=5))
    late = issue(666, "waiting", first_seen_at=ago(hours=7))

    assert wanted(issue(), early) == []
    assert wanted(issue(), late) == ["666/gate"]


@pytest.mark.parametrize(
    ("state", "hours", "needed"),
    [
        ("stuck", 1, True),
        ("waiting", 1, False),
        ("waiting", 30, True),
        ("proposed", 30, True),
        ("off", 30, False),
        ("done", 30, False),
    ],
)
def test_a_link_that_is_not_home(state: str, hours: int, needed: bool) -> None:
    row = issue(backfill=link(state), planned_at=ago(hours=hours))

    assert wanted(row) == (["665/link"] if needed else [])


def test_no_issue_by_the_set_hour() -> None:
    last_week = issue(664, "done", date=date(2026, 8, 12))

    assert wanted(last_week) == ["no-issue"]
    assert wanted(last_week, issue(665, "waiting")) == ["no-issue"]
    assert wanted(last_week, issue(665, "done")) == []
    assert wanted(last_week, config=replace(CONFIG, alerts=AlertsConfig())) == []
    assert wanted() == [], "a store that has seen nothing yet"


def weekly(hour: int, *, step: int = 7, state: str = "done", count: int = 12) -> list[IssueStatus]:
    """Issues up to 12 August, a Wednesday, each out `hour` hours after the beginning of its day."""
    days = [date(2026, 8, 12) - timedelta(days=step * week) for week in range(count)]
    return [
        issue(
            664 - week,
            state,
            date=day,
            planned_at=datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour),
        )
        for week, day in enumerate(days)
    ]


@pytest.mark.parametrize(
    ("issues", "by"),
    [
        (weekly(28), "Fri 04:00"),
        (weekly(21), "Thu 21:00"),
        ([*weekly(21), *weekly(28)[:3]], "Fri 04:00"),
        ([*weekly(21)[1:], *weekly(24 * 6)[:1]], "Fri 00:00"),
        (weekly(0, state="baseline"), "Fri 00:00"),
        (weekly(28, count=3), "None"),
        (weekly(28, step=14), "None"),
        (weekly(28, step=1), "None"),
        (weekly(28, state="waiting"), "None"),
        ([], "None"),
    ],
)
def test_when_the_next_issue_is_late_follows_from_the_last_ten(issues: list[IssueStatus], by: str) -> None:
    assert str(expected_by(issues)) == by


def test_no_issue_is_told_of_without_a_set_hour_and_not_where_nobody_wants_to_know() -> None:
    by_default = replace(CONFIG, alerts=AlertsConfig())
    late = datetime(2026, 8, 21, 4, 30, tzinfo=UTC)

    def at(now: datetime, config: Config, *issues: IssueStatus) -> list[str]:
        return [alert.key for alert in alerts_of(Status(issues, ()), config, now)]

    assert at(late, by_default, *weekly(28)) == ["no-issue"]
    assert at(late - timedelta(hours=1), by_default, *weekly(28)) == []
    assert at(late, by_default, issue(665, "done"), *weekly(28)) == []
    assert at(late, replace(CONFIG, alerts=AlertsConfig(no_issue_by="never")), *weekly(28)) == []


def test_before_the_set_hour_last_weeks_issue_is_enough() -> None:
    document = Status((issue(664, "done", date=date(2026, 8, 12)),), ())

    assert alerts_of(document, CONFIG, NOW - timedelta(hours=1)) == ()


def test_a_source_is_given_time_and_a_restart_does_not_begin_it_again(store: Store) -> None:
    def look(minutes: int, *failing: str) -> list[str]:
        now = NOW + timedelta(minutes=minutes)
        problems = Problems(store, now)
        for source in failing:
            problems.add(source, "", "", ProblemKind.AWAY, "it does not answer")
        problems.save()
        return [alert.key for alert in alerts_of(status(store), CONFIG, now)]

    assert look(0, "git") == []
    assert look(59, "git", "feed") == []
    assert look(61, "git", "feed") == ["source/git"]
    assert look(62, "feed") == []
    assert look(63, "git", "feed") == []
    assert look(130, "git", "feed") == ["source/git", "source/feed"]


def test_what_a_person_has_to_change_and_what_nobody_foresaw_is_told_at_once() -> None:
    for kind in (ProblemKind.WRONG, ProblemKind.FAULT):
        problem = Problem("git", "a.md", "has no Date", kind, since=NOW)
        (alert,) = alerts_of(Status((), (problem,)), CONFIG, NOW)
        assert (alert.key, alert.open) == ("problem/git/a.md", True)
        assert "git: a.md: has no Date" in alert.sentence


def test_the_look_ahead_is_due_once_a_week(store: Store) -> None:
    config = replace(CONFIG, alerts=AlertsConfig(check_before="Thu 12:00"))

    due = [
        alerts.claim_weekly_check(store, config, NOW + timedelta(hours=hours))
        for hours in (0, 1, 166, 168, 169)
    ]

    assert due == [False, False, False, True, False]


# ── Telling it ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/x.db", TWIR, utcnow)
    yield store
    store.close()


@dataclass
class Channel:
    """What an editor hears. `works` may be set to False or to an error."""

    works: bool | Exception = True
    heard: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, title: str, body: str) -> bool:
        if isinstance(self.works, Exception):
            raise self.works
        if self.works:
            self.heard.append((title, body))
        return self.works


def tell(store: Store, channel: Channel, *needed: Alert, minutes: float = 0) -> None:
    alerts.send_alerts(store, needed, CONFIG.alerts, lambda: NOW + timedelta(minutes=minutes), channel)


def test_one_message_when_a_person_is_needed_and_one_when_it_is_over(store: Store) -> None:
    channel = Channel()

    for needed in ((), (STUCK,), (STUCK,), (STUCK,), (), (), ()):
        tell(store, channel, *needed)

    assert channel.heard == [
        (f"{TWIR}: a person is needed", "Issue 665 is stuck on x"),
        (f"{TWIR}: resolved", "Resolved: Issue 665 is stuck on x"),
    ]


def test_a_reason_in_other_words_is_no_new_message(store: Store) -> None:
    channel = Channel()

    tell(store, channel, STUCK)
    tell(store, channel, replace(STUCK, sentence="Issue 665 is stuck on x: third attempt"))

    assert len(channel.heard) == 1


def test_what_comes_at_once_is_one_message(store: Store) -> None:
    channel = Channel()

    tell(store, channel, STUCK, Alert("665/link", "No link"))
    tell(store, channel, Alert("666/gate", "Issue 666 waits"))

    assert [body for _, body in channel.heard] == [
        "Issue 665 is stuck on x\n\nNo link",
        "Issue 666 waits\n\nResolved: Issue 665 is stuck on x\n\nResolved: No link",
    ]


def test_nothing_is_said_again_after_a_restart(tmp_path: Path) -> None:
    channel = Channel()

    for _ in range(2):
        store = open_store(f"sqlite:///{tmp_path}/x.db", TWIR, utcnow)
        tell(store, channel, STUCK)
        store.close()

    assert len(channel.heard) == 1


def test_after_a_person_has_acted_it_is_over_only_when_it_is_settled(store: Store) -> None:
    channel = Channel()
    trying = replace(STUCK, open=False)

    tell(store, channel, STUCK)
    tell(store, channel, trying)
    assert len(channel.heard) == 1
    tell(store, channel, STUCK)
    assert [title for title, _ in channel.heard[1:]] == [f"{TWIR}: a person is needed"]
    tell(store, channel, trying)
    tell(store, channel)
    assert [title for title, _ in channel.heard[2:]] == [f"{TWIR}: resolved"]


def test_what_is_merely_on_its_way_was_never_told_and_is_never_over(store: Store) -> None:
    channel = Channel()

    tell(store, channel, replace(STUCK, open=False))
    tell(store, channel)

    assert channel.heard == []


@pytest.mark.parametrize("failure", [False, CrosspostError("no such address"), RuntimeError("boom")])
def test_a_channel_that_fails_is_tried_later_and_less_and_less_often(
    store: Store, failure: bool | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "crosspost")
    channel = Channel(works=failure)

    for minute in range(120):
        tell(store, channel, STUCK, minutes=minute)
    tries = len(caplog.records)
    assert 4 <= tries <= 9
    channel.works = True
    for minute in range(120, 240):
        tell(store, channel, STUCK, minutes=minute)

    assert len(caplog.records) == tries
    assert len(channel.heard) == 1


def test_what_is_over_before_it_could_be_told_is_never_told(store: Store) -> None:
    channel = Channel(works=False)
    tell(store, channel, STUCK)
    channel.works = True

    tell(store, channel, minutes=60)

    assert channel.heard == []


def test_without_a_channel_the_log_is_told_once(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "crosspost")

    for _ in range(3):
        alerts.send_alerts(store, [STUCK], AlertsConfig(), utcnow)

    assert [record.message for record in caplog.records] == [f"{TWIR}: a person is needed"]


def test_scopes_do_not_end_each_others_needed(store: Store) -> None:
    channel = Channel()

    tell(store, channel, STUCK)
    alerts.send_alerts(store, [Alert("check/x", "x: no")], CONFIG.alerts, utcnow, channel, scope="check")
    tell(store, channel, STUCK)

    assert [title for title, _ in channel.heard] == [f"{TWIR}: a person is needed"] * 2


def test_of_two_daemons_on_one_store_one_tells(store_url: str, opened: Callable[[str, Clock], Store]) -> None:
    channel, here, there = Channel(), opened(store_url, utcnow), opened(store_url, utcnow)

    def meanwhile_the_other(title: str, body: str) -> bool:
        tell(there, channel, STUCK)
        return channel(title, body)

    alerts.send_alerts(here, [STUCK], CONFIG.alerts, lambda: NOW, meanwhile_the_other)
    tell(there, channel, STUCK, minutes=1)

    assert len(channel.heard) == 1


def test_what_was_being_told_when_the_process_died_is_told_later(store: Store) -> None:
    class Killed(BaseException):
        """As by SIGKILL."""

    def dies(_title: str, _body: str) -> bool:
        raise Killed

    channel = Channel()
    with pytest.raises(Killed):
        alerts.send_alerts(store, [STUCK], CONFIG.alerts, lambda: NOW, dies)

    for minute in range(10):
        tell(store, channel, STUCK, minutes=minute)

    assert len(channel.heard) == 1


def test_of_two_daemons_one_takes_the_look_ahead(store: Store, tmp_path: Path) -> None:
    other = open_store(f"sqlite:///{tmp_path}/x.db", TWIR, utcnow)
    config = replace(CONFIG, alerts=AlertsConfig(check_before="Thu 12:00"))
    alerts.claim_weekly_check(store, config, NOW)

    due = [alerts.claim_weekly_check(each, config, NOW + WEEK) for each in (store, other)]
    other.close()

    assert due == [True, False]


keys = st.lists(st.sampled_from("abc"), unique=True)
steps = st.lists(st.tuples(keys, keys), max_size=12)


@settings(max_examples=100)
@given(steps)
def test_whoever_hears_everything_knows_what_stands(history: list[tuple[list[str], list[str]]]) -> None:
    """Needed and over alternate for each key, and at the end exactly what is not over is known."""
    notified, known = SentAlerts(), set[str]()
    for open_keys, resting in history:
        needed = [Alert(key, key) for key in open_keys]
        needed += [Alert(key, key, open=False) for key in resting if key not in open_keys]
        what = message_for(notified, needed)
        assert set(what.resolved) <= known
        known = known - set(what.resolved) | set(what.needed)
        assert set(open_keys) <= known
        assert known <= {alert.key for alert in needed}
        notified = SENT_ALERTS.read(SENT_ALERTS.write(what.then)) or SentAlerts()
        assert message_for(notified, needed).needed == ()
        assert message_for(notified, needed).resolved == ()


# ── Apprise ──────────────────────────────────────────────────────────────────────────────────────────


class Inbox:
    """A place that takes what Apprise sends to a json:// address."""

    def __init__(self) -> None:
        self.status, self.taken = 200, list[dict[str, Any]]()
        inbox = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if inbox.status == 200:
                    inbox.taken.append(json.loads(body))
                self.send_response(inbox.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Nothing on standard error."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"json://name:hunter2hunter2@127.0.0.1:{self.server.server_port}/"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def inboxes() -> Iterator[tuple[Inbox, Inbox]]:
    pair = (Inbox(), Inbox())
    yield pair
    for inbox in pair:
        inbox.close()


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise's own import
def test_through_apprise_each_channel_hears_it_once_whatever_the_other_does(
    store: Store,
    inboxes: tuple[Inbox, Inbox],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    well, ill = inboxes
    monkeypatch.setenv("WELL", well.address)
    monkeypatch.setenv("ILL", ill.address)
    config = AlertsConfig(to=(Secret("env", "WELL"), Secret("env", "ILL")))
    ill.status = 500

    alerts.send_alerts(store, [STUCK], config, lambda: NOW)
    ill.status = 200
    alerts.send_alerts(store, [STUCK], config, lambda: NOW + timedelta(hours=1))

    assert [message["message"] for message in well.taken] == ["Issue 665 is stuck on x"]
    assert [message["message"] for message in ill.taken] == ["Issue 665 is stuck on x"]
    assert well.taken[0]["title"] == f"{TWIR}: a person is needed"
    assert "hunter2" not in "".join(
        str(vars(record)) for record in caplog.records if record.name.startswith("crosspost")
    )


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise's own import
def test_an_address_that_is_none_is_said_by_its_name(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("ODD", "hunter2hunter2")

    alerts.send_alerts(store, [STUCK], AlertsConfig(to=(Secret("env", "ODD"),)), utcnow)

    (record,) = (record for record in caplog.records if record.name == "crosspost.alerts")
    assert "<secret env ODD>" in vars(record)["fields"]["why"]


def test_a_place_that_answers_for_ever_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then: each wait is short, and the whole has no end but ours."""
    enough = threading.Event()

    def drip() -> None:
        connection, _ = door.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not enough.wait(0.1):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=drip, daemon=True).start()
        monkeypatch.setenv("SLOW", f"json://127.0.0.1:{door.getsockname()[1]}/")

        with pytest.raises(CrosspostError, match="did not take the message within"):
            alertchannel.channel(Secret("env", "SLOW"), time_limit=3)("Title", "Body")
        enough.set()

"""What holds for every platform there is, found by the files in the folder: against the sandbox, over HTTP."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crosspost import platforms
from crosspost.compose import Target, compose
from crosspost.compose.digest import digest
from crosspost.config.secrets import Secret
from crosspost.errors import ClaimLostError, UsageError
from crosspost.log.redaction import Redaction
from crosspost.model import (
    Absent,
    CannotLook,
    Done,
    Found,
    Image,
    Issue,
    Link,
    NeverArrived,
    NotOurs,
    Outcome,
    Post,
    RefusedForNow,
    Rejected,
    Section,
    Sent,
    Uncertain,
)
from crosspost.platforms import Attempt, CheckResult, Level, Platform, Query, stand_ins
from crosspost.platforms._redacted import RedactedPlatform
from crosspost.sandbox import Fault, Sandbox

ISSUE = "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/"
TITLE = "This Week in Rust 665"
TEXT = f"{TITLE} is out: {ISSUE}"
KEY = "twir-665-account"
WANTED = Query(ISSUE, TITLE, 665, KEY, TEXT)
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154")

NEWS = Section("Official", (Link("Announcing something", "https://example.org/announcing"),))
DIGEST = digest(Issue(665, TITLE, date(2026, 8, 19), ISSUE, (NEWS,)))

every_platform = pytest.mark.parametrize("name", platforms.names())


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(stand_ins()) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.clear()
    running.clear_faults()
    return running


@pytest.fixture
def connect(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Platform]]:
    """An account of the sandbox, by the platform's name."""
    opened: list[Platform] = []

    def connected(name: str, **changes: Any) -> Platform:
        settings_class = platforms.settings_of(name)
        given = configured(sandbox, name, *sandbox.credentials[name])
        for key in given.keys() - sandbox.platforms[name].plain_keys:
            variable = f"CROSSPOST_TEST_{name}_{key}".upper()
            monkeypatch.setenv(variable, str(given[key]))
            given[key] = Secret("env", variable)
        settings = settings_class(**given | {"api_base_url": sandbox.addresses[name]} | changes)
        opened.append(settings.connect(lambda: datetime.now(UTC)))
        return opened[-1]

    yield connected
    for account in opened:
        account.close()


def a_post(name: str) -> Post:
    return compose(DIGEST, Target(name, platforms.form_of(name)))


def configured(sandbox: Sandbox, name: str, *keys: str) -> dict[str, Any]:
    """What the stand-in is configured with, of these keys, as the settings' types want it."""
    types = {field.name: str(field.type) for field in fields(platforms.settings_of(name))}
    given = {key: value for key, value in sandbox.credentials[name].items() if key in keys and key in types}
    return {key: int(value) if types[key].startswith("int") else value for key, value in given.items()}


def an_attempt(**changes: Any) -> Attempt:
    defaults: dict[str, Any] = {"key": KEY, "number": 1, "timeout": 20.0, "before_write": lambda: None}
    return Attempt(**(defaults | changes))


def is_editable(name: str) -> bool:
    editable: bool = platforms.settings_of(name)().is_editable()
    return editable


def since() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


@every_platform
def test_a_post_is_sent_once_found_again_and_verified(
    name: str, sandbox: Sandbox, connect: Callable[..., Platform]
) -> None:
    account = connect(name)
    assert account.find(WANTED, since()) == Absent()

    outcome = account.send(a_post(name), an_attempt())

    assert isinstance(outcome, Sent), outcome
    (existing,) = sandbox.posts(name)
    assert existing.link == ISSUE
    found = connect(name).find(WANTED, since())
    assert isinstance(found, Found), found
    assert found.id == outcome.id == existing.id
    assert found.by == "address"
    verified = account.verify(outcome.url, WANTED)
    assert isinstance(verified, Found), verified


@every_platform
def test_the_address_of_a_post_is_one_by_the_platforms_own_rule(
    name: str, sandbox: Sandbox, connect: Callable[..., Platform]
) -> None:
    outcome = connect(name).send(a_post(name), an_attempt())
    settings_class = platforms.settings_of(name)
    given = configured(sandbox, name, *sandbox.platforms[name].plain_keys)
    settings = settings_class(api_base_url=sandbox.addresses[name], **given)

    assert isinstance(outcome, Sent)
    assert settings.canonical_address(outcome.url).is_post
    for other in (ISSUE, "https://example.org/", "", "not an address", "https://["):
        assert not settings.canonical_address(other).is_post


@every_platform
def test_another_issues_post_is_not_found(name: str, connect: Callable[..., Platform]) -> None:
    account = connect(name)
    account.send(a_post(name), an_attempt())
    other = Query(
        ISSUE.replace("665", "66").replace("08/19", "08/26"), "This Week in Rust 66", 66, "other-key", ""
    )

    assert account.find(other, since()) == Absent()


@every_platform
@pytest.mark.parametrize("fault", [Fault.EOF, Fault.RESET, Fault.STATUS, Fault.HTML, Fault.TRUNCATED])
def test_what_was_stored_before_the_answer_was_lost_is_found_and_not_sent_again(
    name: str, fault: Fault, sandbox: Sandbox, connect: Callable[..., Platform]
) -> None:
    account = connect(name)
    sandbox.fail(name, fault, stored=True, status=503 if fault is Fault.STATUS else None)

    outcome = account.send(a_post(name), an_attempt())

    assert isinstance(outcome, Uncertain), outcome
    assert len(sandbox.requests(name, "write")) == 1
    assert isinstance(account.find(WANTED, since()), Found)
    assert len(sandbox.posts(name)) == 1


@every_platform
@pytest.mark.parametrize("fault", [Fault.EOF, Fault.RESET])
def test_what_was_not_stored_is_absent_and_can_be_sent(
    name: str, fault: Fault, sandbox: Sandbox, connect: Callable[..., Platform]
) -> None:
    account = connect(name)
    sandbox.fail(name, fault)

    assert isinstance(account.send(a_post(name), an_attempt()), Uncertain)
    sandbox.clear_faults(name)
    assert account.find(WANTED, since()) == Absent()
    assert isinstance(account.send(a_post(name), an_attempt(number=2)), Sent)
    assert len(sandbox.posts(name)) == 1


@every_platform
def test_a_hanging_platform_ends_with_the_attempts_time(
    name: str, sandbox: Sandbox, connect: Callable[..., Platform]
) -> None:
    account = connect(name)
    sandbox.fail(name, Fault.HANG, seconds=30)

    assert isinstance(account.send(a_post(name), an_attempt(timeout=2.0)), Uncertain)
    assert len(sandbox.requests(name, "write")) == 1


@every_platform
def test_a_lost_claim_comes_out_of_send_and_nothing_leaves(
    name: str, sandbox: Sandbox, connect: Callable[..., Platform]
) -> None:
    def lost() -> None:
        raise ClaimLostError("another process has it")

    with pytest.raises(ClaimLostError):
        connect(name).send(a_post(name), an_attempt(before_write=lost))

    assert not sandbox.requests(name, "write")


@every_platform
def test_the_claim_check_is_passed_once_and_last(
    name: str, sandbox: Sandbox, connect: Callable[..., Platform]
) -> None:
    passed: list[int] = []

    connect(name).send(
        a_post(name), an_attempt(before_write=lambda: passed.append(len(sandbox.requests(name))))
    )

    assert passed == [len(sandbox.requests(name)) - 1]


@every_platform
def test_a_picture_goes_with_the_post(name: str, sandbox: Sandbox, connect: Callable[..., Platform]) -> None:
    if not platforms.form_of(name).allows_picture:
        pytest.skip("no picture goes with a post there")

    account = connect(name)
    attempt = an_attempt(image=Image(PNG, "image/png", "What is in it"))

    outcome = account.send(a_post(name), attempt)
    for _ in range(3):  # an instance of Mastodon may be at work on the picture for a while
        if isinstance(outcome, RefusedForNow):
            assert not sandbox.posts(name)
            outcome = account.send(a_post(name), attempt)

    assert isinstance(outcome, Sent), outcome
    (existing,) = sandbox.posts(name)
    assert existing.picture is not None
    assert existing.picture.alt in ("What is in it", TITLE), "the picture of a card has the card's title"


@every_platform
@pytest.mark.parametrize("fault", [Fault.STATUS, Fault.HTML, Fault.EOF])
def test_a_picture_that_cannot_go_up_keeps_no_post_back(
    name: str, fault: Fault, sandbox: Sandbox, connect: Callable[..., Platform]
) -> None:
    sandbox.fail(name, fault, on="upload", times=None, status=500 if fault is Fault.STATUS else None)

    outcome = connect(name).send(a_post(name), an_attempt(image=Image(PNG, "image/png", "What is in it")))

    assert isinstance(outcome, Sent), outcome
    (existing,) = sandbox.posts(name)
    assert (existing.picture is None) is bool(outcome.note) or not platforms.form_of(name).allows_picture


@every_platform
def test_what_is_listed_late_is_no_absence_after_an_unclear_answer(
    name: str, sandbox: Sandbox, connect: Callable[..., Platform]
) -> None:
    """Reddit gives nothing by which a listing could be seen to lag; there the look is repeated instead."""
    account = connect(name)
    sandbox.hide(name, looks=1)
    sandbox.fail(name, Fault.EOF, stored=True)
    assert isinstance(account.send(a_post(name), an_attempt()), Uncertain)

    look = account.find(replace(WANTED, may_exist=True), since())

    if name != "reddit":
        assert look != Absent()


@every_platform
def test_a_post_is_seen_deleted_and_seen_to_be_gone(
    name: str, sandbox: Sandbox, connect: Callable[..., Platform]
) -> None:
    account = connect(name)
    sent = account.send(a_post(name), an_attempt(image=Image(PNG, "image/png", "What is in it")))
    assert isinstance(sent, Sent)
    for existing in (Found(sent.url, sent.id), Found(sent.url, "")):
        assert isinstance(connect(name).fetch(existing), Found)

    assert account.delete(Found(sent.url, sent.id), an_attempt()) == Done()

    assert account.fetch(Found(sent.url, sent.id)) == Absent()
    assert not [post for post in sandbox.posts(name) if not post.deleted]
    assert account.find(WANTED, since()) == Absent()


@every_platform
def test_an_address_that_names_no_post_is_no_sign_that_none_is_there(
    name: str, connect: Callable[..., Platform]
) -> None:
    seen = connect(name).fetch(Found("https://example.org/", ""))

    assert isinstance(seen, CannotLook), seen
    assert (seen.refused, "does not say which post" in seen.reason) == (True, True)


@every_platform
def test_a_post_is_deleted_twice_without_harm(name: str, connect: Callable[..., Platform]) -> None:
    account = connect(name)
    sent = account.send(a_post(name), an_attempt())
    assert isinstance(sent, Sent)
    for _ in range(2):
        assert isinstance(account.delete(Found(sent.url, sent.id), an_attempt()), Done)


@every_platform
@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("fault", [Fault.EOF, Fault.RESET, Fault.STATUS, Fault.HTML])
def test_a_deletion_without_an_answer_is_uncertain_and_can_be_repeated(
    name: str, fault: Fault, stored: bool, sandbox: Sandbox, connect: Callable[..., Platform]
) -> None:
    account = connect(name)
    sent = account.send(a_post(name), an_attempt())
    assert isinstance(sent, Sent)
    existing = Found(sent.url, sent.id)
    # Each time: aiohttp repeats a deletion by itself, which does no harm.
    sandbox.fail(name, fault, times=None, stored=stored, status=503 if fault is Fault.STATUS else None)

    assert isinstance(account.delete(existing, an_attempt()), Uncertain)

    sandbox.clear_faults(name)
    seen = account.fetch(existing)
    assert isinstance(seen, Absent if stored else Found), seen
    assert isinstance(account.delete(existing, an_attempt()), Done)


@every_platform
@pytest.mark.parametrize("change", ["delete", "edit"])
def test_a_lost_claim_keeps_a_change_from_leaving(
    name: str, change: str, sandbox: Sandbox, connect: Callable[..., Platform]
) -> None:
    def lost() -> None:
        raise ClaimLostError("another process has it")

    account = connect(name)
    sent = account.send(a_post(name), an_attempt())
    assert isinstance(sent, Sent)
    existing, attempt = Found(sent.url, sent.id), an_attempt(before_write=lost)
    if change == "edit" and not is_editable(name):
        pytest.skip("posts cannot be edited there")

    make = (
        partial(account.edit, existing, a_post(name), attempt)
        if change == "edit"
        else partial(account.delete, existing, attempt)
    )

    with pytest.raises(ClaimLostError):
        make()

    assert len(sandbox.requests(name, "write")) == 1


@every_platform
def test_somebody_elses_post_is_seen_to_be_so(
    name: str, sandbox: Sandbox, connect: Callable[..., Platform]
) -> None:
    sandbox.seed_post(name, text=TEXT, title=TITLE, link=ISSUE, by="somebody")
    (theirs,) = sandbox.posts(name)

    seen = connect(name).fetch(Found(theirs.url, "" if name == "bluesky" else theirs.id))

    assert isinstance(seen, NotOurs), seen
    assert "somebody" in seen.author or name == "x"


@every_platform
def test_a_post_is_edited_in_place_and_keeps_its_address_and_its_picture(
    name: str, sandbox: Sandbox, connect: Callable[..., Platform]
) -> None:
    account = connect(name)
    if not is_editable(name):
        with pytest.raises(UsageError, match="cannot be edited"):
            account.edit(Found(ISSUE, "1"), a_post(name), an_attempt())
        return
    image = Image(PNG, "image/png", "What is in it")
    sent = account.send(a_post(name), an_attempt(image=image))
    assert isinstance(sent, Sent)
    before = sandbox.posts(name)
    news = Section("Official", (Link("Announcing another thing", "https://example.org/another"),))
    corrected = digest(Issue(665, TITLE, date(2026, 8, 19), ISSUE, (news,)))
    post = compose(corrected, Target(name, platforms.form_of(name)))

    assert account.edit(Found(sent.url, sent.id), post, an_attempt()) == Done()

    (after,) = sandbox.posts(name)
    assert (after.id, after.url, after.picture) == (before[0].id, before[0].url, before[0].picture)
    assert "Announcing another thing" in str(after.payload)
    assert after.edited is not None
    assert isinstance(account.find(WANTED, since()), Found)
    assert account.edit(Found(sent.url, sent.id), post, an_attempt(image=image)) == Done()


@every_platform
def test_a_platform_that_is_not_there_was_never_reached(name: str, connect: Callable[..., Platform]) -> None:
    account = connect(name, api_base_url="http://127.0.0.1:9")

    assert isinstance(account.send(a_post(name), an_attempt()), NeverArrived)
    look = account.find(WANTED, since())
    assert isinstance(look, CannotLook)
    assert not look.refused


@every_platform
def test_without_secrets_nothing_is_asked_and_a_sentence_says_so(
    name: str, sandbox: Sandbox, connect: Callable[..., Platform]
) -> None:
    settings_class = platforms.settings_of(name)
    account = settings_class(api_base_url=sandbox.addresses[name]).connect(lambda: datetime.now(UTC))

    outcome: Outcome = account.send(a_post(name), an_attempt())
    look = account.find(WANTED, since())

    assert isinstance(outcome, Rejected)
    assert isinstance(look, CannotLook)
    assert look.refused
    assert "mode" in look.reason
    assert any(result.level is Level.FAIL for result in account.check())
    assert (account.limits(), account.find_hiring_thread()) == ({}, None)
    assert account.key_lifetime() in (timedelta(), timedelta.max)
    assert not sandbox.requests(name)


@every_platform
def test_check_reads_only_and_is_content_with_the_sandbox(
    name: str, sandbox: Sandbox, connect: Callable[..., Platform]
) -> None:
    results = connect(name).check()

    assert results
    assert all(result.level is not Level.FAIL for result in results), results
    assert not sandbox.requests(name, "write")


@every_platform
def test_check_of_a_place_that_is_not_there_reports_and_raises_nothing(
    name: str, connect: Callable[..., Platform]
) -> None:
    results = connect(name, api_base_url="http://127.0.0.1:9").check()

    assert any(result.level is Level.FAIL for result in results)


@every_platform
def test_what_an_automatic_account_needs_are_settings_and_have_no_default(name: str) -> None:
    settings = platforms.settings_of(name)()

    assert settings.required
    assert all(getattr(settings, key) is None for key in settings.required)


def test_whatever_an_adapter_says_passes_the_redaction() -> None:
    public = {name for name, value in vars(Platform).items() if callable(value) and not name.startswith("_")}

    assert public - vars(RedactedPlatform).keys() == {"use_state"}

    platform: Any = SimpleNamespace(check=lambda: [CheckResult("token", Level.FAIL, "no a-long-secret")])
    (line,) = RedactedPlatform(platform, Redaction(["a-long-secret"])).check()
    assert "a-long-secret" not in line.sentence


def test_the_discussion_is_on_exactly_one_platform() -> None:
    having = [name for name in platforms.names() if platforms.settings_of(name).discussion]

    assert having == ["reddit"]


def test_a_name_that_is_no_platform_is_said() -> None:
    with pytest.raises(UsageError, match="mastodon"):
        platforms.settings_of("myspace")


def test_what_follows_from_settings_loads_no_client_library() -> None:
    program = (
        "import sys\n"
        "from crosspost.platforms import names, settings_of\n"
        "for name in names():\n"
        "    settings_class = settings_of(name)\n"
        "    settings_class().canonical_address('https://example.org/')\n"
        "heavy = {'mastodon', 'tweepy', 'praw', 'discord', 'atproto', 'requests', 'aiohttp', 'httpx'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_no_module_is_hidden_from_other_threads_while_a_client_is_imported() -> None:
    program = (
        "import sys\n"
        "hidden = set()\n"
        "def note(event, _):\n"
        "    if event == 'import' and sys.modules.get('cryptography', event) is None:\n"
        "        hidden.add('cryptography')\n"
        "sys.addaudithook(note)\n"
        "import crosspost.platforms.mastodon.adapter, crosspost.platforms.bluesky.adapter\n"
        "print(sorted(hidden), 'cryptography' in sys.modules)\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[] False"


def test_the_clients_of_all_platforms_load_no_cryptography(sandbox: Sandbox, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        sandbox.configuration(store_url=f"sqlite:///{tmp_path}/db", source_path=tmp_path, folder=tmp_path)
    )
    code = (
        "import sys; from crosspost.cli import execute; "
        f"execute(['-c', {str(config)!r}, 'check']); print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    modules = set(done.stderr.split())
    assert modules >= {"mastodon", "tweepy", "praw", "discord", "atproto_client"}, done.stdout
    assert "cryptography" not in modules

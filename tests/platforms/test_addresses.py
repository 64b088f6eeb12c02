"""Every form in which people have the address of a post is brought into the one in which it is kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crosspost import platforms
from crosspost.platforms import bluesky, discord, mastodon, reddit, stand_ins, x
from crosspost.platforms._address import CanonicalAddress, UnresolvedError, redirect_target
from crosspost.platforms._settings import AccountSettings
from crosspost.sandbox import Sandbox
from tests.platforms.scripted_place import Place, Reply

pytest_plugins = ("tests.platforms.scripted_place",)

THREAD = "https://www.reddit.com/r/rust/comments/1vn1ttk/this_week_in_rust_665/"


@pytest.mark.parametrize(
    "given",
    [
        THREAD,
        THREAD.rstrip("/"),
        THREAD.replace("https:", "http:"),
        THREAD.removeprefix("https://"),
        f"  <{THREAD}>\n",
        f"{THREAD}?utm_source=share&utm_medium=web2x&context=3#top",
        f"{THREAD}k2j3h4/?context=3",
        *(THREAD.replace("www.", host) for host in ("", "old.", "new.", "np.", "m.", "amp.", "sh.")),
        THREAD.removeprefix("https://").replace("www.", "old."),
        THREAD.replace("1vn1ttk", "1VN1TTK"),
    ],
)
def test_a_thread_has_one_form(given: str) -> None:
    assert reddit.Settings().canonical_address(given) == CanonicalAddress(THREAD, is_post=True)


@pytest.mark.parametrize(
    ("given", "ask"),
    [
        ("https://redd.it/1vn1ttk", "https://www.reddit.com/comments/1vn1ttk/"),
        ("redd.it/1vn1ttk/", "https://www.reddit.com/comments/1vn1ttk/"),
        ("https://www.reddit.com/comments/1vn1ttk", "https://www.reddit.com/comments/1vn1ttk/"),
        ("old.reddit.com/r/rust/comments/1vn1ttk/", "https://www.reddit.com/comments/1vn1ttk/"),
        ("https://www.reddit.com/r/rust/s/aB3dEf?x=1", "https://www.reddit.com/r/rust/s/aB3dEf"),
        ("reddit.com/u/editor/s/aB3dEf/", "https://www.reddit.com/u/editor/s/aB3dEf/"),
    ],
)
def test_a_shortened_thread_says_where_to_ask(given: str, ask: str) -> None:
    assert reddit.Settings().canonical_address(given).resolve_at == ask


@pytest.mark.parametrize(
    ("settings", "given", "kept"),
    [
        (x.Settings(), "x.com/twir/status/19?s=20", "https://x.com/twir/status/19"),
        (
            x.Settings(),
            "https://mobile.twitter.com/twir/status/19/photo/1",
            "https://x.com/twir/status/19",
        ),
        (x.Settings(), "https://x.com/i/web/status/19", "https://x.com/i/web/status/19"),
        (
            bluesky.Settings(),
            "at://did:plc:abc234/app.bsky.feed.post/3kabc",
            "https://bsky.app/profile/did:plc:abc234/post/3kabc",
        ),
        (
            bluesky.Settings(handle="twir.example"),
            "bsky.app/profile/TWIR.example/post/3kabc/liked-by",
            "https://bsky.app/profile/twir.example/post/3kabc",
        ),
        (
            discord.Settings(channel_id=2),
            "ptb.discordapp.com/channels/1/2/3",
            "https://discord.com/channels/1/2/3",
        ),
        (mastodon.Settings(), "mastodon.social/@twir/11?x", "https://mastodon.social/@twir/11"),
        (
            mastodon.Settings(),
            "https://mastodon.social/web/@twir/11",
            "https://mastodon.social/@twir/11",
        ),
        (
            mastodon.Settings(),
            "https://mastodon.social/@twir@mastodon.social/11",
            "https://mastodon.social/@twir/11",
        ),
    ],
)
def test_what_people_have_is_a_post_of_the_account(settings: AccountSettings, given: str, kept: str) -> None:
    assert settings.canonical_address(given) == CanonicalAddress(kept, is_post=True)


def test_another_servers_address_of_a_status_is_asked_there() -> None:
    kept = mastodon.Settings().canonical_address
    other = "https://hachyderm.io/@twir@mastodon.social/12"
    assert kept(other.removeprefix("https://")).resolve_at == other
    assert kept("https://hachyderm.io/@twir@elsewhere.example/12").resolve_at == ""
    assert (
        kept("https://mastodon.social/web/statuses/11").resolve_at
        == "https://mastodon.social/web/statuses/11"
    )


@pytest.mark.parametrize(
    "given",
    [
        "",
        "not an address",
        "https://[",
        "javascript:alert(1)",
        "http://x.com:99999/",
        "x" * 5000,
        "ftp://x.com/",
    ],
)
@pytest.mark.parametrize("name", platforms.names())
def test_what_is_no_address_is_no_post(name: str, given: str) -> None:
    kept = platforms.settings_of(name)().canonical_address(given)
    assert (kept.resolve_at, kept.is_post) == ("", False)


# ── where it leads ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox({"reddit": stand_ins()["reddit"]}) as sandbox:
        yield sandbox


@pytest.mark.parametrize("path", ["/comments/{id}/", "/r/rust/s/{id}"])
def test_one_request_says_where_a_shortened_address_leads(sandbox: Sandbox, path: str) -> None:
    post = sandbox.seed_post("reddit", title="This Week in Rust 665", link="https://example.org/")
    home = sandbox.addresses["reddit"]

    target = redirect_target(home + path.format(id=post.id), own_server=home)

    assert reddit.Settings().canonical_address(target).url == post.url
    (asked,) = sandbox.requests("reddit")
    assert asked.method == "HEAD"


def test_an_address_that_leads_nowhere_says_so(sandbox: Sandbox) -> None:
    home = sandbox.addresses["reddit"]
    with pytest.raises(UnresolvedError, match=r"answered 404 and does not say where it leads"):
        redirect_target(f"{home}/r/rust/s/none", own_server=home)


@pytest.mark.parametrize("location", ["https://[", "mailto:editor@example.org", "/" * 3_000])
def test_an_address_that_leads_to_none_says_so(place: Place, location: str) -> None:
    place.on("HEAD", "/r/rust/s/odd", Reply(302, headers={"location": location}))

    with pytest.raises(UnresolvedError, match="leads to something that is no address"):
        redirect_target(f"{place.url}/r/rust/s/odd", own_server=place.url)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "[::1]",
        "100.64.0.1",
    ],
)
def test_nothing_on_this_machine_or_in_a_private_network_is_asked(host: str) -> None:
    with pytest.raises(
        UnresolvedError, match="is on this machine or in a private network, so it is not asked"
    ):
        redirect_target(f"https://{host}/@twir@mastodon.social/1", own_server="https://mastodon.social")


def test_only_https_is_asked(sandbox: Sandbox) -> None:
    with pytest.raises(UnresolvedError, match="is not an https address"):
        redirect_target(f"{sandbox.addresses['reddit']}/comments/1/", own_server="https://www.reddit.com")
    assert sandbox.requests("reddit") == ()

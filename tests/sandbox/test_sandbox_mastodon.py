"""The sandbox's Mastodon, through Mastodon.py over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from crosspost.platforms import stand_ins
from crosspost.platforms.mastodon.sandbox_answers import length
from crosspost.sandbox import Sandbox
from tests.sandbox.posting import ISSUE, TEXT, mastodon_client

NOW = datetime(2026, 8, 20, 3, tzinfo=UTC)


class Setup:
    """A sandbox whose clock is moved by hand, and a client of its Mastodon."""

    def __init__(self, sandbox: Sandbox, clock: Any, client: Any) -> None:
        self.sandbox, self.clock, self.client = sandbox, clock, client


@pytest.fixture
def setup(clock: Any) -> Iterator[Setup]:
    with Sandbox(stand_ins(), clock=clock) as sandbox, mastodon_client(sandbox) as client:
        yield Setup(sandbox, clock, client)


def message(caught: pytest.ExceptionInfo[Any]) -> tuple[int, str]:
    return caught.value.args[1], caught.value.args[3]


def test_a_status_is_kept_and_found_by_its_account_since_a_fence(setup: Setup) -> None:
    me = setup.client.account_verify_credentials()
    early = setup.client.status_post("last week")
    setup.clock.advance(days=7)
    posted = setup.client.status_post(TEXT, language="en", visibility="unlisted")

    found = setup.client.account_statuses(me.id, since_id=setup.clock() - timedelta(hours=1), limit=40)

    (kept,) = [post for post in setup.sandbox.posts("mastodon") if post.link]
    assert [status.id for status in found] == [posted.id] != [early.id]
    assert kept.url == posted.url == f"https://mastodon.social/@thisweekinrust/{posted.id}"
    assert (kept.text, kept.link, kept.by, kept.at) == (TEXT, ISSUE, "thisweekinrust", setup.clock())
    assert (posted.visibility, posted.language) == ("unlisted", "en")
    assert posted.created_at == setup.clock()


def test_a_status_is_shown_with_its_link_and_hashtag_marked_and_the_rest_escaped(setup: Setup) -> None:
    shown = setup.client.status_post(f"a <b>\n\n{ISSUE}\n#RustLang").content

    assert "<p>a &lt;b&gt;</p>" in shown
    assert f'href="{ISSUE}"' in shown
    assert "#<span>RustLang</span></a>" in shown


def test_the_same_key_within_an_hour_gets_the_first_status_whatever_it_says(setup: Setup) -> None:
    first = setup.client.status_post(TEXT, idempotency_key="665-mastodon")
    setup.clock.advance(minutes=59)
    again = setup.client.status_post("something else", idempotency_key="665-mastodon")

    assert (again.id, again.content) == (first.id, first.content)
    assert len(setup.sandbox.posts("mastodon")) == 1


def test_an_hour_later_the_key_is_forgotten(setup: Setup) -> None:
    setup.client.status_post(TEXT, idempotency_key="665-mastodon")
    setup.clock.advance(minutes=61)
    setup.client.status_post(TEXT, idempotency_key="665-mastodon")

    assert len(setup.sandbox.posts("mastodon")) == 2


def test_the_key_of_a_deleted_status_is_answered_with_404(setup: Setup) -> None:
    from mastodon import MastodonNotFoundError

    status = setup.client.status_post(TEXT, idempotency_key="k")
    setup.sandbox.remove_post("mastodon", status.id)

    with pytest.raises(MastodonNotFoundError):
        setup.client.status_post(TEXT, idempotency_key="k")


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("plain", 5),
        (ISSUE, 23),
        (f"a {ISSUE}.", 2 + 23 + 1),
        ("👨‍👩‍👧‍👦 é", 3),
        ("hi @alice@example.com!", 10),
        ("bare example.com", 16),
        ("http://localhost/", 17),
        ("https://crates.io,https://docs.rs", 47),
    ],
)
def test_the_length_is_counted_as_the_instance_counts_it(text: str, counted: int) -> None:
    assert length(text) == counted


def test_a_status_may_fill_the_limit_but_not_pass_it(setup: Setup) -> None:
    from mastodon import MastodonAPIError

    fill = "x" * (500 - 24)
    setup.client.status_post(f"{fill} {ISSUE}")

    with pytest.raises(MastodonAPIError) as caught:
        setup.client.status_post(f"{fill}x {ISSUE}")

    assert message(caught) == (422, "Validation failed: Text character limit of 500 exceeded")
    assert len(setup.sandbox.posts("mastodon")) == 1


def test_an_empty_status_is_refused(setup: Setup) -> None:
    from mastodon import MastodonAPIError

    with pytest.raises(MastodonAPIError, match="blank"):
        setup.client.status_post("  ")


def test_a_wrong_token_is_refused(setup: Setup) -> None:
    from mastodon import MastodonUnauthorizedError

    with mastodon_client(setup.sandbox, token="wrong") as stranger, pytest.raises(MastodonUnauthorizedError):
        stranger.status_post(TEXT)


def test_a_token_without_the_scope_is_refused_until_it_has_it(setup: Setup) -> None:
    from mastodon import MastodonAPIError

    setup.sandbox.revoke("mastodon", "write:statuses")
    with pytest.raises(MastodonAPIError) as caught:
        setup.client.status_post(TEXT)
    setup.sandbox.grant("mastodon", "write:statuses")

    assert message(caught) == (403, "This action is outside the authorized scopes")
    assert setup.client.status_post(TEXT).id


def test_a_picture_is_processed_before_it_can_be_attached(setup: Setup) -> None:
    from mastodon import MastodonAPIError

    picture = setup.client.media_post(b"\x89PNG", mime_type="image/png", description="the headlines")
    with pytest.raises(MastodonAPIError, match="have not finished processing"):
        setup.client.status_post(TEXT, media_ids=[picture.id])
    states = [setup.client.media(picture.id).url for _ in range(2)]
    posted = setup.client.status_post(TEXT, media_ids=[picture.id])

    assert picture.url is None
    assert states[0] is None
    assert states[1].endswith(".png")
    assert posted.media_attachments[0].description == "the headlines"
    kept = setup.sandbox.posts("mastodon")[0].picture
    assert kept is not None
    assert (kept.data, kept.mime_type, kept.alt) == (b"\x89PNG", "image/png", "the headlines")


def test_a_picture_that_nobody_uploaded_is_refused(setup: Setup) -> None:
    from mastodon import MastodonAPIError

    with pytest.raises(MastodonAPIError, match="Media 12 not found"):
        setup.client.status_post(TEXT, media_ids=["12"])


def test_the_instance_says_its_limits_in_both_versions(setup: Setup) -> None:
    for instance in (setup.client.instance_v2(), setup.client.instance_v1()):
        assert instance.configuration.statuses.max_characters == 500
        assert instance.configuration.statuses.characters_reserved_per_url == 23


def test_a_long_listing_is_read_page_by_page(setup: Setup) -> None:
    posted = []
    for number in range(45):
        posted.append(setup.client.status_post(f"post {number}").id)
        setup.clock.advance(minutes=1)
    me = setup.client.account_verify_credentials()

    first = setup.client.account_statuses(me.id, limit=40)
    second = setup.client.fetch_next(first)

    assert [status.id for status in [*first, *second]] == list(reversed(posted))


def test_posts_of_others_are_in_their_own_listing_only(setup: Setup) -> None:
    theirs = setup.sandbox.seed_post("mastodon", text="hello", by="someone")
    me = setup.client.account_verify_credentials()

    assert setup.client.account_statuses(me.id) == []
    assert setup.client.status(theirs.id).account.acct == "someone"


def test_a_maintainer_can_sign_in_and_gets_a_token_that_posts(setup: Setup) -> None:
    from mastodon import Mastodon

    base = setup.sandbox.addresses["mastodon"]
    scopes = ["read:accounts", "read:statuses", "write:statuses", "write:media"]
    client_id, secret = Mastodon.create_app("crosspost", scopes=scopes, api_base_url=base)
    with requests.Session() as session:
        app = Mastodon(client_id=client_id, client_secret=secret, api_base_url=base, session=session)
        page = requests.get(app.auth_request_url(scopes=scopes, allow_http=True), timeout=10)
        token = app.log_in(code=allow(page), scopes=scopes, allow_http=True)

    with mastodon_client(setup.sandbox, token=token) as client:
        assert client.status_post(TEXT).account.acct == "thisweekinrust"
    assert "read:accounts read:statuses write:statuses write:media" in page.text


def test_a_code_is_good_for_one_token_only(setup: Setup) -> None:
    from mastodon import Mastodon, MastodonIllegalArgumentError

    base = setup.sandbox.addresses["mastodon"]
    client_id, secret = Mastodon.create_app("crosspost", scopes=["read"], api_base_url=base)
    with requests.Session() as session:
        app = Mastodon(client_id=client_id, client_secret=secret, api_base_url=base, session=session)
        code = allow(requests.get(app.auth_request_url(scopes=["read"], allow_http=True), timeout=10))
        app.log_in(code=code, scopes=["read"], allow_http=True)

        with pytest.raises(MastodonIllegalArgumentError):
            app.log_in(code=code, scopes=["read"], allow_http=True)


def allow(page: requests.Response) -> str:
    """Press the button, as a person does, and read the code."""
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
    shown = requests.post(page.url.partition("?")[0], data=fields, timeout=10).text
    return str(re.findall(r"<code>(\w+)</code>", shown)[0])


def test_as_gotosocial_it_counts_in_full_and_keeps_no_key(setup: Setup) -> None:
    setup.sandbox.speak_as("mastodon", "gotosocial")
    long = f"https://example.org/{'x' * 500}"

    with pytest.raises(Exception, match="limit of 500") as caught:
        setup.client.status_post(long)
    first = setup.client.status_post("twice", idempotency_key="k")
    second = setup.client.status_post("twice", idempotency_key="k")

    assert message(caught)[0] == 400
    assert first.id != second.id
    assert not setup.client.app_verify_credentials().get("scopes")
    assert setup.client.instance_v2().version.startswith("0.")


def test_as_hollo_it_takes_no_digit_for_yes_or_no(setup: Setup) -> None:
    setup.sandbox.speak_as("mastodon", "hollo")
    me = setup.client.account_verify_credentials()

    with pytest.raises(Exception, match="422"):
        setup.client.status_post("x")
    with pytest.raises(Exception, match="422"):
        setup.client.account_statuses(me.id, exclude_reblogs=True)
    assert setup.client.status_post("x", sensitive=None).id
    assert setup.client.account_statuses(me.id)


def test_as_snac_it_deletes_nothing_and_refuses_without_a_word(setup: Setup) -> None:
    setup.sandbox.speak_as("mastodon", "snac")
    kept = setup.client.status_post("x" * 5000)

    with pytest.raises(Exception, match="404"):
        setup.client.status_delete(kept.id)
    setup.client.access_token = "of somebody else"
    with pytest.raises(Exception, match="401"):
        setup.client.status_post("x", sensitive=None)

    assert [post.id for post in setup.sandbox.posts("mastodon")] == [str(kept.id)]


def test_a_server_that_nobody_knows_is_named(setup: Setup) -> None:
    with pytest.raises(ValueError, match="gotosocial, hollo, snac"):
        setup.sandbox.speak_as("mastodon", "myspace")

"""What is left of a secret in a text that was cut, and what a platform hands out while we run."""

from __future__ import annotations

import base64
import json
import threading
import urllib.parse
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosspost.log.redaction import HIDDEN, SHORTEST, TOKENS, Redaction, shortened

SECRET = st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60)


@given(SECRET, st.integers(0, 30), st.integers(2, 120))
def test_nothing_is_left_of_a_secret_wherever_the_text_is_cut(secret: str, before: int, most: int) -> None:
    text = f"{'- ' * before}{secret} was sent"
    cleaned = Redaction([secret]).clean(shortened(text, most))

    rest = cleaned.replace(HIDDEN, "").replace("- ", "").removesuffix(" was sent")
    assert secret[: SHORTEST + 1] not in rest or secret[: SHORTEST + 1] in "- " * 4 + " was sent"


@pytest.mark.parametrize(
    "write", [urllib.parse.quote_plus, lambda text: base64.b64encode(text.encode()).decode()]
)
def test_a_form_is_recognised_by_its_beginning(write: Callable[[str], str]) -> None:
    redaction = Redaction(["correct/horse+battery staple"])
    form = write("correct/horse+battery staple")

    for length in range(SHORTEST, len(form)):
        assert form[:SHORTEST] not in redaction.clean(shortened(f"---- {form}", 5 + length)), length


@pytest.mark.parametrize("ending", ["***", ".", " (invalid)", "/x"])
def test_more_than_half_of_a_secret_is_hidden_wherever_it_stands(ending: str) -> None:
    redaction = Redaction(["ghp_0123456789abcdefghij"])

    assert redaction.clean(f"the token ghp_0123456789abc{ending}") == f"the token {HIDDEN}{ending}"


def test_words_that_a_secret_merely_begins_with_stay() -> None:
    redaction = Redaction(
        ["https://hooks.example/0123456789abcdef/0123456789abcdef", "sandbox-mastodon-token"]
    )

    for text in ("see https://hooks.example/help", "the sandbox-", "https://this-week-in-rust.org/…"):
        assert redaction.clean(text) == text


def test_of_an_address_its_secret_parts_are_hidden_by_themselves() -> None:
    redaction = Redaction(["discord://123456789012345678/AbCdEfGhIjKlMnOpQrSt"])

    assert redaction.clean("POST https://discord.example/api/webhooks/1/AbCdEfGhIjKlMnOpQrSt").endswith(
        HIDDEN
    )


@pytest.mark.parametrize(
    "address",
    [
        "https://www.reddit.com/domain/this-week-in-rust.org/.rss?feed=0a1b2c3d4e5f60718293&user=an_editor",
        "https://www.reddit.com/r/rust/search.rss?q=site%3Athis-week-in-rust.org&feed=0a1b2c3d4e5f60718293",
        "https://www.reddit.com/r/rust/search.rss?q=This+Week+in+Rust&feed=0a1b2c3d4e5f60718293&user=a",
        "https://www.reddit.com/r/rust/.rss?feed=0a1b2c3d4e5f60718293",
    ],
)
def test_a_secret_feeds_address_hides_no_public_address(address: str) -> None:
    redaction = Redaction([address])
    for text in (
        "https://this-week-in-rust.org/blog/2026/08/19/this-week-in-rust-665/",
        "https://www.reddit.com/r/rust/comments/1abc/this_week_in_rust_665/",
        "This Week in Rust 665",
    ):
        assert redaction.clean(text) == text
    for form in (address, address[30:], "feed=0a1b2c3d4e5f60718293", urllib.parse.quote(address, safe="")):
        assert "0a1b2c3d4e5f" not in redaction.clean(f"GET {form} failed")


def test_a_rotated_secret_is_known_beside_the_old_one() -> None:
    redaction = Redaction(["the-old-token"])
    redaction.add_secrets(["the-new-token"])

    assert redaction.clean("the-old-token the-new-token") == f"{HIDDEN} {HIDDEN}"


def test_session_tokens_are_hidden_and_only_the_newest_are_kept() -> None:
    redaction = Redaction(["configured-secret"])
    for number in range(TOKENS + 1):
        redaction.add_token(f"session-{number}-token")

    assert redaction.clean(f"session-{TOKENS}-token configured-secret") == f"{HIDDEN} {HIDDEN}"
    assert redaction.clean("session-0-token") == "session-0-token"


@pytest.mark.parametrize("secret", ["secret", "[secret]", "hunter2hunter2", "secret-secret"])
def test_what_is_clean_stays_as_it_is(secret: str) -> None:
    redaction = Redaction([secret])
    once = redaction.clean(f"Bearer {secret}, {secret}… and {secret[:8]}…")

    assert redaction.clean(once) == once


def test_what_is_cleaned_as_a_whole_keeps_its_shape() -> None:
    redaction = Redaction(["hunter2hunter2"])
    evidence = {"url": "https://x.example/hunter2hunter2", "tries": 3, "said": ["hunter2hunter2", None]}

    cleaned = redaction.clean_document(evidence)

    assert cleaned == {"url": f"https://x.example/{HIDDEN}", "tries": 3, "said": [HIDDEN, None]}
    assert json.loads(redaction.clean(json.dumps(evidence))) == cleaned


def test_several_threads_may_tell_it_of_tokens_while_others_clean() -> None:
    redaction = Redaction()

    def tell(thread: int) -> None:
        for number in range(8):
            redaction.add_token(f"token-{thread}-{number}-abcdef")

    threads = [threading.Thread(target=tell, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(100):
        redaction.clean("token-0-0-abcdef …")
    for thread in threads:
        thread.join()

    assert redaction.clean("token-3-7-abcdef token-0-7-abcdef") == f"{HIDDEN} {HIDDEN}"

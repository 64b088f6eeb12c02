"""Decide whether a post that a platform lists is the announcement of an issue. Pure.

`RULES` is the one table for all platforms: which kind of post, by whom, is recognised by what. An issue is
recognised by its address, in whatever form a platform returns it (http, www, trailing slash, tracking parameters),
else by its whole title: "This Week in Rust 66" is not in "This Week in Rust 665".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from crosspost.errors import UsageError
from crosspost.model import Absent, Found, Look
from crosspost.network import host_of, path_of
from crosspost.platforms import Query

MatchedBy = Literal["address", "title"]


class Kind(StrEnum):
    """The kind of a post."""

    TEXT = "text"
    """A post with a text of its own."""
    LINK = "link"
    """Reddit's link post: a title, and the address to which it leads."""
    REPLY = "reply"
    QUOTE = "quote"
    REPOST = "repost"
    PRIVATE = "private"
    """To named readers only."""


class PostedBy(StrEnum):
    """The author of a post."""

    ACCOUNT = "account"
    """The account itself."""
    AUTHOR = "author"
    """Somebody in `[accounts.NAME] authors`."""
    STRANGER = "stranger"


RULES: Mapping[tuple[Kind, PostedBy], frozenset[MatchedBy]] = {
    (Kind.TEXT, PostedBy.ACCOUNT): frozenset({"address", "title"}),
    (Kind.TEXT, PostedBy.AUTHOR): frozenset({"address", "title"}),
    (Kind.LINK, PostedBy.ACCOUNT): frozenset({"address", "title"}),
    (Kind.LINK, PostedBy.AUTHOR): frozenset({"address", "title"}),
    (Kind.LINK, PostedBy.STRANGER): frozenset({"address"}),
}
"""What each kind of post by each author is recognised by as the announcement. A pair that is missing never counts: a
stranger's text, a reply, a quote, a repost, a private message."""

BESIDE_THE_TITLE = 40
"""Characters that a post without the address may have beside the title, tags and addresses; a longer one only
mentions the issue."""


@dataclass(frozen=True, slots=True)
class ListedPost:
    """A post as its platform lists it, in terms that all platforms share."""

    url: str
    id: str
    text: str
    """The text of the post; of a post with a title: the title."""
    addresses: tuple[str, ...] = ()
    """The addresses that it links to besides those in `text`, in the order of a reader."""
    kind: Kind = Kind.TEXT
    posted_by: PostedBy = PostedBy.ACCOUNT
    at: datetime | None = None
    """When it was published; None where the platform does not say, which counts as new."""
    link: str = ""
    """The address that a link post leads to; empty: it is no link post."""
    owner: str = ""
    """The author, as a sentence names them; empty: the account itself. Set only for a post that was fetched."""


class TruncatedPostError(RuntimeError):
    """A post has only the beginning of our text: a server (snac) published what arrived of a request that broke off."""


def match_announcement(query: Query, post: ListedPost, since: datetime) -> Found | None:
    """Return where the post is, if it was published since `since` and counts as the announcement of the issue.

    Raises TruncatedPostError where an attempt had no clear answer and part of its text is there.
    """
    if post.at is not None and post.at < since:
        return None
    is_link = post.kind is Kind.LINK
    by = _match_link(query, post) if is_link else match_issue(query, post.addresses, post.text)
    if by != "address" and query.may_exist and (post.kind, post.posted_by) == (Kind.TEXT, PostedBy.ACCOUNT):
        listed, sent = ("".join(text.split()) for text in (post.text, query.text))
        if listed and listed != sent and sent.startswith(listed):
            raise TruncatedPostError(
                "the account has a post with only the beginning of this text: delete it there"
            )
    is_old = query.first_seen_at is not None and post.at is not None and post.at < query.first_seen_at
    if by == "title" and (is_old or not _is_little_more(query, post.text)):
        return None
    if by is None or by not in RULES.get((post.kind, post.posted_by), frozenset()):
        return None
    return Found(post.url, post.id, by, at=post.at, text=post.text)


def _match_link(query: Query, post: ListedPost) -> MatchedBy | None:
    """Return how a link post names the issue. One that leads to another site does not, whatever its title."""
    if comparison_key(post.link) == comparison_key(query.url):
        return "address"
    if host_of(post.link) != host_of(query.url):
        return None
    return match_issue(query, (post.link,), post.text)


def _is_little_more(query: Query, text: str) -> bool:
    """Return whether a text is little more than the issue's title, and names no other issue."""
    numbers = {int(match["number"]) for match in _title(query).finditer(text)}
    rest = _title(query).sub(" ", text)
    for pattern in (_ADDRESS, _BARE_ADDRESS, _TAG):
        rest = pattern.sub(" ", rest)
    return numbers == {query.number} and len(" ".join(rest.split())) <= BESIDE_THE_TITLE


def is_exact_title(query: Query, text: str) -> bool:
    """Return whether a text is the issue's title and nothing else."""
    match = _title(query).fullmatch(" ".join(text.split()))
    return match is not None and int(match["number"]) == query.number


_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|mc_[ce]id|ref|ref_src|s", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_ADDRESS = re.compile(r"https?://[^\s<>\"'`\[\]{}|\\^]+", re.IGNORECASE)
_BARE_ADDRESS = re.compile(r"(?<![\w.-])[\w-]{1,63}(?:\.[\w-]{2,63}){1,5}/\S*")
_TAG = re.compile(r"(?<!\w)#\w+")


def comparison_key(url: str) -> str:
    """Return what tells an address's page from another; no address any more. Never raises."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url.strip()
    host = (parts.hostname or "").removeprefix("www.")
    if port is not None and port != _DEFAULT_PORTS.get(parts.scheme.lower()):
        host = f"{host}:{port}"
    path = quote(unquote(parts.path), safe="/~:@!$&'()*+,;=-._").rstrip("/").removesuffix("/index.html")
    query = parse_qsl(parts.query, keep_blank_values=True)
    relevant = sorted((name, value) for name, value in query if not _TRACKING.fullmatch(name))
    return f"{host}{path}" + (f"?{urlencode(relevant)}" if relevant else "")


def addresses_in(text: str) -> tuple[str, ...]:
    """Return the addresses in a plain text, without the punctuation after them."""
    return tuple(_trimmed(match) for match in _ADDRESS.findall(text))


def match_issue(query: Query, addresses: Iterable[str], text: str) -> MatchedBy | None:
    """Return how a text, whoever wrote it, names the issue; None: it does not, or first links to another issue."""
    home = comparison_key(query.url)
    for address in map(comparison_key, (*addresses, *addresses_in(text))):
        if address == home or _is_redated(address, home, query.number):
            return "address"
        if _is_another_issue(address, home, query.number):
            return None
    named = any(int(match["number"]) == query.number for match in _title(query).finditer(text))
    return "title" if named else None


def match_mention(query: Query, post: ListedPost) -> Look:
    """Return where the post is if it names the issue, whoever made it; Absent otherwise."""
    by = match_issue(query, (post.link, *post.addresses) if post.link else post.addresses, post.text)
    return Found(post.url, post.id, by) if by else Absent()


def post_id(existing: Found) -> str:
    """Return the id of a post, else the last part of its address. Raises UsageError where there is neither."""
    return require_id(existing, path_of(existing.url).rstrip("/").rpartition("/")[2])


def require_id(existing: Found, by_address: str) -> str:
    """Return the id of a post, else the one from its address. Raises UsageError where there is neither."""
    if not (number := existing.id or by_address):
        raise UsageError(f"{existing.url} does not say which post it is; record its address")
    return number


def _trimmed(address: str) -> str:
    address = address.rstrip(".,;:!?*_~")
    while address.endswith(")") and address.count(")") > address.count("("):
        address = address[:-1].rstrip(".,;:!?*_~")
    return address


def _title(query: Query) -> re.Pattern[str]:
    """Return an expression for the newsletter's name with any issue's number."""
    words = query.title.removesuffix(str(query.number)).split()
    if not words:
        return re.compile(r"(?!)(?P<number>)")  # a bare number is no name: match nothing
    name = r"\s+".join(re.escape(word) for word in words)
    return re.compile(rf"(?<!\w){name}\s{{0,4}}[#№]?\s{{0,4}}(?P<number>\d{{1,9}})(?!\w)", re.IGNORECASE)


def _is_redated(address: str, home: str, number: int) -> bool:
    """Return whether an address is the issue's page under another date, from before its header was corrected."""
    (folder, _, page), (home_folder, _, home_page) = address.rpartition("/"), home.rpartition("/")
    if page != home_page or str(number) not in page:
        return False
    if folder.partition("/")[0] != home_folder.partition("/")[0]:
        return False
    return re.sub(r"\d+", "0", folder) == re.sub(r"\d+", "0", home_folder)


def _is_another_issue(address: str, home: str, number: int) -> bool:
    """Return whether an address is the page of another issue of the same newsletter."""
    host, _, page = home.partition("/")
    last = page.rpartition("/")[2]
    if str(number) not in last or not address.startswith(f"{host}/"):
        return False
    name = re.compile(re.escape(last).replace(str(number), r"(\d+)"), re.IGNORECASE)
    match = name.fullmatch(address.partition("?")[0].rpartition("/")[2])
    return match is not None and int(match[1]) != number

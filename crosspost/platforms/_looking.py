"""Is that post about this issue? Pure: addresses and text in, an answer out.

First by the issue's address, in whatever form a platform hands it back (http, www, trailing slash, tracking
parameters), second by its title as a whole: "This Week in Rust 66" is not in "This Week in Rust 665".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from crosspost.platforms import Wanted

By = Literal["address", "title"]

_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|mc_[ce]id|ref|ref_src|s", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_ADDRESS = re.compile(r"https?://[^\s<>\"'`\[\]{}|\\^]+", re.IGNORECASE)


def normalised(url: str) -> str:
    """An address reduced to what tells two pages apart; not an address any more. Never raises."""
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
    kept = sorted((name, value) for name, value in query if not _TRACKING.fullmatch(name))
    return f"{host}{path}" + (f"?{urlencode(kept)}" if kept else "")


def addresses_in(text: str) -> tuple[str, ...]:
    """The addresses that stand in a plain text, without the punctuation after them."""
    return tuple(_trimmed(match) for match in _ADDRESS.findall(text))


def recognised(wanted: Wanted, addresses: Iterable[str], text: str) -> By | None:
    """How a post is recognised as the one about the wanted issue; None: it is about something else."""
    seen = {normalised(address) for address in (*addresses, *addresses_in(text))}
    home = normalised(wanted.url)
    if home in seen:
        return "address"
    if any(_another_issue(address, home, wanted.number) for address in seen):
        return None
    return "title" if _title(wanted).search(text) else None


def is_exactly_titled(wanted: Wanted, title: str) -> bool:
    """Whether a title is the issue's and nothing else: a question about the issue is not."""
    return _title(wanted).fullmatch(title.strip().rstrip(".!")) is not None


def host_of(address: str) -> str:
    """The host of an address, with its port if it names one; empty when it is no address."""
    try:
        return urlsplit(address.strip()).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def path_of(address: str) -> str:
    """The path of an address; empty when it is no address."""
    try:
        return urlsplit(address.strip()).path
    except ValueError:
        return ""


def is_loopback(address: str) -> bool:
    """Whether an address is a stand-in's on this machine: what it calls its posts then says nothing."""
    host = host_of(address)
    return host.startswith(("127.", "localhost", "[::1]"))


def _trimmed(address: str) -> str:
    address = address.rstrip(".,;:!?*_~")
    while address.endswith(")") and address.count(")") > address.count("("):
        address = address[:-1].rstrip(".,;:!?*_~")
    return address


def _title(wanted: Wanted) -> re.Pattern[str]:
    words = wanted.title.removesuffix(str(wanted.number)).split()
    name = r"\s+".join(re.escape(word) for word in words)
    return re.compile(rf"(?<!\w){name}\s*[#№]?\s*{wanted.number}(?![\w])", re.IGNORECASE)


def _another_issue(address: str, home: str, number: int) -> bool:
    """Whether an address is the page of another issue of the same newsletter."""
    host, _, page = home.partition("/")
    last = page.rpartition("/")[2]
    if str(number) not in last or not address.startswith(f"{host}/"):
        return False
    name = re.compile(re.escape(last).replace(str(number), r"(\d+)"), re.IGNORECASE)
    match = name.fullmatch(address.partition("?")[0].rpartition("/")[2])
    return match is not None and int(match[1]) != number

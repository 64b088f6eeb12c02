"""The canonical form of a post's address, and where a shortened one leads.

People copy addresses without a scheme, with tracking, under an old name of the site, or shortened. The platforms'
Settings turn each into one form. Only the platform knows where a shortened address leads: `redirect_target` asks it
once, and reads its redirect without following it.
"""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from crosspost import __version__
from crosspost.config import addresses
from crosspost.errors import CrosspostError
from crosspost.network import host_of, proxy_for

RESOLVE_SECONDS = 15.0
"""Seconds that one request may take, with its connection."""
MAX_LENGTH = 2_000
"""Characters of an address; a longer text is none."""

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_HOST_WITHOUT_SCHEME = re.compile(r"[\w-]+(\.[\w-]+)+(:\d+)?(/|$)")


class UnresolvedError(CrosspostError):
    """A shortened address could not be resolved. The message says why."""


@dataclass(frozen=True, slots=True)
class CanonicalAddress:
    """An address in the form in which it is stored."""

    url: str
    """The canonical address; one that names no post stays as a person gave it, with its scheme."""
    resolve_at: str = ""
    """The address that redirects to the post, where `url` does not say all; empty: it does."""
    is_post: bool = False
    """Whether it can be a post of the account."""


def without_query(url: str) -> CanonicalAddress:
    """Return an address with its scheme, without query and fragment."""
    parts = split_address(url)
    return CanonicalAddress(
        f"{parts.scheme}://{host_of(parts.geturl())}{parts.path}" if parts else url.strip()
    )


def split_address(url: str) -> SplitResult | None:
    """Return the parts of a web address, which may lack its scheme; None when it is no such address."""
    address = url.strip().removeprefix("<").removesuffix(">").strip()
    if _HOST_WITHOUT_SCHEME.match(address) and not address.lower().startswith(("http:", "https:")):
        address = f"https://{address}"
    if len(address) > MAX_LENGTH or not _SCHEME.match(address):
        return None
    try:
        parts = urlsplit(address)
        is_complete = (
            parts.hostname and parts.scheme in ("http", "https") and (parts.port is None or parts.port)
        )
    except ValueError:
        return None
    return parts if is_complete else None


def is_loopback(address: str) -> bool:
    """Return whether an address is on this machine, where a stand-in has posts with any platform's addresses."""
    parts = split_address(address)
    return parts is not None and addresses.is_loopback(parts.hostname or "")


def redirect_target(address: str, *, own_server: str) -> str:
    """Return where a shortened address leads, by one HEAD request whose redirect is not followed.

    Nothing on this machine or in a private network is asked, except `own_server`, the server in the configuration.
    Raises UnresolvedError.
    """
    import requests

    from crosspost.platforms import _http, _network

    server = host_of(address)
    is_own = server == host_of(own_server)
    if not is_own:
        _require_public(address)
    # The name may have another address at the second look-up. A proxy resolves it itself.
    check_peer = None if is_own or proxy_for(address) else partial(_refuse_private, server)
    transport = _http.Transport(check_peer=check_peer)
    headers = {"User-Agent": f"crosspost/{__version__}"}
    try:
        with _http.TransportSession(transport) as session, transport.reading(RESOLVE_SECONDS):
            answer = session.head(address, headers=headers, allow_redirects=False)
    except _network.RedirectError as redirect:
        with suppress(ValueError):
            target = urljoin(address, redirect.address)
            if len(target) <= MAX_LENGTH and split_address(target) is not None:
                return target
        raise UnresolvedError(f"{server} leads to something that is no address") from None
    except (requests.RequestException, OSError, RuntimeError, ValueError) as error:
        outcome: Any = _network.classify_no_answer(
            server, error, _http.UNSENT, _http.MAY_HAVE_ARRIVED, url=address
        )
        raise UnresolvedError(outcome.reason) from error
    raise UnresolvedError(f"{server} answered {answer.status_code} and does not say where it leads")


def _require_public(address: str) -> None:
    """Raise UnresolvedError for a host on this machine or in a private network, before it is connected to."""
    import socket  # its tables of constants take time, and only a short link is resolved

    parts = split_address(address)
    if parts is None or parts.scheme != "https" or parts.port not in (None, 443):
        raise UnresolvedError(f"{address} is not an https address, so it is not asked")
    host = parts.hostname or ""
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        if proxy_for(address):
            return  # the proxy knows names that this machine does not
        raise UnresolvedError(f"{host} is not known") from None
    for *_, peer in found:
        _refuse_private(host, str(peer[0]))


def _refuse_private(host: str, peer: str) -> None:
    if not ipaddress.ip_address(peer.partition("%")[0]).is_global:
        raise UnresolvedError(f"{host} is on this machine or in a private network, so it is not asked")

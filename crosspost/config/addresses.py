"""Read the addresses in the configuration: web, git, host and port. Each reader raises ValueError with a sentence."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit


def web_address(text: str, *, plain_http: bool = False, query: bool = False) -> str:
    """Return a checked web address. `plain_http`: no secret is sent there; `query`: it may have a query."""
    parts = _parts(text)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", text):
        raise ValueError("expected a full address, such as https://example.org")
    if has_password(text):
        raise ValueError("a secret does not belong here; remove the name and password from the address")
    if parts.fragment or (parts.query and not query):
        raise ValueError("an address ends before ? and #; remove the rest")
    if parts.scheme == "http" and not plain_http and not is_loopback(parts.hostname):
        raise ValueError("secrets are sent here, so it must be https:// (http:// is for 127.0.0.1 only)")
    return text


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def has_password(url: str) -> bool:
    """Return whether an address has a password, or a web address a user name: many forges take a token as the name."""
    parts = _parts(url)
    return parts is not None and bool(
        parts.password or (parts.scheme in ("http", "https") and parts.username)
    )


_SCP_LIKE = re.compile(r"(?:[\w.][\w.-]*@)?(?:[A-Za-z0-9][\w.-]*|\[[0-9A-Fa-f:.]+\]):(?!:)\S+")


def git_address(text: str) -> str:
    """Return a checked git address, without a remote helper: `ext::` and `fd::` would run a command from it."""
    if has_password(text):
        raise ValueError("a secret does not belong here; name it beside the address: token = { … }")
    parts = _parts(text)
    if "://" not in text:
        allowed = text.startswith("/") or _SCP_LIKE.fullmatch(text) is not None
    elif parts is None or (parts.hostname or "").startswith("-") or (parts.username or "").startswith("-"):
        allowed = False  # ssh would take "-oProxyCommand=…" for an option
    elif parts.scheme == "file":
        allowed = True
    else:
        plain = parts.scheme == "http" and is_loopback(parts.hostname or "")
        allowed = bool(parts.hostname) and (plain or parts.scheme in ("https", "ssh", "git"))
    if not allowed:
        raise ValueError("git takes https://, ssh:// or user@host:path, git://, file:// or a path from / on")
    return text


def git_transport(url: str) -> str:
    """Return how git reaches an address: "ssh", "https", "file" …; a path is "file", user@host:path "ssh"."""
    scheme, separator, _ = url.partition("://")
    if separator:
        return scheme
    return "file" if url.startswith("/") else "ssh"


def host_and_port(text: str) -> tuple[str, int]:
    """Return host and port of "127.0.0.1:8570" or "[::1]:8570"."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise ValueError('expected an address and a port, such as "127.0.0.1:8570"')
    return host.strip("[]"), int(port)


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.hostname, parts.port
    except ValueError:
        return None
    return parts

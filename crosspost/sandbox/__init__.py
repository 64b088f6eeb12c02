"""Stand-ins for the platforms and for the newsletter's site, on loopback: to rehearse and to test against.

    with Sandbox(platforms.stand_ins()) as sandbox:
        sandbox.addresses["mastodon"]           # the `api_base_url` to give to an account
        sandbox.fail("x", Fault.RESET, stored=True)
        sandbox.posts("reddit")

They speak each platform's HTTP as far as the client libraries and our look-ups use it, check what the platform checks,
store posts in memory, and fail on request. Each has a port of its own, because client libraries drop a prefix in the
path. `sandbox.url` is a page to look at.

    values           posts, requests, answers, faults, routes
    state            what all services share: clock, lock, numbers, requests
    faults           the faults that wait, and chaos
    base             the base classes of the stand-ins; each platform's own is in platforms/NAME/sandbox.py
    control          the page, the methods of Sandbox over HTTP, and the newsletter's site
    server           the ports, and how a fault is carried out
    configuration    a configuration that points at the stand-ins

Importing this package loads no web server; starting a Sandbox does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from crosspost.model import Clock, utcnow
from crosspost.sandbox.values import Fault, FaultOrder, Kind, On, SandboxPost, SandboxRequest

if TYPE_CHECKING:
    from crosspost.sandbox.base import Service, StandIn
    from crosspost.sandbox.server import Server

__all__ = ["Fault", "FaultOrder", "Sandbox", "SandboxPost", "SandboxRequest"]


class Sandbox:
    """All stand-ins together. Use it as a context manager, or call `start` and `close`.

    `platforms`: the stand-ins, by the platform's name; `state`: what was posted and requested.
    """

    def __init__(
        self,
        platforms: Mapping[str, type[StandIn]],
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        clock: Clock = utcnow,
    ) -> None:
        """Build the stand-ins. `start` opens the ports.

        platforms: the class of each stand-in, by the platform's name (`platforms.stand_ins`). port: of the page; the
        platforms in their order and the site get the ports that follow. 0: all get free ports.
        """
        from crosspost.sandbox.control import Page, Site
        from crosspost.sandbox.state import State

        self._port = port
        self._host = host
        self.state = State(clock)
        self.platforms: Mapping[str, StandIn] = {name: type_(self.state) for name, type_ in platforms.items()}
        self._site = Site(self.state)
        self._services: Mapping[str, Service] = {"page": Page(self), **self.platforms, "site": self._site}
        self._server: Server | None = None

    # ── opening and closing ──

    def start(self) -> Sandbox:
        """Open the ports. Raises OSError when one is taken."""
        from crosspost.sandbox.server import Server

        ports = {name: self._port and self._port + index for index, name in enumerate(self._services)}
        self._server = Server(self._services, self.state, self._host, ports)
        self._server.open()
        return self

    def close(self) -> None:
        """Close the ports, and every connection. The state can still be read."""
        if self._server is not None:
            self._server.close()

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    # ── addresses and credentials ──

    @property
    def url(self) -> str:
        """Return the address of the page that people look at."""
        return self._address("page")

    @property
    def addresses(self) -> Mapping[str, str]:
        """Return the `api_base_url` of each platform, and the site's address, by name."""
        return {name: self._address(name) for name in (*self.platforms, "site")}

    @property
    def credentials(self) -> Mapping[str, Mapping[str, str]]:
        """Return the secrets and names that each platform accepts, by the configuration's keys."""
        return {name: stand_in.credentials for name, stand_in in self.platforms.items()}

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the environment variables that `configuration` names, with their values."""
        from crosspost.sandbox.configuration import environment

        return environment(self.platforms, self.addresses)

    def configuration(
        self,
        *,
        store_url: str,
        source_path: str | Path | None = None,
        source_url: str | None = None,
        folder: Path | None = None,
    ) -> str:
        """Return a complete configuration for a rehearsal against this sandbox, as TOML.

        source_url: a git repository, into which the discussion link is pushed; the issue's page must be published
        (`publish_page`) before the gate opens. source_path: a directory of issues, into whose files the link is
        written. Neither: `content` in `folder`. folder: where the secrets become files; None: they are the variables
        of `environment`.
        """
        from crosspost.sandbox.configuration import configuration

        source = source_path or (folder or Path.cwd()) / "content"
        return configuration(self.platforms, self.addresses, store_url, source, source_url, folder)

    # ── what has happened ──

    def posts(self, platform: str | None = None) -> tuple[SandboxPost, ...]:
        """Return every post, oldest first."""
        stand_ins = [each for name, each in self.platforms.items() if platform in (None, name)]
        with self.state.lock:
            posts = [post for stand_in in stand_ins for post in stand_in.posts()]
        return tuple(sorted(posts, key=attrgetter("number")))

    def requests(self, platform: str | None = None, kind: Kind | None = None) -> tuple[SandboxRequest, ...]:
        """Return every request, oldest first, also those that got a fault. kind "write": those that publish."""
        return tuple(request for request in self.state.requests(platform) if kind in (None, request.kind))

    # ── what is to happen: control.py offers these over HTTP, by the names of their parameters ──

    def fail(  # noqa: PLR0913 - the fields of a FaultOrder, as keywords that read as a sentence
        self,
        platform: str,
        fault: Fault,
        *,
        on: On = "write",
        times: int | None = 1,
        stored: bool = False,
        status: int | None = None,
        seconds: float = 60.0,
        reset: float | None = None,
        reason: str = "",
    ) -> None:
        """Give the next request of a kind a fault. Faults for one platform come in turn.

        times: how many requests get it; None: all, until `clear_faults`. stored: the platform first does what was
        requested. status: for STATUS (500) and HTML (200). seconds: for HANG and LATE. reset: for RATE_LIMITED, in
        seconds from then. reason: for REFUSED, one of the platform's own codes: "duplicate", "50013".
        """
        service = self._service(platform)
        if fault is Fault.REFUSED:
            service.refusal(reason)  # raises for an unknown reason now, not when the request comes
        service.faults.add(FaultOrder(fault, on, times, stored, status, seconds, reset, reason))

    def chaos(
        self,
        seed: object,
        rate: float,
        platforms: Sequence[str] | None = None,
        *,
        seconds: float = 2.0,
        faults: Sequence[Fault] = tuple(Fault),
    ) -> None:
        """Give each request from now on some fault with this probability, until `clear_faults`.

        The same seed gives each platform the same sequence of faults. seconds: how long HANG and LATE last.
        faults: only these.
        """
        from crosspost.sandbox.faults import CHAOS

        menu = {
            kind: tuple(replace(order, seconds=seconds) for order in orders if order.fault in faults)
            for kind, orders in CHAOS.items()
        }
        for platform in self.platforms if platforms is None else platforms:
            self._service(platform).faults.start_chaos(f"{seed}/{platform}", rate, menu)

    def clear_faults(self, platform: str | None = None) -> None:
        """Remove the faults that wait, and end chaos."""
        for name, service in self._services.items():
            if platform in (None, name):
                service.faults.clear()

    def hide(self, platform: str, seconds: float = 0.0, *, looks: int = 0) -> None:
        """Let listings lag: a new post is missing from them for `seconds` and from the next `looks` listings."""
        self._platform(platform).hide(seconds, looks)

    def revoke(self, platform: str, permission: str) -> None:
        """Revoke a scope or permission of the account: "write:statuses", "submit", "READ_MESSAGE_HISTORY"."""
        stand_in = self._platform(platform)
        if permission not in stand_in.permissions:
            known = ", ".join(sorted(stand_in.permissions))
            raise ValueError(f"{platform} has no {permission!r}; it has: {known}")
        stand_in.revoked.add(permission)

    def grant(self, platform: str, permission: str) -> None:
        """Grant a permission that was revoked."""
        self._platform(platform).revoked.discard(permission)

    def expire(self, platform: str) -> None:
        """Let every access token expire that can. Refresh tokens stay valid."""
        self._platform(platform).expire()

    def speak_as(self, platform: str, server: str) -> None:
        """Let the stand-in behave as another server software of its protocol, until `clear`.

        Raises ValueError for a name that is none.
        """
        self._platform(platform).speak_as(server)

    def seed_post(
        self,
        platform: str,
        *,
        text: str = "",
        title: str = "",
        link: str = "",
        by: str = "",
        at: datetime | None = None,
    ) -> SandboxPost:
        """Add a post that somebody made by hand. by: the account that posted; empty: our own."""
        stand_in = self._platform(platform)
        with self.state.lock:
            when = at or self.state.clock()
            payload = stand_in.make_payload(text=text, title=title, link=link, at=when)
            return stand_in.add_post(payload, by or stand_in.user, when)

    def remove_post(self, platform: str, id: str) -> None:  # noqa: A002 - a name of the control interface
        """Delete a post, as its author would."""
        with self.state.lock:
            self._platform(platform).remove(id)

    def clear(self) -> None:
        """Forget posts, requests, faults and lags. Tokens that were handed out stay valid."""
        with self.state.lock:
            self.state.clear()
            for service in self._services.values():
                service.clear()

    # ── what only this process can do ──

    def unplug(self, platform: str) -> None:
        """Close the platform's port: connections are refused."""
        self._running().unplug(platform)

    def publish_page(self, path: str, html: str, status: int = 200) -> None:
        """Put a page on the newsletter's site, whose address answers 404 before."""
        self._site.publish(path, html, status)

    def wait_for(self, condition: Callable[[], object], timeout: float = 10.0) -> None:
        """Wait until a condition holds. Raises TimeoutError after `timeout` seconds."""
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() >= end:
                raise TimeoutError(f"it has not happened within {timeout:g} s")
            time.sleep(0.01)

    def _service(self, name: str) -> Service:
        return self._site if name == self._site.name else self._platform(name)

    def _platform(self, name: str) -> StandIn:
        if name not in self.platforms:
            raise ValueError(f"the sandbox has no {name!r}; it has: {', '.join(self.platforms)}")
        return self.platforms[name]

    def _running(self) -> Server:
        if self._server is None:
            raise RuntimeError("the sandbox has not been started")
        return self._server

    def _address(self, name: str) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._running().ports[name]}"

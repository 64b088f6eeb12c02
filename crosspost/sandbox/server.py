"""The ports of a sandbox on loopback: one for each service, one aiohttp server in one thread for all.

Every request is read to its end, recorded, and answered by the handler that aiohttp's router finds, or with a fault.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from crosspost.model import Image
from crosspost.sandbox.base import Service, proxy_page
from crosspost.sandbox.state import State
from crosspost.sandbox.values import Answer, Call, Fault, FaultOrder, RefusedError, Route, SandboxRequest

_LARGEST_BODY = 32 * 1024 * 1024
_CREDENTIALS = frozenset({"authorization", "cookie"})
_RST = struct.pack("ii", 1, 0)  # SO_LINGER on, for no time: closing sends RST
_ALWAYS_STORED = frozenset({Fault.LATE, Fault.BAD_HEADERS, Fault.TRUNCATED})
_FINAL_SLASH = "{_:/?}"
"""The end of aiohttp's patterns: a group needs a name, and this one is no part of a call."""


class Server:
    """A server that runs from `open` until `close`."""

    def __init__(
        self, services: Mapping[str, Service], state: State, host: str, ports: Mapping[str, int]
    ) -> None:
        self._services = services
        self._state = state
        self._host = host
        self._loop = asyncio.new_event_loop()
        self._all_open = asyncio.Event()
        self._closing = asyncio.Event()
        self._runners: dict[str, web.AppRunner] = {}
        self._sites: dict[str, web.BaseSite] = {}
        self.ports = dict(ports)
        self._thread = threading.Thread(target=self._loop.run_forever, name="crosspost-sandbox", daemon=True)

    def open(self) -> None:
        """Open the ports; what arrives before all are open waits for that. Raises OSError when one is taken."""
        self._thread.start()
        try:
            self._call(self._open())
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop serving at once, and close every connection."""
        if self._loop.is_closed():
            return
        self._call(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def unplug(self, name: str) -> None:
        """Close one port: connections to it are refused."""
        self._call(self._sites[name].stop())

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open(self) -> None:
        for name, service in self._services.items():
            runner = web.AppRunner(self._app(service), access_log=None, shutdown_timeout=0.2)
            await runner.setup()
            self._runners[name] = runner
            self._sites[name] = web.TCPSite(runner, self._host, self.ports[name], reuse_address=True)
            await self._sites[name].start()
            self.ports[name] = int(runner.addresses[0][1])
        self._all_open.set()

    async def _shut(self) -> None:
        self._closing.set()
        await asyncio.gather(*(runner.cleanup() for runner in self._runners.values()))

    # ── one request ──

    def _app(self, service: Service) -> web.Application:
        app = web.Application(client_max_size=_LARGEST_BODY)
        unknown = Route("*", "/{path:.*}", "other", lambda _: service.failure(404))
        for route in (*service.routes(), unknown):
            serve = partial(self._serve, service, route)
            app.router.add_route(route.method, route.pattern + _FINAL_SLASH, serve)
        return app

    async def _serve(self, service: Service, route: Route, request: web.Request) -> web.StreamResponse:
        await self._all_open.wait()
        call = await _read(request)
        fault = service.faults.take(route.kind)
        path = f"{call.path}?{call.raw_query}" if call.raw_query else call.path
        headers = {name: value for name, value in call.headers.items() if name not in _CREDENTIALS}
        now = self._state.clock()
        record = SandboxRequest(service.name, call.method, path, None, now, route.kind, headers=headers)
        index = self._state.log_request(record)
        handle = partial(self._handle, service, route, call)
        if fault is None:
            answer: Answer | None = handle()
        else:
            self._state.log_answer(index, None, str(fault))
            answer = await self._inject(service, handle, fault, request)
        if answer is None:  # the connection is closed; aiohttp needs an answer all the same
            empty = web.Response()
            empty.force_close()
            return empty
        self._state.log_answer(index, answer.status, str(fault or ""))
        body, headers = _encoded(service, answer)
        return web.Response(status=answer.status, body=body, headers=headers)

    def _handle(self, service: Service, route: Route, call: Call) -> Answer:
        with self._state.lock:
            try:
                if route.needs is not None:
                    service.authorize(call, route.needs)
                return route.handle(call)
            except RefusedError as refused:
                return refused.answer
            except (ValueError, TypeError, AttributeError):
                # A body or a parameter that no client library sends.
                return service.failure(400)
            except Exception:
                # Whatever it is, it must not look like an outage, after which clients try again.
                logging.getLogger(__name__).exception("an error in the sandbox itself")
                return Answer(501, "an error in the sandbox itself; its log has the traceback")

    async def _inject(
        self, service: Service, handle: Callable[[], Answer], order: FaultOrder, request: web.Request
    ) -> Answer | None:
        """Return the answer that a fault leaves. None: there is none, and the connection is closed."""
        if order.fault is Fault.LATE and not await self._wait(order.seconds):
            _disconnect(request)
            return None
        done = handle() if order.stored or order.fault in _ALWAYS_STORED else None
        match order.fault:
            case Fault.EOF | Fault.RESET:
                _disconnect(request, reset=order.fault is Fault.RESET)
                return None
            case Fault.HANG:
                await self._wait(order.seconds)
                if done is None:
                    _disconnect(request)
            case Fault.STATUS:
                return service.failure(order.status or 500)
            case Fault.HTML:
                return proxy_page(order.status or 200, "One moment, please")
            case Fault.RATE_LIMITED:
                return service.rate_limited(order.reset)
            case Fault.REFUSED:
                return service.refusal(order.reason, done)
            case Fault.BAD_HEADERS if done is not None:
                unreadable = dict.fromkeys(service.rate_headers(1, 0), "soon")
                return replace(done, headers={**done.headers, **unreadable})
            case Fault.TRUNCATED if done is not None:
                await _send_half(request, done.status, *_encoded(service, done))
                return None
        return done

    async def _wait(self, seconds: float) -> bool:
        """Wait. Returns False when the sandbox was closed or cleared meanwhile."""
        cleared = self._state.cleared
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)
        return cleared == self._state.cleared and not self._closing.is_set()


async def _read(request: web.Request) -> Call:
    form: dict[str, str] = {}
    files: dict[str, Image] = {}
    body = b""
    if request.content_type.startswith("multipart/"):
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                with value.file:
                    files[name] = Image(value.file.read(), value.content_type, "")
            else:
                form[name] = value.decode() if isinstance(value, (bytes, bytearray)) else value
    else:
        body = await request.read()
        if request.content_type == "application/x-www-form-urlencoded":
            form = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    return Call(
        method=request.method,
        path=request.path,
        headers={name.lower(): value for name, value in request.headers.items()},
        raw_query=request.rel_url.raw_query_string,
        body=body,
        form=form,
        files=files,
        parts={name: part for name, part in request.match_info.items() if name != "_"},
    )


def _encoded(service: Service, answer: Answer) -> tuple[bytes, dict[str, str]]:
    body, mime_type = answer.encoded()
    headers = {**service.headers(), **answer.headers, "Content-Type": mime_type}
    return body, {name: value for name, value in headers.items() if value}


def _disconnect(request: web.Request, *, reset: bool = False) -> None:
    transport = request.transport
    if transport is None:
        return
    if reset:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
        transport.abort()
    else:
        transport.close()


async def _send_half(request: web.Request, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    """Announce the whole answer, send half of it, and close the connection."""
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    _disconnect(request)

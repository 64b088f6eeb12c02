"""The stand-ins on loopback: one port for each, one aiohttp server in one thread for all.

Every request is read to its end, recorded, perhaps spoiled by a fault, and answered by the handler that aiohttp's
router finds.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from crosspost.sandbox.base import StandIn
from crosspost.sandbox.exchange import Answer, Call, Refused, Upload
from crosspost.sandbox.memory import Memory
from crosspost.sandbox.values import Fault, FaultOrder, Kind, SandboxRequest

_LARGEST_BODY = 32 * 1024 * 1024
_NOT_KEPT = frozenset({"authorization", "cookie"})
_RST = struct.pack("ii", 1, 0)  # SO_LINGER on, for no time: closing sends RST
_ALWAYS_STORED = frozenset({Fault.LATE, Fault.BAD_HEADERS, Fault.TRUNCATED})
_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
_FINAL_SLASH = "{_:/?}"
"""In aiohttp's patterns."""
_Answering = Callable[[Call], Answer]
Handle = Callable[[], Answer]
"""What carries one request out."""


class Server:
    """Opens the ports, serves until `close`. Raises OSError when a port is taken."""

    def __init__(
        self, stand_ins: Mapping[str, StandIn], memory: Memory, host: str, ports: Mapping[str, int]
    ) -> None:
        self._stand_ins = stand_ins
        self._memory = memory
        self._host = host
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self._runners: dict[str, web.AppRunner] = {}
        self._sites: dict[str, web.BaseSite] = {}
        self.ports: dict[str, int] = {}
        self._thread = threading.Thread(target=self._run, name="crosspost-sandbox", daemon=True)
        self._thread.start()
        try:
            self._call(self._open(ports))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop serving at once: what hangs is dropped."""
        if self._loop.is_closed():
            return
        self._call(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def unplug(self, name: str) -> None:
        """Close one port: connections to it are refused."""
        self._call(self._unplug(name))

    def plug(self, name: str) -> None:
        """Open the port again, the same one."""
        self._call(self._plug(name, self.ports[name]))

    # ── the thread ──

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            self._loop.close()

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open(self, ports: Mapping[str, int]) -> None:
        for name, stand_in in self._stand_ins.items():
            runner = web.AppRunner(self._app(stand_in), access_log=None, shutdown_timeout=0.2)
            await runner.setup()
            self._runners[name] = runner
            await self._plug(name, ports[name])

    async def _shut(self) -> None:
        self._closing.set()
        await asyncio.gather(*(runner.cleanup() for runner in self._runners.values()))

    async def _plug(self, name: str, port: int) -> None:
        site = web.TCPSite(self._runners[name], self._host, port, reuse_address=True)
        await site.start()
        self._sites[name] = site
        address = self._runners[name].addresses[0]
        self.ports[name] = int(address[1])

    async def _unplug(self, name: str) -> None:
        site = self._sites.pop(name, None)
        if site is not None:
            await site.stop()

    # ── one request ──

    def _app(self, stand_in: StandIn) -> web.Application:
        app = web.Application(client_max_size=_LARGEST_BODY)
        for method, pattern, kind, handle in stand_in.routes():
            app.router.add_route(method, pattern + _FINAL_SLASH, partial(self._serve, stand_in, kind, handle))
        app.router.add_route("*", "/{path:.*}", partial(self._serve, stand_in, None, _unknown(stand_in)))
        return app

    async def _serve(
        self, stand_in: StandIn, kind: Kind | None, answering: _Answering, request: web.Request
    ) -> web.StreamResponse:
        call = await _read(request)
        kind = kind or ("read" if call.method == "GET" else "other")
        handle = partial(answering, call)
        fault = self._memory.take_fault(stand_in.name, kind)
        index = self._memory.arrived(_note(stand_in.name, call, kind, self._memory))
        if fault is None:
            answer = self._carry_out(stand_in, handle)
        else:
            self._memory.answered(index, None, str(fault))
            spoiled = await self._spoil(stand_in, handle, fault, request)
            if spoiled is None:
                return _nothing()
            answer = spoiled
        self._memory.answered(index, answer.status, str(fault or ""))
        return _response(answer, {**stand_in.headers(), **answer.headers})

    def _carry_out(self, stand_in: StandIn, handle: Handle) -> Answer:
        with self._memory.lock:
            try:
                return handle()
            except Refused as refused:
                return refused.answer
            except (ValueError, TypeError, AttributeError):
                # A body or a parameter that no client library sends.
                return stand_in.failure(400)
            except Exception:
                # Broad on purpose: whatever it is, it must not look like an outage that clients sit out.
                logging.getLogger(__name__).exception("the sandbox has made a mistake of its own")
                return Answer(501, "the sandbox has made a mistake of its own; its log says which")

    async def _spoil(
        self, stand_in: StandIn, handle: Handle, order: FaultOrder, request: web.Request
    ) -> Answer | None:
        """Carry the fault out. None: there is no answer, and the connection is gone."""
        if order.fault is Fault.LATE and not await self._still_wanted(order.seconds):
            _hang_up(request, reset=False)
            return None
        stored = order.stored or order.fault in _ALWAYS_STORED
        answer = self._carry_out(stand_in, handle) if stored else None
        match order.fault:
            case Fault.EOF | Fault.RESET:
                _hang_up(request, reset=order.fault is Fault.RESET)
                return None
            case Fault.HANG:
                await self._wait(order.seconds)
                if answer is None:
                    _hang_up(request, reset=False)
                return answer
            case Fault.STATUS:
                return stand_in.failure(order.status or 500)
            case Fault.HTML:
                return Answer(order.status or 200, _PAGE.format("One moment, please"))
            case Fault.RATE_LIMITED:
                return stand_in.rate_limited(order.reset)
            case Fault.REFUSED:
                return stand_in.refusal(order.reason, answer)
        assert answer is not None  # noqa: S101 - the three that are left always store
        if order.fault is Fault.BAD_HEADERS:
            return Answer(
                answer.status, answer.body, {**answer.headers, **stand_in.bad_headers}, answer.mime_type
            )
        if order.fault is Fault.TRUNCATED:
            await _send_half(request, answer, {**stand_in.headers(), **answer.headers})
            return None
        return answer

    async def _still_wanted(self, seconds: float) -> bool:
        """Wait; False when the sandbox was closed or cleared meanwhile."""
        cleared = self._memory.cleared
        await self._wait(seconds)
        return cleared == self._memory.cleared and not self._closing.is_set()

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return


async def _read(request: web.Request) -> Call:
    headers = {name.lower(): value for name, value in request.headers.items()}
    form: dict[str, str] = {}
    files: list[Upload] = []
    body = b""
    if request.content_type.startswith("multipart/"):
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                with value.file:
                    files.append(Upload(name, value.filename, value.content_type, value.file.read()))
            else:
                form[name] = value.decode() if isinstance(value, (bytes, bytearray)) else value
    else:
        body = await request.read()
        if request.content_type == "application/x-www-form-urlencoded":
            form = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    return Call(
        method=request.method,
        path=request.path,
        headers=headers,
        raw_query=request.rel_url.raw_query_string,
        body=body,
        form=form,
        files=tuple(files),
        parts=dict(request.match_info),
    )


def _unknown(stand_in: StandIn) -> _Answering:
    """Return what answers a request that no route is for."""
    return lambda _: stand_in.failure(404)


def _note(platform: str, call: Call, kind: Kind, memory: Memory) -> SandboxRequest:
    path = f"{call.path}?{call.raw_query}" if call.raw_query else call.path
    kept = {name: value for name, value in call.headers.items() if name not in _NOT_KEPT}
    return SandboxRequest(platform, call.method, path, None, memory.clock(), kind, headers=kept)


def _response(answer: Answer, headers: Mapping[str, str]) -> web.Response:
    body, mime_type = answer.encoded()
    response = web.Response(status=answer.status, body=body, headers=_sent(headers))
    if mime_type:
        response.headers["Content-Type"] = mime_type
    elif "Content-Type" in response.headers:
        del response.headers["Content-Type"]
    return response


def _sent(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers to send; an empty value takes one out of those that go with every answer."""
    return {name: value for name, value in headers.items() if value}


def _nothing() -> web.Response:
    """Return what aiohttp wants from a handler whose connection is gone; it is never sent."""
    response = web.Response()
    response.force_close()
    return response


def _hang_up(request: web.Request, *, reset: bool) -> None:
    transport = request.transport
    if transport is None:
        return
    if reset:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
        transport.abort()
    else:
        transport.close()


async def _send_half(request: web.Request, answer: Answer, headers: Mapping[str, str]) -> None:
    """Promise the whole answer, send half of it, hang up."""
    body, mime_type = answer.encoded()
    response = web.StreamResponse(status=answer.status, headers={**_sent(headers), "Content-Type": mime_type})
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    _hang_up(request, reset=False)

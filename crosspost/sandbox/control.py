"""The two services that are no platform: the sandbox's own port, and the newsletter's site.

On its own port the sandbox has a page for people, and its methods for other processes:

GET    /                                the posts, as each platform would show them
GET    /_sandbox/count                  how many posts and requests: the page asks whether to reload
GET    /_sandbox/addresses              addresses and credentials
GET    /_sandbox/posts[?platform=x]     every post
GET    /_sandbox/requests[?platform=x]  every request that arrived
POST   /_sandbox/posts                  a post made by hand: {"platform", "text", "title", "link", "by", "at"}
DELETE /_sandbox/posts/{platform}/{id}  its author deletes it
POST   /_sandbox/faults                 {"platform", "fault", …}: the arguments of Sandbox.fail
DELETE /_sandbox/faults[?platform=x]    remove the faults that wait
POST   /_sandbox/chaos                  {"seed", "rate", "platforms", "seconds", "faults"}
POST   /_sandbox/hide                   {"platform", "seconds", "looks"}
POST   /_sandbox/permissions            {"platform", "revoke" or "grant": name}
POST   /_sandbox/expire                 {"platform"}
POST   /_sandbox/server                 {"platform", "server"}: behave as another server software ("gotosocial")
PUT    /_sandbox/pages/{path}           the body becomes a page of the newsletter's site (?status=200)
POST   /_sandbox/clear                  forget everything

A command is answered with 204, one that cannot be carried out with 400 and {"error": a sentence}.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, ClassVar

from pydantic import ValidationError, validate_call

from crosspost.pages import template
from crosspost.pages.post import post_html
from crosspost.sandbox.base import Service
from crosspost.sandbox.state import State
from crosspost.sandbox.values import Answer, Call, Route, SandboxPost, SandboxRequest

_SHOWN_REQUESTS = 100


class Page(Service):
    """The service with the page and the control routes."""

    name: ClassVar[str] = "page"

    def __init__(self, sandbox: Any) -> None:
        """Build the page of `sandbox`, a `Sandbox`, whose module imports this one."""
        super().__init__(sandbox.state)
        self._sandbox = sandbox

    def routes(self) -> Sequence[Route]:
        sandbox, state = self._sandbox, self.state
        queries: Mapping[str, Callable[[Call], Any]] = {
            "count": lambda _: {"posts": len(sandbox.posts()), "requests": len(state.requests())},
            "addresses": lambda _: {"addresses": sandbox.addresses, "credentials": sandbox.credentials},
            "posts": lambda call: list(map(_as_json, sandbox.posts(call.query.get("platform")))),
            "requests": lambda call: list(map(_as_json, state.requests(call.query.get("platform")))),
        }
        commands: Mapping[tuple[str, str], Callable[..., SandboxPost | None]] = {
            ("POST", "posts"): sandbox.seed_post,
            ("DELETE", "posts/{platform}/{id}"): sandbox.remove_post,
            ("POST", "faults"): sandbox.fail,
            ("DELETE", "faults"): sandbox.clear_faults,
            ("POST", "chaos"): sandbox.chaos,
            ("POST", "hide"): sandbox.hide,
            ("POST", "permissions"): self._permit,
            ("POST", "expire"): sandbox.expire,
            ("POST", "server"): sandbox.speak_as,
            ("POST", "clear"): sandbox.clear,
        }
        return (
            Route("GET", "/", "other", self._show),
            Route("PUT", "/_sandbox/pages/{path:.*}", "other", self._publish),
            *(Route("GET", f"/_sandbox/{path}", "other", _query(read)) for path, read in queries.items()),
            *(
                Route(method, f"/_sandbox/{path}", "other", _command(run))
                for (method, path), run in commands.items()
            ),
        )

    def failure(self, status: int) -> Answer:
        return Answer(status, {"error": f"{status}: the routes are listed in crosspost/sandbox/control.py"})

    def headers(self) -> Mapping[str, str]:
        return {"Cache-Control": "no-store"}

    def _show(self, _: Call) -> Answer:
        """Show every post as its platform would, and the requests, newest first.

        Nothing is loaded from outside. The one script asks this port whether something new has arrived.
        """
        posts, requests = self._sandbox.posts(), self.state.requests()
        platforms, addresses = self._sandbox.platforms, self._sandbox.addresses
        visible = [post for post in reversed(posts) if not post.deleted]
        received = [request for request in reversed(requests) if request.platform != self.name]
        brands = {name: stand_in.brand for name, stand_in in platforms.items()}
        page = template("sandbox.html").render(
            posts=[
                post_html(
                    platforms[post.platform].as_post(post),
                    brands[post.platform],
                    permalink=post.url,
                    when=post.at,
                    picture=post.picture,
                )
                for post in visible
            ],
            platforms=len({post.platform for post in visible}),
            addresses=addresses,
            names={name: brands[name].name if name in brands else name.title() for name in addresses},
            count=len(received),
            requests=received[:_SHOWN_REQUESTS],
            known=f"{len(posts)}/{len(requests)}",
        )
        return Answer(200, page)

    def _permit(self, platform: str, revoke: str = "", grant: str = "") -> None:
        if revoke:
            self._sandbox.revoke(platform, revoke)
        else:
            self._sandbox.grant(platform, grant)

    def _publish(self, call: Call) -> Answer:
        status = int(call.query.get("status", "200"))
        self._sandbox.publish_page(call.parts["path"], call.body.decode(), status)
        return Answer(204)


class Site(Service):
    """The newsletter's own site: 404, until a page is published. A final slash makes no difference."""

    name: ClassVar[str] = "site"

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._pages: dict[str, Answer] = {}
        """By path, without slashes around it."""

    def routes(self) -> Sequence[Route]:
        return [Route(method, "/{path:.*}", "read", self._page) for method in ("GET", "HEAD")]

    def publish(self, path: str, html: str, status: int) -> None:
        """Publish a page, whose content type follows from its name, such as `rss.xml`; else HTML."""
        mime_type = mimetypes.guess_type(path.rstrip("/"))[0] or "text/html"
        self._pages[path.strip("/")] = Answer(status, html, mime_type=f"{mime_type}; charset=utf-8")

    def failure(self, status: int) -> Answer:
        return Answer(status, f"<!doctype html><title>{status}</title><h1>{status}</h1>")

    def clear(self) -> None:
        super().clear()
        self._pages.clear()

    def _page(self, call: Call) -> Answer:
        return self._pages.get(call.path.strip("/")) or self.failure(404)


def _query(read: Callable[[Call], Any]) -> Callable[[Call], Answer]:
    return lambda call: Answer(200, read(call))


def _command(run: Callable[..., SandboxPost | None]) -> Callable[[Call], Answer]:
    """Return a handler that calls a method with the fields of the request, or answers with what is wrong with them."""
    validated = validate_call(run)

    def handle(call: Call) -> Answer:
        try:
            post = validated(**{**call.query, **call.fields, **call.parts})
        except ValidationError as error:
            problems = "; ".join(f"{each['loc'][0]}: {each['msg']}" for each in error.errors())
            return Answer(400, {"error": problems})
        except ValueError as error:
            return Answer(400, {"error": str(error)})
        return Answer(204) if post is None else Answer(201, _as_json(post))

    return handle


def _as_json(value: SandboxPost | SandboxRequest) -> dict[str, Any]:
    """Return a value as JSON's types; of a picture the size in place of the bytes."""
    plain: dict[str, Any] = {
        name: each.isoformat() if isinstance(each, datetime) else each for name, each in asdict(value).items()
    }
    if picture := plain.get("picture"):
        plain["picture"] = {**picture, "data": len(picture["data"])}
    return plain

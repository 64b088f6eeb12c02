"""A forge on this machine, in GitHub's dialect or Forgejo's: real HTTP on a real git repository.

Each request and each answer is held to what the forge publishes (github.json, forgejo.json: excerpts of its own API
document): a path, a parameter or a field that is not in there is a mistake of ours, and is collected in `mistakes`.
"""

from __future__ import annotations

import base64
import itertools
import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.web_server import Asked, Reply, Server, serving

REPOSITORY = "rust-lang/this-week-in-rust"
EVERYWHERE = {400, 401, 403, 404, 405, 409, 422, 423, 429, 500, 502, 503}
"""Statuses that any request may get, whether its page says so or not."""
TYPES = {"string": str, "integer": int, "boolean": bool, "object": dict}

Routed = tuple[int, Any] | tuple[int, Any, Mapping[str, str]]


class StandIn:
    """One forge with one repository. Fields may be changed at any time."""

    def __init__(self, server: Server, repository: Path, dialect: str) -> None:
        self.server = server
        self.repository = repository
        self.dialect = dialect
        self.prefix = "/api/v1" if dialect == "forgejo" else ""
        document = json.loads((Path(__file__).parent / f"{dialect}.json").read_text("utf-8"))
        self.operations: dict[str, Any] = document["operations"]
        self.tokens = {"forge-secret": "link-bot"}
        """Token → whose it is."""
        self.knows_them = True
        """It says whose a token is: GitHub by GraphQL, to everybody; its REST API tells no app."""
        self.may_push: bool | None = True
        """None: it does not say."""
        self.archived = False
        self.fails: dict[tuple[str, str], list[Reply]] = {}
        self.before: dict[tuple[str, str], Callable[[], object]] = {}
        """What happens once, right before such a request is answered."""
        self.pulls: list[dict[str, Any]] = []
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.numbers = itertools.count(1)
        self.mistakes: list[str] = []
        server.answer = self.answer

    @property
    def api(self) -> str:
        return self.server.url + self.prefix

    def asked(self, method: str) -> list[str]:
        """The paths below the repository that were asked for so."""
        start = f"{self.prefix}/repos/{REPOSITORY}"
        asked = [each.path for each in self.server.asked if each.method == method]
        return [path.removeprefix(start) for path in asked if path.startswith(start)]

    def comment(self, pull: int, login: str, body: str) -> dict[str, Any]:
        """A comment as anybody may write one."""
        number = next(self.numbers)
        made = {
            "id": number,
            "body": body,
            "html_url": f"https://{self.dialect}.example/{REPOSITORY}/pulls/{pull}#comment-{number}",
            "user": {"login": login},
        }
        self.comments.setdefault(pull, []).append(made)
        return made

    def pull(self, branch: str, *, fork: str | None = REPOSITORY, state: str = "open") -> int:
        """A pull request from a branch, of this repository or a fork; None: of a fork that is gone."""
        number = len(self.pulls) + 1
        repo = fork and {"full_name": fork, "html_url": f"https://{self.dialect}.example/{fork}"}
        head = {"ref": branch, "sha": self.git("rev-parse", branch), "repo": repo}
        url = f"https://{self.dialect}.example/{REPOSITORY}/pull/{number}"
        self.pulls.append(
            {"number": number, "html_url": url, "state": state, "merged_at": None, "head": head}
        )
        return number

    # ── answers ──────────────────────────────────────────────────────────────────────────────────────

    def answer(self, asked: Asked) -> Reply:
        where = urlsplit(asked.path)
        path, query = where.path.removeprefix(self.prefix), parse_qs(where.query)
        below = path.removeprefix(f"/repos/{REPOSITORY}")
        for (method, start), replies in self.fails.items():
            if replies and method == asked.method and below.startswith(start):
                return replies.pop(0)
        for key in [key for key in self.before if key[0] == asked.method and below.startswith(key[1])]:
            self.before.pop(key)()
        scheme = "token" if self.dialect == "forgejo" else "Bearer"
        kind, _, token = asked.headers.get("authorization", "").partition(" ")
        if kind != scheme or token not in self.tokens:
            return Reply(401, json.dumps({"message": "Bad credentials"}))
        body = json.loads(asked.body) if asked.body else {}
        if path == "/graphql" and self.dialect == "github":
            login = self.tokens[token] if self.knows_them else None
            found = {"data": {"viewer": {"login": login}}} if login else {"message": "Not accessible"}
            return Reply(200 if login else 403, json.dumps(found))
        operation = self.operation(asked.method, path)
        if operation is None:
            return Reply(404, json.dumps({"message": "Not Found"}))
        self.hold_request(operation, query, body)
        status, found, *headers = self.route(asked.method, path, below, query, body, self.tokens[token])
        self.hold_answer(operation, status, found)
        return Reply(status, b"" if found is None else json.dumps(found), headers[0] if headers else {})

    def route(  # noqa: C901 - one line for each thing that can be asked
        self, method: str, path: str, below: str, query: Any, body: Any, login: str
    ) -> Routed:
        if path == "/user":
            return (200, {"login": login}) if self.knows_them else (403, {"message": "token is required"})
        if below == "":
            said = {} if self.may_push is None else {"permissions": {"push": self.may_push}}
            return 200, {**said, "archived": self.archived}
        if found := re.fullmatch(r"/issues/(\d+)/comments", below):
            if method == "POST":
                if len(body["body"]) > 65_536:
                    return 422, {"message": "Body is too long (maximum is 65536 characters)"}
                return 201, self.comment(int(found[1]), login, body["body"])
            return self.listed(self.comments.get(int(found[1]), []), query, below)
        if found := re.fullmatch(r"/issues/comments/(\d+)", below):
            return self.edited(method, int(found[1]), body)
        if below == "/pulls":
            return self.pulls_of(method, query, body)
        if found := re.fullmatch(r"/pulls/(\d+)", below):
            there = [each for each in self.pulls if each["number"] == int(found[1])]
            return (200, there[0]) if there else (404, {"message": "Not Found"})
        if found := re.fullmatch(r"/pulls/([^/]+)/(.+)", below):
            there = [each for each in self.pulls if each["head"]["ref"] == unquote(found[2])]
            return (200, there[0]) if there else (404, {"message": "Not Found"})
        if found := re.fullmatch(r"/contents/(.+)", below):
            return self.contents(method, unquote(found[1]), query, body)
        if found := re.fullmatch(r"/(?:git/ref/heads|branches)/(.+)", below):
            head = self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{unquote(found[1])}")
            if not head:
                return 404, {"message": "Not Found"}
            return 200, ({"commit": {"id": head}} if self.dialect == "forgejo" else {"object": {"sha": head}})
        name = body.get("new_branch_name") or body["ref"].removeprefix("refs/heads/")
        self.git("update-ref", f"refs/heads/{name}", body.get("old_ref_name") or body["sha"], "")
        return 201, {}

    def listed(self, rows: list[Any], query: Any, below: str) -> Routed:
        """Forgejo gives all comments at once; GitHub gives pages, and says where the next one is."""
        if self.dialect == "forgejo":
            return 200, rows, {"X-Total-Count": str(len(rows))}
        size, page = int(query.get("per_page", ["30"])[0]), int(query.get("page", ["1"])[0])
        more = f'<https://api.github.com/repositories/1{below}?page={page + 1}>; rel="next", <…>; rel="last"'
        return (
            200,
            rows[(page - 1) * size : page * size],
            {"Link": more.encode("ascii", "ignore").decode()} if page * size < len(rows) else {},
        )

    def edited(self, method: str, number: int, body: Any) -> Routed:
        for rows in self.comments.values():
            for row in rows:
                if row["id"] == number and method == "DELETE":
                    rows.remove(row)
                    return 204, None
                if row["id"] == number:
                    row["body"] = body["body"]
                    return 200, row
        return 404, {"message": "Not Found"}

    def pulls_of(self, method: str, query: Any, body: Any) -> Routed:
        if method == "GET":
            branch = query["head"][0].removeprefix(f"{REPOSITORY.partition('/')[0]}:")
            return 200, [each for each in self.pulls if each["head"]["ref"] == branch]
        if any(each["head"]["ref"] == body["head"] and each["state"] == "open" for each in self.pulls):
            return 409 if self.dialect == "forgejo" else 422, {"message": "A pull request already exists"}
        self.pull(body["head"])
        return 201, self.pulls[-1]

    def contents(self, method: str, path: str, query: Any, body: Any) -> Routed:
        branch = body["branch"] if method == "PUT" else query["ref"][0]
        row = self.git("ls-tree", f"refs/heads/{branch}", path)
        if not row:
            return 404, {"message": "Not Found"}
        mode, _, blob = row.partition("\t")[0].split()
        if method == "GET":
            data = self.git("cat-file", "blob", blob, text=False)
            # Both break their base64 into lines, or may.
            return 200, {
                "type": "file",
                "path": path,
                "sha": blob,
                "encoding": "base64",
                "content": base64.encodebytes(data).decode(),
            }
        if body["sha"] != blob:
            return 409 if self.dialect == "github" else 422, {
                "message": f"{path} does not match {body['sha']}"
            }
        made = self.git(
            "hash-object", "-w", "--stdin", stdin=base64.b64decode(body["content"], validate=True)
        )
        index = {"GIT_INDEX_FILE": str(self.repository / "forge-index")}
        self.git("read-tree", f"refs/heads/{branch}", env=index)
        self.git("update-index", "--cacheinfo", f"{mode},{made},{path}", env=index)
        who = body.get("author") or {"name": "the forge", "email": "noreply@forge.example"}
        env = {
            f"GIT_{role}_{key}": who[field]
            for role in ("AUTHOR", "COMMITTER")
            for key, field in (("NAME", "name"), ("EMAIL", "email"))
        }
        commit = self.git(
            "commit-tree",
            self.git("write-tree", env=index),
            "-p",
            f"refs/heads/{branch}",
            "-m",
            body["message"],
            env=env,
        )
        self.git("update-ref", f"refs/heads/{branch}", commit)
        return 200, {"commit": {"sha": commit}, "content": {"sha": made, "path": path}}

    def git(
        self, *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None, text: bool = True
    ) -> Any:
        done = subprocess.run(
            ["git", "-C", str(self.repository), *arguments],
            input=stdin,
            env=env,
            check=True,
            capture_output=True,
        )
        return done.stdout.decode().strip() if text else done.stdout

    # ── held to the published document ───────────────────────────────────────────────────────────────

    def operation(self, method: str, path: str) -> str | None:
        fitting = [
            operation
            for operation in self.operations
            if operation.startswith(f"{method} ") and re.fullmatch(_pattern(operation), f"{method} {path}")
        ]
        if not fitting:
            self.mistakes.append(f"{self.dialect} has no {method} {path}")
            return None
        # The one with the fewest names in it says most.
        return min(fitting, key=lambda operation: (operation.count("{"), -len(operation)))

    def hold_request(self, operation: str, query: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        known = self.operations[operation]
        wrong = set(query) - set(known.get("query", ())) | set(body) - set(known.get("body", ()))
        wrong |= set(known.get("required", ())) - set(body)
        wrong |= {name for name, value in body.items() if not _is(value, known["body"].get(name, "any"))}
        self.mistakes += [f"{operation}: {name}" for name in sorted(wrong)]

    def hold_answer(self, operation: str, status: int, found: Any) -> None:
        answers = self.operations[operation]["answers"]
        if str(status) not in answers and status not in EVERYWHERE:
            self.mistakes.append(f"{operation} answers no {status}")
        elif status < 300 and found is not None:
            self.mistakes += [
                f"{operation}: {place}" for place in _undocumented(found, answers[str(status)], "")
            ]


def _pattern(operation: str) -> str:
    """A branch or a path at the end may have slashes."""
    parts = re.split(r"(\{\w+\})", operation)
    slashes = {"{path}", "{filepath}", "{branch}", "{ref}", "{head}"}
    return "".join(
        ".+" if part in slashes else r"[^/]+" if part.startswith("{") else re.escape(part) for part in parts
    )


def _is(value: Any, kind: Any) -> bool:
    return kind == "any" or not isinstance(kind, str) or isinstance(value, TYPES.get(kind, object))


def _undocumented(found: Any, shape: Any, place: str) -> Iterator[str]:
    """Where an answer has what the document has not, or of another type."""
    if isinstance(shape, list):
        for row in found:
            yield from _undocumented(row, shape[0], f"{place}[]")
    elif isinstance(shape, dict):
        for name, value in found.items():
            if name not in shape:
                yield f"{place}.{name}"
            elif value is not None:
                yield from _undocumented(value, shape[name], f"{place}.{name}")
    elif shape is not None and not _is(found, shape):
        yield f"{place} is no {shape}"


@contextmanager
def forge(repository: Path, dialect: str) -> Iterator[StandIn]:
    with serving() as server:
        standin = StandIn(server, repository, dialect)
        yield standin
        assert standin.mistakes == []

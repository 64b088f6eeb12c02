"""GitHub as far as the ready workflows know it: fresh machines, a forge with its repository, artifacts, a cache."""

from __future__ import annotations

import copy
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.ci_runner import Action, Inputs, Job, environment, load, run
from tests.forge.standin import REPOSITORY, StandIn
from tests.newsroom import Checkout, name_of

PROJECT = Path(__file__).parents[1]
CI = PROJECT / "docs/ci"
ACTION = load(PROJECT / "action.yml")
WORKFLOWS = {path.name: load(path) for path in sorted(CI.glob("*.yml"))}
DRAFT = f"draft/{name_of()}"


class Runner:
    """GitHub, as far as the workflows know it: a forge, its repository, artifacts, a cache."""

    def __init__(self, folder: Path, editor: Checkout, forge: StandIn) -> None:
        self.folder = folder
        self.editor = editor
        self.forge = forge
        self.secrets = {"MASTODON_TOKEN": "a-secret-of-mastodons", "X_ACCESS_TOKEN": "a-secret-of-xs"}
        self.artifacts: dict[str, Path] = {}
        self.cache: set[str] = set()
        self.jobs = 0
        server = folder / "server" / REPOSITORY
        server.parent.mkdir(parents=True)
        server.symlink_to(editor.remote)
        for option in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
            forge.git("config", option, "true")

    def job(self, checkout: str, event: str, github: Mapping[str, Any]) -> Job:
        """A fresh machine, which will check out that commit."""
        self.jobs += 1
        place = self.folder / f"runner-{self.jobs}"
        workspace, temp = place / "work", place / "temp"
        workspace.mkdir(parents=True)
        (temp / "home").mkdir(parents=True)
        # As the action's own step makes it, which would take half a minute each time.
        (temp / "crosspost").symlink_to(Path(sys.executable).parents[1])
        given = environment(
            temp,
            GITHUB_API_URL=self.forge.api,
            GITHUB_SERVER_URL=f"file://{self.folder}/server",
            GITHUB_REPOSITORY=REPOSITORY,
            GITHUB_EVENT_NAME=event,
            GITHUB_SHA=self.editor.git("rev-parse", "HEAD").strip(),
        )
        contexts = {
            "github": {"event_name": event, "token": "forge-secret", **github},
            "secrets": self.secrets,
            "runner": {"temp": str(temp)},
            "needs": {},
        }
        return Job(workspace, temp, self.actions(checkout), contexts, given)

    def actions(self, checkout: str) -> dict[str, Action]:
        def check_out(job: Job, given: Inputs) -> None:
            if "repository" in given:
                (job.workspace / given["path"]).symlink_to(PROJECT)
                return
            self.editor.git("clone", "-q", str(self.editor.remote), str(job.workspace))
            self.forge.git("--git-dir", str(job.workspace / ".git"), "fetch", "-q", "origin", checkout)
            self.forge.git("-C", str(job.workspace), "checkout", "-q", "FETCH_HEAD")

        def upload(_job: Job, given: Inputs) -> None:
            self.artifacts[given["name"]] = Path(given["path"])

        def download(_job: Job, given: Inputs) -> None:
            if given["name"] not in self.artifacts:
                raise FileNotFoundError("there is no such artifact")
            shutil.copytree(self.artifacts[given["name"]], given["path"])

        def restore(_job: Job, given: Inputs) -> Mapping[str, str]:
            return {"cache-hit": "true" if given["key"] in self.cache else ""}

        def save(job: Job, given: Inputs) -> None:
            assert (job.workspace / given["path"]).is_file()
            self.cache.add(given["key"])

        return {
            "actions/checkout": check_out,
            "actions/setup-python": lambda _job, _given: None,
            "actions/upload-artifact": upload,
            "actions/download-artifact": download,
            "actions/cache/restore": restore,
            "actions/cache/save": save,
        }

    # ── the three workflows ──────────────────────────────────────────────────────────────────────────

    def preview(self, merge: str, number: int = 1) -> Job:
        job = self.job(merge, "pull_request", {"event": {"number": number}})
        run(job, WORKFLOWS["preview.yml"], "preview")
        return job

    def comment(self, head: str, event: str = "pull_request") -> Job:
        of = {"event": event, "conclusion": "success", "head_sha": head, "id": 7}
        job = self.job("main", "workflow_run", {"event": {"workflow_run": of}})
        run(job, WORKFLOWS["comment.yml"], "comment")
        return job

    def announce(self, event: str, wait: str = "60m") -> Job | None:
        """Both jobs of the workflow; None where the second was not needed. `wait`: in place of the hour."""
        due = self.job("main", event, {})
        outputs = run(due, WORKFLOWS["announce.yml"], "due")
        assert not due.failed, due.log
        workflow = copy.deepcopy(WORKFLOWS["announce.yml"])
        (step,) = (each for each in workflow["jobs"]["announce"]["steps"] if each.get("id") == "announce")
        step["with"]["command"] = step["with"]["command"].replace("60m", wait)
        job = self.job("main", event, {})
        job.contexts["needs"] = {"due": {"outputs": outputs}}
        run(job, workflow, "announce")
        return job if job.seen else None

    @property
    def comments(self) -> dict[int, list[str]]:
        return {number: [each["body"] for each in rows] for number, rows in self.forge.comments.items()}


def propose(runner: Runner, files: Mapping[str, str], branch: str = "issue-665") -> tuple[str, str]:
    """A pull request of a fork; its head, and the merge of it that the forge makes."""
    editor = runner.editor
    editor.git("checkout", "-q", "-b", branch, "main")
    head = editor.commit(dict(files), push=False)
    editor.git("push", "-q", "origin", branch)
    number = runner.forge.pull(branch, fork="a-stranger/this-week-in-rust")
    editor.git("checkout", "-q", "--detach", "main")
    editor.git("merge", "-q", "--no-ff", "-m", "merge", branch)
    merge = editor.head()
    for name, commit in (("head", head), ("merge", merge)):
        editor.git("push", "-q", "origin", f"{commit}:refs/pull/{number}/{name}")
    editor.git("checkout", "-q", "main")
    return head, merge

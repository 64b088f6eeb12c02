"""The action and the ready workflows: what they may do, that what they call exists, and that their steps work."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from crosspost import config, platforms
from tests.ci_github import ACTION, CI, DRAFT, PROJECT, WORKFLOWS, Runner, propose
from tests.ci_runner import run
from tests.docs.test_pages import parsed
from tests.forge.standin import REPOSITORY
from tests.forge.standin import forge as standing_in
from tests.newsroom import Checkout, issue_text


def jobs() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for file, workflow in WORKFLOWS.items():
        for name, job in workflow["jobs"].items():
            yield file, name, job


def steps() -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from (("action.yml", step) for step in ACTION["runs"]["steps"])
    for file, _, job in jobs():
        yield from ((file, step) for step in job["steps"])


# ── what stands in them ──────────────────────────────────────────────────────────────────────────────


def test_there_is_what_the_pages_name() -> None:
    assert sorted(WORKFLOWS) == ["announce.yml", "comment.yml", "preview.yml"]


@pytest.mark.parametrize(
    "path",
    [PROJECT / "action.yml", *CI.glob("*.yml"), *PROJECT.glob(".github/workflows/*.yml")],
    ids=lambda path: path.name,
)
def test_every_action_is_pinned_to_a_commit_and_says_its_version(path: Path) -> None:
    used = re.findall(r"(?m)^\s*(?:- )?uses: (.*)$", path.read_text("utf-8"))

    assert used
    for each in used:
        assert re.fullmatch(r"\./\.crosspost|[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each), each


def test_one_version_of_each_action_is_used() -> None:
    used = {step["uses"] for _, step in steps() if "@" in step.get("uses", "")}
    # Those of one repository are of one commit.
    repositories = {tuple(each.partition("@")[0].split("/")[:2]): each.partition("@")[2] for each in used}

    assert all(each.endswith(repositories[tuple(each.partition("@")[0].split("/")[:2])]) for each in used)


@pytest.mark.parametrize("file", WORKFLOWS)
def test_nothing_is_allowed_but_what_a_job_names(file: str) -> None:
    assert WORKFLOWS[file]["permissions"] == {}
    assert all("permissions" in job for job in WORKFLOWS[file]["jobs"].values())


def test_each_job_may_do_what_it_needs() -> None:
    assert {(file, name): job["permissions"] for file, name, job in jobs()} == {
        ("announce.yml", "due"): {"contents": "read"},
        ("announce.yml", "announce"): {"contents": "write", "pull-requests": "write"},
        ("comment.yml", "comment"): {"actions": "read", "contents": "read", "pull-requests": "write"},
        ("preview.yml", "preview"): {"contents": "read"},
    }


@pytest.mark.parametrize(("file", "step"), list(steps()))
def test_no_expression_stands_in_a_line_for_the_shell(file: str, step: Mapping[str, Any]) -> None:
    assert "${{" not in step.get("run", ""), file


def test_secrets_are_named_only_where_an_issue_is_announced_in_its_environment() -> None:
    for file, name, job in jobs():
        named = {step.get("name") for step in job["steps"] if "secrets." in str(step)}
        assert named == ({"Announce"} if name == "announce" else set()), file
    assert "secrets." not in str(ACTION).replace("secrets.token_hex", "")
    assert WORKFLOWS["announce.yml"]["jobs"]["announce"]["environment"] == "crosspost"


def test_no_checkout_leaves_its_token_and_none_with_rights_takes_a_pull_request() -> None:
    for file, step in steps():
        if "actions/checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False
            assert step["with"].get("ref", "${{ env.CROSSPOST_COMMIT }}") == "${{ env.CROSSPOST_COMMIT }}"
            assert "allow-unsafe-pr-checkout" not in step["with"], file
    for file, workflow in WORKFLOWS.items():
        assert "pull_request_target" not in workflow["on"], file


def test_the_workflows_begin_when_they_should() -> None:
    announce, comment = WORKFLOWS["announce.yml"], WORKFLOWS["comment.yml"]

    assert set(WORKFLOWS["preview.yml"]["on"]) == {"pull_request"}
    assert comment["on"]["workflow_run"]["workflows"] == [WORKFLOWS["preview.yml"]["name"]]
    assert set(announce["on"]) == {"push", "schedule", "workflow_dispatch"}
    assert announce["concurrency"] == {"group": "crosspost-announce", "cancel-in-progress": False}


def test_every_job_ends_by_itself_and_before_githubs_own_limit() -> None:
    assert all(job["timeout-minutes"] <= 90 for _, _, job in jobs())


def commands() -> Iterator[tuple[str, list[str]]]:
    for file, step in steps():
        if step.get("uses") == "./.crosspost":
            given = step["with"]
            words = re.sub(r"\$\{\{.*?\}\}", "1", given["command"]).split()
            yield file, [*words, *(["--", "latest"] if given.get("issue") else [])]


@pytest.mark.parametrize(("file", "words"), list(commands()))
def test_every_command_and_option_exists(file: str, words: list[str]) -> None:
    assert parsed(words) == ([], []), file


def test_each_step_of_ours_gives_the_inputs_that_the_action_has() -> None:
    for _, step in steps():
        if step.get("uses") == "./.crosspost":
            assert {"command"} <= set(step["with"]) <= set(ACTION["inputs"])


def test_the_configuration_is_right_and_names_the_secrets_that_the_workflow_gives() -> None:
    loaded = config.load(CI / "crosspost.toml", platforms.settings_of, secrets=False)
    named = set(re.findall(r'env = "(\w+)"', (CI / "crosspost.toml").read_text("utf-8")))
    step = next(
        each
        for each in WORKFLOWS["announce.yml"]["jobs"]["announce"]["steps"]
        if each.get("id") == "announce"
    )

    assert {account.platform for account in loaded.accounts} == set(platforms.names())
    assert named == set(step["env"])


# ── what they do ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    editor = Checkout.begin(tmp_path)
    configuration = (CI / "crosspost.toml").read_text("utf-8")
    with standing_in(editor.remote, "github") as forge:
        at_the_forge = f'repository = "{REPOSITORY}"\napi_base_url = "{forge.api}"'
        assert 'repository = "OWNER/NAME"' in configuration
        configuration = configuration.replace('repository = "OWNER/NAME"', at_the_forge)
        editor.commit({"README.md": "Hello", ".github/crosspost.toml": configuration})
        yield Runner(tmp_path, editor, forge)


def test_a_pull_request_gets_its_preview_and_one_comment(runner: Runner) -> None:
    head, merge = propose(runner, {DRAFT: issue_text()})

    preview = runner.preview(merge)
    assert not preview.failed, preview.log
    summary = (preview.temp / "summary.md").read_text()
    assert "### Issue 665: what will be posted" in summary

    for _ in range(2):
        comment = runner.comment(head)
        assert not comment.failed, comment.log
    (body,) = runner.comments[1]
    assert "### Issue 665: what will be posted" in body
    assert f"a-stranger/this-week-in-rust/blob/{head}/{DRAFT}" in body


def test_the_run_of_a_fork_has_no_secret_within_reach(runner: Runner) -> None:
    _, merge = propose(runner, {DRAFT: issue_text()})
    preview = runner.preview(merge)

    assert preview.seen
    for script, env in preview.seen:
        assert not {"forge-secret", *runner.secrets.values()} & set(env.values()), script


def test_a_pull_request_without_an_issue_gets_none(runner: Runner) -> None:
    head, merge = propose(runner, {"draft/notes.txt": "nothing", "content/sub/other.md": "nothing"})

    assert not runner.preview(merge).failed
    assert not runner.comment(head).failed
    assert runner.comments == {}


@pytest.mark.parametrize(
    ("number", "path"),
    [
        ("2", DRAFT),
        ("1; touch /tmp/owned", DRAFT),
        ("$(touch owned)", DRAFT),
        ("0", DRAFT),
        ("1\n2", DRAFT),
        ("", DRAFT),
        ("1", "../../etc/passwd"),
        ("1", "README.md"),
        ("1", "draft/../README.md"),
        ("1", "draft/--config=x.md\nname=evil"),
        ("1", "draft/there-is-none.md"),
    ],
)
def test_an_artifact_that_lies_gets_no_comment(runner: Runner, number: str, path: str) -> None:
    head, merge = propose(runner, {DRAFT: issue_text()})
    propose(runner, {DRAFT: issue_text(666)}, "another")
    left = runner.preview(merge).temp / "pull-request"
    (left / "number").write_text(number)
    (left / "path").write_text(path)

    runner.comment(head)

    assert runner.comments == {}


def test_what_the_preview_rendered_is_not_used(runner: Runner) -> None:
    head, merge = propose(runner, {DRAFT: issue_text()})
    (runner.preview(merge).temp / "pull-request/preview.md").write_text("@everybody <img src=x>")

    runner.comment(head)

    (body,) = runner.comments[1]
    assert "@everybody" not in body


def test_a_preview_of_a_push_that_was_overtaken_gets_no_comment(runner: Runner) -> None:
    head, merge = propose(runner, {DRAFT: issue_text()})
    runner.preview(merge)
    runner.editor.git("push", "-q", "-f", "origin", "main:refs/pull/1/head")

    comment = runner.comment(head)

    assert not comment.failed
    assert runner.comments == {}


def test_a_file_of_the_pull_request_is_read_and_not_run(runner: Runner) -> None:
    trap = "import pathlib; pathlib.Path('owned').touch()"
    files = {
        DRAFT: issue_text(),
        "venv.py": trap,
        "crosspost.py": trap,
        "sitecustomize.py": trap,
        "pip.py": trap,
    }
    head, merge = propose(runner, files)

    for job in (runner.preview(merge), runner.comment(head)):
        assert not job.failed, job.log
        assert not list(job.workspace.glob("owned"))


def test_what_is_printed_is_no_command_for_the_runner(runner: Runner) -> None:
    job = runner.job("main", "push", {})
    runner.actions("main")["actions/checkout"](job, {"repository": "x", "path": ".crosspost"})
    (job.workspace / "issue.md").write_text("::add-mask::x\n")
    workflow = {
        "jobs": {
            "one": {"steps": [{"uses": "./.crosspost", "with": {"command": "parse", "issue": "issue.md"}}]}
        }
    }

    run(job, workflow, "one")

    assert job.failed
    first, *_, last = (line for line in job.log.splitlines() if line.startswith("::"))
    assert first.startswith("::stop-commands::")
    assert last == f"::{first.removeprefix('::stop-commands::')}::"


@pytest.mark.parametrize(
    ("issue", "code"), [("--version", "2"), ("-h", "2"), ("$(touch owned); `touch owned` --json", "2")]
)
def test_an_issue_is_one_argument_whatever_it_says(runner: Runner, issue: str, code: str) -> None:
    job = runner.job("main", "push", {})
    runner.actions("main")["actions/checkout"](job, {"repository": "x", "path": ".crosspost"})
    step = {"id": "it", "uses": "./.crosspost", "with": {"command": "parse", "issue": issue}}
    outputs = {"code": "${{ steps.it.outputs.exit-code }}"}

    assert run(job, {"jobs": {"one": {"steps": [step], "outputs": outputs}}}, "one") != {}
    assert job.failed
    assert "there is no such file" in job.log
    assert not list(job.workspace.glob("owned*"))

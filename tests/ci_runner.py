"""Runs the steps of a workflow on this machine, as far as a runner's own actions can be stood in for.

Every `run:` is carried out for real: `bash -eo pipefail`, with the environment, the files and the outputs that a runner
gives (docs.github.com/en/actions/reference/workflows-and-actions, read 2026-11). A composite action in the working
directory is carried out step by step. What `uses:` names otherwise is a function of the test.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Inputs = Mapping[str, str]
Action = Callable[["Job", Inputs], Mapping[str, str] | None]
"""Stands in for one action: takes the job and its inputs, returns its outputs. Raises OSError where it fails."""

EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
TOKEN = re.compile(r"\s*('(?:[^']|'')*'|&&|\|\||==|!=|!|\(|\)|[\w-]+(?:\.[\w-]+)*(?:\(\))?)")
OPERATORS = {"&&": " and ", "||": " or ", "==": "==", "!=": "!=", "!": " not ", "(": "(", ")": ")"}


@dataclass
class Job:
    """One job while it runs, and what became of it."""

    workspace: Path
    temp: Path
    actions: Mapping[str, Action]
    contexts: dict[str, Any]
    """`github`, `secrets`, `env`, `needs` and so on, as expressions name them."""
    environment: dict[str, str]
    failed: bool = False
    log: str = ""
    """What every step printed."""
    seen: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    """Each `run:` with the environment that it had."""


def load(path: Path) -> dict[str, Any]:
    """Return a workflow or an action. YAML 1.1 reads the key `on` as true."""
    document: dict[Any, Any] = yaml.safe_load(path.read_text("utf-8"))
    return {("on" if key is True else key): value for key, value in document.items()}


def evaluated(expression: str, contexts: Mapping[str, Any]) -> Any:
    """Return what an expression means: names, texts, comparisons, `&&`, `||`, `!`."""
    words, rest = [], expression.strip()
    while rest:
        match = TOKEN.match(rest)
        assert match, f"not understood: {rest!r} in {expression!r}"
        word, rest = match[1], rest[match.end() :].strip()
        if word.startswith("'"):
            words.append(repr(word[1:-1]))
        elif word in OPERATORS:
            words.append(OPERATORS[word])
        else:
            words.append(repr(_named(word, contexts)))
    return eval("".join(words), {"__builtins__": {}})  # noqa: S307 - of our own workflows, made of literals


def _named(name: str, contexts: Mapping[str, Any]) -> Any:
    if name.endswith("()"):
        return {"cancelled()": False, "always()": True, "success()": not contexts["failed"]}[name]
    value: Any = contexts
    for part in name.split("."):
        value = value.get(part, "") if isinstance(value, Mapping) else ""
    return value


def filled(text: Any, contexts: Mapping[str, Any]) -> str:
    """Return a text with its expressions replaced."""
    return EXPRESSION.sub(lambda match: str(evaluated(match[1], contexts)), str(text))


def run(job: Job, workflow: Mapping[str, Any], name: str) -> Mapping[str, str]:
    """Run one job of a workflow; returns its outputs."""
    description = workflow["jobs"][name]
    if "if" in description and not evaluated(description["if"], {**job.contexts, "failed": False}):
        return {}
    job.contexts["env"] = {key: str(value) for key, value in workflow.get("env", {}).items()}
    steps = _steps(job, description["steps"], {**job.environment, **job.contexts["env"]}, {})
    outputs = description.get("outputs", {})
    return {key: filled(value, {**job.contexts, "steps": steps}) for key, value in outputs.items()}


def _steps(
    job: Job, steps: list[Mapping[str, Any]], environment: Mapping[str, str], more: Mapping[str, Any]
) -> dict[str, Any]:
    done: dict[str, Any] = {}
    failed = False
    for step in steps:
        contexts = {**job.contexts, **more, "steps": done, "failed": failed}
        condition = EXPRESSION.sub(r"\1", str(step.get("if", "success()")))
        if not evaluated(condition, contexts) or (failed and "cancelled()" not in condition):
            continue
        env = {**environment, **{k: filled(v, contexts) for k, v in step.get("env", {}).items()}}
        outputs, ok = (_run if "run" in step else _use)(job, step, env, contexts)
        done[step.get("id", "")] = {"outputs": outputs, "outcome": "success" if ok else "failure"}
        failed = failed or not (ok or step.get("continue-on-error"))
    job.failed = failed
    return done


def _run(
    job: Job, step: Mapping[str, Any], env: Mapping[str, str], _contexts: Mapping[str, Any]
) -> tuple[dict[str, str], bool]:
    output = job.temp / "output"
    output.write_text("")
    env = {**env, "GITHUB_OUTPUT": str(output)}
    job.seen.append((step["run"], env))
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=job.workspace,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    job.log += done.stdout
    lines = (line.partition("=") for line in output.read_text().splitlines())
    return {name: value for name, _, value in lines}, done.returncode == 0


def _use(
    job: Job, step: Mapping[str, Any], env: Mapping[str, str], contexts: Mapping[str, Any]
) -> tuple[dict[str, str], bool]:
    given = {name: filled(value, contexts) for name, value in step.get("with", {}).items()}
    name = step["uses"].partition("@")[0]
    if name.startswith("./"):
        return _composite(job, job.workspace / name, env, given)
    try:
        return dict(job.actions[name](job, given) or {}), True
    except OSError as error:
        job.log += f"{name}: {error}\n"
        return {}, False


def _composite(
    job: Job, folder: Path, env: Mapping[str, str], given: Mapping[str, str]
) -> tuple[dict[str, str], bool]:
    action = load(folder / "action.yml")
    assert set(given) <= set(action["inputs"]), "an input that the action does not have"
    wanted = {name for name, each in action["inputs"].items() if each.get("required")}
    assert wanted <= set(given), "an input that the action requires"
    inputs = {name: each.get("default", "") for name, each in action["inputs"].items()}
    inputs.update(given)
    more = {"inputs": inputs, "github": {**job.contexts["github"], "action_path": str(folder)}}
    before, job.failed = job.failed, False
    steps = _steps(job, action["runs"]["steps"], env, more)
    ok, job.failed = not job.failed, before
    outputs = action.get("outputs", {})
    return {name: filled(each["value"], {"steps": steps}) for name, each in outputs.items()}, ok


def environment(temp: Path, **more: str) -> dict[str, str]:
    """Return what a runner sets, with this interpreter first in PATH."""
    summary = temp / "summary.md"
    summary.write_text("")
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(temp / "home"),
        "RUNNER_TEMP": str(temp),
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(summary),
        "GIT_CONFIG_NOSYSTEM": "1",
        **more,
    }

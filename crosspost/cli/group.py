"""The group of the commands, the options before a command, and what several commands share."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from crosspost import __version__
from crosspost.errors import CrosspostError, UsageError

if TYPE_CHECKING:
    from crosspost.app import App
    from crosspost.config.schema import Config
    from crosspost.delivery.address import Confirm
    from crosspost.log.redaction import Redaction


FILE = click.Path(path_type=Path)
to_option = click.option(
    "--to", "accounts", metavar="ACCOUNT", multiple=True, help="Only this account; may be given again."
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")


class Options:
    """The options before the command: which configuration, how much to log."""

    def __init__(self) -> None:
        self.config: str | None = None
        self.debug = False
        self.log_level = "info"
        self.log_format: Literal["text", "json"] = "text"
        self.redaction: Redaction | None = None
        """Hides the configuration's secrets; None: it is not read yet."""

    def clean(self, sentence: str) -> str:
        """Return the sentence without secrets: those of the configuration, and what looks like one."""
        from crosspost.log.redaction import Redaction

        return (self.redaction or Redaction()).clean(sentence)

    def load(self, *, secrets: bool, daemon: bool = False) -> Config:
        """Read the configuration. Raises ConfigError with every problem, UsageError when there is no file.

        `daemon`: the file is read in a child process, so that pydantic (4 MB) does not stay in memory for weeks.
        """
        from crosspost import log
        from crosspost.app import load_config, redaction_for
        from crosspost.config import find, secrets_of

        def read() -> Config:
            return load_config(find(self.config, os.environ), secrets=secrets)

        if daemon:
            from crosspost.config.child_process import in_child_process

            config = in_child_process(read)
        else:
            config = read()
        self.redaction = redaction_for(config)
        log.set_up(self.log_level.upper(), self.log_format, self.redaction, traces=self.debug)
        if secrets:
            log.warn(filter(None, (secret.permission_warning() for secret in secrets_of(config))))
        return config

    def load_or_default(self) -> Config:
        """Return the configuration; where there is none, the default one, with which issues can be read."""
        from crosspost.accounts import default_config
        from crosspost.config import MissingConfigError

        try:
            return self.load(secrets=False)
        except MissingConfigError:
            config, problems = default_config()
            for problem in problems:
                print_message(problem)
            return config

    def open_for_issue(self, issue: str, *, read_only: bool = True) -> App:
        """Build the program for a command about ISSUE. For a file no configuration is needed."""
        from crosspost.app import App
        from crosspost.cli.issue_argument import is_path

        config = self.load_or_default() if is_path(issue) else self.load(secrets=False)
        app = App(config, read_only=read_only, redaction=self.redaction)
        self.redaction = app.redaction
        return app

    def open(
        self, *, secrets: bool = True, read_only: bool = False, shadow: bool = False, daemon: bool = False
    ) -> App:
        """Build the program for the configuration; `shadow`: nothing is posted, whatever it says."""
        from crosspost.app import App

        config = self.load(secrets=secrets, daemon=daemon)
        config = config.in_shadow() if shadow else config
        return App(config, read_only=read_only, redaction=self.redaction)


class Commands(click.Group):
    """The group that loads its commands by module, and for one command no more modules than it needs."""

    MODULES = ("run_commands", "report_commands", "action_commands", "setup_commands")
    """The modules in the order of loading: `run` and `once` are in the first."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for module in self.MODULES:
            if cmd_name not in self.commands:
                import_module(f"{__package__}.{module}")
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        for module in self.MODULES:
            import_module(f"{__package__}.{module}")
        return super().list_commands(ctx)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="crosspost")
@click.option(
    "-c",
    "--config",
    metavar="FILE",
    help="The configuration file; else $CROSSPOST_CONFIG, "
    "~/.config/crosspost/config.toml, /etc/crosspost/config.toml.",
)
@click.option("--debug", is_flag=True, help="Show a traceback with an error.")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="How much to log to standard error.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Lines for people, or one JSON object per line.",
)
@click.pass_context
def crosspost(
    context: click.Context,
    config: str | None,
    debug: bool,
    log_level: str,
    log_format: Literal["text", "json"],
) -> None:
    """Announce each issue of a newsletter everywhere its readers follow it, exactly once.

    To begin: `crosspost demo` shows the whole job against stand-ins; `crosspost preview FILE` shows the posts of an
    issue. Then write a configuration, try it with `crosspost check`, and leave it to `crosspost run`.

    ISSUE is a number, `latest`, or the path of a Markdown file. ACCOUNT is a name from the configuration.

    Exit codes: 0 all well; 1 something needs a person or failed; 2 the command or configuration is wrong; 75 not
    finished, and will go on by itself.
    """
    options: Options = context.obj
    options.config, options.debug = config, debug
    options.log_level, options.log_format = log_level, log_format


def confirmation(*, yes: bool) -> Confirm:
    """Return a function that asks on a terminal before something public and unusual; `yes`: it only says what."""

    def confirm(what: str) -> None:
        if yes:
            click.echo(what)
        elif not sys.stdin.isatty():
            raise UsageError(f"{what}; nothing was done: run it again with --yes if you mean it")
        elif not click.confirm(f"{what}. Go on?", err=True):
            raise CrosspostError("nothing was done")

    return confirm


def issue_number(app: App, argument: str) -> int:
    """Return the number of ISSUE. Only a file or an unknown `latest` is looked up in the sources."""
    from crosspost.cli.issue_argument import resolve
    from crosspost.model import IssueState

    if argument.isdecimal():
        return int(argument)
    if argument == "latest":
        records = app.store.issues(*IssueState, limit=1)
        if records:
            return records[0].number
    return resolve(app, argument).issue.number


def print_json(document: object) -> None:
    import json

    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def print_message(sentence: str) -> None:
    click.echo(f"crosspost: {sentence}", err=True)

"""The commands and their exit codes; each is a few lines that call something below.

    0   all well (so is an issue that waits at the gate, or an account that waits for an editor in manual mode)
    1   something needs a person, or failed
    2   the command or the configuration is wrong
    75  a planned delivery or backfill is not finished and will go on by itself

Nothing heavy is imported here: `crosspost --help` loads click and no more. With `--json` one JSON document is printed
on standard output and nothing else; logs go to standard error.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from crosspost import __version__
from crosspost.errors import CrosspostError, UsageError

if TYPE_CHECKING:
    from crosspost.app import App
    from crosspost.config.schema import Config
    from crosspost.log.redaction import Redaction
    from crosspost.model import Post

COMPLETION = "_CROSSPOST_COMPLETE"
"""In it the shell asks what a word could become (click.palletsprojects.com/en/stable/shell-completion, 2026-11)."""

FEW_SEARCHES = 100_000
"""New objects after which Python looks for cycles, in place of its 700, to which the daemon goes back."""

PLAIN_SITE = "https://this-week-in-rust.org"


class Options:
    """What stands before the command: which configuration, how much to say."""

    def __init__(self) -> None:
        self.config: str | None = None
        self.debug = False
        self.log_level = "info"
        self.log_format: Literal["text", "json"] = "text"
        self.redaction: Redaction | None = None
        """Hides every secret of the configuration, once there is one."""

    def clean(self, sentence: str) -> str:
        """The sentence without a secret in it."""
        return self.redaction.clean(sentence) if self.redaction else sentence

    def load(self, *, secrets: bool) -> Config:
        """The configuration. Raises ConfigError with every problem, UsageError when there is no file."""
        from crosspost import log
        from crosspost.app import load_config, redaction_for
        from crosspost.config import find, named_secrets

        config = load_config(find(self.config, os.environ), secrets=secrets)
        self.redaction = redaction_for(config)
        log.set_up(self.log_level.upper(), self.log_format, self.redaction, traces=self.debug)
        if secrets:
            log.warn(filter(None, (secret.exposed() for secret in named_secrets(config))))
        return config

    def load_if_any(self) -> Config | None:
        """The configuration, or None where none was named and none is in its usual places."""
        from crosspost.config import NoConfig

        try:
            return self.load(secrets=False)
        except NoConfig:
            if self.config or os.environ.get("CROSSPOST_CONFIG"):
                raise
            return None

    def open(self, *, secrets: bool = True, only_look: bool = False) -> App:
        """The program for this configuration."""
        from crosspost.app import open_app

        return open_app(self.load(secrets=secrets), only_look=only_look, redaction=self.redaction)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
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
    help="How much to say on standard error.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Lines for people, or a JSON object a line.",
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


@crosspost.command()
@click.option("--issue", "path", metavar="FILE", help="A real issue in place of the packaged sample.")
@click.option("--serve", is_flag=True, help="Leave the sandbox's page up until Ctrl-C.")
@click.pass_obj
def demo(options: Options, path: str | None, serve: bool) -> int:
    """The whole job, against stand-ins for the platforms.

    Publishes an issue in a scratch repository, announces it over real HTTP on this machine, and shows the posts and
    the commit that brought the discussion link home. Needs no configuration, and sends nothing anywhere.
    """
    from crosspost import log
    from crosspost.cli.demo import run_demo

    # Its own steps tell the story; of the log only what went wrong is of interest.
    log.set_up("ERROR", options.log_format, traces=options.debug)
    return run_demo(Path(path) if path else None, serve=serve)


@crosspost.command()
@click.pass_obj
def run(options: Options) -> int:
    """The daemon: look, announce, bring the link home.

    Runs in the foreground until SIGTERM or Ctrl-C, and finishes the attempt under way. SIGHUP: look now. The first
    look takes a baseline: what is out already is left alone.
    """
    from crosspost import daemon

    with options.open() as app:
        return daemon.run(app)


@crosspost.command()
@click.pass_obj
def once(options: Options) -> int:
    """One pass, then exit: for those who prefer timers.

    Does what the daemon does once: looks at the sources, announces what is ready, takes one step with everything that
    is unfinished. Exits 75 when something will go on by itself: run it again.
    """
    from crosspost.app import missing_extras
    from crosspost.pipeline import run_pass

    with options.open() as app:
        for sentence in missing_extras(app.config):
            _complain(sentence)
        done = run_pass(app)
        if done.baseline is not None:
            click.echo(str(done.baseline))
        for problem in done.problems:
            _complain(options.clean(problem))
        if done.needs_person:
            _complain("something waits for a person; this says what: crosspost status")
        return done.exit_code


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.option(
    "--to", "accounts", metavar="ACCOUNT", multiple=True, help="Only this account; may be given again."
)
@click.option("--yes", is_flag=True, help="Do not ask before what is public and unusual.")
@click.pass_obj
def post(options: Options, issue: str, accounts: Sequence[str], yes: bool) -> int:
    """Announce an issue now, without waiting for the gate.

    Goes through the same rows as the daemon, so what is there already is not posted again, and both may run at once.
    An issue that the gate would not announce (old, out before the first look, without a page, not whole) is announced
    once a person has agreed: on a terminal it is asked for, elsewhere with --yes.
    """
    from crosspost.cli import act

    with options.open() as app:
        return act.post(app, issue, accounts, say=click.echo, confirm=_agreement(yes=yes))


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.option(
    "--to", "accounts", metavar="ACCOUNT", multiple=True, help="Only this account; may be given again."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.option("--html", "html", metavar="FILE", help="Write one self-contained page that shows each post.")
@click.pass_obj
def preview(options: Options, issue: str, accounts: Sequence[str], as_json: bool, html: str | None) -> int:
    """Exactly what would be sent, with counted lengths. Needs no credentials and no network."""
    from crosspost.pages import preview as showing
    from crosspost.platforms import brand

    number, url, posts = _posts(options, issue, accounts)
    if html:
        _write(Path(html), showing.page(posts, brand))
    if as_json:
        _print_json(showing.to_json(number, url, posts))
    elif not html and sys.stdout.isatty():
        showing.show(posts, _console())
    elif not html:
        click.echo(showing.plain(posts))
    return 0


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.pass_obj
def parse(options: Options, issue: str, as_json: bool) -> int:
    """What was understood of an issue, and what is wrong with it."""
    from crosspost.cli.issue_argument import is_path, read_file, resolve
    from crosspost.parse import to_json

    if is_path(issue):
        config = options.load_if_any()
        understood = read_file(Path(issue), config.newsletter.site if config else PLAIN_SITE)
    else:
        with options.open(secrets=False) as app:
            understood = resolve(app, issue).issue
    if as_json:
        _print_json(to_json(understood))
    else:
        from crosspost.cli.output import show_issue

        show_issue(understood, _console())
    return 0


@crosspost.command()
@click.argument("issue", metavar="[ISSUE]", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.pass_obj
def status(options: Options, issue: str | None, as_json: bool) -> int:
    """Where everything stands and why.

    Each issue with its deliveries and its discussion link; of one that waits, for what.
    """
    from crosspost import status as status_module

    with options.open(secrets=False) as app:
        number = _number(app, issue) if issue else None
        found = status_module.status(app.store, number)
    if as_json:
        _print_json(found.as_json())
    else:
        from crosspost.cli.output import show_status

        show_status(found, _console(), number)
    return 0


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.pass_obj
def history(options: Options, issue: str) -> int:
    """What happened to an issue.

    Every transition of its deliveries and its link, with its time and its reason.
    """
    from crosspost.cli.output import show_history

    with options.open(secrets=False) as app:
        number = _number(app, issue)
        events = app.store.events(number)
    if not events:
        raise CrosspostError(f"nothing has happened to issue {number} yet")
    show_history(events, _console())
    return 0


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.argument("account", metavar="ACCOUNT")
@click.argument("url", metavar="URL")
@click.option("--again", is_flag=True, help="Even in place of an address that is already recorded.")
@click.pass_obj
def record(options: Options, issue: str, account: str, url: str, again: bool) -> int:
    """A person's word: the issue's post on ACCOUNT is at URL.

    For a post made by hand, or one that was found after an uncertain attempt. Refuses an address that is no post of
    that platform about this issue.
    """
    from crosspost.cli import act

    with options.open(secrets=False) as app:
        return act.record(app, _number(app, issue), account, url, again=again, say=click.echo)


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.argument("account", metavar="[ACCOUNT]", required=False)
@click.option("--again", is_flag=True, help="Even what is sent already: this makes a second public post.")
@click.option("--yes", is_flag=True, help="Do not ask before what is public and unusual.")
@click.pass_obj
def retry(options: Options, issue: str, account: str | None, again: bool, yes: bool) -> int:
    """A person's word: try again (it is looked for first).

    For a delivery that is stuck or uncertain, once its cause is mended; without ACCOUNT for all of the issue's.
    """
    from crosspost.cli import act

    with options.open(secrets=False) as app:
        number = _number(app, issue)
        return act.retry(app, number, account, again=again, say=click.echo, confirm=_agreement(yes=yes))


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.argument("account", metavar="[ACCOUNT]", required=False)
@click.pass_obj
def skip(options: Options, issue: str, account: str | None) -> int:
    """A person's word: this is not to be announced there.

    For a delivery that is not sent; without ACCOUNT for all of the issue's.
    """
    from crosspost.cli import act

    with options.open(secrets=False) as app:
        return act.skip(app, _number(app, issue), account, say=click.echo)


@crosspost.command()
@click.argument("issue", metavar="ISSUE")
@click.option("--url", metavar="URL", help="The discussion's address; else the one that was posted.")
@click.option("--replace", is_flag=True, help="Even in place of another discussion of this issue.")
@click.pass_obj
def backfill(options: Options, issue: str, url: str | None, replace: bool) -> int:
    """Put the discussion link into the issue.

    To where `[backfill]` says, as the daemon does by itself; into ISSUE itself when that is a file.
    """
    from crosspost.cli import act

    with options.open(secrets=False) as app:
        return act.backfill(app, issue, url, replace=replace, say=click.echo)


@crosspost.command()
@click.argument("folder", metavar="FOLDER", type=click.Path(exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.pass_obj
def audit(options: Options, folder: str, as_json: bool) -> int:
    """Every broken discussion link in an archive.

    FOLDER holds the issues. A link is broken that is missing, a placeholder, the issue's own page, another issue's,
    or shared by several. Exits 1 if there is one.
    """
    from crosspost.parse.audit import audit as look_through
    from crosspost.parse.audit import to_json

    config = options.load_if_any()
    findings = look_through(Path(folder), site=config.newsletter.site if config else PLAIN_SITE)
    if as_json:
        _print_json(to_json(findings))
    else:
        from crosspost.cli.output import show_audit

        show_audit(findings, _console())
    return 1 if findings else 0


@crosspost.command()
@click.argument("repository", metavar="REPO")
@click.option(
    "--branch", metavar="NAME", help="The branch to walk; else the configured, else the repository's own."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.pass_obj
def replay(options: Options, repository: str, branch: str | None, as_json: bool) -> int:
    """What would have been announced, and when.

    Walks the branch of a local repository as if each commit had just been pushed, through source and gate. Touches no
    database and sends nothing.
    """
    from crosspost.config.schema import Config
    from crosspost.watch.replay import replay as walk
    from crosspost.watch.replay import to_json

    config = options.load_if_any() or Config()
    folder = next((source.folder for source in config.sources if source.kind == "git"), "content")
    events = walk(
        Path(repository), branch=branch, folder=folder, gate=config.gate, site=config.newsletter.site
    )
    if as_json:
        _print_json(to_json(events))
    else:
        from crosspost.cli.output import show_replay

        show_replay(events, _console())
    return 0


@crosspost.command()
@click.pass_obj
def check(options: Options) -> int:
    """Would everything work on Wednesday? Writes nothing anywhere.

    Looks at the configuration, the database, each source and the right to push the discussion link, each account's
    token, permissions and limits, the wordings, the alerts and the page. Exits 1 if anything would fail.
    """
    from crosspost.check import run_checks
    from crosspost.cli.output import show_check
    from crosspost.platforms import Level

    with options.open(only_look=True) as app:
        results = run_checks(app)
    show_check(results, _console())
    return 1 if any(result.level is Level.FAIL for result in results) else 0


@crosspost.command()
@click.argument("account", metavar="ACCOUNT")
@click.pass_obj
def login(options: Options, account: str) -> int:
    """Walk a maintainer to a token for ACCOUNT.

    Says what to click, asks for what the platform shows, tries it, and stores it where the configuration says, readable
    by its owner only.
    """
    from crosspost.cli.login import login as walk

    walk(options.load(secrets=False), account, redaction=options.redaction)
    return 0


@crosspost.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option(
    "--port",
    default=8590,
    show_default=True,
    help="The page's; the stand-ins are on those after it. 0: any free ones.",
)
@click.option("--for", "seconds", type=float, help="Stop by itself after this many seconds.")
@click.option(
    "--config", "config_path", metavar="FILE", help="Write a configuration for rehearsing against it."
)
def sandbox(host: str, port: int, seconds: float | None, config_path: str | None) -> int:
    """The stand-in platforms alone, to rehearse against.

    They listen on this machine until Ctrl-C, and a page shows what was posted to them. With --config FILE a
    configuration is written that points at them: crosspost -c FILE run
    """
    from crosspost.cli.demo import serve_sandbox

    return serve_sandbox(host, port, seconds, Path(config_path) if config_path else None)


def _posts(options: Options, argument: str, accounts: Sequence[str]) -> tuple[int, str, Sequence[Post]]:
    """The posts of an issue: the stored ones where it is planned, else as they would be composed now."""
    from crosspost.app import open_app
    from crosspost.cli.issue_argument import is_path, read_file, resolve
    from crosspost.planning import posts_everywhere, posts_for, stored_posts

    config = options.load_if_any()
    if config is None:
        if not is_path(argument):
            raise UsageError("without a configuration ISSUE is the path of a Markdown file")
        issue = read_file(Path(argument), PLAIN_SITE)
        everywhere, problems = posts_everywhere(issue, accounts)
        for problem in problems:
            _complain(problem)
        return issue.number, issue.url, everywhere
    with open_app(config) as app:
        for name in accounts:
            app.account_named(name)
        planned = stored_posts(app, int(argument)) if argument.isdecimal() else {}
        posts = [post for name, post in planned.items() if not accounts or name in accounts]
        if posts:
            return posts[0].number, posts[0].url, posts
        named = resolve(app, argument)
        return named.issue.number, named.issue.url, posts_for(app, named.issue, accounts)


def _agreement(*, yes: bool) -> Callable[[str], None]:
    """How a person agrees to what is public and unusual: with --yes, or on a terminal."""

    def agreed(what: str) -> None:
        if yes:
            click.echo(what)
        elif not sys.stdin.isatty():
            raise UsageError(f"{what}; nothing was sent: say it again with --yes, if that is meant")
        elif not click.confirm(f"{what}. Go on?", err=True):
            raise CrosspostError("nothing was sent")

    return agreed


def _number(app: App, argument: str) -> int:
    """The number of ISSUE, without reading a source where it says so itself."""
    from crosspost.cli.issue_argument import resolve
    from crosspost.model import IssueState

    if argument.isdecimal():
        return int(argument)
    if argument == "latest":
        records = app.store.issues(*IssueState, limit=1)
        if records:
            return records[0].number
    return resolve(app, argument).issue.number


def _console() -> Any:
    from rich.console import Console

    # In a pipe a line is as long as it is: a folded address is none.
    return Console() if sys.stdout.isatty() else Console(width=240)


def _print_json(document: object) -> None:
    import json

    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from error


def _complain(sentence: str) -> None:
    click.echo(f"crosspost: {sentence}", err=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point: every error becomes one sentence and the right exit code."""
    if asked := os.environ.get(COMPLETION):
        from click.shell_completion import shell_complete

        sys.exit(shell_complete(crosspost, {}, "crosspost", COMPLETION, asked))
    # Importing makes very little garbage and very many objects: looking through them takes a tenth of a short command.
    gc.set_threshold(FEW_SEARCHES)
    code = execute(arguments)
    # What is left goes with the process. Python would first search all of it for cycles, which takes longer than
    # starting Python does.
    gc.freeze()
    sys.exit(code)


def execute(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line and return its exit code. Never raises."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = Options()
    try:
        with crosspost.make_context("crosspost", given, obj=options) as context:
            return int(crosspost.invoke(context) or 0)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        # The reader of our output has gone, as with `crosspost history 665 | head`; nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the outermost door: an editor gets a sentence, never a traceback
        sentence, code = _told(error)
        click.echo(f"crosspost: {options.clean(sentence)}", err=True)
        if options.debug:
            import traceback

            click.echo(options.clean(traceback.format_exc()), err=True)
        return code


def _told(error: Exception) -> tuple[str, int]:
    """The sentence for an error, and its exit code."""
    if isinstance(error, CrosspostError):
        return str(error), error.exit_code
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'this machine'}: {error.strerror}", 1
    return (
        f"this should not happen ({type(error).__name__}: {error}); run it again with --debug and report it",
        1,
    )

"""The commands that run something: demo, run, once, login, sandbox."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from threading import Event as StopEvent

import click

from crosspost.cli.group import FILE, Options, crosspost, print_message


@crosspost.command()
@click.option("--issue", metavar="FILE", type=FILE, help="A real issue in place of the packaged sample.")
@click.option("--serve", is_flag=True, help="Leave the sandbox's page up until Ctrl-C.")
@click.pass_obj
def demo(options: Options, issue: Path | None, serve: bool) -> int:
    """Show the whole job, against stand-ins for the platforms.

    Publishes an issue in a scratch repository, announces it over real HTTP on this machine, and shows the posts and
    the commit that filled in the discussion link. Needs no configuration, and sends nothing anywhere.
    """
    from crosspost import log
    from crosspost.cli.demo import run_demo

    # The demo prints its steps itself.
    log.set_up("ERROR", options.log_format, traces=options.debug)
    return run_demo(issue, serve=serve)


@crosspost.command()
@click.pass_obj
def run(options: Options) -> int:
    """Run the daemon: poll, announce, fill in the discussion link.

    Runs in the foreground until SIGTERM or Ctrl-C, and finishes the attempt under way. SIGHUP: poll the sources now.
    The first poll takes the baseline: what is out already is never announced by itself.
    """
    from crosspost import daemon

    with options.open(daemon=True) as app:
        return daemon.run(app)


@crosspost.command()
@click.option("--newest", is_flag=True, help="With an empty database: the newest issue may be announced.")
@click.option(
    "--wait", metavar="DURATION", default="0s", help='Make passes until all is settled, for at most "20m".'
)
@click.option(
    "--shadow", is_flag=True, help="Do everything but write: nothing is posted, pushed or proposed."
)
@click.pass_obj
def once(options: Options, newest: bool, wait: str, shadow: bool) -> int:
    """Make one pass, then exit: for those who prefer timers.

    Polls the sources, announces what is ready, and takes one step with everything unfinished, as the daemon does. Exits
    75 when something will go on by itself: run it again.

    --newest is for a machine that keeps nothing, such as a CI runner. With an empty database the newest issue, where it
    is out and younger than [gate] max_age, is no part of the baseline; what an earlier run posted is found and adopted,
    and nothing is sent before it would be found. With any other database it changes nothing. Only one such run may be
    at work at a time. Holds, skips and retractions by command are lost with the database: put them into the issue.

    --wait makes passes until everything is settled, nothing waits at the gate, or the time is up. SIGTERM ends it after
    the attempt under way.
    """
    from crosspost.app import missing_extras
    from crosspost.cli.pass_loop import parse_wait, run_passes, stopped_by_signals

    longest = parse_wait(wait)
    stopping = stopped_by_signals() if longest else nullcontext(StopEvent())
    with options.open(shadow=shadow) as app, stopping as stop:
        for sentence in missing_extras(app.config):
            print_message(sentence)
        if newest and not app.store.begin_at_newest(app.clock()):
            print_message("--newest changes nothing: this database knows the newsletter already")
        reported: set[str] = set()
        for result in run_passes(app, longest, stop=stop):
            if result.baseline is not None:
                click.echo(str(result.baseline))
            for problem in result.problems:
                if problem not in reported:
                    print_message(options.clean(problem))
            reported = set(result.problems)
        if result.needs_person:
            print_message("something needs a person; to see what: crosspost status")
        return result.exit_code


@crosspost.command()
@click.argument("account", metavar="ACCOUNT")
@click.pass_obj
def login(options: Options, account: str) -> None:
    """Get a token for ACCOUNT and store it.

    Says what to click, asks for what the platform shows, tries it, and stores it where the configuration says. Only its
    owner can read the file.
    """
    from crosspost.cli.login import login as run_login

    run_login(options.load(secrets=False), account, redaction=options.redaction)


@crosspost.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option(
    "--port",
    default=8590,
    show_default=True,
    help="The page's port; the stand-ins take those after it. 0: any free ones.",
)
@click.option("--for", "seconds", type=float, help="Stop after this many seconds.")
@click.option("--config", metavar="FILE", type=FILE, help="Write a configuration for a rehearsal.")
def sandbox(host: str, port: int, seconds: float | None, config: Path | None) -> int:
    """Run the stand-in platforms alone, to rehearse against.

    They listen on this machine until Ctrl-C, and a page shows what was posted to them. With --config FILE a
    configuration is written that points at them: crosspost -c FILE run
    """
    from crosspost.cli.demo import serve_sandbox

    return serve_sandbox(host, port, seconds, config)

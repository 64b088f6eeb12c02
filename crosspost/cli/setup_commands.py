"""The commands that set up: config show, config example, systemd-unit, completion, alerts test."""

from __future__ import annotations

import os
from pathlib import Path

import click

from crosspost.cli.group import Options, crosspost, json_option, print_json, print_message
from crosspost.errors import CrosspostError, UsageError

UNITS = ("crosspost.service", "crosspost@.service", "crosspost-once.service", "crosspost-once.timer")


def packaged_file(name: str) -> str:
    """Return a file that is installed with the program, or is in the repository that it runs from."""
    package = Path(__file__).parents[1]
    packaged = package / "share" / name
    return (packaged if packaged.is_file() else package.parent / name).read_text("utf-8")


@crosspost.group()
def config() -> None:
    """Show the configuration, or an example of one."""


@config.command()
@json_option
@click.pass_obj
def show(options: Options, as_json: bool) -> None:
    """Show every option with its value and where that comes from.

    That is the line of the file, or the default. Of a secret its name is shown, and whether it exists. The output is a
    configuration that means the same.
    """
    from dataclasses import replace

    from crosspost.accounts import with_defaults
    from crosspost.app import redaction_for
    from crosspost.config import effective, find
    from crosspost.config.toml import read

    path = find(options.config, os.environ)
    config = options.load(secrets=False)
    hide = redaction_for(config).clean_document
    listed = effective.options(with_defaults(config), read(path))
    shown = [replace(each, value=hide(each.value)) for each in listed]
    if as_json:
        print_json({"file": str(path.absolute()), "options": [each.as_json() for each in shown]})
    else:
        click.echo("\n".join((f"# {path.absolute()}", *effective.toml(shown, path.name))))


@config.command()
def example() -> None:
    """Print an example configuration with every option."""
    click.echo(packaged_file("config.example.toml"), nl=False)


@crosspost.command("systemd-unit")
@click.argument("unit", metavar="[UNIT]", type=click.Choice(UNITS), default=UNITS[0])
def systemd_unit(unit: str) -> None:
    """Print a unit for systemd that starts this installation.

    UNIT is crosspost.service, the daemon; crosspost@.service, one for each of several newsletters; or
    crosspost-once.service and crosspost-once.timer: a pass a minute.
    """
    import sysconfig

    program = Path(sysconfig.get_path("scripts"), "crosspost")
    if program.is_relative_to("/home") or program.is_relative_to("/root"):
        print_message(
            f"the unit cannot see {program}, as it hides /home and /root: install into /opt or the like"
        )
    click.echo(
        packaged_file(f"systemd/{unit}").replace("/opt/crosspost/bin/crosspost", str(program)), nl=False
    )


@crosspost.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the shell script that completes commands and options."""
    from click.shell_completion import get_completion_class

    completes = get_completion_class(shell)
    assert completes is not None  # noqa: S101 - click knows these three
    click.echo(completes(crosspost, {}, "crosspost", "_CROSSPOST_COMPLETE").source())


@crosspost.group()
def alerts() -> None:
    """Try the alerts."""


@alerts.command()
@click.pass_obj
def test(options: Options) -> int:
    """Send one alert to each address in [alerts] to."""
    from crosspost.alerts.channel import channel

    loaded = options.load(secrets=True)
    if not loaded.alerts.to:
        raise UsageError("no [alerts] to is configured, so there is no address to try")
    failed = 0
    for secret in loaded.alerts.to:
        try:
            accepted = channel(secret)(
                f"{loaded.newsletter.name}: a test",
                "This is what `crosspost alerts test` sends. Nothing is wrong.",
            )
            result = (
                "it was accepted"
                if accepted
                else "it was refused: is the address right, and may it be written to?"
            )
        except CrosspostError as error:
            accepted, result = False, str(error)
        failed += not accepted
        click.echo(options.clean(f"{secret.kind} {secret.name}: {result}"))
    return 1 if failed else 0

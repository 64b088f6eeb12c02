"""The commands and their exit codes; each is a few lines that call a module further down.

    0   success (also when an issue waits at the gate, or an account waits for an editor in manual mode)
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
from collections.abc import Sequence

import click

from crosspost.cli.group import Options, crosspost
from crosspost.errors import CrosspostError

__all__ = ["crosspost", "execute", "main"]

FEW_SEARCHES = 100_000
"""New objects after which Python looks for cycles, in place of its 700, to which the daemon goes back."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: every error becomes one sentence and the right exit code."""
    if (
        "_CROSSPOST_COMPLETE" in os.environ
    ):  # the shell asks what a word could become: click answers, and exits
        crosspost.main(prog_name="crosspost")
    # Importing makes very little garbage and very many objects: looking through them takes a tenth of a short command.
    gc.set_threshold(FEW_SEARCHES)
    code = execute(arguments)
    # The process ends here. Without this Python would search everything for cycles first, which takes longer than it
    # takes to start.
    gc.freeze()
    sys.exit(code)


def execute(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line and return its exit code. Never raises."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
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
        # The reader of our output has ended, as with `crosspost history 665 | head`; nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the outermost boundary: an editor gets a sentence, never a traceback
        sentence, code = _sentence_of(error)
        click.echo(f"crosspost: {options.clean(sentence)}", err=True)
        if options.debug:
            import traceback

            click.echo(options.clean(traceback.format_exc()), err=True)
        return code


def _sentence_of(error: Exception) -> tuple[str, int]:
    """Return the sentence for an error, and its exit code."""
    if isinstance(error, CrosspostError):
        return str(error), error.exit_code
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'this machine'}: {error.strerror}", 1
    return (f"unexpected error ({type(error).__name__}: {error}); run it again with --debug and report it", 1)

"""The command line: each command is a few lines that call a module further down; docs/commands.md has the exit codes.

Nothing heavy is imported here: `crosspost --help` loads click and no more. With `--json` one JSON document is printed
on standard output and nothing else; logs go to standard error.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

import click

from crosspost.cli.group import Options, crosspost, print_message
from crosspost.errors import CrosspostError

__all__ = ["crosspost", "execute", "main"]

FEW_SEARCHES = 100_000
"""New objects after which Python looks for cycles, in place of its 700, to which the daemon goes back."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: every error becomes one sentence and the right exit code."""
    if "_CROSSPOST_COMPLETE" in os.environ:
        crosspost.main(
            prog_name="crosspost"
        )  # answers the shell, which asks what a word could become, and exits
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
        code = 1
        if isinstance(error, CrosspostError):
            sentence, code = str(error), error.exit_code
        elif isinstance(error, OSError) and error.strerror:
            sentence = f"{error.filename or 'this machine'}: {error.strerror}"
        else:
            found = f"{type(error).__name__}: {error}"
            sentence = f"unexpected error ({found}); run it again with --debug and report it"
        print_message(options.clean(sentence))
        if options.debug:
            import traceback

            click.echo(options.clean(traceback.format_exc()), err=True)
        return code

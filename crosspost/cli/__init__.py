"""The command line: `main`, and how an error becomes one sentence and an exit code (docs/commands.md).

group.py             the group of the commands, the options before a command, what several commands share
run_commands.py      demo, run, once, login, sandbox
report_commands.py   preview, parse, status, history, audit, replay, check
action_commands.py   post, hold, release, record, retry, skip, retract, amend, backfill, comment
setup_commands.py    config show, config example, systemd-unit, completion, alerts test

The commands are click's part only: arguments, options, help. They import what does the work when they run, so that
`crosspost --help` loads click and no more:

act.py               post, record, retry, skip, hold, release
correct.py           retract, amend, post --again
backfill.py          backfill
issue_report.py      comment, preview --markdown
demo.py              demo, sandbox
login.py             login
pass_loop.py         once --wait
issue_argument.py    ISSUE: a number, `latest`, or a file
output.py            what people see in a terminal in place of --json

With `--json` one JSON document is printed on standard output and nothing else; logs go to standard error.
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

GC_THRESHOLD = 100_000
"""New objects after which Python looks for cycles, in place of its 700, to which the daemon goes back."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: every error becomes one sentence and the right exit code."""
    if "_CROSSPOST_COMPLETE" in os.environ:
        crosspost.main(prog_name="crosspost")  # answers the shell's question for completions, and exits
    # Importing makes many objects and little garbage: searching them for cycles takes a tenth of a short command, and
    # the search at the end of the process takes longer than its start.
    gc.set_threshold(GC_THRESHOLD)
    code = execute(arguments)
    gc.freeze()
    sys.exit(code)


def execute(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line and return its exit code. Never raises."""
    words = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    options = Options()
    try:
        with crosspost.make_context("crosspost", words, obj=options) as context:
            return int(crosspost.invoke(context) or 0)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        # The reader of the output has ended, as in `crosspost history 665 | head`: nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - the outermost boundary: an editor gets a sentence, never a traceback
        code = 1
        if isinstance(error, CrosspostError):
            sentence, code = str(error), error.exit_code
        elif isinstance(error, OSError) and error.strerror:
            sentence = f"{error.filename or 'this machine'}: {error.strerror}"
        else:
            name = type(error).__name__
            sentence = f"unexpected error ({name}: {error}); run it again with --debug and report it"
        print_message(options.clean(sentence))
        if options.debug:
            import traceback

            click.echo(options.clean(traceback.format_exc()), err=True)
        return code

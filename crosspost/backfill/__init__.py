"""Fill the discussion link into the issue.

edit.py     text + link → text: one address changed, every other byte kept (pure)
file.py     the issue is a file in a folder: written in place, atomically
push.py     the issue is on a branch: a commit on its newest head, pushed, never forced
access.py   which source it is written to, and whether it could be: asked, without writing
step.py     one step, safe to repeat, with its outcome kept in the store
"""

from __future__ import annotations

from crosspost.backfill.edit import OtherDiscussion, fill, fill_bytes
from crosspost.backfill.file import edit_in_place
from crosspost.backfill.step import BackfillRequest, is_destination, run_step

__all__ = [
    "BackfillRequest",
    "OtherDiscussion",
    "edit_in_place",
    "fill",
    "fill_bytes",
    "is_destination",
    "run_step",
]

"""Fill the discussion link into the issue.

edit.py          text + link → text: one address changed, every other byte kept (pure)
destination.py   which source the link is written to, whether that may be written to; a file written in place
push.py          a commit on the newest head of a branch, pushed without force
step.py          one step, safe to repeat, with its outcome stored
"""

from __future__ import annotations

from crosspost.backfill.destination import edit_in_place, is_destination
from crosspost.backfill.edit import fill_bytes
from crosspost.backfill.step import BackfillRequest, run_step

__all__ = ["BackfillRequest", "edit_in_place", "fill_bytes", "is_destination", "run_step"]

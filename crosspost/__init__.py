"""crosspost announces each issue of a newsletter everywhere its readers follow it, exactly once.

The flow, one way: watch → gate → parse → digest → compose → plan → deliver → backfill.
`pipeline.py` is that line as a page of code; README.md has the map.
"""

__version__ = "0.1.0"

"""Kills and faults on every platform at once: `make chaos`, or `python -m tests.chaos --seeds N --deliveries M`.

    accounts.py   the accounts, connected to the sandbox by the real adapters; the posts they are asked to send
    life.py       processes that deliver until nothing is due, or until they are ended
    campaign.py   many lives in a row, with faults, on a clock that jumps from one due time to the next
    stateless.py  the same for a machine that keeps nothing: each life is a run of the real program in an empty folder

The database, the adapters, the client libraries, HTTP and SIGKILL are real; only the clock is not.
"""

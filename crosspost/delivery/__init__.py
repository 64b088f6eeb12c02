"""Exactly once: from a planned row to a post that is certainly on its platform. The only caller of platforms.

    workers.py        all rows that are due now, one thread for each account
    step.py           one step of one row: look, claim, send, settle
    change.py         a step of a request for a post that is out: delete or edit it
    shadow.py         a step of a rehearsed row: what people posted in its place
    session.py        what the steps share: the account's connection, the one write of an attempt, the transitions
    look.py           the look for a post
    claim.py          the check of an attempt's claim right before its request leaves
    timing.py         when to try and when to look again
    spending.py       what an account's platform charges, held to its budget
    account.py        an account: how to connect, and what may be done there
    account_cache.py  an account's limits and state, kept from one connection to the next
    overrides.py      what a person may do to a delivery: record, retry, skip, retract, amend
    address.py        the address that a person gives for a post
    manual.py         a post for an editor to make by hand

Nothing is sent unless a look just before found nothing, a claim is committed, and the claim still holds when
the request leaves. What may have arrived is looked for before it is sent again. Late beats twice.
"""

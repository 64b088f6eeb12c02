"""Where issues come from, and what is new there.

sources.py    what a source is; there are three kinds: git, directory, feed
watch.py      one look at every source: which issues are new, changed or gone
lease.py      which of several machines looks
news.py       what is different in one source
page.py       is the issue's page published?
gate.py       may it be announced now?
replay.py     what would have been announced when, from a repository's history
"""

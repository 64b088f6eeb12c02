"""The forge that the newsletter's repository is on, through its REST API: GitHub, or Forgejo and Gitea.

client.py     bounded requests, lists page by page, errors as sentences
pulls.py      a branch, a file on it, a pull request
comments.py   one comment on a pull request, edited in place
links.py      links to a file's lines

Sources: github.com/github/rest-api-description and Forgejo's swagger (11.0 and 16.0, read 2026-11). Both have branches
and the contents API, which edits one file; Forgejo has no API for blobs, trees and commits.
"""

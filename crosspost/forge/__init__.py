"""The forge that the newsletter's repository is on, through its REST API: GitHub, or Forgejo and Gitea.

client.py     one bounded request at a time, pages followed, what each answer means in a sentence
pulls.py      a branch, one file on it, a pull request
comments.py   one comment on a pull request, found again and edited in place
links.py      where people see a file's lines

Held to github.com/github/rest-api-description and Forgejo's swagger (11.0 and 16.0, read 2026-11). Forgejo has nothing
of GitHub's blobs, trees and commits; a branch and one file through the contents API are what both have.
"""

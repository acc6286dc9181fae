"""tap-git: repositories, branches and commits of local git repositories, as metadata only.

`repository` reads git, `mailmap` the names that replace recorded ones, `history` its commits by
walking the `graph`, `address` normalises remote URLs, `fetch` runs git, `settings` parses the
settings, `sync` is the state that the `streams` and `commits` of one run share, `completed_reads`
says what was read, `tap` is the Singer tap, `errors` are its errors.
"""

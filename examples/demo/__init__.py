"""`make demo`: the whole pipeline on this machine, from a fake ClickUp to a page.

`works` derives who worked on which task from the fake ClickUp. `repository`, `editors` and
`records` make commits, editor events, employees and pull requests of it. `pipeline` runs the
commands of the project in a folder of its own, `day` lets people work while clickup-receiver runs,
and `__main__` is the command. `picture` draws docs/page.png.
"""

"""Write-back of worklogs: active time in editors becomes time entries in ClickUp.

`rules` are the settings, `facts` what a plan is made of, `plan` decides what to do with each user,
task and day; these are pure. `reading` reads the facts from the store, `journal` keeps there what
was planned and sent, `time_entries` reads and writes those of ClickUp, `push` carries a plan out,
and `output` describes plan and result. `errors` are the reasons to stop.
"""

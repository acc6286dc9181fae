"""`make prove`: one story on the fake ClickUp, lived through by two chains, and what each has lost.

* `story` is what people do in ClickUp, as often and in the same order in every run; `world` serves
  it in a process of its own, disturbs the chains as planned, and compares their stores at the end.
* `chain` runs a tap into a target, `chains` are the two and their settings, `receiver` is the
  process that receives webhooks, `steps` is the order of events.
* `comparison` counts the differences between a store and the truth; `stored_rows` reads both.
* `results` are the figures, `table` prints them, `page` (with its template) and `picture` keep
  them in the docs.
"""

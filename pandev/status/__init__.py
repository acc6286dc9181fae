"""What `pandev status` shows, from the store alone.

`rows` reads the store, `evaluation` decides the state from them and is pure, `surroundings` has
what is known outside of the store: the selection, the schedule and the receiver. `lines` words it.
"""

"""`pandev report`: sections of the store's views, as tables for people or as data for programs.

`command` is the command line, `output` prints what it asks for. `section` is what a section is,
`sections` are all of them, `selection` is what they are limited to; `reading` reads the rows from a
`source`, or says why there are none. `tables` lays them out with the words of `values`; `facts`
describes a workspace, `work_log` draws days. `data` writes JSON and CSV.
"""

"""Example programs: `demo` runs the whole pipeline here, `completed_reads` serves other targets.

`airflow`, `dagster` and `dbt` have files for those programs.
"""

"""Example programs: `demo` runs the whole pipeline here.

`airflow`, `dagster` and `dbt` have files for those programs.
"""

"""Two DAGs for Airflow 3: the poll every 15 minutes, and the nightly sweep that finds deletions.

Copy this file to the DAGs folder. PANDEV_PROJECT is the folder of the Meltano project, whose
`.env` has the token and the store's address, so that Airflow needs to know neither. Meltano and the
plugins are installed in `.venv` there, and not in Airflow's own environment.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

PROJECT = Path(os.environ.get("PANDEV_PROJECT", "/srv/pandev-clickup"))
COMMANDS = PROJECT / ".venv" / "bin"


def create_dag(name: str, schedule: str, tap: str) -> DAG:
    """Return a DAG that runs a tap into the store; only one run of it is active at a time."""
    with DAG(
        name,
        schedule=schedule,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        tags=["pandev"],
    ) as dag:
        BashOperator(
            task_id="load",
            bash_command=f"umask 077 && meltano run {tap} target-pandev",
            cwd=str(PROJECT),
            env={"PATH": f"{COMMANDS}:/usr/local/bin:/usr/bin:/bin"},
            append_env=True,
            retries=2,
            retry_delay=timedelta(minutes=5),
        )
    return dag


sync = create_dag("clickup_sync", "*/15 * * * *", "tap-clickup")
sweep = create_dag("clickup_sweep", "17 2 * * *", "tap-clickup-sweep")

"""Dagster definitions: an asset that is materialized every 15 minutes, and a nightly sweep.

`dagster dev -f clickup.py` shows them. PANDEV_PROJECT is the folder of the Meltano project, whose
`.env` has the token and the store's address, so that Dagster needs to know neither. Meltano and the
plugins are installed in `.venv` there, and not in Dagster's own environment.
"""

import os
import subprocess
from pathlib import Path

import dagster as dg

PROJECT = Path(os.environ.get("PANDEV_PROJECT", "/srv/pandev-clickup"))
COMMANDS = PROJECT / ".venv" / "bin"


def run_meltano(log: dg.DagsterLogManager, tap: str) -> None:
    """Run a tap into the store, and stream Meltano's log."""
    command = [str(COMMANDS / "meltano"), "run", tap, "target-pandev"]
    environment = {**os.environ, "PATH": f"{COMMANDS}:/usr/local/bin:/usr/bin:/bin"}
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        env=environment,
        umask=0o077,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout or []:
            log.info(line.rstrip())
    if process.returncode:
        raise dg.Failure(f"{' '.join(command)}: exit code {process.returncode}")


@dg.asset(group_name="pandev")
def clickup(context: dg.AssetExecutionContext) -> None:
    """Load what has changed in ClickUp into the tables and views of the store."""
    run_meltano(context.log, "tap-clickup")


@dg.op
def find_deletions(context: dg.OpExecutionContext) -> None:
    """Mark what no longer exists in ClickUp as deleted."""
    run_meltano(context.log, "tap-clickup-sweep")


@dg.job
def sweep() -> None:
    """Read everything at night, to find deletions."""
    find_deletions()


sync = dg.define_asset_job("sync", selection=[clickup])
defs = dg.Definitions(
    assets=[clickup],
    jobs=[sync, sweep],
    schedules=[
        dg.ScheduleDefinition(job=sync, cron_schedule="*/15 * * * *"),
        dg.ScheduleDefinition(job=sweep, cron_schedule="17 2 * * *"),
    ],
)

-- Median and P85 cycle time of closed tasks in days, by list and month.
SELECT
    lists.name AS list_name,
    date_trunc('month', cycles.closed_at) AS closed_in,
    count(*) AS tasks,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY cycles.elapsed_ms) / 86400000.0 AS median_days,
    percentile_cont(0.85) WITHIN GROUP (ORDER BY cycles.elapsed_ms) / 86400000.0 AS p85_days
FROM {{ source("pandev", "cycle_times") }} AS cycles
INNER JOIN {{ source("pandev", "lists") }} AS lists
    ON lists.workspace_id = cycles.workspace_id AND lists.id = cycles.list_id
GROUP BY lists.name, date_trunc('month', cycles.closed_at)

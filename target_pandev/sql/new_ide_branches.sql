-- Branches of staged events, without those that have been searched: an interval is derived from events,
-- and the references of these were stored with them.
SELECT b.repository_path, b.branch
FROM (SELECT DISTINCT s.repository_path, s.branch FROM {stage} AS s) AS b
WHERE NOT EXISTS (
    SELECT FROM ide_intervals AS i
    WHERE i.branch = b.branch AND i.repository_path = b.repository_path
)

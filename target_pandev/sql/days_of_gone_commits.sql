-- Days of employees with intervals whose next commit is not stored any longer, or is marked as deleted.
SELECT DISTINCT i.email, i.work_date::text
FROM ide_intervals AS i
LEFT JOIN commits AS c ON c.repository_id = i.repository_id AND c.sha = i.commit_sha
WHERE i.commit_sha IS NOT NULL AND (c.sha IS NULL OR c._sdc_deleted_at IS NOT NULL)

-- Forget the deletions of rows that were found again later.
DELETE FROM tombstones AS t
WHERE t.workspace_id = %(workspace_id)s
    AND t.stream = %(stream)s
    AND t.key = ANY (%(keys)s::jsonb[])
    AND t.deleted_at <= %(until)s

-- Link commits with the ids that their carriers name, or with one of them. Returns the commits.
-- Which link of a commit is nearest is only right if it has no others: nearest_links corrects that.
-- OFFSET 0: one lookup by key for each link. Right after a load PostgreSQL does not know yet how many
-- references and commits there are, and would join all of a repository with each other.
INSERT INTO inherited_references (
    repository_id, sha, kind, reference, carrier_source, carrier_key, via, workspace_id, ordinal,
    occurred_at, is_nearest
)
SELECT k.repository_id, k.sha, r.kind, r.reference, k.carrier_source, k.carrier_key, k.via,
    r.workspace_id, r.ordinal, coalesce(c.committed_at, c.authored_at),
    pg_catalog.row_number() OVER (
        PARTITION BY k.repository_id, k.sha, r.kind, r.reference
        ORDER BY k.via DESC, k.carrier_source, k.carrier_key -- pull_request, merge, branch_graph
    ) = 1
    AND NOT EXISTS (
        SELECT FROM task_references AS o
        WHERE o.repository_id = k.repository_id AND o.source = 'commit' AND o.object_key = k.sha
            AND o.kind = r.kind AND o.reference = r.reference
    )
FROM ROWS FROM (
    pg_catalog.unnest(%(repository_ids)s::text[]),
    pg_catalog.unnest(%(sources)s::text[]),
    pg_catalog.unnest(%(keys)s::text[]),
    pg_catalog.unnest(%(shas)s::text[]),
    pg_catalog.unnest(%(vias)s::text[]),
    pg_catalog.unnest(%(references)s::text[])
) AS k (repository_id, carrier_source, carrier_key, sha, via, reference)
CROSS JOIN LATERAL (
    SELECT r.kind, r.reference, r.workspace_id, r.ordinal
    FROM task_references AS r
    WHERE r.repository_id = k.repository_id AND r.source = k.carrier_source
        AND r.object_key = k.carrier_key AND (k.reference IS NULL OR r.reference = k.reference)
    OFFSET 0
) AS r
CROSS JOIN LATERAL (
    SELECT c.committed_at, c.authored_at
    FROM commits AS c
    WHERE c.repository_id = k.repository_id AND c.sha = k.sha AND c._sdc_deleted_at IS NULL
    OFFSET 0
) AS c
ON CONFLICT DO NOTHING
RETURNING repository_id, sha

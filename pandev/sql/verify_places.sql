-- Of each workspace the spaces that were read, and the lists whose tasks only a sweep reads: archived ones
-- and those in an archived folder or space.
SELECT p.workspace_id, p.id AS space_id,
    ARRAY(
        SELECT l.id
        FROM lists AS l
        LEFT JOIN folders AS f ON f.workspace_id = l.workspace_id AND f.id = l.folder_id
        LEFT JOIN folders AS g ON g.workspace_id = f.workspace_id AND g.id = f.parent_folder_id
        WHERE l.workspace_id = p.workspace_id AND l.space_id = p.id
            AND (p.archived OR l.archived OR f.archived OR g.archived)
    ) AS archived_list_ids
FROM spaces AS p
WHERE p._sdc_deleted_at IS NULL

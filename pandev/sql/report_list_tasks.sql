-- Tasks of which one of the lists is a secondary list, or that are in all of the lists; null if there are none.
SELECT array_agg(t.id) AS list_tasks
FROM tasks AS t
WHERE t.secondary_list_ids ?| %(lists)s::text[] AND t.secondary_list_ids <> '[]'
    AND (
        NOT %(in_all)s::boolean
        OR NOT EXISTS (
            SELECT
            FROM unnest(%(lists)s::text[]) AS l (id)
            WHERE t.list_id IS DISTINCT FROM l.id AND NOT t.secondary_list_ids ? l.id
        )
    )

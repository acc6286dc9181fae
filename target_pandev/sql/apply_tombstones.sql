-- Mark or delete the rows with some keys that were read before their tombstones.
{change}
WHERE ({key}) IN ({keys})
    AND tombstone.workspace_id = {workspace_id}
    AND tombstone.stream = %(stream)s
    AND tombstone.key = {key_value}
    AND t._sdc_extracted_at < tombstone.deleted_at
    AND coalesce(t._sdc_deleted_at < tombstone.deleted_at, true)

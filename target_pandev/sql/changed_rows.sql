-- Staged rows that are not stored, or differ from the stored ones.
SELECT s.*
FROM (SELECT * FROM {stage}) AS s
WHERE NOT EXISTS (
    SELECT FROM {table} AS t
    WHERE {same_key} AND t._sdc_hash = s._sdc_hash
)

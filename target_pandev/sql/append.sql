-- Append the staged rows to a table without a key.
INSERT INTO {table} ({columns})
SELECT {columns}
FROM {stage}

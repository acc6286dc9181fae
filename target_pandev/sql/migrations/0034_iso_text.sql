-- A timestamp as the taps write it, to compare it with a value that is stored as text.

CREATE FUNCTION iso_text(occurred_at timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN pg_catalog.to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"+00:00"');
COMMENT ON FUNCTION iso_text IS 'A timestamp in ISO 8601, in UTC and with milliseconds';

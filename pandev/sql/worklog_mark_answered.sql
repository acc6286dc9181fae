-- What became of a request: confirmed, failed or unknown. The id of a deleted entry stays, so that its
-- row in time_entries is known to be outdated.
UPDATE worklog_entries SET
    state = %(state)s,
    reason = %(reason)s,
    written_ms = CASE WHEN %(state)s = 'confirmed' THEN %(written_ms)s ELSE written_ms END,
    time_entry_id = coalesce(%(time_entry_id)s, time_entry_id),
    confirmed_at = coalesce(%(confirmed_at)s, confirmed_at)
WHERE workspace_id = %(workspace_id)s AND marker = %(marker)s
RETURNING marker

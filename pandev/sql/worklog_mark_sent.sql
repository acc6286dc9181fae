-- The request for an entry is about to be sent.
UPDATE worklog_entries SET state = 'sent', attempts = attempts + 1, sent_at = now(), reason = NULL
WHERE workspace_id = %(workspace_id)s AND marker = %(marker)s
RETURNING marker

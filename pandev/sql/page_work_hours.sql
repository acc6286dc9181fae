-- Events by weekday and hour in the time zone of reports; the view keeps small groups out.
SELECT h.weekday, h.hour, sum(h.events)::bigint AS events, max(h.people) AS people
FROM work_hours AS h
WHERE %(workspaces)s::text[] IS NULL OR h.workspace_id = ANY (%(workspaces)s::text[])
GROUP BY h.weekday, h.hour
ORDER BY h.weekday, h.hour

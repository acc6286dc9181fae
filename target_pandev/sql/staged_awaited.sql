-- What awaits one of the staged commits. Pull requests are in awaiting_pull_requests.
SELECT DISTINCT a.repository_id, a.carrier_source, a.carrier_key
FROM pg_temp.stage AS s
CROSS JOIN LATERAL (
    SELECT a.repository_id, a.carrier_source, a.carrier_key
    FROM awaited_commits AS a
    WHERE a.repository_id = s.repository_id AND a.sha = s.sha AND a.carrier_source <> 'pull_request'
    OFFSET 0
) AS a

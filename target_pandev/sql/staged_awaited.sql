-- What awaits one of the staged commits. Pull requests are in awaiting_pull_requests.
SELECT DISTINCT a.repository_id, a.carrier_source, a.carrier_key
FROM pg_temp.stage AS s
INNER JOIN awaited_commits AS a ON a.repository_id = s.repository_id AND a.sha = s.sha
WHERE a.carrier_source <> 'pull_request'

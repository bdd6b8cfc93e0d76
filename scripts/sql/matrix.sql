-- Accounts against accounts: how many roles of one reach how many buckets of the
-- other, from a network of their own.
SELECT roleAccount, account AS bucketAccount, action,
       count(DISTINCT role) FILTER (verdict IN ('REACHABLE', 'PARTIAL')) AS roles,
       count(DISTINCT resource) FILTER (verdict IN ('REACHABLE', 'PARTIAL')) AS buckets,
       count(*) FILTER (verdict = 'UNKNOWN') AS unknown
FROM access
WHERE source = 'interfaces'
GROUP BY ALL
ORDER BY ALL;

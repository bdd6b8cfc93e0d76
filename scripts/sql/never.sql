-- What must never be: a counterexample a row. UNKNOWN counts: what is not known
-- not to be is not excluded. Each rule is a SELECT of its own.
SELECT 'credentials work outside of every VPC' AS rule, role, resource, action, source, subnet, verdict, via
FROM access WHERE source = 'internet'
UNION ALL
SELECT 'another account writes', role, resource, action, source, subnet, verdict, via
FROM access WHERE roleAccount <> account AND action = 's3:PutObject'
UNION ALL
SELECT 'interfaces reach S3 past their endpoints', role, resource, action, source, subnet, verdict, via
FROM access WHERE source = 'interfaces' AND list_contains(via, 'internet')
ORDER BY ALL;

-- What two runs say differently. Set before:
--   SET VARIABLE before = 'results-monday'; SET VARIABLE after = 'results-tuesday';
-- A row that one run lacks is BLOCKED there.
WITH one AS (SELECT * FROM read_parquet(getvariable('before') || '/access/*/*/*.parquet', hive_partitioning = true, hive_types = {'account': VARCHAR, 'region': VARCHAR})),
     two AS (SELECT * FROM read_parquet(getvariable('after') || '/access/*/*/*.parquet', hive_partitioning = true, hive_types = {'account': VARCHAR, 'region': VARCHAR}))
SELECT coalesce(one.role, two.role) AS role, coalesce(one.resource, two.resource) AS resource, coalesce(one.action, two.action) AS action,
       coalesce(one.source, two.source) AS source, coalesce(one.subnet, two.subnet) AS subnet, coalesce(one.groups, two.groups) AS groups,
       coalesce(one.verdict, 'BLOCKED') AS before, coalesce(two.verdict, 'BLOCKED') AS after
FROM one FULL JOIN two USING (account, region, resource, action, role, source, sourceAccount, sourceRegion, subnet, groups, public, interface)
WHERE one.verdict IS DISTINCT FROM two.verdict OR one.objects IS DISTINCT FROM two.objects
ORDER BY ALL;

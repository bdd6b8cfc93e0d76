-- Who can use a bucket, from where, by which way. Set before:
--   SET VARIABLE bucket = 'arn:aws:s3:::models';
SELECT action, role, source, sourceAccount, sourceRegion, vpc,
       list(DISTINCT subnet ORDER BY subnet) AS subnets,
       verdict, via, list_distinct(flatten(list(missing))) AS missing
FROM access
WHERE resource = getvariable('bucket')
GROUP BY ALL
ORDER BY ALL;

-- The same tables in Athena; replace BUCKET/PREFIX, then MSCK REPAIR TABLE each.
-- The queries beside this file run there with array_contains written as contains,
-- list as array_agg, list_distinct and flatten of lists as array_distinct and
-- flatten, and variables as literals.
CREATE EXTERNAL TABLE access (
  resource string, action string, roleaccount string, role string, source string, sourceaccount string, sourceregion string,
  vpc string, subnet string, `groups` array<string>, public boolean, interface string, verdict string, objects string,
  via array<string>, missing array<string>)
PARTITIONED BY (account string, region string)
STORED AS PARQUET LOCATION 's3://BUCKET/PREFIX/access/';

CREATE EXTERNAL TABLE interfaces (
  vpc string, subnet string, `groups` array<string>, public boolean, `count` bigint, interface string, users array<string>, network map<string,string>)
PARTITIONED BY (account string, region string)
STORED AS PARQUET LOCATION 's3://BUCKET/PREFIX/interfaces/';

CREATE EXTERNAL TABLE buckets (
  bucket string, class string, lets array<string>, keys array<string>)
PARTITIONED BY (account string, region string)
STORED AS PARQUET LOCATION 's3://BUCKET/PREFIX/buckets/';

CREATE EXTERNAL TABLE roles (
  class string, roles array<string>)
PARTITIONED BY (account string)
STORED AS PARQUET LOCATION 's3://BUCKET/PREFIX/roles/';

MSCK REPAIR TABLE access;
MSCK REPAIR TABLE interfaces;
MSCK REPAIR TABLE buckets;
MSCK REPAIR TABLE roles;

-- Who can use a bucket.
SELECT action, role, source, sourceaccount, sourceregion, vpc, array_sort(array_agg(DISTINCT subnet)) AS subnets, verdict, via
FROM access WHERE resource = 'arn:aws:s3:::models'
GROUP BY action, role, source, sourceaccount, sourceregion, vpc, verdict, via
ORDER BY role, action;

-- Roles whose credentials work outside of every VPC.
SELECT account, resource, action, role, verdict FROM access WHERE source = 'internet' ORDER BY 1, 2, 3, 4;

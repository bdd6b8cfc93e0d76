-- DuckDB views of the tables that scripts/spark/organization.py writes:
--   duckdb -c "SET VARIABLE results = 'results'" -f views.sql -f who-can.sql
-- Account ids keep their zeros: they are texts.
CREATE OR REPLACE VIEW access AS
  SELECT * FROM read_parquet(getvariable('results') || '/access/*/*/*.parquet', hive_partitioning = true, hive_types = {'account': VARCHAR, 'region': VARCHAR});
CREATE OR REPLACE VIEW interfaces AS
  SELECT * FROM read_parquet(getvariable('results') || '/interfaces/*/*/*.parquet', hive_partitioning = true, hive_types = {'account': VARCHAR, 'region': VARCHAR});
CREATE OR REPLACE VIEW buckets AS
  SELECT * FROM read_parquet(getvariable('results') || '/buckets/*/*/*.parquet', hive_partitioning = true, hive_types = {'account': VARCHAR, 'region': VARCHAR});
CREATE OR REPLACE VIEW roles AS
  SELECT * FROM read_parquet(getvariable('results') || '/roles/*/*.parquet', hive_partitioning = true, hive_types = {'account': VARCHAR});

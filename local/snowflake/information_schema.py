"""INFORMATION_SCHEMA.COLUMNS and TABLES as Snowflake shows them, in place of fakesnow's views."""

from string import Template

# fakesnow's view reads lengths from a table of its own, which a rename, swap or replace leaves behind.
COLUMNS_VIEW = """
create or replace view _fs_global._fs_information_schema._fs_columns as
with lengths as (
    select database_name, schema_name, table_name, constraint_column_names[1] as column_name,
        cast(regexp_extract(constraint_text, '<= (\\d+)', 1) as bigint) as length
    from duckdb_constraints() where constraint_type = 'CHECK'
)
select c.database_name as TABLE_CATALOG, c.schema_name as TABLE_SCHEMA, c.table_name as TABLE_NAME,
    c.column_name as COLUMN_NAME, c.column_index as ORDINAL_POSITION, c.column_default as COLUMN_DEFAULT,
    case when c.is_nullable then 'YES' else 'NO' end as IS_NULLABLE,
    case when starts_with(c.data_type, 'DECIMAL') or c.data_type in ('BIGINT', 'INTEGER', 'HUGEINT', 'UBIGINT')
            then 'NUMBER'
        when c.data_type = 'VARCHAR' then 'TEXT'
        when c.data_type in ('DOUBLE', 'FLOAT') then 'FLOAT'
        when c.data_type = 'BLOB' then 'BINARY'
        when c.data_type in ('TIMESTAMP', 'TIMESTAMP_NS') then 'TIMESTAMP_NTZ'
        when c.data_type = 'TIMESTAMP WITH TIME ZONE' then 'TIMESTAMP_TZ'
        when c.data_type = 'JSON' then 'VARIANT'
        else c.data_type end as DATA_TYPE,
    case c.data_type when 'VARCHAR' then coalesce(l.length, 16777216)
        when 'BLOB' then coalesce(l.length, 8388608) end as CHARACTER_MAXIMUM_LENGTH,
    case c.data_type when 'VARCHAR' then least(coalesce(l.length, 16777216) * 4, 16777216)
        when 'BLOB' then coalesce(l.length, 8388608) end as CHARACTER_OCTET_LENGTH,
    case when starts_with(c.data_type, 'DECIMAL') then c.numeric_precision
        when c.data_type in ('BIGINT', 'INTEGER', 'HUGEINT', 'UBIGINT') then 38 end as NUMERIC_PRECISION,
    case when starts_with(c.data_type, 'DECIMAL') or c.data_type in ('BIGINT', 'INTEGER', 'HUGEINT', 'UBIGINT')
        then 10 end as NUMERIC_PRECISION_RADIX,
    case when starts_with(c.data_type, 'DECIMAL') then c.numeric_scale
        when c.data_type in ('BIGINT', 'INTEGER', 'HUGEINT', 'UBIGINT') then 0 end as NUMERIC_SCALE,
    case when c.data_type like 'TIME%' then 9 end as DATETIME_PRECISION,
    null::varchar as COLLATION_NAME, 'NO' as IS_IDENTITY, null::varchar as IDENTITY_GENERATION,
    null::varchar as IDENTITY_CYCLE, c.comment as COMMENT, null::varchar as IDENTITY_START,
    null::varchar as IDENTITY_INCREMENT, null::varchar as IDENTITY_ORDERED, null::varchar as DATA_TYPE_ALIAS
from duckdb_columns() c left join lengths l using (database_name, schema_name, table_name, column_name)
where c.schema_name != '_fs_information_schema'
"""

# DuckDB does not remember when a table was made.
CREATED_TABLE = """
create table _fs_global.main.firn_created (database_name varchar, table_oid bigint, created timestamptz)
"""

# fakesnow's view knows no views, which dbt's catalogue wants; private names of temporary tables are nobody's business.
TABLES_VIEW = Template("""
create view if not exists ${catalog}._fs_information_schema._fs_tables as
with relations as (
    select database_name, schema_name, table_name, 'BASE TABLE' as kind, estimated_size as rows, comment, table_oid
    from duckdb_tables()
    union all
    select database_name, schema_name, view_name, 'VIEW', null, comment, null from duckdb_views() where not internal
)
select r.database_name as TABLE_CATALOG, r.schema_name as TABLE_SCHEMA, r.table_name as TABLE_NAME,
    'SYSADMIN' as TABLE_OWNER, r.kind as TABLE_TYPE, 'NO' as IS_TRANSIENT, null::varchar as CLUSTERING_KEY,
    r.rows as ROW_COUNT, case when r.kind = 'VIEW' then null else 0 end as BYTES, 1 as RETENTION_TIME,
    'YES' as IS_INSERTABLE_INTO, 'YES' as IS_TYPED, coalesce(m.created, now()) as CREATED,
    to_timestamp(0)::timestamptz as LAST_ALTERED, to_timestamp(0)::timestamptz as LAST_DDL,
    'SYSADMIN' as LAST_DDL_BY, 'NO' as AUTO_CLUSTERING_ON, coalesce(r.comment, e.comment) as COMMENT,
    'NO' as IS_TEMPORARY, 'NO' as IS_ICEBERG, 'NO' as IS_DYNAMIC, 'NO' as IS_IMMUTABLE, 'NO' as IS_HYBRID
from relations r left join _fs_global._fs_information_schema._fs_tables_ext e
    on (r.database_name, r.schema_name, r.table_name) = (e.ext_table_catalog, e.ext_table_schema, e.ext_table_name)
    left join _fs_global.main.firn_created m on (r.database_name, r.table_oid) = (m.database_name, m.table_oid)
where r.database_name = '${catalog}' and r.schema_name != '_fs_information_schema'
    and not contains(r.table_name, '__TEMPORARY_')
""")

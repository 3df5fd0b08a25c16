"""Rewritings that are left out would have changed nothing: every statement comes out as when all are run."""

import sys

import duckdb
import pytest
from fakesnow.dialect import parse_one

from running_twin import REPOSITORY

sys.path.insert(0, str(REPOSITORY / 'local' / 'snowflake'))
import engine  # noqa: E402
from translation import Chain, classes_of  # noqa: E402

STATEMENTS = [
    'SELECT a, COUNT(*) AS n FROM t WHERE b IN (1, 2) GROUP BY a QUALIFY ROW_NUMBER() OVER (PARTITION BY a ORDER BY b) = 1',
    "SELECT doc:x.y::NUMBER AS n, doc['k'] AS k, f.value::VARCHAR FROM t, LATERAL FLATTEN(input => doc:list) AS f",
    'UPDATE f SET e = 7, at = CURRENT_TIMESTAMP()::TIMESTAMP_NTZ(6) WHERE e <= 7 AND NOT EXISTS (SELECT 1 FROM l AS l)',
    'MERGE INTO a AS t USING (SELECT * FROM b) AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET x = s.x WHEN NOT MATCHED THEN INSERT (id, x) VALUES (s.id, s.x)',
    "INSERT INTO a (x, y) SELECT TO_NUMBER(IFF(x > 1, 'no', TO_VARCHAR(x))), TO_DECIMAL(y, 38, 2) FROM b",
    'CREATE TABLE IF NOT EXISTS "D"."S"."t" ("a" NUMBER(38,0), b VARCHAR(10), c TIMESTAMP_NTZ(6), d FLOAT, e VARIANT)',
    "SELECT DATEADD('hour', -1, '2018-01-01'), DATEDIFF('day', a, '2018-01-02'), TO_TIMESTAMP(1), TO_DATE('2018-01-01') FROM t",
    "SELECT SPLIT(a, ','), REGEXP_REPLACE(a, 'x', ''), REGEXP_SUBSTR(a, 'y'), SHA2(a, 256), ARRAY_AGG(a) WITHIN GROUP (ORDER BY a), OBJECT_CONSTRUCT('k', a), ARRAY_SIZE(b) FROM t",
    'DELETE FROM a WHERE EXISTS (SELECT 1 FROM f AS f WHERE f.e = 7)',
    "SELECT * FROM VALUES (1, 'a'), (2, 'b') AS v",
    'DROP SCHEMA IF EXISTS s',
    'ALTER TABLE a ADD COLUMN IF NOT EXISTS b NUMBER(10,0)',
    'ALTER TABLE a CLUSTER BY (b)',
    'ALTER TABLE a RESUME RECLUSTER',
    'SET v = 1',
]


@pytest.fixture(scope='module')
def cursor():
    engine.correct_fakesnow()
    engine_ = engine.Engine(None)
    return engine.Cursor(engine_.connect(None, None), duckdb.connect())


@pytest.mark.parametrize('sql', STATEMENTS, ids=lambda sql: sql[:30])
def test_as_when_every_rewriting_runs(cursor, sql):
    left_out = cursor._transform(Chain(parse_one(sql)), None).tree
    assert left_out.sql(dialect='duckdb') == cursor._transform(parse_one(sql), None).sql(dialect='duckdb')


def test_most_rewritings_say_what_they_look_for():
    import fakesnow.transforms as transforms

    functions = [each for name in dir(transforms) if hasattr(each := getattr(transforms, name), '__code__')]
    asking = [each for each in functions if classes_of(each)]
    assert len(asking) > 0.9 * len(functions) > 50

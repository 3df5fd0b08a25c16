"""As strict as Snowflake, and as careless."""

import pytest


def test_keys_are_accepted_and_never_enforced(session):
    session.sql('create table P (ID int primary key)')
    session.sql(
        'create table T (ID int, N varchar unique, P int references P (ID), '
        'constraint K primary key (ID), unique (N, P))'
    )
    assert session.sql("insert into T values (1, 'a', 5), (1, 'a', 5)") == [(2,)]
    session.sql('alter table T add constraint U unique (P)')
    assert session.sql('insert into P values (1), (1)') == [(2,)]
    assert session.refused('insert into T (N) values (null)')[0] == 100072


@pytest.mark.parametrize('text', [
    "insert into T values ('secret')", "insert into T select 'secret'", "update T set A = 'secret'",
    "merge into T using (select 'x' as B) s on T.A = s.B when matched then update set A = 'secret'",
    "merge into T using (select 'secret' as B) s on T.A = s.B when not matched then insert (A) values (s.B)",
    "create or replace table T (A varchar(3)) as select 'secret' as A",
])  # fmt: skip
def test_length_of_varchar_is_enforced_without_showing_the_value(session, text):
    session.sql('create table T (A varchar(3))')
    session.sql("insert into T values ('x'), ('äöü')")
    code, state, message = session.refused(text)
    assert (code, state) == (100078, '22000')
    assert 'is too long' in message and 'secret' not in message
    assert session.one('select count(*) from T') == 2


def test_length_of_binary_and_char(session):
    session.sql('create table T (A binary(2), B char)')
    session.sql("insert into T values (to_binary('ffff', 'HEX'), 'x')")
    assert session.refused("insert into T (A) values (to_binary('ffffff', 'HEX'))")[0] == 100078
    assert session.refused("insert into T (B) values ('xy')")[0] == 100078


def test_precision_and_not_null_are_enforced_and_the_value_is_quoted_as_snowflake_does(session):
    session.sql('create table T (A number(4,2) not null, B number(3,0))')
    code, state, message = session.refused('insert into T values (123.45, 1)')
    assert (code, state) == (100046, '22003')
    assert 'Number out of representable range: type FIXED[SB2](4,2){nullable}, value 123.45' in message
    assert session.refused('insert into T (B) values (1)')[:2] == (100072, '22000')
    code, _, message = session.refused("insert into T select 'secret', 1")
    assert code == 100038 and "Numeric value 'secret' is not recognized" in message


def types(session, table='T'):
    return [row[1] for row in session.sql(f'describe table {table}')]


def test_a_type_is_widened_in_place_and_nothing_else(session):
    session.sql('create table T (A varchar(3), B number(5,2), C binary(2), D int, E timestamp_ntz, F varchar)')
    session.sql("insert into T (A, B) values ('abc', 1.25)")
    session.sql('alter table T alter column A set data type varchar(10)')
    session.sql('alter table T modify column B set data type number(9,2)')
    session.sql('alter table T alter C set data type binary(9)')
    assert types(session)[:3] == ['VARCHAR(10)', 'NUMBER(9,2)', 'BINARY(9)']
    session.sql("insert into T (A, B) values ('abcdefghij', 1234567.89)")
    assert session.one('select count(*) from T') == 2
    for change in ('A set data type varchar(5)', 'A set data type number(5,0)', 'B set data type number(9,3)',
                   'B set data type number(8,2)', 'B set data type varchar', 'C set data type varchar(20)',
                   'D set data type number(38,2)', 'E set data type date', 'F set data type varchar(10)',
                   'D set data type float'):  # fmt: skip
        assert session.refused(f'alter table T alter column {change}')[:2] == (2108, '22000'), change
    assert session.refused('alter table T alter column NOPE set data type varchar(5)')[0] == 904


def test_columns_are_added_with_their_length(session):
    session.sql('create table T (A int)')
    session.sql('insert into T values (1)')
    session.sql('alter table T add column B varchar(2), C number(10,2)')
    session.sql('alter table T add column if not exists B varchar(2)')
    assert session.refused('alter table T add column B int')[0] == 1430
    assert session.sql('select * from T') == [(1, None, None)]
    assert session.refused("insert into T (B) values ('xyz')")[0] == 100078
    assert types(session) == ['NUMBER(38,0)', 'VARCHAR(2)', 'NUMBER(10,2)']
    session.sql('alter table T rename column B to BB')
    session.sql('alter table T drop column C')
    assert session.refused("insert into T (BB) values ('xyz')")[0] == 100078


def test_like_and_clone_take_lengths_along(session):
    session.sql('create table T (A varchar(2) not null)')
    session.sql("insert into T values ('x')")
    session.sql('create or replace transient table L like T')
    session.sql('create table C clone T')
    assert (session.one('select count(*) from L'), session.one('select count(*) from C')) == (0, 1)
    for name in 'LC':
        assert session.refused(f"insert into {name} values ('xyz')")[0] == 100078
        assert session.refused(f'insert into {name} values (null)')[0] == 100072


def test_swap_exchanges_tables_with_their_lengths(session):
    session.sql('create table A (X varchar(1))')
    session.sql('create table B (X varchar(5), Y int)')
    session.sql("insert into B values ('hello', 1)")
    session.sql('alter table A swap with B')
    assert session.sql('select * from A') == [('hello', 1)]
    assert session.refused("insert into B values ('xy')")[0] == 100078
    assert types(session, 'A') == ['VARCHAR(5)', 'NUMBER(38,0)']


def test_replace_and_rename_leave_nothing_behind(session):
    session.sql('create table T (A varchar(2))')
    session.sql('alter table T rename to U')
    assert session.refused("insert into U values ('xyz')")[0] == 100078
    session.sql('create or replace table U (A varchar)')
    session.sql("insert into U values ('xyz')")
    assert types(session, 'U') == ['VARCHAR(16777216)']


def test_temporary_tables_have_a_schema_and_belong_to_their_session(session):
    session.sql('create table T (A int)')
    session.sql('insert into T values (1)')
    other = session.other()
    other.sql(f'create temporary table FIRN.{session.schema}.T (A varchar(3))')
    other.sql("insert into T values ('own')")
    other.sql('create or replace temporary view V as select A from T')
    assert (session.one('select A from T'), other.one('select T.A from T')) == (1, 'own')
    assert other.one(f'select A from FIRN.{session.schema}.V') == 'own'
    assert [row[1] for row in other.sql('describe table T')] == ['VARCHAR(3)']
    assert session.refused('select * from V')[0] == 2003
    other.sql('drop table T')
    assert other.one('select A from T') == 1


def test_information_schema_tells_lengths_and_precisions(session):
    session.sql('create table T (A varchar(7), B number(12,3), C timestamp_ntz, D variant)')
    assert session.sql(
        'select column_name, data_type, character_maximum_length, numeric_precision, numeric_scale '
        f"from information_schema.columns where table_schema = '{session.schema}' order by ordinal_position"
    ) == [('A', 'TEXT', 7, None, None), ('B', 'NUMBER', None, 12, 3), ('C', 'TIMESTAMP_NTZ', None, None, None),
          ('D', 'VARIANT', None, None, None)]  # fmt: skip
    session.sql('create view V as select * from T')
    session.sql('create temporary table P (A int)')
    assert session.sql(
        'select table_name, table_type from information_schema.tables '
        f"where table_schema = '{session.schema}' order by 1"
    ) == [('T', 'BASE TABLE'), ('V', 'VIEW')]


def test_merge_with_a_qualified_source_in_a_transaction(session):
    session.sql('create table T (ID int, N varchar, AT timestamp_ntz)')
    session.sql('create transient table S (ID int, N varchar, AT timestamp_ntz)')
    session.sql("insert into T values (1, 'old', '2026-01-01'), (2, 'kept', '2026-02-01')")
    session.sql(
        "insert into S values (1, 'a', '2026-01-02'), (1, 'b', '2026-01-03'), "
        "(2, 'late', '2026-01-01'), (3, 'new', '2026-01-01')"
    )
    session.sql('begin')
    counts = session.sql("""
        merge into T using (select * from S qualify row_number() over (partition by ID order by AT desc) = 1) s
        on T.ID = s.ID
        when matched and s.AT >= T.AT then update set N = s.N, AT = s.AT
        when not matched then insert (ID, N, AT) values (ID, N, AT)""")  # fmt: skip
    session.sql('commit')
    assert counts == [(1, 1)]
    assert session.sql('select ID, N from T order by ID') == [(1, 'b'), (2, 'kept'), (3, 'new')]


def test_merge_of_two_rows_into_one_is_refused(session):
    session.sql('create table T (ID int, N varchar)')
    session.sql("insert into T values (1, 'old')")
    text = """merge into T using (select 1 as ID, 'a' as N union all select 1, 'b') s on T.ID = s.ID
        when matched then update set N = s.N when not matched then insert values (s.ID, s.N)"""
    code, state, message = session.refused(text)
    assert (code, state) == (100090, '42P18') and 'Row Values: [1, "old"]' in message
    session.sql('alter session set error_on_nondeterministic_merge = false')
    assert session.sql(text) == [(0, 1)]
    assert session.one('select N from T') in ('a', 'b')
    session.sql('alter session unset error_on_nondeterministic_merge')
    assert session.refused(text)[:2] == (100090, '42P18')
    session.sql('delete from T')
    assert session.sql(text) == [(2, 0)]


def test_merge_may_delete_a_row_for_two_reasons(session):
    session.sql('create table T (ID int)')
    session.sql('insert into T values (1), (2)')
    text = 'merge into T using (select 1 as ID union all select 1) s on T.ID = s.ID when matched then delete'
    assert session.sql(text) == [(1,)]
    assert session.sql('select ID from T') == [(2,)]


def test_update_of_one_row_by_two_is_an_error_only_where_it_is_wanted(session):
    session.sql('create table T (ID int, N varchar)')
    session.sql("insert into T values (1, 'old'), (2, 'old'), (3, 'old')")
    session.sql("create table S as select 1 as ID, 'a' as N union all select 1, 'b' union all select 2, 'c'")
    text = 'update T set N = S.N from S where T.ID = S.ID'
    assert session.sql(text) == [(2, 1)]
    assert session.one('select N from T where ID = 1') in ('a', 'b')
    session.sql('alter session set error_on_nondeterministic_update = true')
    code, state, message = session.refused(text)
    assert (code, state) == (100090, '42P18') and 'Row Values: [1, "' in message
    assert session.sql('update T set N = S.N from S where T.ID = S.ID and S.ID = 2') == [(1, 0)]


def test_tables_know_when_they_were_made(session):
    session.sql('create table T (A int)')
    session.sql('create table U as select 1 as A')
    session.sql('create view V as select 1 as A')
    asked = 'select count(*) from information_schema.tables where table_schema = current_schema() and created < '
    assert session.one(asked + "dateadd('hour', -1, current_timestamp())") == 0
    assert session.one(asked + "dateadd('hour', 1, current_timestamp())") == 3
    assert session.one(asked + 'current_timestamp()') >= 2, 'a view has no time of its own'

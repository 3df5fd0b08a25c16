"""Values as text by a format, numbers from hexadecimal digits, lengths in bytes."""

import pytest


def test_moments_keep_their_zeros(session):
    session.sql('create table T (D date, A timestamp_ntz(0), B timestamp_ntz(6))')
    session.sql("insert into T values ('0001-02-03', '9999-12-31 23:59:59', '0999-01-01 00:00:00.000010')")
    found = session.sql(
        "select to_varchar(D, 'YYYY-MM-DD'), to_varchar(A, 'YYYY-MM-DD HH24:MI:SS.FF6'), "
        "to_char(B, 'YYYY-MM-DD HH24:MI:SS.FF6') from T"
    )
    assert found == [('0001-02-03', '9999-12-31 23:59:59.000000', '0999-01-01 00:00:00.000010')]


def test_bytes_are_upper_hexadecimal(session):
    session.sql("create table B as select to_binary('00ffab', 'HEX') as B")
    assert session.sql("select to_varchar(B, 'HEX'), hex_encode(B) from B") == [('00FFAB', '00FFAB')]


def test_hexadecimal_digits_are_a_number_whose_sum_is_exact(session):
    assert session.one("select to_number('00ffAb', 'XXXXXX')") == 65451
    twice = "select to_number('fffffffffffffff', 'XXXXXXXXXXXXXXX') as N from table(generator(rowcount => 20))"
    assert session.one(f'select sum(N) from ({twice})') == 20 * (2**60 - 1)


def test_lengths_in_bytes_and_in_characters(session):
    assert session.sql("select octet_length('é🎁'), length('é🎁'), octet_length('')") == [(6, 2, 0)]


def test_a_format_that_is_not_known_is_refused(session):
    session.sql("create table F as select '2020-01-01'::date as D")
    with pytest.raises(Exception, match='TO_VARCHAR with the format DY'):
        session.sql("select to_varchar(D, 'DY') from F")

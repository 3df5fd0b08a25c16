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


@pytest.fixture
def one(session):
    """A table of one row with a column of every type."""
    session.sql(
        "create table ONE as select to_binary('00ff5cab', 'HEX') as B, '2026-01-02 03:04:05.678901'::timestamp_ntz as M, "
        "'2026-01-02 03:04:05.678901 +00:00'::timestamp_tz as Z, '2026-01-02'::date as D, '03:04:05'::time as T, "
        'parse_json(\'"text"\') as V, 1.50::number(10,2) as N, 98765432109876543210987654321098765432::number(38,0) as I, '
        '1::float as F, true as O'
    )
    return session


@pytest.mark.parametrize(('column', 'text'), [
    ('B', '00FF5CAB'), ('M', '2026-01-02 03:04:05.678'), ('Z', '2026-01-02 03:04:05.678 +0000'), ('D', '2026-01-02'),
    ('T', '03:04:05'), ('V', 'text'), ('N', '1.50'), ('I', '98765432109876543210987654321098765432'), ('F', '1'),
    ('O', 'true'),
])  # fmt: skip
def test_every_type_as_text(one, column, text):
    asked = (
        f'select {column}::varchar, to_varchar({column}), cast({column} as varchar(200)), to_char({column}) from ONE'
    )
    assert one.sql(asked) == [(text,) * 4]
    assert one.one(f"select '<' || {column}::varchar || '>' from ONE where {column}::varchar = '{text}'") == f'<{text}>'


def test_moments_as_text_follow_the_sessions_format(one):
    one.sql('alter session set timestamp_ntz_output_format = \'YYYY-MM-DD"T"HH24:MI:SS.FF9\'')
    assert one.one('select M::varchar from ONE') == '2026-01-02T03:04:05.678901000'


def test_variants_as_text(session):
    values = [('{"b":[1,"x"],"a":null}', '{"b":[1,"x"],"a":null}'), ('"say \\\\"hi\\\\""', 'say "hi"'), ('12', '12'),
              ('true', 'true'), ('null', None)]  # fmt: skip
    for json, text in values:
        assert session.one(f"select parse_json('{json}')::varchar") == text


def test_bytes_by_other_formats(one):
    assert one.sql("select to_varchar(B, 'BASE64'), to_varchar(to_binary('c3a4', 'HEX'), 'UTF-8') from ONE") == [
        ('AP9cqw==', 'ä')
    ]


def test_checksums_are_exact(one):
    import hashlib

    digest = hashlib.md5(b'abc').hexdigest()
    assert one.sql("select md5('abc'), md5_number_lower64('abc'), md5_number_upper64('abc'), md5(B) from ONE") == [
        (digest, int(digest[16:], 16), int(digest[:16], 16), hashlib.md5(b'\x00\xff\x5c\xab').hexdigest())
    ]
    assert one.one("select sha2('abc', 256)") == hashlib.sha256(b'abc').hexdigest()
    number = 98765432109876543210987654321098765432
    assert one.sql('select sum(I), bitxor_agg(I) from ONE') == [(number, number)]
    assert one.sql('select mod(I, 1000000007), I % 18446744073709551616 from ONE') == [
        (number % 1000000007, number % 2**64)
    ]
    many = "select md5_number_lower64('abc') as H from table(generator(rowcount => 1000))"
    assert one.one(f'select sum(H) from ({many})') == 1000 * int(digest[16:], 16)
    assert one.sql("select mod(-7, 3), lpad('7', 3, '0'), lpad('abcd', 3), coalesce(null, 2)") == [
        (-1, '007', 'abc', 2)
    ]


def test_hashes_of_rows_in_any_order(session):
    session.sql("create table A as select column1 as I, column2 as S from values (1, 'a'), (2, 'b'), (2, 'b')")
    session.sql("create table B as select column1 as I, column2 as S from values (2, 'b'), (1, 'a'), (2, 'b')")
    session.sql("create table C as select column1 as I, column2 as S from values (2, 'b'), (1, 'a'), (1, 'a')")
    [a, b, c] = [session.sql(f'select hash_agg(I, S), hash_agg(*) from {name}')[0] for name in 'ABC']
    assert a == b != c and abs(a[0]) < 2**63
    assert session.one('select hash_agg(I) from A where false') == 0
    assert session.one("select hash('a') = hash('a') and hash('a') <> hash('b')") is True


def test_seconds_since_1970_are_cut(one):
    assert one.sql('select date_part(epoch_second, M), date_part(epoch_microsecond, M) from ONE') == [
        (1767323045, 1767323045678901)
    ]

#!/usr/bin/env python3
"""Writes the .golden files beside it: SQL expressions and what PostgreSQL 15 answers to each.

Usage: make.py, with tests/oracle/pg.sh able to start a server. A line is the expression, a tab, and
'= value', '= NULL' as '~', or '! SQLSTATE message'. Tabs, newlines and backslashes are escaped."""
import itertools
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
PG = os.path.join(HERE, '..', '..', '..', 'oracle', 'pg.sh')

INT2 = ['0::int2', '1::int2', "'-7'::int2", '32767::int2', "'-32768'::int2", 'NULL::int2']
INT4 = ['0', '1', '-7', '3', '2147483647', "'-2147483648'::int4", 'NULL::int4']
INT8 = ['0::int8', '-1::int8', '12345678901', '9223372036854775807',
        "'-9223372036854775808'::int8", 'NULL::int8']
FLOAT8 = ["'0'::float8", "'-0'::float8", "'1.5'::float8", "'-2.25e10'::float8", "'1e308'::float8",
          "'1e-308'::float8", "'Infinity'::float8", "'-Infinity'::float8", "'NaN'::float8",
          'NULL::float8']
FLOAT4 = ["'0'::float4", "'1.1'::float4", "'-3e38'::float4", "'1e-38'::float4", "'NaN'::float4",
          "'Infinity'::float4"]
NUMERIC = ['0.0', '1.50', '-2.345', '100', '99999999999999999.99', '0.0000000001', 'NULL::numeric',
           "'12.5'::numeric(6,2)"]
TEXT = ["''::text", "'a'::text", "'Abc'::text", "'héllo wörld'::text", "'  pad  '::text",
        "'a,b,,c'::text", "'日本語テキスト'::text", 'NULL::text', "'it''s \\ a \"q\"'::text"]
DATE = ["'2000-01-01'::date", "'2024-02-29'::date", "'0001-01-01 BC'::date", "'infinity'::date",
        "'5874897-12-31'::date", "'4713-01-01 BC'::date", 'NULL::date']
STAMP = ["'2000-01-01 00:00:00'::timestamp", "'2024-02-29 23:59:59.999999'::timestamp",
         "'1999-12-31 12:34:56.5'::timestamp", "'-infinity'::timestamp",
         "'294276-12-31 23:59:59'::timestamp", "'4713-01-01 00:00:00 BC'::timestamp",
         'NULL::timestamp']
ZONED = ["'2001-02-03 04:05:06+02'::timestamptz", "'infinity'::timestamptz",
         "'2024-03-31 01:30:00Z'::timestamptz"]
SPAN = ["'1 day'::interval", "'-1 month'::interval", "'1 year 2 mons 3 days 04:05:06.7'::interval",
        "'00:00:00.000001'::interval", "'0'::interval", "'1 mon 30 days 24:00'::interval",
        "'-1 mon +2 days -03:00'::interval", "'178956970 years'::interval", 'NULL::interval']
BOOL = ['true', 'false', 'NULL::bool']
BYTEA = ["'\\x'::bytea", "'\\x00ff10'::bytea", "'abc'::bytea", 'NULL::bytea']
UUID = ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
        "'{00000000-0000-0000-0000-000000000000}'::uuid"]
COMPARE = ['=', '<>', '<', '<=', '>', '>=']


def pairs(a, ops, b):
    return [f'{x} {op} {y}' for op in ops for x, y in itertools.product(a, b)]


def calls(names, *args):
    return [f'{name}({", ".join(values)})'
            for name in names for values in itertools.product(*args)]


def numbers():
    out = []
    out += pairs(INT2, '+-*/%', INT2)
    out += pairs(INT4, '+-*/%', INT4)
    out += pairs(INT8, '+-*/%', INT8)
    out += pairs(['3::int2', "'-32768'::int2"], '+-*/', ['70000', '9223372036854775807'])
    out += pairs(['70000', '9223372036854775807'], '+-*/', ['3::int2', "'-32768'::int2"])
    out += pairs(['3', '2147483647'], '+-*/', ['4294967296', '0::int8'])
    out += pairs(FLOAT8, '+-*/', FLOAT8)
    out += pairs(FLOAT4, '+-*/', FLOAT4)
    out += pairs(FLOAT4[:3], '+*', FLOAT8[1:4])
    out += pairs(NUMERIC, '+-*/%', NUMERIC)
    out += pairs(['7', '2.5', "'1.5'::float8", "'-9223372036854775808'::int8"], '+-*/',
                 ['2', '0.3', "'0.1'::float8", '2::int2'])
    out += pairs(['2', '-8', '2.5', "'1.5'::float8", '0'], '^', ['3', '0.5', '-1', "'2'::float8"])
    for group in (INT2, INT4, INT8, FLOAT8, FLOAT4, NUMERIC):
        out += [f'- {x}' for x in group] + [f'+ {x}' for x in group[:2]] + [f'@ {x}' for x in group]
        out += calls(['abs'], group)
    out += [f'{op} {x}' for op in ('|/', '||/') for x in ('27', '2.0', '-8', "'0'::float8")]
    out += pairs(['12', '-1', '2147483647'], ['&', '|', '#'], ['10', '-7'])
    out += pairs(['12::int2', '-1::int2', '32767::int2'], ['&', '|', '#'], ['10::int2'])
    out += pairs(['12::int8', '-1::int8'], ['&', '|', '#'], ['10::int8', '9223372036854775807'])
    out += pairs(['1', '-5', '2147483647'], ['<<', '>>'], ['0', '1', '31', '32', '33', '-1'])
    out += pairs(['1::int8', '-5::int8'], ['<<', '>>'], ['1', '63', '64', '65'])
    out += pairs(['1::int2', '-5::int2', '32767::int2'], ['<<', '>>'], ['1', '15', '16', '31'])
    out += [f'~ {x}' for x in ('0', '5::int2', '-1::int8')]
    return out


def functions():
    out = []
    some = ['2.5', '-2.5', '0.5', '1.25', '-0.0001', '12345.678', '0', "'2.5'::float8",
            "'3.5'::float8", "'-0.5'::float8", "'1e20'::float8", "'NaN'::float8",
            "'-Infinity'::float8", '7', '-7::int8', "'12.34'::numeric(8,3)"]
    out += calls(['ceil', 'ceiling', 'floor', 'round', 'trunc', 'sign'], some)
    out += calls(['round', 'trunc'], ['2.5', '-1234.5678', '0.005', '99.995', "'12.345'::numeric(8,3)"],
                 ['0', '1', '2', '5', '-1', '-2', '-5', 'NULL'])
    out += calls(['sqrt', 'exp', 'ln', 'log', 'log10'],
                 ['2', '0', '-1', '100', '1e10', '0.5', '2.0', "'2'::float8", "'0.1'::float8",
                  "'NaN'::float8", "'Infinity'::float8", '123.456', '0.00001', '-0.5'])
    out += calls(['exp'], ['1000', "'1000'::float8", "'-1000'::float8", "'-Infinity'::float8"])
    out += calls(['cbrt', 'degrees', 'radians'], ['27', '-8', "'0.001'::float8", '180'])
    out += calls(['power', 'pow'], ['2', '2.5', "'2'::float8", '0', '-2', '1.0000001'],
                 ['3', '0.5', "'-1.5'::float8", '-1', '0'])
    out += calls(['power'], ["'NaN'::float8", "'Infinity'::float8", "'1'::float8", "'0'::float8"],
                 ["'NaN'::float8", "'-Infinity'::float8", "'0'::float8", "'1e308'::float8"])
    out += calls(['mod'], ['7', '-7', '7.5', '10::int8', '7::int2'], ['3', '0', '2.5', '-3'])
    out += calls(['div'], ['7', '-7.5', '1e10'], ['2', '0.3', '-1.5', '0'])
    out += calls(['log'], ['2', '10.0', '1', '0.5'], ['8', '100', '0', '-1', '3.7'])
    out += calls(['gcd', 'lcm'], ['12', '0', '-18', "'-2147483648'::int4", '100::int8', '1.5'],
                 ['18', '0', "'-2147483648'::int4", '0.25', '7::int8'])
    out += calls(['factorial'], ['0', '1', '5', '20', '33', '-1', 'NULL'])
    out += calls(['scale', 'min_scale', 'trim_scale'], ['1.500', '100', '0.0', '-2.3400', '5'])
    angles = ['0', '0.5', '-1', '30', '45', '60', '90', '180', '2', '1e5', "'Infinity'::float8",
              "'NaN'::float8"]
    out += calls(['sin', 'cos', 'tan', 'cot', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh',
                  'asinh', 'acosh', 'atanh', 'sind', 'cosd', 'tand', 'cotd', 'asind', 'acosd',
                  'atand'], angles)
    out += calls(['atan2', 'atan2d'], ['1', '-1', '0'], ['1', '0', '-2'])
    out += ['pi()', 'pi() * 2']
    out += calls(['width_bucket'], ['5.35', '-1', '100', '10.06'], ['0.024', '10'], ['10.06', '0'],
                 ['5', '0'])
    out += calls(['width_bucket'], ["'5'::float8", "'NaN'::float8", "'1e308'::float8"],
                 ["'0'::float8", "'-1e30'::float8"], ["'10'::float8", "'1e308'::float8"], ['4'])
    out += calls(['greatest', 'least'], ['1', 'NULL', '2.5', "'3'"], ['2', "'1.5'::float8", 'NULL'])
    out += calls(['greatest', 'least'], ["'a'", "'b'::text"], ["'c'", 'NULL', '1'])
    out += calls(['nullif'], ['1', "'a'", '2.50', 'NULL', "'2000-01-01'::date"],
                 ['1', '2.5', "'a'", 'NULL', "'2000-01-01'::timestamp"])
    out += calls(['num_nulls', 'num_nonnulls'], ['1', 'NULL'], ["'x'", 'NULL'], ['2.5'])
    out += pairs(['1', 'NULL', '2.0', "'a'"], ['IS DISTINCT FROM', 'IS NOT DISTINCT FROM'],
                 ['1', 'NULL', '2', "'a'"])
    out += [f'{x} IS {n}{w}' for x in BOOL for n in ('', 'NOT ') for w in ('TRUE', 'FALSE', 'UNKNOWN', 'NULL')]
    return out


def comparisons():
    out = []
    few = [INT4[:5:2], INT8[1:4], INT2[:4:3], FLOAT8[2:9:3], FLOAT4[1:5], NUMERIC[1:5]]
    for a, b in itertools.product(few, few):
        out += pairs(a[:2], ['=', '<', '>='], b[1:3])
    out += pairs(FLOAT8, COMPARE[::2], FLOAT8[3:])
    out += pairs(NUMERIC, COMPARE, NUMERIC[1:4])
    out += pairs(TEXT[:7], COMPARE, ["'a'", "'Abc '::char(5)", "'b'::varchar(3)", "'日本'"])
    out += pairs(["'ab '::char(5)", "'ab'::char(3)"], COMPARE, ["'ab'", "'ab  '::text", "'ab'::bpchar"])
    out += pairs(BYTEA, COMPARE[:4], BYTEA)
    out += pairs(BOOL, COMPARE, BOOL)
    out += pairs(DATE, ['=', '<', '>='], DATE[1:5])
    out += pairs(DATE, ['=', '<', '>'], STAMP[:6])
    out += pairs(STAMP[:5], ['<=', '<>'], DATE[:6])
    out += pairs(STAMP, ['=', '<'], ZONED)
    out += pairs(DATE[:5], ['<', '='], ZONED)
    out += pairs(SPAN, COMPARE, SPAN[:6])
    out += pairs(UUID, COMPARE, UUID)
    out += pairs(['1', "'x'", 'true', "'2000-01-01'::date"], ['=', '+', '||'],
                 ["'1'", "'x'::text", 'false', "'1 day'::interval"])
    out += [f'{a} AND {b}' for a in BOOL for b in BOOL] + [f'{a} OR {b}' for a in BOOL for b in BOOL]
    out += [f'NOT {a}' for a in BOOL]
    out += ['1 IN (1, 2)', '3 IN (1, 2)', '3 IN (1, NULL)', 'NULL IN (1)', '1.0 IN (1, 2)',
            "'a' IN ('b', 'a')", '2 NOT IN (1, NULL)', '2 NOT IN (1, 3)', "1 IN ('1', '2')",
            "'a'::text IN ('a ', 'b')", "'a'::char(3) IN ('a ', 'b')", '1 IN (1.0, 2.5)',
            '5 BETWEEN 1 AND 10', '5 BETWEEN 10 AND 1', '5 NOT BETWEEN 1 AND 4',
            '5 BETWEEN SYMMETRIC 10 AND 1', 'NULL BETWEEN 1 AND 2', "1 IN ('x')"]
    out += ['CASE WHEN true THEN 1 ELSE 2.5 END', 'CASE WHEN false THEN 1 END',
            "CASE 3 WHEN 1 THEN 'a' WHEN 3 THEN 'c' ELSE 'z' END", 'CASE WHEN NULL THEN 1 ELSE 2 END',
            "CASE WHEN true THEN 'a' ELSE 1 END", 'CASE WHEN false THEN 1/0 ELSE 2 END',
            'COALESCE(NULL, 1, 2.5)', "COALESCE(NULL, 'a')", 'COALESCE(NULL, NULL)',
            "COALESCE(1, 'x')", "COALESCE(1, true)", 'false AND 1/0 > 1', 'true OR 1/0 > 1',
            "CASE WHEN 1 = 1 THEN 'x'::text ELSE 'y'::varchar(2) END"]
    return out


def texts():
    out = []
    out += pairs(TEXT, ['||'], ["'x'", 'NULL', '5', 'true', '1.50', "'2000-01-01'::date"])
    out += pairs(['1', 'true', "'1 day'::interval", "'c '::char(3)", "'1.5'::float8"], ['||'],
                 ["'x'", "'y'::text", "'z'::varchar", "'w '::char(3)"])
    out += pairs(BYTEA, ['||'], BYTEA[:3])
    out += calls(['length', 'char_length', 'character_length', 'octet_length', 'bit_length', 'lower',
                  'upper', 'initcap', 'reverse', 'ascii', 'md5', 'quote_literal', 'quote_ident',
                  'quote_nullable', 'btrim', 'ltrim', 'rtrim'], TEXT)
    out += calls(['length', 'octet_length', 'bit_length', 'md5'], BYTEA)
    out += calls(['length', 'octet_length', 'char_length', 'upper', 'reverse'],
                 ["'ab '::char(5)", "'é'::char(3)", "'ab '::varchar(5)"])
    out += calls(['initcap'], ["'hello big wORLD foo-bar_baz 3rd'", "'éa ÀB'"])
    out += calls(['substr', 'substring'], TEXT[3:7], ['1', '3', '0', '-2', '100'])
    out += calls(['substr', 'substring'], TEXT[3:7], ['1', '3', '-1', '2147483647'],
                 ['2', '0', '5', '-1', '2147483647'])
    out += calls(['substr'], ["'\\x00112233'::bytea"], ['2', '-1', '9'], ['1', '3', '-1'])
    out += ["substring('hello' from 2)", "substring('hello' from 2 for 3)", "substring('hello' for 2)",
            "substring('foobar' from 'o(.)b')", "substring('foobar' from 'o.b')",
            "substring('foobar' from 'x')", "substring('foobar' from '(x)?f')",
            "substring('abc' from '(')"]
    out += calls(['left', 'right'], TEXT[2:5], ['2', '0', '-2', '100', '-100', 'NULL'])
    out += calls(['lpad', 'rpad'], ["'hi'", "'日本'", "''"], ['5', '1', '0', '-3', '7'])
    out += calls(['lpad', 'rpad'], ["'hi'", "'日本'"], ['7', '1', '2'], ["'xy'", "''", "'é日'"])
    out += calls(['repeat'], ["'ab'", "''", "'é'"], ['3', '0', '-1'])
    out += calls(['btrim', 'ltrim', 'rtrim'], ["'xyhixyx'", "'ééaé'", "''"], ["'xy'", "'é'", "''"])
    out += calls(['btrim', 'ltrim', 'rtrim'], ["'\\x0012000300'::bytea"], ["'\\x00'::bytea", "'\\x0003'::bytea"])
    out += ["trim('  x ')", "trim(both 'x' from 'xax')", "trim(leading from '  x ')",
            "trim(trailing 'ab' from 'xabab')"]
    out += calls(['replace'], ["'aXbXc'", "'日本日'"], ["'X'", "'日'", "''", "'XX'"], ["''", "'--'", "'é'"])
    out += calls(['translate'], ["'12345'", "'héllo'"], ["'143'", "'é'", "''", "'1121'"], ["'ax'", "''", "'日本語'"])
    out += calls(['strpos'], ["'high'", "'日本語'", "''"], ["'ig'", "'語'", "''", "'zz'"])
    out += ["position('b' in 'abc')", "position('\\x01'::bytea in '\\x0001'::bytea)"]
    out += calls(['split_part'], ["'abc~@~def~@~ghi'", "''", "'a,b'"], ["'~@~'", "','", "''"],
                 ['1', '2', '4', '-1', '-2', '-9', '0'])
    out += calls(['starts_with'], ["'alphabet'", "''"], ["'alph'", "''", "'x'"])
    out += ["'alphabet' ^@ 'alph'"]
    out += calls(['overlay'], ["'Txxxxas'", "'日本語'"], ["'hom'", "''"], ['2', '5', '0', '-1'])
    out += calls(['overlay'], ["'Txxxxas'", "'日本語'"], ["'hom'"], ['2', '9'], ['4', '0', '-1', '2147483647'])
    out += ["overlay('Txxxxas' placing 'hom' from 2 for 4)",
            "overlay('\\x010203'::bytea placing '\\xff'::bytea from 2)"]
    out += calls(['chr'], ['65', '233', '26085', '128512', '0', '-1', '55296', '1114112'])
    out += calls(['to_hex'], ['255', '0', '-1', '2147483648', "'-1'::int8"])
    out += calls(['concat'], ["'a'", 'NULL', '1'], ['true', '2.50', 'NULL', "'c '::char(3)"])
    out += calls(['concat_ws'], ["','", 'NULL', "''"], ["'a'", 'NULL'], ['1', 'NULL'], ['true'])
    out += ["format('Hello %s', 'World')", "format('%s %s', 'a')", "format('%%')", "format('%I', 'Foo')",
            "format('%L', 'it''s')", "format('%L', NULL)", "format('%I', NULL)", "format('%s', NULL)",
            "format('|%10s|', 'foo')", "format('|%-10s|', 'foo')", "format('|%*s|', 10, 'foo')",
            "format('|%-*s|', 10, 'foo')", "format('|%*s|', -10, 'foo')", "format('%2$s %1$s', 'a', 'b')",
            "format('%3$s', 'a')", "format('%1$s %s', 'a', 'b')", "format('%0$s', 'a')", "format('%x', 1)",
            "format('%', 1)", "format('%s %I %L', 1.5, 'select', E'a\\\\b')", "format(NULL)", "format('x')",
            "format('|%2$*1$s|', 5, 'ab')", "format('%s', true)", "format('%1$')", "format('%5')"]
    out += calls(['quote_ident'], ["'select'", "'abc_1'", "'1a'", "'a b'", "'a\"b'", "'user'", "'int'", "'name'"])
    out += calls(['quote_literal', 'quote_nullable'], ['1', '2.5', 'true', 'NULL', "'2000-01-01'::date"])
    out += calls(['encode'], BYTEA[:3] + ["decode(repeat('ab', 60), 'hex')"], ["'hex'", "'base64'", "'escape'", "'foo'"])
    out += calls(['decode'], ["'00fF'", "'0'", "'zz'", "'AP8Q'", "'AP8='", "'A'", "'a b c d'", "'====' ", "'\\000a\\\\'", "'a\\1'"],
                 ["'hex'", "'base64'", "'escape'"])
    out += calls(['get_byte', 'get_bit'], ["'\\x1234'::bytea"], ['0', '1', '2', '-1', '15'])
    out += calls(['set_byte'], ["'\\x1234'::bytea"], ['0', '2'], ['255', '256'])
    out += calls(['set_bit'], ["'\\x1234'::bytea"], ['0', '9', '16'], ['0', '1', '2'])
    return out


def patterns():
    out = []
    likes = ["'%'", "'a%'", "'%c'", "'%b%'", "'a_c'", "'_b_'", "'abc'", "'A%'", "'a\\%c'", "'%\\'", "'a\\bc'",
             "'%%b%%'", "'_'", "''", "'h_llo%'", "'%ö%d'", "'%a%b%c%'", "'\\%'", "'%\\_%'", "'a%\\'", "'__'"]
    words = ["'abc'", "'ABC'", "'a%c'", "'héllo wörld'", "''", "'a_c'", "'日本'", "'abcabcabd'"]
    for op in ('LIKE', 'NOT LIKE', 'ILIKE', 'NOT ILIKE'):
        out += pairs(words if op in ('LIKE', 'ILIKE') else words[:3], [op], likes)
    out += [f"{w} LIKE {p} ESCAPE {e}" for w in words[:3] for p in ("'a#%c'", "'a%'", "'a##'", "'a\\%'")
            for e in ("'#'", "''", "'##'", "'\\'", 'NULL')]
    out += ["'abc'::char(5) LIKE 'abc'", "'abc'::char(5) LIKE 'abc  '", "NULL LIKE 'a'", "'a' LIKE NULL"]
    out += pairs(["'abc'", "'a.c'", "'xabcx'"], ['SIMILAR TO', 'NOT SIMILAR TO'],
                 ["'abc'", "'a'", "'%(b|d)%'", "'(a|b)_c'", "'a.c'", "'[a-c]+'", "'a{1}bc'", "'_b_'", "'a|abc'"])
    regexes = ["'abc'", "'^a'", "'c$'", "'A.C'", "'(b|d)'", "'^(b|c)'", "'[[:digit:]]+'", "'\\d{2,3}'",
               "'\\mfoo\\M'", "'\\yfoo'", "'a|b|c'", "'x*'", "'[^a-z]'", "'(?i)ABC'", "'***=a.c'", "'('", "'['",
               "'a{2,1}'", "'*a'", "'a**'", "'\\'", "'(a)(b)\\2'", "'a{,3}'", "'\\S\\s\\S'", "'.'", "'^$'",
               "'(?:a)b'", "'(?=a)'", "'a+?'", "'\\q'", "'[a'", "'a)'", "'[z-a]'", "'\\u0061'", "'\\x61'",
               "'(?<n>a)'", "'a++'", "'[[:foo:]]'", "'é'", "'\\Aab'", "'c\\Z'"]
    words = ["'abc'", "'foo bar 123'", "'aabb'", "''", "'ABC'", "E'a\\nc'", "'héllo'"]
    out += pairs(words, ['~'], regexes)
    out += pairs(words[:3], ['!~'], regexes[:10])
    out += pairs(words[:5:2], ['~*'], regexes[:16])
    out += pairs(words[:2], ['!~*'], regexes[:6])
    out += calls(['regexp_replace'], ["'foobarbaz'", "'Thomas'", "''"], ["'b..'", "'b(..)'", "'.[mN]a.'", "'x*'"],
                 ["'X'", "'X\\1Y'", "'\\&\\&'", "'\\\\'", "'a\\'"])
    out += calls(['regexp_replace'], ["'foobarbaz'", "'A PostgreSQL function'"], ["'b(..)'", "'a|e|i|o|u'", "'x*'"],
                 ["'X\\1Y'", "'-'"], ["'g'", "'gi'", "'i'", "'q'", "'z'", "'1'", 'NULL'])
    out += calls(['regexp_replace'], ["'A PostgreSQL function'"], ["'a|e|i|o|u'"], ["'X'"], ['1', '5', '100', '0'],
                 ['0', '1', '3', '-1'], ["'i'", "'g'"])
    out += calls(['regexp_like'], ["'Hello World'"], ["'world'", "'W'"])
    out += calls(['regexp_like'], ["'Hello World'"], ["'world'", "'world$'"], ["'i'", "'g'", "'x'"])
    out += calls(['regexp_count'], ["'ABCABCAXYaxy'"], ["'A.'", "'x*'", "''"])
    out += calls(['regexp_count'], ["'ABCABCAXYaxy'"], ["'A.'"], ['1', '5', '50', '0'], ["'i'", "'g'"])
    out += calls(['regexp_instr'], ["'ABCDEFGHI'", "'日本語日本'"], ["'D..'", "'(C)(D)'", "'日'"])
    out += calls(['regexp_instr'], ["'ABCABCABC'"], ["'B(C)'"], ['1', '4', '0'], ['1', '2', '9', '0'], ['0', '1', '2'],
                 ["'i'"], ['0', '1', '2'])
    out += calls(['regexp_substr'], ["'ABCDEFGHI'"], ["'D..'", "'x'", "'(C)(.)'"])
    out += calls(['regexp_substr'], ["'ABCABDabe'"], ["'AB(.)'"], ['1', '4', '20'], ['1', '2', '3'], ["'i'", "'c'"], ['0', '1', '2'])
    return out


FIELDS = ['microseconds', 'milliseconds', 'second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year',
          'decade', 'century', 'millennium', 'dow', 'isodow', 'doy', 'isoyear', 'julian', 'epoch', 'timezone',
          'timezone_hour', 'foo']


def times():
    out = []
    for field in FIELDS:
        out += [f"extract({field} from {x})" for x in (STAMP[1], STAMP[3], STAMP[5], DATE[1], DATE[2], ZONED[0], SPAN[2], SPAN[6])]
        out += [f"date_part('{field}', {x})" for x in (STAMP[2], DATE[1], ZONED[1], SPAN[2])]
        out += [f"date_trunc('{field}', {x})" for x in (STAMP[1], STAMP[4], STAMP[5], DATE[1], ZONED[0], SPAN[2], SPAN[6], STAMP[3])]
    out += ["date_trunc('DAY', '2001-02-16 20:38:40+00'::timestamptz, 'UTC')", "date_trunc('hour', NULL::timestamp)",
            "extract('Year' from '2001-02-16'::date)", "date_part(NULL, '2001-02-16'::date)"]
    out += pairs(DATE, '+-', ['1', '-1', '0', '2147483647', 'NULL'])
    out += pairs(['1', '-1'], '+', DATE)
    out += pairs(DATE, '-', DATE[:5])
    out += pairs(DATE, '+-', SPAN[:8])
    out += pairs(SPAN[:3], '+', DATE[:3] + STAMP[:3] + ZONED[:1])
    out += pairs(STAMP, '+-', SPAN)
    out += pairs(ZONED, '+-', SPAN[:5])
    out += pairs(STAMP[:5], '-', STAMP[:5] + DATE[:2] + ZONED[:2])
    out += pairs(ZONED, '-', ZONED + STAMP[:2])
    out += pairs(SPAN, '+-', SPAN)
    out += pairs(SPAN, '*', ['2', '0.5', '-1.3', "'1e10'::float8", "'NaN'::float8"])
    out += pairs(['2', '0.1'], '*', SPAN)
    out += pairs(SPAN, '/', ['2', '1.5', '0', '-3', "'1e-10'::float8"])
    out += [f'- {x}' for x in SPAN]
    out += ["date '2001-09-28' + 'foo'", "timestamp '2001-09-28' + '1 day'", "date '2001-09-28' - '2001-09-27'",
            "interval '1 day' + '2 days'", "'1 day' + interval '2 days'"]
    out += calls(['age'], STAMP[:3] + ["'2004-04-10'::timestamp"], STAMP[:3] + ["'2001-06-13'::timestamp"])
    out += calls(['age'], ZONED[:1], ZONED[2:])
    out += calls(['justify_hours', 'justify_days', 'justify_interval'], SPAN + ["'27 hours'::interval", "'35 days'::interval",
                 "'1 mon -1 hour'::interval", "'-35 days -25 hours'::interval"])
    out += calls(['isfinite'], DATE[1:4:2] + STAMP[:4:3] + ZONED[:2] + SPAN[:1] + ['NULL'])
    out += calls(['make_date'], ['2013', '-44', '0', '5874898'], ['7', '0', '13', '2'], ['15', '0', '30'])
    out += calls(['make_timestamp'], ['2013', '-1', '294277'], ['7', '13'], ['15'], ['8', '24', '25'], ['15', '60'], ['23.5', '60', '-1', '0'])
    out += calls(['make_timestamptz'], ['2013'], ['7'], ['15'], ['8'], ['15'], ['23.5'])
    out += calls(['make_timestamptz'], ['2013'], ['7'], ['15'], ['8'], ['15'], ['23.5'], ["'UTC'", "'+02'", "'foo bar'"])
    out += ['make_interval()', 'make_interval(1)', 'make_interval(1, 2, 3, 4, 5, 6, 7.8)', 'make_interval(0, 0, 0, 2147483647, 1)',
            "make_interval(0,0,0,0,0,0,'NaN'::float8)"]
    out += calls(['to_timestamp'], ['0', '1284352323.5', '-1', "'NaN'::float8", "'Infinity'::float8", '1e20'])
    out += calls(['date_bin'], ["'15 minutes'::interval", "'1 day'::interval", "'1 month'::interval", "'0'::interval", "'-1 hour'::interval"],
                 ["'2020-02-11 15:44:17'::timestamp", "'infinity'::timestamp", "'1999-01-01'::timestamp"], ["'2001-01-01'::timestamp", "'2001-01-01 00:02:30'::timestamp"])
    out += [f"{x} AT TIME ZONE {z}" for x in (STAMP[1], ZONED[0], STAMP[3], DATE[1])
            for z in ("'UTC'", "'+05:30'", "'-03'", "'GMT'", "interval '2 hours'", "interval '1 month'", "'nowhere/x'", "'Z'")]
    return out


def to_char():
    out = []
    moments = [STAMP[1], STAMP[2], STAMP[0], STAMP[5], STAMP[3], ZONED[0], DATE[1], "'2021-01-03 00:07:09.01'::timestamp",
               "'0044-03-15 12:30:00 BC'::timestamp", "'12021-12-11 13:00'::timestamp", 'NULL::timestamp']
    fields = ['YYYY-MM-DD HH24:MI:SS', 'YYYY YYY YY Y Y,YYY', 'IYYY IYY IY I IW ID IDDD', 'MONTH Month month MON Mon mon RM rm',
              'DAY Day day DY Dy dy', 'DDD DD D', 'HH HH12 HH24 hh24 Hh24', 'MS US FF1 FF2 FF3 FF4 FF5 FF6', 'SSSS SSSSS', 'AM PM am pm A.M. p.m.',
              'AD BC ad bc A.D. b.c.', 'CC Q W WW J', 'TZ tz OF TZH TZM', 'FMYYYY-FMMM-FMDD FMHH24:FMMI', 'FMMonth FMDay FMDDD FMRM',
              'TMMonth TMDay|', 'DDth DDTH Dth YYYYth MMTH', '"Today is" FMDay', '"a\\"b" \\"c\\" x', 'fmDD fxMM FXYY', 'yyyy-mm-dd', 'Y,YYYth', '', 'é日 dd "ü"',
              'HH:MI:SS.US AM', 'mi ms us ss ssss ddd iyyy', 'QYYYY', 'WIW', 'YYYYMMDDHH24MISSMS', 'FMMS FMUS FMFF1', 'CCth FMCC', '"open']
    return calls(['to_char'], moments, ["'" + f + "'" for f in fields])


def casts():
    out = []
    targets = ['bool', 'int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'numeric(6,2)', 'numeric(20,3)', 'text', 'varchar', 'varchar(3)',
               'char', 'char(4)', 'bytea', 'date', 'timestamp', 'timestamptz', 'interval', 'uuid']
    values = ['true', '1::int2', '70000', '-1', '12345678901', "'1.5'::float4", "'2.5'::float8", "'3.5'::float8", "'-1e20'::float8",
              "'NaN'::float8", '12.345', '99999.995', '-0.5', "'12.5'::numeric(6,2)", "'abcdef'::text", "' 12 '::text", "'ab  '::char(6)",
              "'héllo'::varchar(10)", "'\\x6162'::bytea", "'2024-02-29'::date", "'infinity'::date", "'2024-02-29 23:59:59.999999'::timestamp",
              "'2001-02-03 04:05:06+02'::timestamptz", "'1 day 02:00'::interval", UUID[0], 'NULL']
    out += [f'({v})::{t}' for v in values for t in targets]
    texts_ = {
        'bool': ['t', 'TRUE', 'yes', 'on', '1', '0', 'off', 'f', ' n ', 'o', 'of', '2', '', 'truee'],
        'int4': ['12', ' -7 ', '+5', '2147483648', '-2147483648', '1.5', 'abc', '', '0x10', '1e3', '- 1', '1_000'],
        'int2': ['32768', '-32768', 'x'],
        'int8': ['9223372036854775808', '-9223372036854775808', ' 1 2'],
        'float8': ['1e400', '-1e-400', 'inf', 'nan', '1.5e', '.5', '5.', '', '1e5x', '0.1', '1e23', '123456789012345678', '-0'],
        'float4': ['1e39', '0.1', '16777217', '1e-46', 'abc'],
        'numeric': ['1.50', '1e5', '1.5e-3', '.5', '5.', 'abc', '', '1e', ' 7 ', '-0.0', '+1', '1 2', '00012.00'],
        'numeric(5,2)': ['1.005', '999.994', '999.995', '-999.999', '1e10', '0.001'],
        'date': ['2024-02-30', '2024-13-01', '20240229', 'Jan 5, 2020', '5 January 2020', '2020-1-5', 'epoch', '1/2/2003', 'foo', '', '2020-060', '0000-01-01', 'January 8, 99 BC', '99999999-01-01'],
        'timestamp': ['2020-01-01 25:00', '2020-01-01 24:00', '2020-01-01T10:11:12.123456789Z', '2020-01-01 10:11:12 PM', '2020-01-01 10:11 PM', '2020-01-01 10:60', 'epoch', '2020-01-01 00:00:00+99', 'x', '20200101T101112', '2020-01-01 1:2:3', '300000-01-01'],
        'timestamptz': ['2020-01-01 10:00+02', '2020-01-01 10:00 -03:30', '2020-01-01 10:00Z', '2020-01-01 10:00 UTC', '2020-01-01 10:00 foo'],
        'interval': ['1 year 2 months', '1-2', '3 4:05:06', 'P1Y2M3DT4H5M6S', '1.5 days', '-1:30', '1 week', '2 decades 3 centuries', 'ago', '1 day ago', '1 fortnight', '', '1 mon -1 day', '1.5 months', '0.7 secs', 'PT0S', '1h', '1000000000 years', 'P1.5W'],
        'uuid': ['A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc999c0b4ef8bb6d6bb9bd380a11', 'a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11', 'a0eebc99', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
        'bytea': ['\\x0', '\\xzz', '\\x 00 ff', 'a\\000b', 'a\\b', '\\\\'],
        'varchar(3)': ['abcd', 'ab ', 'abc   '],
        'char(3)': ['abcd', 'a', 'abc   '],
    }
    for type_, literals in texts_.items():
        quoted = ["'" + x.replace("'", "''") + "'" for x in literals]
        out += [f'{q}::{type_}' for q in quoted]
        out += [f'({q}::text)::{type_}' for q in quoted[:8]]
    return out


def errors():
    return ["lower(1)", "foo(1)", "1 + 'a'::text", "'a'::text + 1", "- 'a'::text", "true + true", "abs('x'::text)", "length(5)",
            "'1' + '2'", "'5' * '2'", "'1' - '2'", "'1' < '2'", "'10' < '9'", "'a' || 'b'", "'a' || 1", "1 || 2", "round('1.5')",
            "abs('-3')", "sqrt('4')", "'2000-01-01' < date '2000-01-02'", "date '2000-01-01' + '1'", "- '5'", "@ '-5'",
            "1 = true", "1 = '1'", "1 = 'x'", "1.5 = '1.50'", "'1'::varchar = 1", "substr('abc', '2')", "substr('abc', 2.5)",
            "round(2.5, 1.5)", "repeat('a', '3')", "date_trunc('day', '2000-01-01')", "date_trunc('day', '2000-01-01 12:34')",
            "mod(5, 2::int2)", "mod(5.5, 2)", "mod(5::float8, 2)", "power('2', '3')", "5 % 2.5", "5 % 2::float8", "~ 5.5", "1 << 2.0",
            "greatest(1, 'a')", "greatest(1, true)", "least('a', 'b', NULL)", "nullif(1, 'a')", "nullif(1, true)",
            "concat()", "concat_ws(',')", "lpad('a', 3, 5)", "strpos('abc', 1)", "date '2000-01-01' * 2", "interval '1 day' * interval '1 day'",
            "timestamp '2000-01-01' + date '2000-01-01'", "timestamp '2000-01-01' + timestamp '2000-01-01'", "uuid 'x'", "now(1)", "pi(1)",
            "true AND 1", "NOT 5", "'t' AND true", "'x' AND true", "1 IS TRUE", "CASE WHEN 1 THEN 2 END", "starts_with('a', 1)",
            "char_length(123)", "1::text + 1", "upper(NULL)", "NULL + 1", "NULL || 'a'", "NULL = NULL", "abs(NULL)", "round(NULL)",
            "to_hex('10')", "chr('65')", "'abc' ~ 5", "5 ~ 'a'", "5 LIKE '5'", "'a' LIKE 5",
            "age('2000-01-01', '1999-01-01')", "width_bucket(1, 2, 3)", "'\\x01'::bytea || 'a'", "'\\x01'::bytea || 'a'::text",
            "'1 day'::interval = '24:00'", "'abc'::uuid = '1'", "factorial(2.5)", "gcd(1.5::float8, 2)", "true < 'f'", "bool 'maybe'"]


def run(expressions):
    """The answers of one server to all expressions, in order."""
    script = ["\\set VERBOSITY verbose", "\\pset null '~'", "SET client_min_messages = error;",
              "SET statement_timeout = '10s';"]
    for index, expression in enumerate(expressions):
        script += [f'\\echo @@{index}', f'SELECT {expression};']
    script.append(f'\\echo @@{len(expressions)}')
    result = subprocess.run(['sh', PG, 'psql', '-q', '-A', '-t'], input='\n'.join(script), encoding='utf-8',
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    answers, current = {}, None
    for line in result.stdout.split('\n'):
        if line.startswith('@@'):
            current = int(line[2:])
            answers[current] = []
        elif current is not None:
            answers[current].append(line)
    return [answer(answers[i]) for i in range(len(expressions))]


def answer(lines):
    for line in lines:
        if line.startswith('ERROR:  ') or line.startswith('psql:') and 'ERROR:  ' in line:
            state, message = line.split('ERROR:  ', 1)[1].split(': ', 1)
            return f'! {state} {message}'
    text = '\n'.join(lines)
    return '~' if text == '~' else '= ' + text


def escape(text):
    return text.replace('\\', '\\\\').replace('\t', '\\t').replace('\n', '\\n')


def main():
    groups = {'numbers': numbers(), 'functions': functions(), 'comparisons': comparisons(), 'texts': texts(), 'patterns': patterns(),
              'times': times(), 'to_char': to_char(), 'casts': casts(), 'errors': errors()}
    total = 0
    for name, expressions in groups.items():
        expressions = list(dict.fromkeys(expressions))
        total += len(expressions)
        answers = run(expressions)
        with open(os.path.join(HERE, name + '.golden'), 'w', encoding='utf-8') as out:
            for expression, text in zip(expressions, answers):
                out.write(f'{escape(expression)}\t{escape(text)}\n')
    print(total, 'expressions')


if __name__ == '__main__':
    main()

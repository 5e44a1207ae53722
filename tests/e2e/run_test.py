#!/usr/bin/env python3
"""`weir run`: sources from a file and from standard input, read to their end; the views are printed."""
import os, pathlib, subprocess, sys, tempfile
sys.path.insert(0, os.path.dirname(__file__))
from server import BINARY, Checks

SCHEMA = '''
CREATE SOURCE trade (symbol text, price numeric(10,2), size integer)
  WITH (connector = '%s'%s, format = '%s');
CREATE MATERIALIZED VIEW volume AS
  SELECT symbol, count(*) AS trades, sum(size) AS size, max(price) AS high FROM trade GROUP BY symbol;
'''
LINES = ''.join('{"symbol":"S%d","price":%d.5,"size":%d}\n' % (i % 3, i % 50, i % 10) for i in range(30000))
CSV = 'symbol,price,size\n' + ''.join('S%d,%d.5,%d\n' % (i % 3, i % 50, i % 10) for i in range(30000))
EXPECTED = {'S0,10000,45000,49.50', 'S1,10000,45000,49.50', 'S2,10000,45000,49.50'}

def weir(folder, schema, *options, text=None):
    path = pathlib.Path(folder, 'schema.sql')
    path.write_text(schema)
    return subprocess.run([BINARY, 'run', path, *options], input=text, capture_output=True, text=True, timeout=120)

def main():
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix='weir-run-') as folder:
        data = pathlib.Path(folder, 'trade.csv')
        data.write_text(CSV)
        for name, run in {
            'lines of JSON from standard input': weir(folder, SCHEMA % ('stdin', '', 'json'), text=LINES),
            'CSV from standard input': weir(folder, SCHEMA % ('stdin', '', 'csv'), text=CSV),
            'CSV from a file': weir(folder, SCHEMA % ('file', f", path = '{data}'", 'csv')),
        }.items():
            lines = run.stdout.splitlines()
            checks.check(name, run.returncode == 0 and lines[0] == 'symbol,trades,size,high' and set(lines[1:]) == EXPECTED, run.stdout[:500], run.stderr)
        empty = weir(folder, SCHEMA % ('stdin', '', 'json'), '--format', 'ndjson', text='')
        checks.check('nothing in, nothing out', empty.returncode == 0 and empty.stdout == '', empty.stdout, empty.stderr)
        bad = weir(folder, SCHEMA % ('stdin', '', 'json'), text='{"symbol":"A","price":1,"size":1}\n{"symbol":"A","price":"x"}\n')
        checks.check('a bad row is named', bad.returncode == 1 and 'row 2' in bad.stderr and 'numeric' in bad.stderr, bad.returncode, bad.stderr)
        strict = "CREATE SOURCE s (a integer NOT NULL) WITH (connector = 'stdin', format = 'json');"
        bad = weir(folder, strict, text='{"a":1}\n{"a":2}\n{"a":null}\n')
        checks.check('a row that a constraint refuses is named by its byte', bad.returncode == 1 and 'byte 16' in bad.stderr and 'not-null' in bad.stderr, bad.returncode, bad.stderr)
        wrong = weir(folder, 'CREATE SOURCE s (a text) WITH (connector = \'kafka\');')
        checks.check('a connector that is not there is refused with its place', wrong.returncode == 2 and 'schema.sql:1:1' in wrong.stderr and 'kafka' in wrong.stderr, wrong.stderr)
        wrong = weir(folder, 'CREATE TABLE t (a text);\nCREATE MATERIALIZED VIEW v AS SELECT b FROM t;')
        checks.check('an error names file, line and column', 'schema.sql:2:38' in wrong.stderr, wrong.stderr)
        missing = subprocess.run([BINARY, 'run'], capture_output=True, text=True, timeout=20)
        checks.check('no file: exit 2', missing.returncode == 2, missing.stderr)
        help_text = subprocess.run([BINARY, 'run', '--help'], capture_output=True, text=True, timeout=20)
        checks.check('--help', help_text.returncode == 0 and 'Usage' in help_text.stdout)
    checks.end()

main()

#!/usr/bin/env python3
"""The example program over weir.h, and the header alone as C and as C++."""
import os, pathlib, subprocess, sys
sys.path.insert(0, os.path.dirname(__file__))
from server import BINARY, Checks, ROOT

EXPECTED = '''state at tick 1: {"tick":1,"key":["city"],"rows":[{"city":"Lisbon","orders":1,"amount":90.00},{"city":"Porto","orders":1,"amount":15.50}]}
two changes later
change at tick 3: {"tick":3,"conflated":2,"upsert":[{"city":"Lisbon","orders":2,"amount":120.00}],"delete":[{"city":"Porto"}]}
Lisbon | 120.00
'''

def main():
    checks = Checks()
    build = pathlib.Path(BINARY).parent
    run = subprocess.run([build / 'embed'], capture_output=True, text=True, timeout=60)
    checks.check('the example prints its state and one merged change', run.stdout == EXPECTED, run.stdout, run.stderr)
    run = subprocess.run([build / 'embed', 'SELECT 1 +'], capture_output=True, text=True, timeout=60)
    checks.check('an error comes back with its SQLSTATE', run.returncode == 1 and '42601' in run.stderr, run.stderr)
    for language, compiler in (('c', 'cc'), ('c++', 'c++')):
        run = subprocess.run([compiler, '-x', language, '-Wall', '-Wextra', '-Werror', '-pedantic', '-fsyntax-only', ROOT / 'include/weir.h'],
                             capture_output=True, text=True)
        checks.check(f'weir.h compiles alone as {language}', run.returncode == 0, run.stderr)
    symbols = subprocess.run(['nm', '-D', '--defined-only', build / 'libweir.so'], capture_output=True, text=True).stdout
    foreign = [line for line in symbols.splitlines() if line and ' weir_' not in line and not line.split()[-1].startswith('_')]
    checks.check('the library shows only weir_*', not foreign, foreign[:5])
    checks.end()

main()

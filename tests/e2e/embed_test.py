#!/usr/bin/env python3
"""The example program over weir.h, and the header alone as C and as C++."""
import os, pathlib, subprocess, sys, tempfile
sys.path.insert(0, os.path.dirname(__file__))
from server import BINARY, Checks, ROOT

EXPECTED = '''state at tick 1: {"tick":1,"key":["city"],"rows":[{"city":"Lisbon","orders":1,"amount":90.00},{"city":"Porto","orders":1,"amount":15.50}]}
two changes later
change at tick 3: {"tick":3,"conflated":2,"upsert":[{"city":"Lisbon","orders":2,"amount":120.00}],"delete":[{"city":"Porto"}]}
Lisbon | 120.00
'''

def check_installed(checks, build, folder):
    """As another project would: pkg-config says how to compile and link, and the program runs."""
    install = subprocess.run(['meson', 'install', '-C', build, '--no-rebuild', '--quiet', '--destdir', folder], capture_output=True, text=True, timeout=120)
    checks.check('it installs', install.returncode == 0, install.stdout, install.stderr)
    config = next(pathlib.Path(folder).rglob('weir.pc'), None)
    checks.check('there is a pkg-config file', config is not None)
    environment = dict(os.environ, PKG_CONFIG_PATH=str(config.parent), PKG_CONFIG_SYSROOT_DIR=folder)
    flags = subprocess.run(['pkg-config', '--cflags', '--libs', 'weir'], env=environment, capture_output=True, text=True)
    program = pathlib.Path(folder, 'embed')
    compiled = subprocess.run(['cc', ROOT / 'examples/embed/embed.c', '-o', program, *flags.stdout.split()], capture_output=True, text=True)
    checks.check('a program compiles against what is installed', compiled.returncode == 0, flags.stderr, compiled.stderr)
    library = next(pathlib.Path(folder).rglob('libweir.so')).parent
    run = subprocess.run([program], env=dict(os.environ, LD_LIBRARY_PATH=str(library)), capture_output=True, text=True, timeout=60)
    checks.check('and does the same', run.stdout == EXPECTED, run.stdout, run.stderr)
    installed = sorted(path.name for path in pathlib.Path(folder).rglob('*') if path.is_file() and path != program)
    checks.check('program, library, header and nothing else', [name for name in installed if not name.startswith('libweir.so')] == ['weir', 'weir.h', 'weir.pc'], installed)

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
    with tempfile.TemporaryDirectory(prefix='weir-install-') as folder:
        check_installed(checks, build, folder)
    symbols = subprocess.run(['nm', '-D', '--defined-only', build / 'libweir.so'], capture_output=True, text=True).stdout
    foreign = [line for line in symbols.splitlines() if line and ' weir_' not in line and not line.split()[-1].startswith('_')]
    checks.check('the library shows only weir_*', not foreign, foreign[:5])
    checks.end()

main()

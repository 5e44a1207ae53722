#!/usr/bin/env python3
"""`./run check`: format, layers, symbols, warnings of two compilers, unit tests; then the longest functions and files.

Everything here is quick: it is run before each commit."""
import json, os, pathlib, re, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
os.chdir(ROOT)

def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)

def sources():
    tracked = run('git', 'ls-files', '-co', '--exclude-standard').stdout.split('\n')
    return [pathlib.Path(f) for f in tracked if f and pathlib.Path(f).exists()]

def c_files(files):
    return [f for f in files if f.suffix in ('.c', '.h', '.cc') and f.parts[0] in ('src', 'include', 'tests', 'bench', 'examples')]

def check_format(files):
    result = run('clang-format-14', '--dry-run', '-Werror', *map(str, c_files(files)))
    bad = sorted({line.split(':')[0] for line in result.stderr.splitlines() if 'error:' in line})
    return [f'{name}: not formatted (clang-format-14 -i {name})' for name in bad]

def build(folder, compiler, *options):
    """The messages of a build in which every warning is an error."""
    if not pathlib.Path(folder, 'build.ninja').exists():
        environment = dict(os.environ, CC=compiler, CXX={'gcc': 'g++', 'clang': 'clang++'}[compiler])
        setup = run('meson', 'setup', folder, '-Dwerror=true', *options, env=environment)
        if setup.returncode:
            return [setup.stdout[-3000:]]
    result = run('ninja', '-C', folder)
    return [line for line in result.stdout.splitlines() if 'error:' in line or 'FAILED' in line] if result.returncode else []

def check_layers():
    result = run('python3', 'tools/check_layers.py', 'tools/layers.txt', 'src', 'build-check')
    return [] if result.returncode == 0 else result.stdout.splitlines()

def check_symbols():
    """No name of ours may be one of libpg_query's: its calls would silently come to us."""
    where = run('sh', '-c', 'ldconfig -p | sed -n "s/.*libpg_query.so.* => //p" | head -1').stdout.strip()
    if not where:
        return []
    theirs = {line.split()[-1] for line in run('nm', '-D', '--defined-only', where).stdout.splitlines() if line}
    archive = run('nm', '--defined-only', '-g', 'build-check/libweir_core.a').stdout.splitlines()
    ours = {line.split()[-1] for line in archive if len(line.split()) == 3}
    return [f'{name}: also a symbol of libpg_query' for name in sorted(ours & theirs)]

def unit_tests():
    faults = []
    for program in sorted(pathlib.Path('build-check/tests').glob('unit_*')):
        if program.is_file() and os.access(program, os.X_OK):
            result = run(str(program), env=dict(os.environ, WEIR_ROOT=str(ROOT)))
            if result.returncode:
                output = (result.stdout + result.stderr).splitlines()
                faults += [f'{program.name}: {line}' for line in output if 'FAILED' in line or 'rror:' in line][:20] or [f'{program.name}: failed']
    return faults

def longest(files):
    mine = [f for f in c_files(files) if f.parts[0] == 'src']
    lines = sorted(((sum(1 for _ in open(f, errors='replace')), str(f)) for f in mine), reverse=True)
    print('longest files:     ' + ', '.join(f'{name.removeprefix("src/")} {count}' for count, name in lines[:10]))
    tags = run('ctags', '--output-format=json', '--fields=+ne', '--kinds-C=f', '--kinds-C++=f', '-f', '-', *map(str, mine)).stdout
    functions = []
    for line in tags.splitlines():
        tag = json.loads(line)
        if 'end' in tag and 'line' in tag:
            functions.append((tag['end'] - tag['line'] + 1, tag['name'], tag['path']))
    functions.sort(reverse=True)
    print('longest functions: ' + ', '.join(f'{name} {count}' for count, name, _ in functions[:10]))

def main():
    files, failed = sources(), False
    steps = [('format', lambda: check_format(files)),
             ('gcc', lambda: build('build-check', 'gcc', '-Doptimization=0')),
             ('clang', lambda: build('build-clang', 'clang', '-Doptimization=0', '-Dtests=disabled')),
             ('layers', check_layers), ('symbols', check_symbols), ('unit tests', unit_tests)]
    for name, step in steps:
        faults = step()
        print(f'{name:12} {"ok" if not faults else f"{len(faults)} faults"}', flush=True)
        for fault in faults[:40]:
            print('  ' + fault)
        failed |= bool(faults)
    longest(files)
    sys.exit(failed)

main()

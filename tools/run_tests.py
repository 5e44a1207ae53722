#!/usr/bin/env python3
"""Runs every suite and adds up: `run_tests.py --checked BUILD [--only WORD]`.

A suite is a program; its tests are counted from what it prints: cmocka's lines, node's `# pass N`, or a closing
`N passed, N failed`. A program that fails or prints no count is one failed test. The last line is the sum."""
import argparse, os, pathlib, re, subprocess, sys, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SECONDS_MAX = 900

def suites(checked):
    """(name, command, environment) in the order they run."""
    thread, sql_run = ROOT / 'build-thread', checked / 'tests/sql/sql_run'
    for program in sorted((checked / 'tests').glob('unit_*')):
        if os.access(program, os.X_OK) and program.is_file():
            yield program.name, [program], {}
    for program in sorted((checked / 'tests' / 'prop').glob('prop_*')):
        if os.access(program, os.X_OK) and program.is_file():
            yield program.name, [program], {}
    simulation = checked / 'tests' / 'sim' / 'sim'
    if simulation.exists():
        yield 'simulation', [simulation], {}
    for program in sorted((checked / 'tests' / 'fuzz').glob('replay_*')):
        if os.access(program, os.X_OK) and program.is_file():
            target = program.name.removeprefix('replay_')
            yield 'corpus_' + target, [program, ROOT / 'tests/fuzz/corpus' / target], {}
    for file in sorted((ROOT / 'tests/sql').glob('*.slt')) if sql_run.exists() else []:
        yield 'sql_' + file.stem, [sql_run, file], {}
    types = ROOT / 'tests/oracle/types.sh'
    if types.exists():
        yield 'oracle_types', ['bash', types, ROOT / 'build', '100000'], {}
    for folder in ('os', 'log', 'flow'):
        program = thread / 'tests' / f'unit_{folder}'
        if program.exists():
            yield f'thread_{folder}', [program], {}
    scripts = [('tests/sql', '*.sh'), ('tests/oracle', '*_test.sh'), ('tests/e2e', '*.test.sh'), ('tests/e2e', '*_test.py')]
    for folder, pattern in scripts:
        for script in sorted((ROOT / folder).glob(pattern)):
            command = ['python3', script] if script.suffix == '.py' else ['bash', script]
            yield f'{script.parent.name}_{script.stem}', command, {'WEIR_BUILD': str(checked)}
    if (ROOT / 'tests/e2e/package.json').exists():
        yield 'e2e', ['npm', '--silent', '--prefix', ROOT / 'tests/e2e', 'test'], {}

def count(output):
    """(passed, failed, skipped) as the program says, or None."""
    plain = re.findall(r'^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$', output, re.M)
    if plain:
        return tuple(sum(int(line[i] or 0) for line in plain) for i in range(3))
    replayed = re.search(r'^(\d+) inputs replayed$', output, re.M)
    if replayed:
        return int(replayed[1]), 0, 0
    oracle = re.search(r'^cases\|.*\n(\d+)\|\d+\|\d+\|(\d+)$', output, re.M)
    if oracle:
        return (0, int(oracle[2]), 0) if int(oracle[2]) else (1, 0, 0) # thousands of cases, one fact
    node = re.search(r'^# pass (\d+)\n# fail (\d+)', output, re.M)
    if node:
        skipped = re.search(r'^# skipped (\d+)', output, re.M)
        return int(node[1]), int(node[2]), int(skipped[1]) if skipped else 0
    passed = re.search(r'\[  PASSED  \] (\d+) test', output)
    if passed:
        failed = re.search(r'\[  FAILED  \] (\d+) test', output)
        return int(passed[1]), int(failed[1]) if failed else 0, 0
    return None

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--checked', required=True)
    parser.add_argument('--only', default='')
    options = parser.parse_args()
    checked = ROOT / options.checked
    total = [0, 0, 0]
    for name, command, extra in suites(checked):
        if options.only not in name:
            continue
        environment = dict(os.environ, WEIR_ROOT=str(ROOT), WEIR_BINARY=str(ROOT / 'build/weir'),
                           ASAN_OPTIONS='detect_leaks=1:detect_stack_use_after_return=0', UBSAN_OPTIONS='print_stacktrace=1:halt_on_error=1',
                           **extra)
        start = time.monotonic()
        try:
            run = subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS_MAX)
            output, status = run.stdout.decode(errors='replace'), run.returncode
        except subprocess.TimeoutExpired as expired:
            output, status = (expired.stdout or b'').decode(errors='replace'), f'still running after {SECONDS_MAX} s'
        counted = count(output)
        passed, failed, skipped = counted or (0, 0, 0)
        if (status != 0 or counted is None) and failed == 0:
            failed = 1
        if failed:
            print(output[-8000:])
        print(f'{name:32} {passed:6} passed {failed:4} failed {skipped:4} skipped {time.monotonic() - start:7.1f} s'
              + ('' if status == 0 else f'   ({status})'), flush=True)
        for index, value in enumerate((passed, failed, skipped)):
            total[index] += value
    print(f'{total[0]} passed, {total[1]} failed' + (f', {total[2]} skipped' if total[2] else ''))
    sys.exit(1 if total[1] or not total[0] else 0)

main()

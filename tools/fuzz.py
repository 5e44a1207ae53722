#!/usr/bin/env python3
"""`./run fuzz [--seconds N] [--only NAME]`: every libFuzzer target for a while, from its corpus on.

What is found stays in build-fuzz/found/NAME; a fixed one becomes a file of tests/fuzz/corpus/NAME."""
import argparse, os, pathlib, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

def main():
    parser = argparse.ArgumentParser(prog='./run fuzz')
    parser.add_argument('--seconds', type=int, default=60)
    parser.add_argument('--only', default='')
    options = parser.parse_args()
    failed = 0
    for target in sorted((ROOT / 'build-fuzz/tests/fuzz').glob('fuzz_*')):
        if not os.access(target, os.X_OK) or not target.is_file() or options.only not in target.name:
            continue
        name = target.name.removeprefix('fuzz_')
        work, found = ROOT / 'build-fuzz/work' / name, ROOT / 'build-fuzz/found' / name
        work.mkdir(parents=True, exist_ok=True)
        found.mkdir(parents=True, exist_ok=True)
        corpus = ROOT / 'tests/fuzz/corpus' / name
        run = subprocess.run([target, f'-max_total_time={options.seconds}', f'-artifact_prefix={found}/', '-print_final_stats=1', '-verbosity=0',
                              str(work), *([str(corpus)] if corpus.is_dir() else [])], capture_output=True, text=True)
        runs = next((line.split()[-1] for line in run.stderr.splitlines() if 'number_of_executed_units' in line), '?')
        print(f'{name:20} {"ok" if run.returncode == 0 else "FOUND, see " + str(found.relative_to(ROOT))}, {runs} runs', flush=True)
        if run.returncode:
            failed += 1
            print(run.stderr[-3000:])
    sys.exit(1 if failed else 0)

main()

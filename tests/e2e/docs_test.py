#!/usr/bin/env python3
"""Pages say what is there: made tables are up to date, files and functions that are named exist, links lead somewhere."""
import pathlib, re, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md', *sorted((ROOT / 'docs').glob('*.md')),
         *sorted((ROOT / 'examples').glob('*/README.md'))]
FOLDERS = 'base os wire data codec state log flow ops view plan engine connectors servers cli'.split()
passed = failed = 0


def check(what, problems):
    global passed, failed
    if problems:
        failed += 1
        print(f'FAILED {what}: {", ".join(problems)}')
    else:
        passed += 1


def exists(name):
    folder = name.split('/')[0]
    path = ROOT / 'src' / name if folder in FOLDERS else ROOT / name
    # x.c stands for a file to come.
    return path.exists() or '/x.' in name or any(path.parent.glob(path.name))


made = subprocess.run([sys.executable, ROOT / 'tools/gen_docs.py', '--check'], stdout=subprocess.PIPE, text=True)
check('made tables', [made.stdout.strip()] if made.returncode else [])
source = '\n'.join(path.read_text(encoding='utf-8', errors='replace') for path in sorted((ROOT / 'src').glob('*/*.[ch]')))
for page in PAGES:
    text, name = page.read_text(encoding='utf-8'), page.relative_to(ROOT)
    links = [link.split('#')[0] for link in re.findall(r'\]\(([^)\s]+)\)', text) if not link.startswith('http')]
    check(f'links of {name}', [link for link in links if link and not (page.parent / link).exists()])
    files = re.findall(rf'`((?:{"|".join(FOLDERS)}|tests|tools|examples|src)/[\w/*]+\.(?:c|h|def|py|sh|txt|sql))`', text)
    check(f'files in {name}', sorted({file for file in files if not exists(file)}))
walk = (ROOT / 'docs/ARCHITECTURE.md').read_text(encoding='utf-8').split('## Five invariants')[0]
functions = re.findall(r'`([a-z]\w*_\w+)`', walk)
check('functions of the walk', sorted({each for each in functions if not re.search(rf'\b{each}\b', source)
                                       and not (ROOT / f'examples/{each}').exists() and each != 'category_total'}))
print(f'{passed} passed, {failed} failed')
sys.exit(1 if failed else 0)

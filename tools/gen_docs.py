#!/usr/bin/env python3
"""Writes the tables in docs/ that are made from tables in src/: functions, aggregates, settings, weir.*, layers,
stances.

`gen_docs.py` rewrites what stands between `<!-- made: NAME -->` and `<!-- end -->`; `gen_docs.py --check` only says
whether that would change something."""
import pathlib, re, sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
TYPES = {'INT2': 'smallint', 'INT4': 'integer', 'INT8': 'bigint', 'FLOAT4': 'real', 'FLOAT8': 'double precision',
         'NUMERIC': 'numeric', 'BOOL': 'boolean', 'TEXT': 'text', 'BPCHAR': 'char', 'BYTEA': 'bytea', 'DATE': 'date',
         'TIMESTAMP': 'timestamp', 'TIMESTAMPTZ': 'timestamptz', 'INTERVAL': 'interval', 'UUID': 'uuid', 'ANY': 'any',
         'SAME': 'same'}


def source(path):
    return (ROOT / path).read_text(encoding='utf-8')


def entries(text):
    """(macro, [arguments]) of a .def file, over its sections: a section's title comes as ('', [title])."""
    pattern = r'/\* --- (.*?) --- \*/|^(\w+)\(((?:"(?:[^"\\]|\\.)*"|[^()"])*)\)'
    for title, macro, arguments in re.findall(pattern, text, re.M):
        yield (macro, re.findall(r'"(?:[^"\\]|\\.)*"|[^,\s][^,]*', arguments)) if macro else ('', [title])


def functions():
    lines, section, rows = [], None, {}

    def close():
        if rows:
            lines.append(f'**{section}**: ' + ', '.join(rows) + '.\n')
        rows.clear()

    for macro, arguments in entries(source('src/data/funcs.def')):
        if not macro:
            close()
            section = arguments[0]
        elif macro.startswith(('FUNCTION', 'OPERATOR')) and 'REFUSED' not in macro:
            name = arguments[0].strip('"')
            shown = name.replace('|', '\\|')
            rows[f'`{shown}`' if '|' not in name else f'`{name}`'] = True
        elif macro == 'COMPARISONS':
            rows.update(dict.fromkeys(f'`{name}`' for name in ('=', '<>', '<', '<=', '>', '>=')))
    close()
    return '\n'.join(lines)


def aggregates():
    kept, refused = {}, {}
    for macro, arguments in entries(source('src/data/aggs.def')):
        if macro == 'AGGREGATE':
            kept.setdefault(arguments[0].strip('"'), []).append(TYPES.get(arguments[-1].strip(), ''))
        elif macro == 'AGGREGATES_ORDERED':
            for name in ('min', 'max'):
                kept.setdefault(name, []).append(TYPES[arguments[0].strip()])
        elif macro == 'AGGREGATE_REFUSED':
            refused[arguments[0].strip('"')] = True
    lines = ['| aggregate | of |', '| --- | --- |']
    for name, types in kept.items():
        lines.append(f'| `{name}` | {", ".join(dict.fromkeys(kind or "rows" for kind in types))} |')
    return '\n'.join(lines) + '\n\nRefused for now: ' + ', '.join(f'`{name}`' for name in refused) + '.\n'


# As in src/data/func.c: from and to every text type.
TEXTS = ('TEXT', 'VARCHAR', 'BPCHAR')
CONTEXTS = {'IMPLICIT': 'by itself', 'ASSIGNMENT': 'in INSERT and UPDATE', 'EXPLICIT': 'when written'}


def casts():
    """What each type may become: the widest context of each pair."""
    found = {}

    def add(source_type, target, context):
        order = list(CONTEXTS)
        known = found.setdefault(source_type, {}).get(target)
        if known is None or order.index(context) < order.index(known):
            found[source_type][target] = context

    for macro, arguments in entries(source('src/data/casts.def')):
        if macro == 'CASTS_TEXT':
            for text in TEXTS:
                add(arguments[0], text, 'ASSIGNMENT')
                add(text, arguments[0], 'EXPLICIT')
        elif macro.startswith('CAST'):
            add(arguments[0], arguments[1], arguments[2])
    names = dict(TYPES, VARCHAR='varchar')
    lines = ['| from | ' + ' | '.join(CONTEXTS.values()) + ' |', '| --- |' + ' --- |' * len(CONTEXTS)]
    for kind, targets in found.items():
        cells = [', '.join(names[each] for each, context in targets.items() if context == column and each != kind)
                 for column in CONTEXTS]
        if any(cells):
            lines.append(f'| {names[kind]} | ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines) + '\n'


def refused():
    lines = ['| refused | instead |', '| --- | --- |']
    for macro, (message, hint) in ((macro, arguments) for macro, arguments in entries(source('src/plan/hints.def')) if macro):
        said = re.sub(r' (is|are) not( supported)?$', '', message[1:-1].replace('\\"', ''))
        lines.append(f'| {said.replace("|", chr(92) + "|")} | {hint[1:-1].replace(chr(92) + chr(34), chr(34)).replace("|", chr(92) + "|")} |')
    return '\n'.join(lines) + '\n'


def settings():
    lines = ['| option | variable | `SET` | default | meaning |', '| --- | --- | --- | --- | --- |']
    for line in source('src/engine/settings.def').splitlines():
        found = re.match(r'SETTING\((\w+), \w+, (\w+), "(.*?)", \S+, \S+, "(.*?)", "(.*)"\)$', line)
        if found:
            name, when, default, value, meaning = found.groups()
            option = f'--{name.lower().replace("_", "-")} {value}'.strip().replace('|', '\\|')
            lines.append(f'| `{option}` | `WEIR_{name}` | {"yes" if when == "LIVE" else ""} | {f"`{default}`" if default else ""} | {meaning} |')
    return '\n'.join(lines) + '\n'


def system_tables():
    text = source('src/engine/sys_views.c')
    text = text[text.index('sys_views[] = {'):]
    text = text[:text.index('};')]
    lines = ['| table | columns |', '| --- | --- |']
    for name, columns in re.findall(r'\{ "(\w+)",\s*((?:"[^"]*"\s*)+),', text):
        joined = ''.join(re.findall(r'"([^"]*)"', columns))
        lines.append(f'| `weir.{name}` | {", ".join(f"`{part}`" for part in joined.split(", "))} |')
    return '\n'.join(lines) + '\n'


def layers():
    lines = ['| folder | may include |', '| --- | --- |']
    for folder, below in re.findall(r'^(\w+) *: *(.*)$', source('tools/layers.txt'), re.M):
        lines.append(f'| `{folder}` | {", ".join(f"`{name}`" for name in below.split()) or "nothing but C"} |')
    return '\n'.join(lines) + '\n'


def stances():
    places = {'EVENTS': 'streams of events', 'KEYED': 'keyed tables', 'VIEW': 'views', 'ANYWHERE': 'everything'}
    lines = ['| stance | when the edge is full | may be used on |', '| --- | --- | --- |']
    for macro, (_, name, where, meaning) in (entry for entry in entries(source('src/flow/stances.def')) if entry[0] == 'STANCE'):
        used = ', '.join(places[part] for part in re.findall(r'STANCE_(\w+)', where))
        lines.append(f'| `{name.strip(chr(34))}` | {meaning.strip(chr(34))} | {used} |')
    return '\n'.join(lines) + '\n'


MADE = {'functions': functions, 'aggregates': aggregates, 'settings': settings, 'system tables': system_tables,
        'layers': layers, 'stances': stances,
        'casts': casts, 'refused': refused}


def main():
    check, stale = '--check' in sys.argv[1:], []
    for page in sorted((ROOT / 'docs').glob('*.md')):
        old = page.read_text(encoding='utf-8')
        new = re.sub(r'(<!-- made: ([\w ]+) -->\n).*?(<!-- end -->)',
                     lambda match: match[1] + '\n' + MADE[match[2]]() + '\n' + match[3], old, flags=re.S)
        if new != old:
            stale.append(page.name)
            if not check:
                page.write_text(new, encoding='utf-8')
    if stale:
        print(('stale, run tools/gen_docs.py: ' if check else 'written: ') + ', '.join(stale))
    sys.exit(1 if check and stale else 0)


main()

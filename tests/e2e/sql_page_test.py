#!/usr/bin/env python3
"""Runs docs/SQL.md: its SQL one block after another on one server, and holds what the last statement of a block
gives to the text behind it. `sql_page_test.py --write` puts what came there instead."""
import pathlib, re, sys

from server import Checks, Server

PAGE = pathlib.Path(__file__).resolve().parents[2] / 'docs/SQL.md'
BLOCK = re.compile(r'```sql\n(.*?)```\n(?:\n```text\n(.*?)```\n)?', re.S)


def plain(text):
    """Bytes depend on the machine; their place does not."""
    return [re.sub(r'^((?: +\d+){2}(?: +\d+)?)( +\d+)(?=  )', r'\1', line).split() for line in text.splitlines()]


def shown(result):
    return ''.join('|'.join('' if cell is None else str(cell) for cell in row) + '\n' for row in result.get('rows', []))


def statements(block):
    """Each alone: a definition is a request of its own."""
    code = re.sub(r'--[^\n]*', '', block)
    return [each.strip() for each in code.split(';') if each.strip()]


def main():
    checks, text = Checks(), PAGE.read_text(encoding='utf-8')
    with Server(data='none') as server:
        def run(match):
            answer = [server.sql(each, parse_float=str)[-1] for each in statements(match[1])]
            if match[2] is None:
                checks.check('runs', answer)
                return match[0]
            given = shown(answer[-1])
            if '--write' not in sys.argv:
                checks.check('as on the page', plain(given) == plain(match[2]), given)
            return match[0][:match.start(2) - match.start()] + given + match[0][match.end(2) - match.start():]
        written = BLOCK.sub(run, text)
    if '--write' in sys.argv:
        PAGE.write_text(written, encoding='utf-8')
    checks.end()


main()

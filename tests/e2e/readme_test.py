#!/usr/bin/env python3
"""Runs README.md: its blocks of commands one after another in one shell, and holds what they print to what it says.

Other ports are put in the place of the usual ones, and the shell waits for the server where a reader would."""
import os, pathlib, re, signal, socket, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get('WEIR_BINARY') or ROOT / 'build/weir')
WAIT = '''
for _ in $(seq 100); do curl -sf localhost:{admin}/ready >/dev/null && break; sleep 0.1; done
'''


def free_ports(count):
    sockets = [socket.create_server(('127.0.0.1', 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def blocks(text):
    """[(commands, what they print)]"""
    found = re.findall(r'```sh\n(.*?)```\n(?:```text\n(.*?)```)?', text, re.S)
    return [(commands, expected) for commands, expected in found]


def plain(lines):
    """What can be foretold of an output: no ids, no spread waits, no empty lines."""
    return [line for line in lines.splitlines() if line and not re.match(r'id:|retry:|:', line)]


def main():
    text = (ROOT / 'README.md').read_text(encoding='utf-8')
    http, admin = free_ports(2)
    script, expected = 'set -e\n', []
    for commands, output in blocks(text):
        script += commands.replace('localhost:8080', f'localhost:{http}')
        if 'weir serve' in commands:
            script += WAIT.format(admin=admin)
        # What was written ends in no newline; a subscription needs a moment.
        script += 'sleep 0.5; echo\n'
        expected += plain(output)
    script += 'kill %1; wait %1\n'
    with tempfile.TemporaryDirectory(prefix='weir-readme-') as folder:
        (pathlib.Path(folder) / 'build').mkdir()
        (pathlib.Path(folder) / 'build/weir').symlink_to(BINARY)
        environment = dict(os.environ, WEIR_HTTP=f'127.0.0.1:{http}', WEIR_ADMIN=f'127.0.0.1:{admin}')
        shell = subprocess.Popen(['bash', '-c', script], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        try:
            output, errors = shell.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(shell.pid, signal.SIGKILL)
            output, errors = shell.communicate()
            errors += '\nstill running after 60 s'
    # The end of the subscription is the doing of this test, which stops the server.
    printed = plain(output.split('event: end')[0])
    problems = [f'says "{says}", prints "{prints}"' for says, prints in
                zip(expected + [''] * len(printed), printed + [''] * len(expected)) if says != prints]
    if shell.returncode:
        problems.append(f'status {shell.returncode}: {errors}')
    for problem in problems:
        print(problem)
    count = len(expected) + 1
    print(f'{max(count - len(problems), 0)} passed, {min(len(problems), count)} failed')
    sys.exit(1 if problems else 0)


main()

#!/usr/bin/env python3
"""The demo as its users start it: into a pipe, on a terminal, ended by its time, by SIGTERM and by Ctrl-C. Nothing may stay behind."""
import glob, os, pathlib, pty, re, select, signal, subprocess, sys, tempfile, time, urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEMO = [sys.executable, str(ROOT / 'examples/demo.py'), '--speed', '10x']
SECONDS_MAX = 40
passed = failed = 0


def check(what, good, said=''):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f'FAILED {what}: {said[-1500:]!r}')


def nothing_stays(what, folder, output):
    """The server is gone, and its data."""
    check(f'{what}: no data stays', not glob.glob(f'{folder}/weir-demo-*'), str(os.listdir(folder)))
    url = re.search(r'data +(http://\S+)', output)
    try:
        urllib.request.urlopen(f'{url[1]}/weir.views', timeout=5)
        check(f'{what}: the server is gone', False, 'it answers')
    except (OSError, TypeError) as error:
        check(f'{what}: the server is gone', isinstance(error, OSError), output)


def into_a_pipe(folder, environment):
    done = subprocess.run([*DEMO, '--seconds', '3'], env=environment, capture_output=True, text=True, timeout=SECONDS_MAX)
    check('pipe: ends well', done.returncode == 0, done.stdout + done.stderr)
    check('pipe: three curl lines', done.stdout.count('  curl ') == 3, done.stdout)
    check('pipe: lines of the view', len(re.findall(r'^tick \d+: richest_account has 10 rows', done.stdout, re.M)) >= 2,
          done.stdout)
    check('pipe: no control characters', '\x1b' not in done.stdout, done.stdout)
    nothing_stays('pipe', folder, done.stdout)


def read_until(terminal, wanted, seconds=SECONDS_MAX):
    """What a terminal got, up to a pattern or its end."""
    output, until = '', time.monotonic() + seconds
    while time.monotonic() < until and not (wanted and re.search(wanted, output)):
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            piece = os.read(terminal, 65536)
        except OSError:     # the other side is closed
            break
        if not piece:
            break
        output += piece.decode(errors='replace')
    return output


def on_a_terminal(how, folder, environment):
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(DEMO[0], DEMO, dict(environment, TERM='xterm'))
    output = read_until(terminal, r'\x1b\[\d+F(.|\n)*frames so far')
    check(f'{how}: redraws in place', re.search(r'\x1b\[\d+F', output) and 'richest_account: 10 rows' in output, output)
    if how == 'Ctrl-C':
        os.write(terminal, b'\x03')
    else:
        os.kill(pid, signal.SIGTERM)
    output += read_until(terminal, None)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(terminal)
    check(f'{how}: ends well', status == 0 and 'rows went in' in output, output)
    check(f'{how}: the cursor is shown again', output.rfind('\x1b[?25h') > output.rfind('\x1b[?25l'), output)
    nothing_stays(how, folder, output)


def main():
    with tempfile.TemporaryDirectory(prefix='weir-demo-test-') as folder:
        environment = dict(os.environ, TMPDIR=folder)
        into_a_pipe(folder, environment)
        on_a_terminal('Ctrl-C', folder, environment)
        on_a_terminal('SIGTERM', folder, environment)
        wrong = subprocess.run([*DEMO, '--view', 'nothing', '--seconds', '5'], env=environment, capture_output=True,
                               text=True, timeout=SECONDS_MAX)
        check('an unknown view is named', wrong.returncode == 1 and 'nothing' in wrong.stderr, wrong.stdout + wrong.stderr)
        fast = subprocess.run([*DEMO[:2], '--speed', 'fast'], env=environment, capture_output=True, text=True, timeout=SECONDS_MAX)
        check('an unknown speed is explained', fast.returncode == 2 and 'try 1x' in fast.stderr, fast.stderr)
    print(f'{passed} passed, {failed} failed')
    sys.exit(1 if failed else 0)


main()

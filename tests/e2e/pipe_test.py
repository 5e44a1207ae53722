#!/usr/bin/env python3
"""`weir pipe`: every byte arrives, every record is accounted for, memory is bounded, and a kill with a spool loses and repeats nothing."""
import fcntl, os, pathlib, random, re, select, signal, subprocess, sys, tempfile
sys.path.insert(0, os.path.dirname(__file__))
from server import BINARY, Checks

LIMIT = 120
BALANCE = re.compile(r'weir: (\d+) in = (\d+) out \+ (\d+) conflated \+ (\d+) dropped \+ (\d+) expired \+ (\d+) queued')

def pipe(*options, text=None, env=None):
    return subprocess.run([BINARY, 'pipe', *map(str, options)], input=text, capture_output=True, timeout=LIMIT, env=dict(os.environ, **(env or {})))

def start(*options, env=None):
    return subprocess.Popen([BINARY, 'pipe', *map(str, options)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env=dict(os.environ, **(env or {})))

def balance(stderr):
    """in, out, conflated, dropped, expired, queued of the last balance printed."""
    return tuple(map(int, BALANCE.findall(stderr.decode())[-1]))

def balanced(counts):
    return counts[0] == sum(counts[1:])

def fill(process, lines):
    """Writes lines until the process takes no more for a second, or has ended; how many bytes it took."""
    text, taken = b''.join(lines), 0
    fcntl.fcntl(process.stdin, fcntl.F_SETFL, os.O_NONBLOCK)
    try:
        while taken < len(text) and select.select([], [process.stdin], [], 1)[1]:
            taken += os.write(process.stdin.fileno(), text[taken:taken + 65536])
    except BrokenPipeError:
        pass
    return taken

def peak_kib(process):
    return int(re.search(r'VmHWM:\s+(\d+) kB', pathlib.Path(f'/proc/{process.pid}/status').read_text())[1])

def check_copies(checks, folder, source, text):
    for name, options in {'lines': [], 'raw bytes': ['--raw'], 'a small edge': ['--max-items', '3'], 'few bytes': ['--max-bytes', '100B'],
                          'through a spool': ['--spill', folder / 'copies'],
                          'through a spool of few records': ['--spill', folder / 'copies', '--max-items', '3'],
                          'through a spool of few bytes': ['--spill', folder / 'copies', '--max-bytes', '2kB'],
                          'raw bytes through a spool': ['--spill', folder / 'copies', '--raw', '--max-bytes', '100kB']}.items():
        target = folder / ('copy ' + name)
        run = pipe(source, target, *options)
        checks.check(f'a file to a file: {name}', run.returncode == 0 and target.read_bytes() == text and balanced(balance(run.stderr)), run.stderr)
    checks.check('a spool that was emptied is removed', list((folder / 'copies').iterdir()) == [], list((folder / 'copies').iterdir()))
    run = pipe('-', '-', text=text)
    checks.check('standard input to standard output', run.returncode == 0 and run.stdout == text, run.stderr)
    run = pipe(source, folder / 'copy lines')
    checks.check('a file is appended to', (folder / 'copy lines').read_bytes() == text * 2)

def check_stances(checks, lines):
    """The far side reads nothing until all is in."""
    for stance in (['drop_oldest'], ['drop_newest'], ['latest'], ['thin', '--keep', '1/10']):
        process = start('-', '-', '--max-items', '1000', '--stance', *stance)
        taken = fill(process, lines)
        process.stdin.close()
        out = process.stdout.read()
        stderr = process.stderr.read()
        counts = balance(stderr)
        got = [int(line) for line in out.split()]
        checks.check(f'{stance[0]}: the producer never waits', taken == sum(map(len, lines)), taken)
        checks.check(f'{stance[0]}: balanced, in order, nothing twice', process.wait() == 0 and balanced(counts) and counts[0] == len(lines)
                     and counts[1] == len(got) and counts[3] > 0 and got == sorted(set(got)), counts)
        if stance[0] in ('drop_oldest', 'latest'):
            checks.check(f'{stance[0]}: the newest is there', got[-1] == len(lines) - 1, got[-3:])
    process = start('-', '-', '--max-items', '1000')
    taken = fill(process, lines)
    checks.check('block: the producer waits', 0 < taken < sum(map(len, lines)), taken)
    rest = b''.join(lines)[taken:]
    fcntl.fcntl(process.stdin, fcntl.F_SETFL, 0)
    out, stderr = process.communicate(rest, timeout=LIMIT)
    checks.check('block: nothing is lost', out == b''.join(lines) and balance(stderr)[3] == 0, balance(stderr))
    process = start('-', '-', '--max-items', '1000', '--stance', 'error')
    fill(process, lines)
    out, stderr = process.communicate(timeout=LIMIT)
    checks.check('error: the stream ends with the reason, what waited is written', process.returncode == 1 and b'overflowed' in stderr
                 and b''.join(lines).startswith(out) and balanced(balance(stderr)), stderr)

def check_memory(checks, folder):
    source = folder / 'large'
    with open(source, 'wb') as file:
        for _ in range(200):
            file.write(b'x' * 1000000 + b'\n')
    for options in ([], ['--raw'], ['--spill', folder / 'memory', '--max-bytes', '1GB']):
        process = start(source, '-', *options)
        first = process.stdout.read(1000)
        select.select([], [], [], 1)
        peak = peak_kib(process)
        rest = process.stdout.read()
        checks.check(f'200 MB behind a reader that stalls: memory is bounded ({" ".join(map(str, options))})', peak < 48 * 1024, peak)
        checks.check('and all arrives', len(first) + len(rest) == source.stat().st_size and process.wait() == 0)
        process.stdin.close()

def check_kills(checks, folder, source, text):
    """Killed again and again: the file that is written ends up the same, byte for byte."""
    target, kills, rng = folder / 'killed', 0, random.Random(1)
    target.write_bytes(b'what was there before\n')
    for _ in range(200):
        process = start(source, target, '--spill', folder / 'kills', '--max-bytes', '300kB', '--rate', '400k/s')
        try:
            process.wait(timeout=rng.random() * 0.15)
        except subprocess.TimeoutExpired:
            process.kill()
            kills += 1
        code = process.wait()
        process.communicate()
        if code == 0:
            break
        checks.check('a run ends well or is killed', code == -signal.SIGKILL, code)
    checks.check('killed several times, and came to the end', kills > 3 and code == 0, kills, code)
    checks.check('nothing is lost and nothing is there twice', target.read_bytes() == b'what was there before\n' + text, target.stat().st_size, len(text))

def check_disk_full(checks, folder, source, text):
    process = start(source, '-', '--spill', folder / 'full', env={'WEIR_FAULT': 'enospc-after=400kB'})
    select.select([], [], [], 0.5)
    checks.check('a full disk is no end', process.poll() is None)
    out, stderr = process.communicate(timeout=LIMIT)
    checks.check('a full disk only slows', process.returncode == 0 and out == text, process.returncode, len(out), stderr[-300:])

def check_stop(checks, folder):
    process = start('-', folder / 'stopped')
    process.stdin.write(b'one\ntwo\n')
    process.stdin.flush()
    while not (folder / 'stopped').exists() or (folder / 'stopped').stat().st_size < 8:
        select.select([], [], [], 0.01)
    process.send_signal(signal.SIGTERM)
    stderr = process.stderr.read()
    checks.check('SIGTERM: what came in is written, exit 0', process.wait(timeout=LIMIT) == 0 and balance(stderr)[:2] == (2, 2), stderr)
    process.stdin.close()

def check_refusals(checks, folder, source):
    for options, code, word in [((source,), 2, 'to where'), ((source, 'kafka://broker/topic'), 1, 'kafka'), (('/nowhere/x', 'y'), 1, 'No such file'),
                                ((source, 'y', '--stance', 'conflate'), 2, 'without a key'), ((source, 'y', '--stance', 'every'), 2, 'every'),
                                ((source, 'y', '--raw', '--stance', 'latest'), 1, 'holes'), ((source, 'y', '--stance', 'spill'), 2, '--spill'),
                                ((source, 'y', '--stance', 'expire'), 2, 'max_age'), ((source, 'y', '--max-age', '1s'), 2, 'expire'),
                                ((source, 'y', '--max-items', '0'), 2, 'max_items'), ((source, 'y', '--stance', 'drop_priority'), 2, 'class')]:
        run = pipe(*options)
        checks.check(f'refused: {" ".join(map(str, options[1:]))}', run.returncode == code and word.encode() in run.stderr, run.returncode, run.stderr)
    with open('/dev/full', 'wb') as full:
        run = subprocess.run([BINARY, 'pipe', source, '-'], stdout=full, stderr=subprocess.PIPE, timeout=LIMIT)
    checks.check('a stream that takes no more is a failure', run.returncode == 1 and b'No space left' in run.stderr, run.stderr)

def main():
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix='weir-pipe-') as name:
        folder = pathlib.Path(name)
        lines = [b'%d\n' % number for number in range(200000)]
        text = b''.join(lines) + b'the last line has no newline'
        source = folder / 'source'
        source.write_bytes(text)
        check_copies(checks, folder, source, text)
        check_stances(checks, lines)
        check_memory(checks, folder)
        check_kills(checks, folder, source, text)
        check_disk_full(checks, folder, source, text)
        check_stop(checks, folder)
        check_refusals(checks, folder, source)
    checks.end()

main()

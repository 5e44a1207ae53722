#!/usr/bin/env python3
"""`weir advise`: exact figures as JSON and as text, questions one by one, clear refusals."""
import json, os, pty, subprocess, sys
sys.path.insert(0, os.path.dirname(__file__))
from server import BINARY, Checks

def advise(*options):
    return subprocess.run([BINARY, 'advise', *options], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)

def asked(answers):
    """The dialogue on a terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen([BINARY, 'advise'], stdin=follower, stdout=subprocess.PIPE, stderr=follower, text=True)
    os.close(follower)
    os.write(leader, answers.encode())
    text, _ = process.communicate(timeout=20)
    os.close(leader)
    return process.returncode, text

def main():
    checks = Checks()
    run = advise('--in', '100/s', '--out', '95/s', '--max-items', '1000', '--json')
    answer = json.loads(run.stdout)
    checks.check('100/s against 95/s fill 1000 places in 200 s', answer['overflow_after_s'] == 200, run.stdout)
    checks.check('the text of JSON says so', '"overflow_after_s":200,' in run.stdout, run.stdout)
    checks.check('latency is the bound over the rate', abs(answer['latency_s'] - 1000 / 95) < 1e-9, run.stdout)
    checks.check('each stance says where the surplus goes', {line['stance']: (line['lost_per_s'], line['held_per_s']) for line in answer['stances']}['block'] == (0, 5), run.stdout)
    text = advise('--in=100/s', '--out=95/s', '--max-items=1000')
    checks.check('the text says it too', text.returncode == 0 and 'overflow after 200 s' in text.stdout and "stance = 'block', max_items = 1000" in text.stdout, text.stdout)
    spill = json.loads(advise('--in', '10/s', '--out', '5/s', '--item-size', '100B', '--controllable', 'no', '--loss', 'no', '--json').stdout)
    checks.check('what cannot wait and must not be lost goes to disk', spill['stance'] == 'spill' and {line['stance']: line['disk_bytes_per_s'] for line in spill['stances']}['spill'] == 500, spill)
    status, text = asked('100/s\n95/s\n1000\n\n\nno\nyes\n')
    checks.check('asked on a terminal', status == 0 and 'overflow after 200 s' in text and 'Take drop_oldest' in text, status, text)
    for options, word in {('--in', '1/s'): '--out', ('--in', 'x', '--out', '1/s'): 'rate', ('--in', '1/s', '--out', '1/s', '--loss', 'perhaps'): 'loss',
                          ('--in', '1/s', '--out', '1/s', '--max-bytes', '1MB'): '--item-size', ('--frob', '1'): '--frob',
                          ('--in', '1/s', '--in', '2/s', '--out', '1/s'): 'before', ('--in',): 'missing', ('what',): 'too many'}.items():
        wrong = advise(*options)
        checks.check(f'refused: {" ".join(options)}', wrong.returncode == 2 and word in wrong.stderr and wrong.stderr.count('\n') == 1, wrong.returncode, wrong.stderr)
    helped = advise('--help')
    checks.check('--help', helped.returncode == 0 and '--max-items' in helped.stdout)
    checks.end()

main()

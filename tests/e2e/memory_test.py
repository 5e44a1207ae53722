#!/usr/bin/env python3
"""The memory budget of a real server: whatever is asked of it, the process stays within --memory and goes on.

The kernel's own count (VmHWM) is the judge. Each part says what may be refused, and what must go on meanwhile."""
import contextlib, http.client, json, os, socket, sys, threading, time
sys.path.insert(0, os.path.dirname(__file__))
from server import Checks, Server

BUDGET_MIB = 256
SCHEMA = '''
CREATE TABLE a (id bigint PRIMARY KEY, k bigint, t text);
CREATE TABLE b (id bigint PRIMARY KEY, k bigint, t text);
CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS rows FROM a;
CREATE MATERIALIZED VIEW pairs AS SELECT a.id AS a, b.id AS b, a.t || b.t AS t FROM a JOIN b ON a.k = b.k;
CREATE MATERIALIZED VIEW pair_count AS SELECT count(*) AS pairs FROM pairs;
CREATE MATERIALIZED VIEW matches AS SELECT count(*) AS pairs FROM a JOIN b ON a.k = b.k;
'''
ROWS = "INSERT INTO {0} SELECT g, {1}, 'a text that does not lie inside the row ' || g FROM generate_series(1, 5000) AS g"

class Watched(Server):
    def peak_mib(self):
        with open(f'/proc/{self.process.pid}/status') as status:
            return max(int(line.split()[1]) for line in status if line.startswith('VmHWM')) // 1024

    def try_sql(self, text, timeout=60):
        status, _, answer = self.request('POST', '/sql', text, {'Content-Type': 'application/sql'}, door="admin", timeout=timeout)
        return status, json.loads(answer)

    def statuses(self):
        return {row['name']: row['status'] for row in self.get('/weir.views?select=name,status')}

def is_refused(answer):
    return answer[0] == 503 and answer[1]['code'] == '53200'

def within(server, checks, what):
    checks.check(f'{what}: the process stays within its budget', server.peak_mib() <= BUDGET_MIB, server.peak_mib())
    checks.check(f'{what}: it lives', server.process.poll() is None)

def explode(server, checks):
    """Few rows multiply within a tick."""
    server.sql(SCHEMA)
    server.sql(ROWS.format('a', 1))
    server.sql(ROWS.format('b', 2))
    with contextlib.closing(http.client.HTTPConnection(server.http, timeout=60)) as stream:
        stream.request('GET', '/pairs', headers={'Accept': 'text/event-stream'})
        events = stream.getresponse()
        checks.check('a subscriber of the view begins', events.status == 200)
        server.sql('UPDATE b SET k = 1')
        text = events.read().decode()
        checks.check('its stream ends', 'event: init' in text, text[-300:])
    states = server.statuses()
    checks.check('the view and its dependents are suspended',
                 states['pairs'] == states['pair_count'] == 'suspended: memory', states)
    checks.check('what shares their join and others go on',
                 states['matches'] == states['counted'] == states['a'] == 'ready', states)
    checks.check('they are right', server.get('/matches') == [{'pairs': 25000000}], server.get('/matches'))
    status, headers, text = server.request('GET', '/pairs')
    checks.check('its readers are told', status == 503 and json.loads(text)['code'] == '53200' and 'Retry-After' in headers, status, text)
    checks.check('rows go on', server.post('/a', [{'id': 0, 'k': 5, 't': 'x'}])['rows'] == 1 and server.get('/counted') == [{'rows': 5001}])
    within(server, checks, 'explosion in a tick')

def queries(server, checks):
    cross = 'FROM a, b'
    checks.check('a query with a small result is computed', server.sql(f'SELECT count(*) {cross}')[0]['rows'] == [[5001 * 5000]])
    checks.check('one whose rows do not fit is refused', is_refused(server.try_sql(f'SELECT a.id, b.id, a.t || b.t {cross}')))
    checks.check('one whose order does not fit too', is_refused(server.try_sql(f'SELECT a.id, b.id, a.t || b.t {cross} ORDER BY 3')))
    checks.check('and INSERT ... SELECT of it', is_refused(server.try_sql(f'INSERT INTO a SELECT a.id * 10000 + b.id, 9, a.t || b.t {cross}')))
    checks.check('a series without end', is_refused(server.try_sql('SELECT * FROM generate_series(1, 100000000) AS g ORDER BY g')))
    checks.check('a view over it is refused', is_refused(server.try_sql(f'CREATE MATERIALIZED VIEW large AS SELECT a.id, b.id AS b, a.t || b.t AS t {cross}')))
    wide = "CREATE MATERIALIZED VIEW large AS SELECT id, repeat('z', 50000) AS z FROM a"
    checks.check('one of long rows too', is_refused(server.try_sql(wide)))
    checks.check('and is not there', 'large' not in server.statuses(), server.statuses())
    within(server, checks, 'queries')
    checks.check('the server goes on', server.get('/counted') == [{'rows': 5001}])

def replay(server, checks):
    """The explosion is in the log."""
    server.kill()
    server.start()
    states = server.statuses()
    checks.check('a restart ends as before', states['pairs'] == states['pair_count'] == 'suspended: memory' and states['matches'] == 'ready', states)
    checks.check('with right views', server.get('/matches') == [{'pairs': 25000000}] and server.get('/counted') == [{'rows': 5001}])
    within(server, checks, 'replay')
    server.sql('UPDATE b SET k = 2')
    server.kill()
    server.options[1] = '32MB'
    server.start()
    checks.check('a restart with less memory has its tables and small views', server.get('/counted') == [{'rows': 5001}], server.statuses())
    checks.check('and stays within that', server.peak_mib() <= 40, server.peak_mib())
    server.kill()
    server.options[1] = f'{BUDGET_MIB}MB'
    server.start()
    server.sql('DROP MATERIALIZED VIEW pairs CASCADE')
    server.sql('CREATE MATERIALIZED VIEW pairs AS SELECT a.id AS a, b.id AS b FROM a JOIN b ON a.k = b.k')
    checks.check('a view that was suspended can be made again', server.get('/pairs') == [])

def fill_up(server, checks):
    """Producers wait at the limit; what is deleted lets them go on."""
    server.sql('CREATE TABLE big (id bigint PRIMARY KEY, body text)')
    done, stop, acked, waited = threading.Event(), threading.Event(), [], []
    def produce():
        connection = http.client.HTTPConnection(server.http, timeout=300)
        number = 0
        while not stop.is_set():
            rows = [{'id': number * 1000 + i, 'body': f'{number:8}' * 100} for i in range(1000)]
            connection.request('POST', '/big', json.dumps(rows), {'Content-Type': 'application/json'})
            answer = connection.getresponse()
            text = answer.read()
            waited.append(answer.status)
            if answer.status == 201:
                acked.append(number)
                number += 1
            else:
                checks.check('what is refused says why', json.loads(text)['code'] == '53200', text)
                time.sleep(0.05)
        done.set()
    thread = threading.Thread(target=produce, daemon=True)
    thread.start()
    before, since = -1, time.monotonic()
    while time.monotonic() - since < 3:
        if len(acked) != before:
            before, since = len(acked), time.monotonic()
        time.sleep(0.1)
    ticks = server.get('/weir.ticks')[0]
    checks.check('producers wait when memory is full', ticks['memory_bytes'] >= ticks['memory_max'] * 0.8, ticks['memory_bytes'])
    within(server, checks, 'full')
    answer = server.try_sql('CREATE TABLE more (id bigint)')
    checks.check('CREATE is refused with the figures', is_refused(answer) and 'MiB are in use' in answer[1]['message'], answer)
    checks.check('reads go on', server.get('/big?select=id&order=id.desc&limit=1') == [{'id': before * 1000 - 1}])
    checks.check('small queries too', server.sql('SELECT count(*) FROM big')[0]['rows'] == [[before * 1000]])
    whole = time.monotonic()
    rows = 0
    for _ in range(3):
        got = http.client.HTTPConnection(server.http, timeout=120)
        got.request('GET', '/big?order=body', headers={'Accept': 'application/x-ndjson'})
        answer = got.getresponse()
        try:
            rows += answer.read().count(b'\n')
        except http.client.HTTPException:
            pass
        got.close()
    within(server, checks, 'large reads at the limit')
    status, _, text = server.request('DELETE', f'/big?id=lt.{before * 500}')
    checks.check('DELETE passes those who wait', status in (200, 204), status, text)
    since = time.monotonic()
    while len(acked) == before and time.monotonic() - since < 30:
        time.sleep(0.05)
    checks.check('and they go on', len(acked) > before, len(acked), before)
    stop.set()
    server.sql('TRUNCATE big')
    checks.check('they end', done.wait(60))
    within(server, checks, 'after DELETE')
    checks.check('who waits is not refused', set(waited) == {201}, set(waited))

def connections(server, checks):
    """Many who begin a long request and never end it."""
    address = server.http.rsplit(':', 1)
    socks = []
    for number in range(800):
        sock = socket.create_connection((address[0], int(address[1])), timeout=10)
        try:
            sock.sendall(b'GET /counted HTTP/1.1\r\nHost: localhost\r\nX-Long: ' + b'x' * 15000)
        except OSError:
            pass
        socks.append(sock)
    checks.check('others are served', server.get('/counted') is not None)
    within(server, checks, 'long heads')
    for sock in socks:
        sock.close()
    socks = []
    for number in range(60):  # documents of 12 MB each that do not end
        sock = socket.create_connection((address[0], int(address[1])), timeout=10)
        head = b'POST /b HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 12000000\r\n\r\n['
        try:
            sock.settimeout(1)
            sock.sendall(head + (b'{"id":%d,"k":3,"t":"' + b'y' * 5000 + b'"},') % number * 1500)
        except OSError:
            pass
        socks.append(sock)
    checks.check('others are served', server.get('/counted') is not None)
    within(server, checks, 'long bodies')
    for sock in socks:
        sock.close()
    checks.check('and writes go on', server.post('/b', [{'id': -5, 'k': 77, 't': 'x'}])['rows'] == 1)

def main():
    checks = Checks()
    parts = [explode, queries, replay, fill_up, connections]
    with Watched('--memory', f'{BUDGET_MIB}MB', '--sync', 'never') as server:
        for part in parts:
            part(server, checks)
        checks.check('it stops in order', server.stop() == 0)
    checks.end()

main()

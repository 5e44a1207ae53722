#!/usr/bin/env python3
"""Kills the server in awkward moments, each time losing every byte that was not synced: while a view is being filled, while one
is dropped, with a view suspended, under a subscriber who then goes on by Last-Event-ID; and starts it with other files."""
import contextlib, http.client, json, os, pathlib, random, subprocess, sys, tempfile, threading, time
sys.path.insert(0, os.path.dirname(__file__))
from server import BINARY, Checks, Server

FORGETS = {'WEIR_FAULT': 'discard-unsynced'}
ROUNDS = int(os.environ.get('WEIR_KILLS', 8))

def background(server, text):
    """Sends a statement and does not care for its end."""
    def send():
        try:
            server.request('POST', '/sql', text, {'Content-Type': 'application/sql'}, door='admin')
        except (OSError, http.client.HTTPException, AssertionError):
            pass
    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    return thread

def ready(server, view):
    """Is the view there? Then it is waited for."""
    for _ in range(600):
        states = {row['name']: row['status'] for row in server.get('/weir.views?select=name,status')}
        if states.get(view) != 'filling':
            return states.get(view)
        time.sleep(0.05)
    return 'filling'

def fill_and_drop(checks, chance):
    view = 'CREATE MATERIALIZED VIEW per_part AS SELECT part, count(*) AS rows, sum(v) AS v FROM fact GROUP BY part'
    over = 'CREATE MATERIALIZED VIEW parts AS SELECT count(*) AS parts FROM per_part'
    with Server('--sync', 'always', env=FORGETS) as server:
        server.sql('CREATE TABLE fact (id bigint PRIMARY KEY, part bigint, v bigint)')
        for piece in range(4):
            server.sql(f'INSERT INTO fact SELECT g, g % 5000, g FROM generate_series({piece * 50000}, {piece * 50000 + 49999}) AS g')
        for number in range(ROUNDS):
            sent = background(server, view)
            writes = background(server, f'INSERT INTO fact VALUES ({1000000 + number}, 1, 1)')
            time.sleep(chance.uniform(0, 0.15))
            server.kill()
            sent.join()
            writes.join()
            server.start()
            state = ready(server, 'per_part')
            checks.check(f'round {number}: a view killed in its filling is whole or not there', state in (None, 'ready'), state)
            if state is None:
                server.sql(view)
            total = server.sql('SELECT count(*), sum(v) FROM fact')[0]['rows'][0]
            seen = server.sql('SELECT sum(rows), sum(v) FROM per_part')[0]['rows'][0]
            checks.check(f'round {number}: it agrees with its table', list(map(str, total)) == list(map(str, seen)), total, seen)
            server.sql(over)
            sent = background(server, 'DROP MATERIALIZED VIEW per_part CASCADE')
            time.sleep(chance.uniform(0, 0.01))
            server.kill()
            sent.join()
            server.start()
            state, above = ready(server, 'per_part'), ready(server, 'parts')
            checks.check(f'round {number}: a DROP is whole or did not happen', (state, above) in ((None, None), ('ready', 'ready')), state, above)
            if state:
                checks.check(f'round {number}: and the view is right', server.get('/parts') == [{'parts': 5000}], server.get('/parts'))
                server.sql('DROP MATERIALIZED VIEW per_part CASCADE')

class Reader:
    """A client that keeps what it was told, and goes on by its last id."""

    def __init__(self, path):
        self.path, self.rows, self.id, self.key = path, {}, None, None
        self.resets = self.resumes = 0

    def follow(self, server):
        try:
            with contextlib.closing(http.client.HTTPConnection(server.http, timeout=20)) as connection:
                headers = {'Accept': 'text/event-stream'}
                if self.id:
                    headers['Last-Event-ID'] = self.id
                connection.request('GET', self.path, headers=headers)
                stream, fields = connection.getresponse(), {}
                staged = None
                for line in stream:
                    name, _, value = line.decode().rstrip('\n').partition(': ')
                    if name:
                        fields[name] = value
                        continue
                    if 'data' in fields:
                        staged = self.apply(fields, staged)
                    fields = {}
        except (OSError, http.client.HTTPException):
            pass

    def apply(self, fields, staged):
        """What belongs together is taken when all of it is there: then it has an id."""
        data = json.loads(fields['data'])
        staged = (staged or []) + [(fields['event'], data)]
        if 'id' not in fields:
            return staged
        for event, part in staged:
            if event == 'init':
                self.key = part.get('key', self.key)
                if (event, part) == staged[0]:
                    self.rows = {}
                    self.resets += 1
                for row in part['rows']:
                    self.rows[self.key_of(row)] = row
            else:
                for row in part.get('upsert', []):
                    self.rows[self.key_of(row)] = row
                for row in part.get('delete', []):
                    self.rows.pop(self.key_of(row), None)
        self.resumes += staged[0][0] == 'update'
        self.id = fields['id']
        return None

    def key_of(self, row):
        return tuple(row[name] for name in self.key)

def resume(checks, chance):
    with Server('--sync', 'always', env=FORGETS) as server:
        server.sql('CREATE TABLE bid (id bigint PRIMARY KEY, item bigint, price bigint);')
        server.sql('CREATE MATERIALIZED VIEW best AS SELECT item, max(price) AS price, count(*) AS bids FROM bid GROUP BY item')
        server.sql('INSERT INTO bid SELECT g, g % 300, g FROM generate_series(1, 3000) AS g')
        reader, number = Reader('/best'), 10000
        for round_number in range(ROUNDS):
            thread = threading.Thread(target=reader.follow, args=(server,), daemon=True)
            thread.start()
            end = time.monotonic() + chance.uniform(0.05, 0.2)
            while time.monotonic() < end:
                server.post('/bid', [{'id': number + i, 'item': chance.randint(0, 320), 'price': chance.randint(0, 99999)} for i in range(5)])
                number += 5
                server.request('DELETE', f'/bid?item=eq.{chance.randint(0, 320)}')
            server.kill()
            thread.join()
            server.start()
            if chance.random() < 0.5:  # changes while it is away
                server.post('/bid', [{'id': number, 'item': 5, 'price': 100000 + number}])
                number += 1
        thread = threading.Thread(target=reader.follow, args=(server,), daemon=True)
        thread.start()
        key = lambda row: row['item']
        for _ in range(200):
            expected = sorted(server.get('/best'), key=key)
            if sorted(reader.rows.values(), key=key) == expected:
                break
            time.sleep(0.05)
        checks.check('who goes on by Last-Event-ID holds the view', sorted(reader.rows.values(), key=key) == expected,
                     len(reader.rows), len(expected))
        checks.check('and was sent the state once', reader.resets == 1 and reader.resumes > ROUNDS, reader.resets, reader.resumes)

def suspended(checks):
    with Server('--sync', 'always', '--memory', '64MB', env=FORGETS) as server:
        server.sql('CREATE TABLE a (id bigint PRIMARY KEY, k bigint)')
        server.sql('CREATE TABLE b (id bigint PRIMARY KEY, k bigint)')
        server.sql('CREATE MATERIALIZED VIEW pairs AS SELECT a.id AS a, b.id AS b FROM a JOIN b ON a.k = b.k')
        server.sql('CREATE MATERIALIZED VIEW n AS SELECT count(*) AS n FROM b')
        server.sql('INSERT INTO a SELECT g, 1 FROM generate_series(1, 3000) AS g')
        server.sql('INSERT INTO b SELECT g, 1 FROM generate_series(1, 3000) AS g')
        checks.check('the view is suspended', ready(server, 'pairs') == 'suspended: memory')
        server.post('/b', [{'id': 0, 'k': 7}])
        server.kill()
        server.start()
        checks.check('a kill leaves it so', ready(server, 'pairs') == 'suspended: memory')
        checks.check('and the rest right', server.get('/n') == [{'n': 3001}])
        server.sql('DELETE FROM b WHERE k = 1')
        server.sql('DROP MATERIALIZED VIEW pairs')
        server.kill()
        server.start()
        checks.check('what was dropped when suspended is gone', ready(server, 'pairs') is None and server.get('/n') == [{'n': 1}])

def other_files(checks):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / 'schema.sql'
        file.write_text('CREATE TABLE t (id bigint PRIMARY KEY, x text);\nCREATE MATERIALIZED VIEW v AS SELECT count(*) AS n FROM t;\nINSERT INTO t VALUES (1, \'one\');\n')
        with Server('--sync', 'always', files=[file], env=FORGETS) as server:
            server.kill()
            server.start()
            checks.check('a second start with the same file inserts nothing twice', server.get('/v') == [{'n': 1}])
            server.kill()
            file.write_text(file.read_text() + 'CREATE MATERIALIZED VIEW w AS SELECT max(id) AS id FROM t;\n')
            server.start()
            checks.check('what the file has new is made', server.get('/w') == [{'id': 1}])
            server.kill()
            text = file.read_text()
            file.write_text(text.replace('count(*)', 'sum(id)'))
            run = subprocess.run([BINARY, 'serve', '--http', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--data', server.data, str(file)],
                                 capture_output=True, text=True, timeout=60, env=server.env)
            checks.check('another definition is refused with its place', run.returncode == 2 and 'schema.sql:2:' in run.stderr and '"v"' in run.stderr,
                         run.returncode, run.stderr)
            file.write_text(text)
            server.start()
            checks.check('and leaves what was there', server.get('/v') == [{'n': 1}] and server.get('/w') == [{'id': 1}])

def main():
    checks, chance = Checks(), random.Random(int(os.environ.get('WEIR_SEED', 1)))
    fill_and_drop(checks, chance)
    resume(checks, chance)
    suspended(checks)
    other_files(checks)
    checks.end()

main()

#!/usr/bin/env python3
"""Kills the server a hundred times under load, each time losing every byte that was not synced.

Several writers post rows with numbers of their own; what was answered 201 must be there after the restart, nothing may be
there twice, no transaction in part, and the view must be what its query gives over the table."""
import http.client, json, os, random, sys, threading, time
sys.path.insert(0, os.path.dirname(__file__))
from server import Checks, Server

ROUNDS = int(os.environ.get('WEIR_KILLS', 100))
WRITERS = 3
SCHEMA = '''
CREATE TABLE entry (id bigint PRIMARY KEY, writer integer, txn bigint, amount bigint);
CREATE MATERIALIZED VIEW writer_total AS
  SELECT writer, count(*) AS entries, sum(amount) AS amount FROM entry GROUP BY writer;
'''

class Writer(threading.Thread):
    """Posts transactions of 1 to 20 rows until the connection breaks."""

    def __init__(self, address, number, start, seed):
        super().__init__(daemon=True)
        self.address, self.number, self.next, self.random = address, number, start, random.Random(seed)
        self.acked, self.tried = [], []

    def run(self):
        try:
            connection = http.client.HTTPConnection(self.address, timeout=20)
            while True:
                txn, count = self.next, self.random.randint(1, 20)
                self.next += 100
                rows = [{'id': (txn + i) * WRITERS + self.number, 'writer': self.number, 'txn': txn, 'amount': i} for i in range(count)]
                self.tried.append((txn, count))
                connection.request('POST', '/entry', json.dumps(rows), {'Content-Type': 'application/json'})
                answer = connection.getresponse()
                answer.read()
                if answer.status == 201:
                    self.acked.append((txn, count))
        except (OSError, http.client.HTTPException):
            pass

def verify(server, checks, acked, tried, round_number):
    rows = server.get('/entry?select=writer,txn,id')
    found = {}
    for row in rows:
        found[(row['writer'], row['txn'])] = found.get((row['writer'], row['txn']), 0) + 1
    lost = [key for key, count in acked.items() if found.get(key) != count]
    partial = [key for key, count in found.items() if tried.get(key) != count]
    checks.check(f'round {round_number}: acknowledged rows are there', not lost, lost[:5])
    checks.check(f'round {round_number}: transactions are whole and only those sent', not partial, partial[:5])
    totals = {row['writer']: row['entries'] for row in server.get('/writer_total')}
    counted = {}
    for row in rows:
        counted[row['writer']] = counted.get(row['writer'], 0) + 1
    checks.check(f'round {round_number}: the view agrees with its table', totals == counted, totals, counted)
    checks.check(f'round {round_number}: ids are unique', len({row['id'] for row in rows}) == len(rows))

def main():
    checks, chance = Checks(), random.Random(int(os.environ.get('WEIR_SEED', 1)))
    acked, tried, starts = {}, {}, [0] * WRITERS
    with Server('--sync', 'always', env={'WEIR_FAULT': 'discard-unsynced'}) as server:
        server.sql(SCHEMA)
        for number in range(ROUNDS):
            writers = [Writer(server.http, w, starts[w], chance.random()) for w in range(WRITERS)]
            for writer in writers:
                writer.start()
            time.sleep(chance.uniform(0.005, 0.12))
            server.kill()
            for w, writer in enumerate(writers):
                writer.join()
                starts[w] = writer.next
                acked.update({(w, txn): count for txn, count in writer.acked})
                tried.update({(w, txn): count for txn, count in writer.tried})
            server.start()
            verify(server, checks, acked, tried, number)
        checks.check('something was acknowledged', len(acked) > ROUNDS, len(acked))
        checks.check('a clean stop ends with 0', server.stop() == 0)
        server.start()
        verify(server, checks, acked, tried, 'end')
    checks.end()

main()

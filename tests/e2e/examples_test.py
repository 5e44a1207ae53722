#!/usr/bin/env python3
"""Each example's real records through a real server, every view held to PostgreSQL's answer to the same query.

Rows come in several sizes of batches; a third of them is deleted and put back; the server is killed and started
again. Text and numbers are compared as they were sent, floats to 1e-12. Subscribers that listened all the while must
hold the same rows."""
import importlib.util, itertools, pathlib, sys, tempfile, threading, time, urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'examples'))
sys.path.insert(0, str(ROOT / 'tests/e2e'))
from client import Client, Refused, Replica, events
from oracle import Oracle
from serving import Server

FLOAT_ERROR_MAX = 1e-12
# Rows a request, for each example; and how much of it.
CASES = [('portfolio', (1, 7, 4096), {}), ('shop', (13, 4096), {'count': 3000}),
         ('flights', (250, 4096), {'count': 30000})]
passed = failed = 0


def check(what, problem):
    global passed, failed
    if problem:
        failed += 1
        print(f'FAILED {what}: {problem}', flush=True)
    else:
        passed += 1


def feed_of(name):
    spec = importlib.util.spec_from_file_location(f'{name}_feed', ROOT / 'examples' / name / 'feed.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- what is compared ---

def parted(row, floats):
    """A row as what must be the same, and what must be close."""
    exact = tuple((name, value) for name, value in sorted(row.items()) if name not in floats)
    return exact, tuple(row[name] for name in sorted(floats))


def is_close(a, b):
    if a is None or b is None:
        return a is b
    a, b = float(a), float(b)
    return a == b or abs(a - b) <= FLOAT_ERROR_MAX * max(abs(a), abs(b))


def in_order(pair):
    return repr(pair[0]), [(value is not None, float(value or 0)) for value in pair[1]]


def difference(ours, theirs, floats):
    """None, or the first rows in which two bags of rows differ."""
    ours = sorted((parted(row, floats) for row in ours), key=in_order)
    theirs = sorted((parted(row, floats) for row in theirs), key=in_order)
    for mine, right in itertools.zip_longest(ours, theirs):
        same = mine and right and mine[0] == right[0] and all(map(is_close, mine[1], right[1]))
        if not same:
            return f'{len(ours)} rows for {len(theirs)}; has {mine}, not {right}'
    return None


def compare(what, client, oracle):
    """Every view as the server gives it now; the oracle's answers."""
    answers = {view: oracle.rows(view) for view in oracle.views}
    for view, rows in answers.items():
        try:
            problem = difference(client.read('/' + view, exact=True), rows, oracle.floats[view])
        except (Refused, OSError) as error:
            problem = str(error)
        check(f'{what}: {view}', problem)
    return answers


class Listeners:
    """One subscriber a view, each with its replica."""

    def __init__(self, url, oracle):
        self.floats, self.replicas = oracle.floats, {view: Replica() for view in oracle.views}
        self.errors = []
        for view in oracle.views:
            threading.Thread(target=self.listen, args=(url, view), daemon=True).start()

    def listen(self, url, view):
        try:
            for event, _, data in events(url, '/' + view):
                self.replicas[view].apply(event, data)
        except OSError:
            pass            # the server was killed, as this test does it
        except Exception as error:
            self.errors.append(f'{view}: {error!r}')

    def compare(self, what, client):
        """The replicas hold what a read gives, at the latest when the last frames have come."""
        for view, replica in self.replicas.items():
            rows, until = client.read('/' + view), time.monotonic() + 10
            while True:
                held = [{name: value for name, value in row.items() if name != '_count'}
                        for row in list(replica.rows.values()) for _ in range(row.get('_count', 1))]
                problem = difference(held, rows, [])
                if not problem or time.monotonic() > until:
                    break
                time.sleep(0.02)
            check(f'{what}: subscriber of {view}', problem)
        check(f'{what}: subscribers', '; '.join(self.errors) or None)


class Reads:
    """Reads the views over and over while rows come, also in the middle of ticks that wait for the disk."""

    def __init__(self, url, views):
        self.ended, self.error = threading.Event(), None
        self.thread = threading.Thread(target=self.run, args=(url, views), daemon=True)
        self.thread.start()

    def run(self, url, views):
        client = Client(url)
        try:
            while not self.ended.is_set():
                for view in views:
                    client.read(f'/{view}?limit=3')
                time.sleep(0.002)
        except (Refused, OSError) as error:
            self.error = repr(error)

    def end(self):
        self.ended.set()
        self.thread.join()
        return self.error


# --- what is done ---

def requests_of(steps, size):
    """(table, rows, upsert) with size rows each, whatever the steps were; what stands alone stays so."""
    for _, group in itertools.groupby(enumerate(steps), key=lambda pair: pair[0] if pair[1].alone else pair[1].table):
        group = [step for _, step in group]
        rows = [row for step in group for row in step.rows]
        for start in range(0, len(rows), size):
            yield group[0].table, rows[start:start + size], group[0].upsert


def filter_of(key, rows):
    """PostgREST's filter for the rows with these keys."""
    if len(key) == 1:
        text = ','.join(f'"{row[key[0]]}"' for row in rows)
        return f'{key[0]}=in.({urllib.parse.quote(text)})'
    either = ','.join('and(' + ','.join(f'{name}.eq.{row[name]}' for name in key) + ')' for row in rows)
    return f'or=({either})'


def delete_third(client, oracle, rows_now):
    """Every third row of each table, at random as far as the views are concerned; returns them by table."""
    gone = {}
    for table, by_key in rows_now.items():
        key = oracle.keys[table]
        gone[table] = list(by_key.values())[1::3]
        # A request line has at most 32 KiB, a query at most 64 conditions.
        step = 500 if len(key) == 1 else 30
        for start in range(0, len(gone[table]), step):
            client.done('DELETE', f'/{table}?{filter_of(key, gone[table][start:start + step])}')
        oracle.delete(table, gone[table])
    return gone


def rows_by_key(oracle, requests):
    state = {table: {} for table in oracle.tables}
    for table, rows, _ in requests:
        for row in rows:
            state[table][tuple(row[name] for name in oracle.keys[table])] = row
    return state


def push_all(client, requests):
    for table, rows, upsert in requests:
        client.push(table, rows, upsert)


def run_case(name, size, steps, oracle, folder, is_last):
    schema, what = ROOT / 'examples' / name / 'schema.sql', f'{name}, {size} rows a request'
    requests = list(requests_of(steps, size))
    server = Server([schema], folder, '--sync', 'always' if is_last else 'never')
    try:
        client = Client(server.url)
        listeners = Listeners(server.url, oracle)
        reads = Reads(server.url, oracle.views)
        push_all(client, requests)
        check(f'{what}: reads while rows come', reads.end())
        compare(what, client, oracle)
        listeners.compare(what, client)
        if is_last:
            state = rows_by_key(oracle, requests)
            gone = delete_third(client, oracle, state)
            compare(f'{what}, a third deleted', client, oracle)
            listeners.compare(f'{what}, a third deleted', client)
            back = [(table, rows[start:start + size], False) for table, rows in gone.items()
                    for start in range(0, len(rows), size)]
            push_all(client, back)
            oracle.run(''.join(oracle.insert_sql(table, rows) for table, rows, _ in back))
            compare(f'{what}, put back', client, oracle)
            listeners.compare(f'{what}, put back', client)
            server.kill()
            server = Server([schema], folder)
            client = Client(server.url)
            compare(f'{what}, killed and started again', client, oracle)
    finally:
        status, said = server.stop()
    check(f'{what}: the server ends in order', None if status == 0 else f'status {status}: {said[-500:]}')


def main():
    for name, sizes, options in CASES:
        steps = list(feed_of(name).steps(**options))
        oracle = Oracle(f'example_{name}', ROOT / 'examples' / name / 'schema.sql')
        oracle.run(''.join(oracle.insert_sql(step.table, step.rows, step.upsert) for step in steps))
        empty = [view for view in oracle.views if not oracle.rows(view)]
        check(f'{name}: every view has rows', f'{empty} have none' if empty else None)
        for size in sizes:
            started = time.monotonic()
            with tempfile.TemporaryDirectory(prefix='weir-examples-') as folder:
                try:
                    run_case(name, size, steps, oracle, folder, size == sizes[-1])
                except (OSError, RuntimeError) as error:
                    check(f'{name}, {size} rows a request', repr(error))
            print(f'{name}, {size} rows a request: {time.monotonic() - started:.1f} s', flush=True)
    print(f'{passed} passed, {failed} failed')
    sys.exit(1 if failed else 0)


main()

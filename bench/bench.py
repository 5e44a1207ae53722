#!/usr/bin/env python3
"""`./run bench [NAME ...] [--save] [--long] [--runs N]`: runs benchmarks, prints their figures, and with --save keeps them in
bench/results/NAME.md.

Each runs five times, beside a calibration program and its peers, in turns; the table has median, minimum and maximum of each
figure. Figures to compare are those of CPU time, and their ratio to what runs beside them: wall time on a shared machine
swings. A peer that is not installed is named under the table."""
import argparse, datetime, json, os, pathlib, re, shutil, statistics, subprocess, tempfile

from servers import BOARD, BUILD, PEERS, ROOT, SCHEMA, Nginx, Redis, Skip, Weir, version

SKIP_ROWS = 50_000
FRAME_BYTES = 135 # of one change of category_total, as live_bench says of ours

class Missing(Exception):
    """A peer that is not here; the reason is said under the table."""

def run(*command, timeout=900, env=None):
    out = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
                         timeout=timeout, env=env).stdout
    return out.decode()

def rows_of(*command, **more):
    return [json.loads(line) for line in run(*command, **more).splitlines() if line.startswith('{')]

def bench(program, *args):
    return rows_of(BUILD / 'bench' / program, *args)

def load(server, program, name, *args):
    return bench(program, name, server.port, server.pid, *args)

def named(rows, name):
    return [dict(row, name=name) for row in rows]

# --- peers ---

def need_command(command, package):
    if not shutil.which(command):
        raise Missing(f'{command} is not installed (package {package})')

def node(script, *args):
    need_command('node', 'nodejs')
    if not (PEERS / 'node_modules').exists():
        raise Missing(f'{script} needs `npm ci` in bench/peers')
    return rows_of('node', PEERS / script, *args)

def beside(*sides):
    """The rows of all; a side that is missing gives a row that says so."""
    rows = []
    for side in sides:
        try:
            rows += side()
        except Missing as reason:
            rows.append({'name': 'missing', 'missing': str(reason)})
    return rows

def pg_ivm():
    raise Missing('pg_ivm is not in the packages of Debian 12 and was not run')

# --- in process ---

def in_process(name, rows, log=False, restart=False):
    with tempfile.TemporaryDirectory(prefix='weir-bench-') as folder:
        extra = [folder + '/data'] if log or restart else []
        return bench('load_bench', name, rows, *extra, *(['restart'] if restart else []))[-1:]

def ops(*names):
    """ops_bench prints a line of words for each. The middle of three in one process: the first touches memory that a virtual
    machine's host may have to find first, which says nothing of joins."""
    found, env = [], dict(os.environ, WEIR_RUNS='3')
    for name in names:
        text = run(BUILD / 'bench/ops_bench', name, env=env)
        peak = int(re.search(r'peak memory (\d+) MiB', text)[1])
        tick = re.search(r'([\d.]+) us a tick', text)
        row = re.search(r'([\d.]+) ns a row', text)
        figures = {'cpu_us_each': float(tick[1])} if tick else {
            'ns_per_row': float(row[1]), 'rows_per_cpu_second': round(1e9 / float(row[1]))}
        found.append({'name': name, **figures, 'peak_rss_mib': peak})
    return found

def shop(rows, *peers):
    return lambda: beside(lambda: in_process('shop', rows), *peers)

def orders():
    peers = [lambda batch=batch, total=total: node('ivm.mjs', 'orders', batch, 10_000, total)
             for batch, total in ((1, 10_000), (100, 100_000), (10_000, 200_000))]
    return beside(lambda: ops('bare', 'orders1', 'orders100', 'orders10k'), *peers, pg_ivm)

def price():
    return beside(lambda: ops('price'), lambda: node('skip.mjs', 'price', 10_000))

# --- over sockets ---

def ndjson(rows=1_000_000, **options):
    with Weir('--sync', 'always', **options) as server:
        return load(server, 'http_bench', 'ndjson', rows)

def loaded(*command):
    """The command's figures on a server of ours that holds 100 000 rows."""
    with Weir('--sync', 'never') as server:
        load(server, 'http_bench', 'ndjson', 100_000)
        return load(server, *command)

def get():
    def nginx():
        need_command('nginx', 'nginx')
        with Nginx() as server:
            return named(load(server, 'http_bench', 'get', 64, 200_000), 'nginx, a constant answer')
    def redis():
        need_command('redis-server', 'redis-server')
        with Redis() as server:
            return load(server, 'http_bench', 'redis', 64, 200_000)
    return ratios(beside(lambda: loaded('http_bench', 'get', 64, 200_000), nginx, redis), 'cpu_us_each', 'get', 'nginx, a constant answer')

def latency():
    rows = beside(lambda: loaded('live_bench', 'latency', 10_000), lambda: bench('live_bench', 'echo', 10_000))
    return ratios(rows, 'p99_us', 'latency', 'echo')

def fanout():
    def redis():
        need_command('redis-server', 'redis-server')
        with Redis() as server:
            return load(server, 'live_bench', 'redis', 1000, 200)
    def skip():
        node('skip.mjs', 'shop', 1) # is it here?
        with Skip() as server:
            return load(server, 'live_bench', 'skip', 1000, 10)
    rows = beside(lambda: loaded('live_bench', 'fanout', 1000, 200), lambda: bench('live_bench', 'sends', 1000, 200, FRAME_BYTES),
                  lambda: loaded('live_bench', 'socket', 1000, 200), redis, skip)
    return ratios(rows, 'cpu_us_each', 'fanout', 'bare sends')

def ratios(rows, figure, ours, peer):
    """How many times as much as the peer, in this run."""
    by_name = {row['name']: row for row in rows}
    if ours in by_name and by_name.get(peer, {}).get(figure):
        rows = rows + [{'name': f'{ours} / {peer}', figure: by_name[ours][figure] / by_name[peer][figure]}]
    return rows

def stalled(readers, seconds):
    def once():
        with Weir(schema=BOARD, log=False) as server:
            return bench('stalled_bench', server.port, server.pid, readers, seconds)
    return once

# --- parts, and without a server ---

def parts():
    """The same million rows each time; what is added from line to line is the cost of what is added."""
    rows = (named(in_process('shop', 1_000_000), '1 columns in process: tick and views')
            + named(in_process('shop', 1_000_000, log=True), '2 with the log, synced')
            + named(ndjson(schema=AVERAGES, log=False), '3 NDJSON over HTTP: door and codec, no log')
            + named(ndjson(schema=AVERAGES), '4 NDJSON over HTTP with the log'))
    rows = [dict(row, ns_per_row=1e9 / row['rows_per_cpu_second']) for row in rows]
    each = [row['ns_per_row'] for row in rows]
    shares = {'tick and views': each[0], 'log, in process': each[1] - each[0], 'door and codec': each[2] - each[0],
              'log, beside the door': each[3] - each[2]}
    rows += [{'name': 'part: ' + name, 'ns_per_row': value} for name, value in shares.items()]
    for name, options in (('no log', {'log': False}), ('never', {}), ('always', {})):
        sync = name if name in ('never', 'always') else 'never'
        with Weir('--sync', sync, **options) as server:
            rows += named(load(server, 'live_bench', 'latency', 3000), f'one row, POST to SSE, {name}')
    return rows

AVERAGES = SCHEMA.replace('sum(price) AS value', 'sum(price) AS value, avg(price) AS mean')

def weir_run(rows=1_000_000):
    """Files to views without a server."""
    found = []
    for form in ('json', 'csv'):
        with tempfile.TemporaryDirectory(prefix='weir-bench-') as folder:
            data, schema = pathlib.Path(folder, 'data'), pathlib.Path(folder, 'run.sql')
            write_products(data, form, rows)
            schema.write_text(f'''CREATE SOURCE product (id bigint, name text, category text, price numeric(10,2))
  WITH (connector = 'file', path = '{data}', format = '{form}');
CREATE MATERIALIZED VIEW category_total AS SELECT category, count(*) AS products, sum(price) AS value FROM product GROUP BY category;
''')
            found.append(timed(f'weir run, {form}', rows, BUILD / 'weir', 'run', schema))
    return found

def write_products(path, form, rows):
    with open(path, 'w') as file:
        if form == 'csv':
            file.write('id,name,category,price\n')
        line = ('{{"id":{0},"name":"product number {0}","category":"category-{1}","price":{2}.25}}\n' if form == 'json'
                else '{0},product number {0},category-{1},{2}.25\n')
        file.writelines(line.format(id, id * 7919 % 100, id * 31 % 1000) for id in range(rows))

def timed(name, rows, *command):
    """Runs a program to its end; its CPU time, elapsed time and peak memory. What it prints has a line a category."""
    with tempfile.TemporaryFile() as out:
        start = datetime.datetime.now()
        process = subprocess.Popen([str(part) for part in command], stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        elapsed = (datetime.datetime.now() - start).total_seconds()
        out.seek(0)
        if status or len(out.read().splitlines()) < 100:
            raise RuntimeError(f'{name} failed')
    cpu = usage.ru_utime + usage.ru_stime
    return {'name': name, 'rows': rows, 'rows_per_cpu_second': round(rows / cpu), 'cpu_s': cpu, 'elapsed_s': elapsed,
            'peak_rss_mib': usage.ru_maxrss // 1024}

# --- all of them ---

def skip_shop():
    return node('skip.mjs', 'shop', SKIP_ROWS)

def ivm_shop(rows):
    return lambda: node('ivm.mjs', 'shop', rows)

# name: (what, one run, runs when not all five; a long one runs only when it is named or with --long)
BENCHES = {
    'shop-100k': ('100 000 products in process, totals by category; Skip (50 000) and db-ivm', shop(100_000, skip_shop, ivm_shop(100_000)), 5),
    'shop-1m': ('1 000 000 products in process, totals by category; db-ivm', shop(1_000_000, ivm_shop(1_000_000)), 5),
    'shop-logged': ('1 000 000 products, logged with --sync always', lambda: in_process('shop', 1_000_000, log=True), 5),
    'portfolio': ('1 000 000 positions, three views with joins', lambda: in_process('portfolio', 1_000_000), 5),
    'orders': ('orders joined with customers, by region, in batches; db-ivm', orders, 5),
    'price': ('one price that 100 positions hold; Skip', price, 5),
    'ndjson': ('1 000 000 rows over one HTTP connection into one view, logged', ndjson, 5),
    'get': ('GET of one key, 64 connections; nginx with a constant answer, Redis', get, 5),
    'latency': ('POST of one row until an SSE subscriber has it; a raw echo', latency, 5),
    'fanout': ('one change to 1000 subscribers, over SSE and WebSockets; bare sends, Redis, Skip', fanout, 5),
    'parts': ('what log, tick and door cost apart', parts, 5),
    'run': ('weir run: 1 000 000 rows of a file into one view', weir_run, 5),
    'stalled': ('1000 readers that never read, 6 seconds, and a healthy one', stalled(1000, 6), 3),
}
LONG = {
    'shop-10m': ('10 000 000 products in process, totals by category', lambda: in_process('shop', 10_000_000), 5),
    'orders-10m': ('orders joined with 10 000 000 customers', lambda: ops('orders10m'), 5),
    'restart-shop': ('replay of 10 000 000 products', lambda: in_process('shop', 10_000_000, restart=True), 5),
    'restart-portfolio': ('replay of 10 000 000 positions', lambda: in_process('portfolio', 10_000_000, restart=True), 5),
    'stalled-60s': ('1000 readers that never read, 60 seconds, and a healthy one', stalled(1000, 60), 1),
}

GIVEN = ('count', 'rows', 'positions', 'readers')

def figures_of(rows):
    """name -> figure -> values of all runs; without what was given to them."""
    figures = {}
    for row in rows:
        for key, value in row.items():
            if isinstance(value, (int, float)) and key not in GIVEN:
                figures.setdefault(row['name'], {}).setdefault(key, []).append(value)
    return figures

def machine():
    model = next((line.split(':')[1].strip() for line in open('/proc/cpuinfo') if line.startswith('model name')), '?')
    return f'{model}, {os.cpu_count()} cores, Linux {os.uname().release}'

def peers():
    """Name and version of what is here."""
    found = {'nginx': version('nginx', '-v'), 'Redis': version('redis-server', '--version'), 'Node': version('node', '--version')}
    words = [f'{name} {re.search(r"[0-9]+(?:[.][0-9]+)+", text)[0]}' for name, text in found.items() if text]
    lock = json.loads((PEERS / 'package-lock.json').read_text())['packages']
    for package in ('@skipruntime/wasm', '@tanstack/db-ivm'):
        words.append(f'{package} {lock["node_modules/" + package]["version"]}')
    return ', '.join(words)

def report(name, what, runs, rows):
    lines = [f'# {name}', '', f'{what[0].upper() + what[1:]}. {runs} runs; median (minimum to maximum).', '',
             f'Command: `./run bench {name}`. Machine: {machine()}. Date: {datetime.date.today()}.', f'Beside it: {peers()}.', '',
             '| what | figure | median | min | max |', '| --- | --- | --- | --- | --- |']
    for what_ran, figures in figures_of(rows).items():
        for figure, values in figures.items():
            lines.append(f'| {what_ran} | {figure} | {statistics.median(values):.6g} | {min(values):.6g} | {max(values):.6g} |')
    for reason in sorted({row['missing'] for row in rows if 'missing' in row}):
        lines += ['', f'Not run: {reason}.']
    return '\n'.join(lines) + '\n'

def run_bench(name, options):
    what, once, runs = {**BENCHES, **LONG}[name]
    runs = options.runs or runs
    rows = []
    for _ in range(runs):
        rows += rows_of(BUILD / 'bench/calibrate') + once()
    text = report(name, what, runs, rows)
    print(text, flush=True)
    if options.save:
        (ROOT / 'bench/results').mkdir(exist_ok=True)
        (ROOT / f'bench/results/{name}.md').write_text(text)

def list_benches():
    for name, (what, *_) in BENCHES.items():
        print(f'{name:18} {what}')
    print('\nOnly when named, or with `all --long`:')
    for name, (what, *_) in LONG.items():
        print(f'{name:18} {what}')

def main():
    parser = argparse.ArgumentParser(prog='./run bench', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('names', nargs='*', metavar='NAME', help='which; all for all; none for the list')
    parser.add_argument('--save', action='store_true', help='keep the figures in bench/results/NAME.md')
    parser.add_argument('--long', action='store_true', help='with all: also those of 10 M rows and of 60 seconds')
    parser.add_argument('--runs', type=int, help='how often each runs')
    options = parser.parse_args()
    known = {**BENCHES, **LONG}
    names = options.names
    if names == ['all']:
        names = list(known if options.long else BENCHES)
    for name in names:
        if name not in known:
            parser.error(f'there is no {name}; without a name they are listed')
    if not names:
        list_benches()
    for name in names:
        run_bench(name, options)

main()

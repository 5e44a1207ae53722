#!/usr/bin/env python3
"""`./run bench [NAME ...]`: runs benchmarks and keeps their figures in bench/results/NAME.md.

Each runs five times, one after the other with a calibration program, and gives the median, minimum and maximum of each
figure. Figures to compare are those of CPU time, and their ratio to the calibration: wall time on a shared machine swings.
Peers run in the same minute with the same load, where they are installed."""
import json, os, pathlib, shutil, signal, statistics, subprocess, sys, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / 'build'
RUNS = int(os.environ.get('WEIR_RUNS', 5))
SCHEMA = '''CREATE TABLE product (id bigint PRIMARY KEY, name text, category text, price numeric(10,2));
CREATE MATERIALIZED VIEW category_total AS
  SELECT category, count(*) AS products, sum(price) AS value FROM product GROUP BY category;
'''

def run(*command, timeout=900):
    out = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, check=True, timeout=timeout).stdout
    return [json.loads(line) for line in out.decode().splitlines() if line.startswith('{')]

class Serving:
    """A server process on loopback, and its port."""

    def __init__(self, *options):
        self.options = options

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix='weir-bench-')
        schema = pathlib.Path(self.folder, 'schema.sql')
        schema.write_text(SCHEMA)
        self.process = subprocess.Popen(
            [BUILD / 'weir', 'serve', schema, '--http', '127.0.0.1:0', '--admin', '127.0.0.1:0',
             '--data', self.folder + '/data', *self.options], stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if 'ready' in line:
                self.port = line.split('http=127.0.0.1:')[1].split()[0]
                break
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        shutil.rmtree(self.folder, ignore_errors=True)

    def load(self, name, *args):
        return run(BUILD / 'bench/http_bench', name, self.port, self.process.pid, *args)

class Nginx:
    """The peer for GET: a constant answer of the same size."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix='nginx-bench-')
        self.port = '18480'
        conf = pathlib.Path(self.folder, 'nginx.conf')
        conf.write_text(f'''daemon off; worker_processes 1; pid {self.folder}/pid; error_log /dev/null;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 1000000;
  client_body_temp_path {self.folder}/a; proxy_temp_path {self.folder}/b; fastcgi_temp_path {self.folder}/c;
  uwsgi_temp_path {self.folder}/d; scgi_temp_path {self.folder}/e;
  server {{ listen 127.0.0.1:{self.port}; default_type application/json;
    location / {{ return 200 '[{{"id":7,"name":"product number 7","category":"c7","price":7.07}}]'; }} }} }}''')
        self.process = subprocess.Popen(['nginx', '-c', conf, '-p', self.folder])
        time.sleep(0.5)
        self.worker = int(subprocess.run(['pgrep', '-P', str(self.process.pid)], capture_output=True, text=True).stdout.split()[0])
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)
        shutil.rmtree(self.folder, ignore_errors=True)

def load(name, rows, durable=False, restart=False):
    def once():
        with tempfile.TemporaryDirectory(prefix='weir-bench-') as folder:
            extra = [folder + '/data'] if durable or restart else []
            return run(BUILD / 'bench/load_bench', name, rows, *extra, *(['restart'] if restart else []))[-1:]
    return once

def http(name, *args, sync='never', filled=100000):
    def once():
        with Serving('--sync', sync) as server:
            if filled:
                server.load('ndjson', filled)
            return server.load(name, *args)
    return once

def get_nginx():
    with Nginx() as server:
        rows = run(BUILD / 'bench/http_bench', 'get', server.port, server.worker, 64, 200000)
    return [dict(row, name='nginx ' + row['name']) for row in rows]

def get():
    return http('get', 64, 200000)() + (get_nginx() if shutil.which('nginx') else [])

def latency():
    return http('latency', 10000)() + run(BUILD / 'bench/http_bench', 'echo', 10000)

BENCHES = {
    'shop-100k': ('100 000 products in process, totals by category', load('shop', 100_000)),
    'shop-1m': ('1 000 000 products in process, totals by category', load('shop', 1_000_000)),
    'shop-10m': ('10 000 000 products in process, totals by category', load('shop', 10_000_000)),
    'shop-logged': ('1 000 000 products, logged with --sync always', load('shop', 1_000_000, durable=True)),
    'portfolio': ('1 000 000 positions, three views with joins', load('portfolio', 1_000_000)),
    'restart-shop': ('replay of 10 000 000 products', load('shop', 10_000_000, restart=True)),
    'restart-portfolio': ('replay of 10 000 000 positions', load('portfolio', 10_000_000, restart=True)),
    'ndjson': ('1 000 000 rows over one HTTP connection into one view, logged', http('ndjson', 1_000_000, filled=0)),
    'get': ('GET of one key, 64 connections; nginx with a constant answer beside it', get),
    'latency': ('POST of one row until an SSE subscriber has it; a raw echo beside it', latency),
    'fanout': ('one change to 1000 SSE subscribers', http('fanout', 1000, 200)),
}

def table(rows):
    """name -> figure -> values of all runs"""
    figures = {}
    for row in rows:
        for key, value in row.items():
            if isinstance(value, (int, float)):
                figures.setdefault(row['name'], {}).setdefault(key, []).append(value)
    return figures

def machine():
    model = next((line.split(':')[1].strip() for line in open('/proc/cpuinfo') if line.startswith('model name')), '?')
    return f'{model}, {os.cpu_count()} cores'

def report(name, what, rows):
    lines = [f'# {name}', '', f'{what[0].upper() + what[1:]}. {RUNS} runs; median (minimum to maximum).', '',
             f'Machine: {machine()}. Command: `./run bench {name}`.', '', '| what | figure | median | min | max |', '| --- | --- | --- | --- | --- |']
    for what_ran, figures in table(rows).items():
        for figure, values in figures.items():
            lines.append(f'| {what_ran} | {figure} | {statistics.median(values):.10g} | {min(values):.10g} | {max(values):.10g} |')
    text = '\n'.join(lines) + '\n'
    (ROOT / 'bench/results').mkdir(exist_ok=True)
    (ROOT / f'bench/results/{name}.md').write_text(text)
    print(text)

def main():
    names = sys.argv[1:]
    if not names or names == ['--list']:
        for name, (what, _) in BENCHES.items():
            print(f'{name:20} {what}')
        print('\n`./run bench all` runs them all.')
        return
    for name in BENCHES if names == ['all'] else names:
        if name not in BENCHES:
            sys.exit(f'bench: there is no {name}; without a name they are listed')
        what, once = BENCHES[name]
        rows = []
        for _ in range(RUNS):
            rows += run(BUILD / 'bench/calibrate') + once()
        report(name, what, rows)

main()

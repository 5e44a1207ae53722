"""What the benchmarks start: Weir, and the peers that serve. Each is a context with its port and the process whose CPU time
counts."""
import pathlib, shutil, signal, socket, subprocess, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / 'build'
PEERS = ROOT / 'bench/peers'
SCHEMA = '''CREATE TABLE product (id bigint PRIMARY KEY, name text, category text, price numeric(10,2));
CREATE MATERIALIZED VIEW category_total AS
  SELECT category, count(*) AS products, sum(price) AS value FROM product GROUP BY category;
'''
BOARD = '''CREATE TABLE board (id bigint PRIMARY KEY, text text);
CREATE MATERIALIZED VIEW board_shown AS SELECT id, text FROM board;
'''

def free_port(count=1):
    """A port, with count - 1 behind it, that nobody listens at now."""
    while True:
        with socket.socket() as first:
            first.bind(('127.0.0.1', 0))
            port = first.getsockname()[1]
            try:
                for more in range(1, count):
                    with socket.socket() as other:
                        other.bind(('127.0.0.1', port + more))
                return port
            except OSError:
                continue

def wait_for_port(port, process):
    for _ in range(200):
        try:
            socket.create_connection(('127.0.0.1', port)).close()
            return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.05)
    raise RuntimeError(f'{process.args[0]} does not listen')

class Process:
    """A program in a folder of its own, ended and removed afterwards."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='weir-bench-'))
        self.start()
        self.pid = self.worker()
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def worker(self):
        return self.process.pid

class Weir(Process):
    def __init__(self, *options, schema=SCHEMA, log=True):
        self.options, self.schema, self.log = options, schema, log

    def start(self):
        schema = self.folder / 'schema.sql'
        schema.write_text(self.schema)
        data = self.folder / 'data' if self.log else 'none'
        self.process = subprocess.Popen(
            [BUILD / 'weir', 'serve', schema, '--http', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--data', data, *self.options],
            stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if 'ready' in line:
                self.port = int(line.split('http=127.0.0.1:')[1].split()[0])
                return
        raise RuntimeError('weir did not start')

class Nginx(Process):
    """A constant answer, as long as ours."""

    def start(self):
        self.port = free_port()
        conf = self.folder / 'nginx.conf'
        conf.write_text(f'''daemon off; worker_processes 1; pid {self.folder}/pid; error_log /dev/null;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 10000000;
  client_body_temp_path {self.folder}/a; proxy_temp_path {self.folder}/b; fastcgi_temp_path {self.folder}/c;
  uwsgi_temp_path {self.folder}/d; scgi_temp_path {self.folder}/e;
  server {{ listen 127.0.0.1:{self.port}; default_type application/json;
    location / {{ return 200 '[{{"id":7,"name":"product number 7","category":"c7","price":7.07}}]'; }} }} }}''')
        self.process = subprocess.Popen(['nginx', '-c', conf, '-p', self.folder])
        wait_for_port(self.port, self.process)

    def worker(self):
        """It listens before it has its worker."""
        for _ in range(200):
            found = subprocess.run(['pgrep', '-P', str(self.process.pid)], capture_output=True, text=True).stdout.split()
            if found:
                return int(found[0])
            time.sleep(0.05)
        raise RuntimeError('nginx has no worker')

class Redis(Process):
    """In memory alone, with 1000 products to be got."""

    def start(self):
        self.port = free_port()
        self.process = subprocess.Popen(
            ['redis-server', '--port', str(self.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
            stdout=subprocess.DEVNULL, cwd=self.folder)
        wait_for_port(self.port, self.process)
        with socket.create_connection(('127.0.0.1', self.port)) as client:
            for number in range(1000):
                value = f'{{"id":{number},"name":"product number {number}","category":"c{number % 100}","price":{number}.07}}'
                client.sendall(f'*3\r\n$3\r\nSET\r\n${len(f"product:{number}")}\r\nproduct:{number}\r\n${len(value)}\r\n{value}\r\n'.encode())
                client.recv(16)

class Skip(Process):
    """Its control service, and its streams one port behind."""

    def start(self):
        self.port = free_port(2)
        self.process = subprocess.Popen(['node', PEERS / 'skip.mjs', 'serve', str(self.port)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_port(self.port, self.process)
        wait_for_port(self.port + 1, self.process)

def version(*command):
    try:
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except OSError:
        return None
    return run.stdout.strip()

"""A weir server for a test: started on free ports, spoken to over plain sockets, ended by its own process id."""
import http.client, json, os, pathlib, re, shutil, signal, subprocess, tempfile, threading

ROOT = pathlib.Path(os.environ.get('WEIR_ROOT', pathlib.Path(__file__).resolve().parents[2]))
BINARY = os.environ.get('WEIR_BINARY', str(ROOT / 'build/weir'))
START_SECONDS = 120

class Server:
    """Use as a context: the directory (unless given) and the process go at its end."""

    def __init__(self, *options, files=(), data=None, env=None):
        self.options, self.files, self.env = list(options), list(files), dict(os.environ, **(env or {}))
        self.own_data = data is None
        self.data = data or tempfile.mkdtemp(prefix='weir-e2e-')
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()
        if self.own_data and self.data != 'none':
            shutil.rmtree(self.data, ignore_errors=True)

    def start(self):
        self.process = subprocess.Popen(
            [BINARY, 'serve', '--http', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--data', self.data,
             *self.options, *map(str, self.files)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=self.env)
        self.lines = []
        for line in self.process.stderr:
            self.lines.append(line)
            ready = re.match(r'weir: ready http=(\S+).* admin=(\S+)', line)
            if ready:
                self.http, self.admin = ready.groups()
                threading.Thread(target=self._drain, daemon=True).start()
                return self
        raise AssertionError('the server did not start:\n' + ''.join(self.lines))

    def _drain(self):
        for line in self.process.stderr:
            self.lines.append(line)

    def kill(self):
        """As a power loss: nothing is written any more."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def request(self, method, path, body=None, headers=None, door='http', timeout=60):
        """(status, headers, body as text)"""
        connection = http.client.HTTPConnection(getattr(self, door), timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            connection.close()

    def get(self, path, **headers):
        status, _, text = self.request('GET', path, headers={k.replace('_', '-'): v for k, v in headers.items()})
        assert status in (200, 206), (status, text)
        return json.loads(text)

    def post(self, path, rows):
        status, _, text = self.request('POST', path, json.dumps(rows), {'Content-Type': 'application/json'})
        assert status == 201, (status, text)
        return json.loads(text)

    def sql(self, text, **parse):
        """The results; parse are json.loads' options."""
        status, _, answer = self.request('POST', '/sql', text, {'Content-Type': 'application/sql'}, door='admin')
        assert status == 200, (status, answer)
        return json.loads(answer, **parse)

class Checks:
    """Counts facts; the last line of a test program is their sum."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, holds, *details):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print('FAILED:', name, *details, flush=True)

    def end(self):
        print(f'{self.passed} passed, {self.failed} failed')
        raise SystemExit(1 if self.failed else 0)

"""PostgreSQL's protocol, as far as a test needs it: the oracle over its socket, and Weir's sql_shell over pipes."""
import pathlib, signal, socket, struct, subprocess

HERE = pathlib.Path(__file__).resolve().parent

# What format_type says of the types that Weir has, by their number in pg_type.
TYPES = {16: 'boolean', 17: 'bytea', 20: 'bigint', 21: 'smallint', 23: 'integer', 25: 'text', 700: 'real',
         701: 'double precision', 1042: 'character', 1043: 'character varying', 1082: 'date',
         1114: 'timestamp without time zone', 1184: 'timestamp with time zone', 1186: 'interval',
         1700: 'numeric', 2950: 'uuid'}


class Lost(Exception):
    """The other side is gone in the middle of an answer."""


class Answer:
    """What one script gave: the last statement's columns and rows, the tags of all, or an error."""

    def __init__(self):
        self.names, self.types, self.rows, self.tags = [], [], [], []
        self.error = None  # fields by their letter: C M D H

    @property
    def state(self):
        return self.error['C'] if self.error else None

    def take(self, letter, body, is_weir):
        if letter == b'T':
            self.names, self.types, self.rows = [], [], []
            (take_types if is_weir else take_description)(self, body)
        elif letter == b'D':
            self.rows.append(read_row(body))
        elif letter == b'C':
            self.tags.append(body[:-1].decode())
        elif letter == b'E':
            fields = [field.decode() for field in body.rstrip(b'\0').split(b'\0')]
            self.error = {field[0]: field[1:] for field in fields}
            self.rows = []


def take_types(answer, body):
    words = body.decode().split('\0')[:-1]
    names = {'bpchar': 'character'}
    answer.names = words[0::2]
    answer.types = [names.get(word, word.split('(')[0] if word.startswith(('num', 'char')) else word) for word in words[1::2]]


def take_description(answer, body):
    at = 2
    for _ in range(struct.unpack_from('!h', body)[0]):
        end = body.index(b'\0', at)
        answer.names.append(body[at:end].decode())
        oid = struct.unpack_from('!I', body, end + 7)[0]
        answer.types.append(TYPES.get(oid, str(oid)))
        at = end + 19


def read_row(body):
    at, row = 2, []
    for _ in range(struct.unpack_from('!H', body)[0]):
        size = struct.unpack_from('!i', body, at)[0]
        at += 4
        if size < 0:
            row.append(None)
            continue
        row.append(body[at:at + size].decode())
        at += size
    return row


def read_answer(stream, is_weir):
    answer = Answer()
    while True:
        head = stream.read(5)
        if len(head) < 5:
            raise Lost
        body = stream.read(struct.unpack('!I', head[1:])[0] - 4)
        if head[:1] == b'Z':
            return answer
        answer.take(head[:1], body, is_weir)


def frame(letter, body):
    return letter + struct.pack('!I', len(body) + 4) + body


class Postgres:
    """One session."""

    def __init__(self):
        script = ['sh', str(HERE / 'pg.sh')]
        start = subprocess.run(script + ['start'], stderr=subprocess.PIPE)
        if start.returncode:
            raise SystemExit(start.returncode)
        folder = subprocess.run(script + ['psql', '-Atc', 'SHOW unix_socket_directories'], stdout=subprocess.PIPE, check=True)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(folder.stdout.decode().strip() + '/.s.PGSQL.5432')
        self.stream = self.socket.makefile('rb')
        words = b'user\0postgres\0database\0postgres\0\0'
        self.socket.sendall(struct.pack('!II', len(words) + 8, 196608) + words)
        read_answer(self.stream, False)
        self.run("SET jit = off; SET statement_timeout = '20s'; SET client_min_messages = error")

    def run(self, sql):
        self.socket.sendall(frame(b'Q', sql.encode() + b'\0'))
        return read_answer(self.stream, False)


class Weir:
    """One engine; folder None keeps nothing."""

    def __init__(self, build, folder=None):
        self.command = [str(pathlib.Path(build) / 'tests/oracle/sql_shell'), folder or 'none']
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, sql):
        return self.run_all([sql])[0]

    def run_all(self, scripts):
        """All of them wait when the first is taken: a tick may hold several."""
        self.send(b'M', b''.join(script.encode() + b'\0' for script in scripts))
        return [self.read() for _ in scripts]

    def send(self, letter, body):
        try:
            self.process.stdin.write(frame(letter, body))
            self.process.stdin.flush()
        except BrokenPipeError as broken:
            raise Lost(self.last_words()) from broken

    def read(self):
        try:
            return read_answer(self.process.stdout, True)
        except Lost:
            raise Lost(self.last_words()) from None

    def last_words(self):
        """Of a process that ended by itself."""
        text = self.process.stderr.read().decode(errors='replace')
        return f'{text[-6000:]} (exit {self.process.wait()})'

    def restart(self):
        self.send(b'R', b'')
        self.read()

    def kill(self):
        """As the machine's owner would, and start again on what it wrote."""
        self.forget()
        self.start()

    def close(self):
        self.process.stdin.close()
        text = self.process.stderr.read().decode(errors='replace')
        if self.process.wait():
            raise Lost(f'{text[-6000:]} (exit {self.process.returncode})')

    def forget(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                stream.close()
            except BrokenPipeError:
                pass  # what was written last

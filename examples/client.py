"""The little of HTTP that the examples need: rows in, rows out, and a view that keeps itself up to date."""
import http.client, json, time, urllib.parse


class Refused(RuntimeError):
    """The server's answer to a request that it did not do."""

    def __init__(self, status, body):
        super().__init__(f'{status}: {body.decode(errors="replace").strip()}')
        self.status = status


class Client:
    """One connection, kept open; one thread."""

    def __init__(self, url, timeout_s=60):
        parts = urllib.parse.urlsplit(url)
        self.host, self.port, self.timeout_s = parts.hostname, parts.port or 80, timeout_s
        self.connection = None

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def request(self, method, path, body=None, headers=None):
        """(status, headers, body). A connection that the server closed in the meantime is opened again once."""
        for attempt in range(2):
            kept = self.connection is not None
            if not kept:
                self.connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout_s)
            try:
                self.connection.request(method, path, body, headers or {})
                answer = self.connection.getresponse()
                return answer.status, answer.headers, answer.read()
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.close()
                if not kept or attempt:
                    raise

    def done(self, method, path, body=None, headers=None):
        """(headers, body) of an answer that is a success; saturation (503) is waited for."""
        while True:
            status, answer, data = self.request(method, path, body, headers)
            if status == 503:
                time.sleep(min(float(answer.get('Retry-After', '0.2')), 2))
                continue
            if status >= 300:
                self.close()
                raise Refused(status, data)
            return answer, data

    def push(self, table, rows, upsert=False):
        """Rows, a list of dicts, into table as one transaction or a stream of them; the tick of the last."""
        headers = {'Content-Type': 'application/x-ndjson'}
        if upsert:
            headers['Prefer'] = 'resolution=merge-duplicates'
        body = '\n'.join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
        return json.loads(self.done('POST', f'/{table}', body, headers)[1])['tick']

    def read(self, path, exact=False):
        """The rows of a relation; exact keeps numbers as the text that they were sent as."""
        exactly = {'parse_float': str, 'parse_int': str} if exact else {}
        return json.loads(self.done('GET', path, headers={'Accept': 'application/json'})[1], **exactly)


def events(url, path, last_event_id=None, timeout_s=60):
    """Frames of a subscription as (event, id, data), one after another, while the connection lives."""
    client = Client(url, timeout_s)
    connection = http.client.HTTPConnection(client.host, client.port, timeout=timeout_s)
    headers = {'Accept': 'text/event-stream'}
    if last_event_id:
        headers['Last-Event-ID'] = last_event_id
    try:
        connection.request('GET', path, headers=headers)
        answer = connection.getresponse()
        if answer.status != 200:
            raise Refused(answer.status, answer.read())
        event = {}
        for line in answer:
            line = line.decode().rstrip('\r\n')
            if line and not line.startswith(':'):
                name, _, value = line.partition(':')
                event[name] = value.removeprefix(' ')
            elif not line and 'data' in event:
                yield event.get('event', 'message'), event.get('id'), json.loads(event['data'])
                event = {}
    finally:
        connection.close()


class Replica:
    """A view's rows by key, made of its frames: what a page would hold."""

    def __init__(self):
        self.key, self.rows, self.tick = None, {}, 0
        self.filling = False

    def name_of(self, row):
        names = self.key or [name for name in row if name != '_count']
        return tuple(json.dumps(row.get(name)) for name in names)

    def apply(self, event, data):
        """True when the replica is whole afterwards: a large init comes in several frames."""
        if event == 'init':
            if not self.filling:
                self.rows = {}
            self.key = data.get('key')
            self.put(data['rows'])
            self.filling = data.get('more', False)
        elif event == 'update':
            self.put(data.get('upsert', []))
            for key in data.get('delete', []):
                self.rows.pop(self.name_of(key), None)
        self.tick = data.get('tick', self.tick)
        return not self.filling

    def put(self, rows):
        for row in rows:
            if row.get('_count') == 0:
                self.rows.pop(self.name_of(row), None)
            else:
                self.rows[self.name_of(row)] = row

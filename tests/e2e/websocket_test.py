#!/usr/bin/env python3
"""/live against RFC 6455, section by section, over raw sockets; then Python's `websockets` and a page in Chromium as
clients, and peers that are slow, dead or half there.

What the server understood is seen by its answer: a subscription to a relation that is not there is refused with its name."""
import base64, hashlib, http.server, json, os, queue, random, re, shutil, signal, socket, struct, subprocess, sys, tempfile, threading, time

try:
    import websockets
except ImportError:
    # The package is Debian's; another Python that comes first on the path does not have it.
    if sys.executable != '/usr/bin/python3' and os.path.exists('/usr/bin/python3'):
        os.execv('/usr/bin/python3', ['/usr/bin/python3', *sys.argv])
    raise
import asyncio
from server import ROOT, Checks, Server

SCHEMA = '''CREATE TABLE item (id bigint PRIMARY KEY, grp int, n bigint, t text);
CREATE MATERIALIZED VIEW sums AS SELECT grp, count(*) AS items, sum(n) AS n FROM item GROUP BY grp;'''
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
checks = Checks()


def frame(opcode, payload=b'', fin=1, rsv=0, mask=None, length=None):
    """A client's frame; length: bytes of the extended length (0, 2, 8) in place of the shortest."""
    payload = payload.encode() if isinstance(payload, str) else payload
    size = len(payload)
    if length is None:
        length = 0 if size < 126 else 2 if size < 65536 else 8
    head = bytes([fin << 7 | rsv << 4 | opcode])
    if mask == b'':
        return head + bytes([size]) + payload
    mask = mask or os.urandom(4)
    head += {0: bytes([128 | size & 127]), 2: bytes([254]) + struct.pack('>H', size & 65535),
             8: bytes([255]) + struct.pack('>Q', size)}[length]
    repeated = (mask * (size // 4 + 1))[:size]
    masked = (int.from_bytes(payload, 'big') ^ int.from_bytes(repeated, 'big')).to_bytes(size, 'big') if size else b''
    return head + mask + masked


class Socket:
    def __init__(self, server, fields='', path='/live', handshake=True):
        host, port = server.http.split(':')
        self.socket = socket.create_connection((host, int(port)), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.bytes = b''
        if not handshake:
            return
        self.key = base64.b64encode(os.urandom(16)).decode()
        self.send(f'GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
                  f'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {self.key}\r\n{fields}\r\n'.encode())
        self.head = self.until(b'\r\n\r\n').decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def say(self, **message):
        self.send(frame(TEXT, json.dumps(message)))

    def more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b''
        self.bytes += data
        return len(data) > 0

    def until(self, mark):
        while mark not in self.bytes:
            if not self.more():
                raise AssertionError(f'the server closed after {self.bytes!r}')
        head, self.bytes = self.bytes.split(mark, 1)
        return head + mark

    def next(self):
        """(opcode, payload); None at the end of the stream."""
        def need(size):
            while len(self.bytes) < size:
                if not self.more():
                    return False
            return True
        if not need(2):
            return None
        first, second = self.bytes[:2]
        assert first & 0xf0 == 0x80 and second < 128, 'frames of a server are whole and not masked'
        at, size = 2, second
        if second >= 126:
            at = 4 if second == 126 else 10
            if not need(at):
                return None
            size = int.from_bytes(self.bytes[2:at], 'big')
            assert size > (125 if second == 126 else 65535), 'lengths are the shortest'
        if not need(at + size):
            return None
        payload, self.bytes = self.bytes[at:at + size], self.bytes[at + size:]
        return first & 15, payload

    def text(self):
        opcode, payload = self.next()
        assert opcode == TEXT, (opcode, payload)
        return json.loads(payload)

    def event(self, kind):
        while True:
            got = self.text()
            if got['event'] == kind:
                return got

    def rest(self):
        frames = []
        while (got := self.next()) is not None:
            frames.append(got)
        return frames

    def closed_with(self):
        """The code of the close frame, behind which the stream ends; None without one."""
        frames = self.rest()
        if not frames or frames[-1][0] != CLOSE:
            return None
        payload = frames[-1][1]
        return int.from_bytes(payload[:2], 'big') if payload else 0


def ask_for(name):
    return json.dumps({'op': 'subscribe', 'id': 1, 'view': name}, ensure_ascii=False).encode()


def understood(server, name, frames, in_pieces=0):
    """Do these frames make the one message that asks for name?"""
    with Socket(server) as s:
        data = b''.join(frames)
        if in_pieces:
            for at in range(0, len(data), in_pieces):
                s.send(data[at:at + in_pieces])
        else:
            s.send(data)
        got = s.next()
        while got and got[0] == PONG:
            got = s.next()
        return bool(got) and got[0] == TEXT and name in json.loads(got[1]).get('message', '')


def refused(server, code, *frames):
    with Socket(server) as s:
        s.send(b''.join(frames))
        return s.closed_with() == code


def section_4_handshakes(server):
    def ask(text):
        with Socket(server, handshake=False) as s:
            s.send(text.replace('\n', '\r\n').encode())
            return s.until(b'\r\n\r\n').decode()

    with Socket(server) as s:
        accept = base64.b64encode(hashlib.sha1((s.key + GUID).encode()).digest()).decode()
        checks.check('4.2.2 the accept of the key', f'\r\nSec-WebSocket-Accept: {accept}\r\n' in s.head, s.head)
        checks.check('4.2.2 no subprotocol that was not asked for', 'Sec-WebSocket-Protocol' not in s.head)
        checks.check('9.1 no extension', 'Sec-WebSocket-Extensions' not in s.head)
    with Socket(server, 'Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b, weir.v1\r\n') as s:
        checks.check('4.2.2 the subprotocol', '\r\nSec-WebSocket-Protocol: weir.v1\r\n' in s.head)
    with Socket(server, 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n') as s:
        checks.check('9.1 an extension is passed over', ' 101 ' in s.head and 'deflate' not in s.head)
        s.send(frame(TEXT, b'x', rsv=4))
        checks.check('9.1 and its bit is refused', s.closed_with() == 1002)
    good = ('GET /live HTTP/1.1\nHost: localhost\nUpgrade: websocket\nConnection: Upgrade\n'
            'Sec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\n')
    for what, text, status in [
            ('names and values in any case', good.replace('Upgrade: websocket', 'uPGRADE:WebSocket').replace(
                'Connection: Upgrade', 'CONNECTION:\tkeep-alive , UPGRADE'), 101),
            ('a whole URL', good.replace('/live', 'http://localhost/live'), 101),
            ('a query behind the path', good.replace('/live', '/live?x=1'), 101),
            ('another path', good.replace('/live', '/live/'), 404),
            ('no Upgrade', good.replace('Upgrade: websocket\n', ''), 426),
            ('no Connection', good.replace('Connection: Upgrade\n', ''), 426),
            ('another protocol', good.replace('websocket', 'h2c'), 426),
            ('version 8', good.replace('Version: 13', 'Version: 8'), 426),
            ('version 013', good.replace('Version: 13', 'Version: 013'), 426),
            ('two versions', good.replace('Version: 13', 'Version: 13\nSec-WebSocket-Version: 8'), 400),
            ('no version', good.replace('Sec-WebSocket-Version: 13\n', ''), 400),
            ('no key', good.replace('Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n', ''), 400),
            ('a short key', good.replace('dGhlIHNhbXBsZSBub25jZQ==', 'AAAA'), 400),
            ('a key that is no base64', good.replace('dGhlIHNhbXBsZSBub25jZQ==', 'dGhlIHNhbXBsZSBub25jZ*=='), 400),
            ('two keys', good.replace('\n\n', '\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\n'), 400),
            ('a body', good.replace('\n\n', '\nContent-Length: 3\n\nabc'), 400),
            ('a chunked body', good.replace('\n\n', '\nTransfer-Encoding: chunked\n\n0\n\n'), 400),
            ('two lengths', good.replace('\n\n', '\nContent-Length: 0\nContent-Length: 0\n\n'), 400),
            ('a length beside chunks', good.replace('\n\n', '\nContent-Length: 0\nTransfer-Encoding: chunked\n\n'), 400),
            ('a folded field', good.replace('Upgrade: websocket', 'Upgrade:\n websocket'), 400),
            ('a space before a colon', good.replace('Upgrade: websocket', 'Upgrade : websocket'), 400),
            ('no Host', good.replace('Host: localhost\n', ''), 400),
            ('another Host', good.replace('Host: localhost', 'Host: evil.example'), 403),
            ('an Origin', good.replace('\n\n', '\nOrigin: https://evil.example\n\n'), 403),
            ('another subprotocol', good.replace('\n\n', '\nSec-WebSocket-Protocol: weir.v2\n\n'), 400),
            ('HTTP/1.0', good.replace('HTTP/1.1', 'HTTP/1.0'), 426),
            ('HTTP/2.0', good.replace('HTTP/1.1', 'HTTP/2.0'), 505)]:
        head = ask(text)
        checks.check(f'4.2.1 {what}: {status}', head.startswith(f'HTTP/1.1 {status} '), head)
        if status == 426:
            checks.check(f'4.4 {what} is told the version', '\r\nSec-WebSocket-Version: 13\r\n' in head)
    with Socket(server, handshake=False) as s:
        for byte in good.replace('\n', '\r\n').encode():
            s.send(bytes([byte]))
        checks.check('4.2 a handshake byte by byte', b' 101 ' in s.until(b'\r\n\r\n'))
    with Socket(server, handshake=False) as s:
        s.send(b'GET /sums HTTP/1.1\r\nHost: localhost\r\n\r\n' + good.replace('\n', '\r\n').encode() + frame(PING, b'x'))
        s.until(b' 101 ')
        s.until(b'\r\n\r\n')
        checks.check('4.2 behind another request, and a frame behind it', s.next() == (PONG, b'x'))


def section_5_2_frames(server):
    base = len(ask_for(''))
    for size in (base, 125, 126, 127, 128, 65535, 65536, 65537, 300_000):
        with Socket(server) as s:
            text = b'{"op":"cancel","id":1' + b' ' * (size - 22) + b'}'
            s.send(frame(TEXT, text) + frame(TEXT, ask_for('behind')))
            checks.check(f'5.2 a text of {size} bytes', 'behind' in s.text()['message'])
    for rsv in range(1, 8):
        for opcode in (TEXT, PING, CLOSE):
            checks.check(f'5.2 reserved bits {rsv:03b} of {opcode}', refused(server, 1002, frame(opcode, b'', rsv=rsv)))
        checks.check(f'5.2 reserved bits {rsv:03b} of a continuation',
                     refused(server, 1002, frame(TEXT, b'{', fin=0), frame(0, b'}', rsv=rsv)))
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        for payload in (b'', b'x', b'x' * 125):
            checks.check(f'5.2 opcode {opcode} with {len(payload)} bytes', refused(server, 1002, frame(opcode, payload)))
    for size, length in ((0, 2), (125, 2), (0, 8), (125, 8), (126, 8), (65535, 8)):
        checks.check(f'5.2 {size} bytes as {length}', refused(server, 1002, frame(TEXT, b'x' * size, length=length)))
    checks.check('5.2 a length with its first bit', refused(server, 1002, b'\x81\xff\x80' + bytes(6) + b'\x01' + b'mask' + b'x'))
    checks.check('5.2 a binary message', refused(server, 1003, frame(BINARY, b'x')))
    checks.check('5.2 a binary message that is empty', refused(server, 1003, frame(BINARY)))


def section_5_3_masks(server):
    for opcode in (TEXT, PING, PONG, CLOSE):
        checks.check(f'5.1 opcode {opcode} without a mask', refused(server, 1002, frame(opcode, b'xx', mask=b'')))
    for mask in (b'\0\0\0\0', b'\xff\xff\xff\xff', b'\0\0\0\1', b'{}"\n'):
        for size in range(8):
            name = 'masked' + 'x' * size
            checks.check(f'5.3 mask {mask!r}', understood(server, name, [frame(TEXT, ask_for(name), mask=mask)]))


def section_5_4_fragments(server):
    name = 'füßé€😀'
    text = ask_for(name)
    for count in (2, 3, len(text)):
        cuts = sorted(random.sample(range(1, len(text)), count - 1))
        parts = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)])]
        frames = [frame(0 if i else TEXT, part, fin=int(i == len(parts) - 1)) for i, part in enumerate(parts)]
        for pieces in (0, 1, 7):
            checks.check(f'5.4 {count} fragments, {pieces}', understood(server, name, frames, pieces))
        with_pings = [each for i, one in enumerate(frames) for each in (one, frame(PING, str(i)))][:-1]
        checks.check(f'5.4 {count} fragments with pings between', understood(server, name, with_pings))
        with_pongs = [each for one in frames for each in (one, frame(PONG, b'unasked'))][:-1]
        checks.check(f'5.4 {count} fragments with pongs between', understood(server, name, with_pongs))
    empty = [frame(TEXT, b'', fin=0), frame(0, b'', fin=0), frame(0, text, fin=0), frame(0, b'')]
    checks.check('5.4 empty fragments', understood(server, name, empty))
    with Socket(server) as s:
        s.send(frame(TEXT, text[:9], fin=0) + frame(PING, b'now'))
        checks.check('5.4 a ping inside a message is answered at once', s.next() == (PONG, b'now'))
    checks.check('5.4 a continuation of nothing', refused(server, 1002, frame(0, b'x')))
    checks.check('5.4 an empty one', refused(server, 1002, frame(0, b'', fin=0)))
    checks.check('5.4 a continuation behind a whole message', refused(server, 1002, frame(TEXT, text), frame(0, b'x')))
    checks.check('5.4 a message inside another', refused(server, 1002, frame(TEXT, b'a', fin=0), frame(TEXT, b'b')))
    with Socket(server) as s:
        s.send(frame(TEXT, b'a', fin=0) + frame(CLOSE, struct.pack('>H', 1000)))
        checks.check('5.4 a close inside a message', s.closed_with() == 1000)


def section_5_5_control(server):
    for size in (0, 1, 124, 125):
        with Socket(server) as s:
            payload = os.urandom(size)
            s.send(frame(PING, payload))
            checks.check(f'5.5.3 a ping of {size} bytes', s.next() == (PONG, payload))
    with Socket(server) as s:
        s.send(b''.join(frame(PING, str(i)) for i in range(1000)))
        checks.check('5.5.3 a thousand pings in one write', [s.next() for _ in range(1000)] == [(PONG, str(i).encode()) for i in range(1000)])
        s.send(frame(PONG, b'unasked') + frame(PING, b'x'))
        checks.check('5.5.3 an unasked pong', s.next() == (PONG, b'x'))
        for byte in frame(PING, b'slowly'):
            s.send(bytes([byte]))
        checks.check('5.5.2 a ping byte by byte', s.next() == (PONG, b'slowly'))
    for opcode in (CLOSE, PING, PONG):
        checks.check(f'5.5 opcode {opcode} of 126 bytes', refused(server, 1002, frame(opcode, b'\x03\xe8' + b'x' * 124)))
        checks.check(f'5.5 opcode {opcode} divided', refused(server, 1002, frame(opcode, b'', fin=0)))
    with Socket(server) as s:
        s.send(frame(PING, b'1') + frame(CLOSE, struct.pack('>H', 1000) + b'bye') + frame(PING, b'2') + frame(TEXT, ask_for('x')))
        checks.check('5.5.1 nothing is answered behind a close', s.rest() == [(PONG, b'1'), (CLOSE, b'\x03\xe8')])
    with Socket(server) as s:
        s.send(frame(CLOSE) + frame(CLOSE))
        checks.check('5.5.1 an empty close', s.rest() == [(CLOSE, b'')])


def section_7_4_codes(server):
    good = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
    bad = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]
    for code in good:
        checks.check(f'7.4 {code}', refused(server, code, frame(CLOSE, struct.pack('>H', code) + b'reason')))
    for code in bad:
        checks.check(f'7.4 {code} is no code', refused(server, 1002, frame(CLOSE, struct.pack('>H', code))))
    checks.check('7.1.5 half a code', refused(server, 1002, frame(CLOSE, b'\x03')))
    for reason, code in ((b'x' * 123, 1000), ('€'.encode() * 41, 1000), (b'\xff', 1007), ('€'.encode()[:2], 1007), (b'\xed\xa0\x80', 1007)):
        checks.check(f'7.1.6 the reason {reason[:9]!r}', refused(server, code, frame(CLOSE, b'\x03\xe8' + reason)))


def section_8_1_utf8(server):
    good = ['plain', 'κόσμε', '\u0080', '\u07ff', '\u0800', '\ud7ff', '\ue000', '\ufffd', '\uffff', '\U00010000', '\U0010ffff', '😀😀']
    for name in good:
        name = 'a' + name + 'b'
        text = ask_for(name)
        checks.check(f'8.1 {name!r}', understood(server, name, [frame(TEXT, text)]))
        parts = [frame(0 if i else TEXT, text[i:i + 1], fin=int(i == len(text) - 1)) for i in range(len(text))]
        checks.check(f'8.1 {name!r} in frames of a byte', understood(server, name, parts))
    bad = ['80', 'bf', '80bf', 'c0', 'c080', 'c0af', 'c1bf', 'e080', 'e080af', 'e09fbf', 'eda080', 'edbfbf', 'edadbfedb080', 'f08080af', 'f08fbfbf',
           'f4908080', 'f5808080', 'f888808080', 'fc8480808080', 'fe', 'ff', 'c32e', 'e2822e', 'f09f982e', 'cebae1bdb9cf83cebceda080656469746564']
    for each in bad:
        broken = b'{"op":"' + bytes.fromhex(each) + b'"}'
        checks.check(f'8.1 {each}', refused(server, 1007, frame(TEXT, broken)))
        parts = [frame(0 if i else TEXT, broken[i:i + 1], fin=int(i == len(broken) - 1)) for i in range(len(broken))]
        checks.check(f'8.1 {each} in frames of a byte', refused(server, 1007, *parts))
        checks.check(f'8.1 {each} before the message is whole', refused(server, 1007, frame(TEXT, broken, fin=0)))
    for cut in ('c3', 'e2', 'e282', 'f0', 'f09f', 'f09f98'):
        checks.check(f'8.1 {cut} at the end', refused(server, 1007, frame(TEXT, b'{}' + bytes.fromhex(cut))))
        checks.check(f'8.1 {cut} at the end of the last frame',
                     refused(server, 1007, frame(TEXT, b'{}' + bytes.fromhex(cut), fin=0), frame(0, b'')))
    with Socket(server) as s:
        s.send(frame(TEXT, b'\0') + frame(PING, b'x'))
        checks.check('8.1 a NUL is text, though no JSON', s.text()['code'] == '22P02' and s.next() == (PONG, b'x'))


def section_10_4_bounds(schema):
    with Server('--live-message-size', '64kB', files=[schema], data='none') as server:
        checks.check('10.4 a message at the bound', understood(server, 'nothing', [frame(TEXT, ask_for('nothing').ljust(65536))]))
        checks.check('10.4 a message over it', refused(server, 1009, frame(TEXT, b' ' * 65537)))
        checks.check('10.4 in fragments', refused(server, 1009, frame(TEXT, b' ' * 40000, fin=0), frame(0, b' ' * 40000)))
        checks.check('10.4 many small fragments', refused(server, 1009, frame(TEXT, b'', fin=0), *[frame(0, b' ' * 100, fin=0)] * 700))
        for size in (1 << 30, 1 << 62):
            head = b'\x81\xff' + struct.pack('>Q', size) + b'mask'
            checks.check(f'10.4 a frame of {size} bytes is refused at its first', refused(server, 1009, head + b'x'))
        memory = resident(server)
        checks.check('10.4 and nothing was kept for it', memory < 200 << 20, memory)


def resident(server):
    text = open(f'/proc/{server.process.pid}/status').read()
    return int(text.split('VmRSS:')[1].split()[0]) * 1024


def the_page():
    """The examples of docs/PROTOCOL.md, as they stand there. What is silent is proven by what is said next."""
    page = (ROOT / 'docs/PROTOCOL.md').read_text(encoding='utf-8')
    schema, talk = re.search(r'```sql\n(.*?)```', page, re.S)[1], page.split('\n## WebSocket\n')[1]
    lines = [line for block in re.findall(r'```text\n(.*?)```', talk, re.S) for line in block.splitlines()]
    checks.check('the page has examples', len(lines) > 20)
    with tempfile.NamedTemporaryFile('w', suffix='.sql') as file:
        file.write(schema)
        file.flush()
        with Server(files=[file.name], data='none') as server, Socket(server) as s:
            for line in lines:
                if line.startswith('> '):
                    s.send(frame(TEXT, line[2:]))
                    continue
                got = re.sub(r'"token":"[0-9a-f]+:', '"token":"3f2a:', s.next()[1].decode())
                checks.check(f'the page says {line}', line == '< ' + got, got)
            s.send(frame(PING, b'end'))
            checks.check('the page says all', s.next() == (PONG, b'end'))


class Replica:
    def __init__(self):
        self.rows, self.key, self.inside = {}, [], False

    def apply(self, got):
        name = lambda row: tuple(row[column] for column in self.key)
        if got['event'] == 'init':
            if not self.inside:
                self.rows.clear()
            self.inside = got.get('more', False)
            self.key = got['key']
            self.rows.update({name(row): row for row in got['rows']})
        elif got['event'] == 'update':
            for row in got['delete']:
                self.rows.pop(name(row), None)
            self.rows.update({name(row): row for row in got['upsert']})


def in_order(rows):
    return sorted(rows, key=json.dumps)


async def churn(server):
    """Two clients of the `websockets` package: one writes with credit, one follows with a demand of its own."""
    random.seed(7)
    uri = f'ws://{server.http}/live'
    async with websockets.connect(uri, subprotocols=['weir.v1']) as writer, websockets.connect(uri, subprotocols=['weir.v1']) as reader:
        checks.check('websockets: the subprotocol', writer.subprotocol == reader.subprotocol == 'weir.v1')
        replicas = {id: Replica() for id in range(1, 6)}
        await reader.send(json.dumps({'op': 'subscribe', 'id': 1, 'view': 'sums', 'n': 1}))
        await reader.send(json.dumps({'op': 'subscribe', 'id': 2, 'view': 'sums', 'where': 'grp=eq.3', 'n': 3}))
        await reader.send(json.dumps({'op': 'subscribe', 'id': 3, 'view': 'item', 'n': 2}))
        await reader.send(json.dumps({'op': 'subscribe', 'id': 4, 'view': 'item', 'where': 'or=(n.gt.900,t.is.null)', 'select': 'id,n', 'n': 1}))
        await reader.send(json.dumps({'op': 'subscribe', 'id': 5, 'view': 'sums', 'order': 'n.desc', 'limit': 3, 'n': 1}))
        credit = None

        async def write():
            nonlocal credit
            for round in range(150):
                rows = [{'id': random.randrange(400), 'grp': random.randrange(9), 'n': random.randrange(1000)} for _ in range(20)]
                rows = list({row['id']: row for row in rows}.values())
                await writer.send(json.dumps({'op': 'upsert', 'id': round, 'table': 'item', 'rows': rows}))
                await writer.send(json.dumps({'op': 'delete', 'id': 1000 + round, 'table': 'item', 'where': f'id=lt.{random.randrange(30)}'}))
                answers = 0
                while answers < 2:
                    got = json.loads(await writer.recv())
                    if got['event'] == 'credit':
                        credit = got['rows']
                    else:
                        assert got['event'] == 'ack', got
                        answers += 1

        async def ask():
            await reader.send(json.dumps({'op': 'subscribe', 'id': 9, 'view': 'none'}))

        async def follow():
            """Until nothing comes between two questions, each behind the answer to the one before."""
            frames_before, frames = -1, 0
            while True:
                got = json.loads(await reader.recv())
                if got['id'] == 9:
                    if frames == frames_before:
                        return
                    frames_before = frames
                    await ask()
                    continue
                replicas[got['id']].apply(got)
                frames += 1
                await reader.send(json.dumps({'op': 'request', 'id': got['id'], 'n': 1}))

        async def write_and_ask():
            await write()
            await ask()

        await asyncio.wait_for(asyncio.gather(write_and_ask(), follow()), 120)
        checks.check('websockets: credit was granted', credit is not None and credit > 0, credit)
        await (await reader.ping())
        for id, path in ((1, '/sums'), (2, '/sums?grp=eq.3'), (3, '/item'), (4, '/item?or=(n.gt.900,t.is.null)&select=id,n'),
                         (5, '/sums?order=n.desc&limit=3')):
            checks.check(f'websockets: replica {id} equals the view', in_order(replicas[id].rows.values()) == in_order(server.get(path)))
        await reader.close(4321, 'done')
        checks.check('websockets: its close is answered', reader.close_code == 4321, reader.close_code)


def faults(server, schema):
    with Socket(server) as slow, Socket(server) as other:
        # A byte at a time: its own message waits, nobody else.
        data = frame(TEXT, ask_for('slowly'))
        for byte in data[:-1]:
            slow.send(bytes([byte]))
        other.send(frame(TEXT, ask_for('meanwhile')))
        checks.check('a peer of a byte at a time keeps nobody waiting', 'meanwhile' in other.text()['message'])
        slow.send(data[-1:])
        checks.check('and is understood', 'slowly' in slow.text()['message'])
    with Server('--heartbeat', '100ms', files=[schema], data='none') as quick:
        with Socket(quick) as dead:
            start = time.monotonic()
            frames = dead.rest()
            checks.check('a dead peer is asked twice and closed', frames == [(PING, b'')] * 2, frames)
        with Socket(quick) as half:
            half.socket.shutdown(socket.SHUT_WR)
            checks.check('a peer that only closes its side is let go', half.rest() in ([], [(PING, b'')]))
        with Socket(quick) as stalled:
            # It does not read, so it cannot be asked; it is not judged, and comes back to the present.
            stalled.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stalled.say(op='subscribe', id=1, view='item', n=1 << 62)
            for n in range(300):
                quick.request('POST', '/item', json.dumps({'id': 1, 't': 'x' * 8000 + str(n)}),
                              {'Content-Type': 'application/json', 'Prefer': 'resolution=merge-duplicates'})
            time.sleep(1)
            got, frames = '', 0
            while not got.endswith('x299'):
                opcode, payload = stalled.next()
                if opcode == TEXT:
                    frames += 1
                    rows = json.loads(payload)
                    rows = rows.get('upsert') or rows.get('rows')
                    got = rows[-1]['t'] if rows else ''
                else:
                    stalled.send(frame(PONG, payload))
            checks.check('a stalled reader comes back to the present', frames < 300, frames)
    with Server(files=[schema], data='none') as ending:
        with Socket(ending) as s:
            s.say(op='subscribe', id=1, view='sums', n=5)
            s.event('init')
            ending.process.terminate()
            checks.check('a stop says 1001', s.closed_with() == 1001)
        checks.check('and ends', ending.process.wait(timeout=30) == 0)
    with Server(files=[schema]) as server:
        with Socket(server) as s:
            s.say(op='subscribe', id=1, view='item', n=5)
            s.event('init')
            server.post('/item', [{'id': 1}])
            token = s.event('update')['token']
        server.kill()
        server.start()
        server.post('/item', [{'id': 2}])
        with Socket(server) as s:
            s.say(op='subscribe', id=1, view='item', n=5, since=token)
            got = s.text()
            checks.check('a token is good after kill -9', got['event'] == 'update' and [row['id'] for row in got['upsert']] == [2], got)


def short_of_memory(schema):
    """At the budget's limit a writer waits, in the middle of a message if need be; others go on, and a DELETE frees it."""
    with Server('--memory', '48MB', files=[schema], data='none') as server, Socket(server) as writer, Socket(server) as other:
        def write():
            for n in range(300):
                writer.say(op='insert', id=n, table='item', rows=[{'id': n * 100 + row, 't': 'x' * 2000} for row in range(100)])
        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        acks = []
        def take(seconds):
            writer.socket.settimeout(seconds)
            try:
                while len(acks) < 300:
                    got = writer.text()
                    if got['event'] != 'credit':
                        acks.append((got['id'], got['event']))
            except TimeoutError:
                pass
        take(2)
        checks.check('a writer waits when memory is full', 10 < len(acks) < 300 and thread.is_alive(), len(acks))
        other.say(op='subscribe', id=1, view='sums', n=1)
        checks.check('while others are served', other.text()['event'] == 'init')
        while len(acks) < 300:
            before = len(acks)
            other.say(op='delete', id=2, table='item')
            checks.check('and a DELETE frees memory', other.event('ack')['rows'] > 0)
            take(2)
            if len(acks) == before:
                break
        checks.check('so that all is written', acks == [(n, 'ack') for n in range(300)], len(acks))


def shared(server):
    """A change is encoded once for a thousand: its bytes are of one length, its cost is the sends."""
    sockets = [Socket(server) for _ in range(1000)]
    try:
        for id, s in enumerate(sockets):
            s.say(op='subscribe', id=id, view='sums', n=1000)
        first = [s.event('init') for s in sockets]
        answer = server.post('/item', [{'id': 10_000, 'grp': 77, 'n': 1}])
        updates = [s.event('update') for s in sockets]
        checks.check('a thousand subscribers get a change, each under its id',
                     [got['id'] for got in updates] == list(range(1000)) and {got['tick'] for got in updates} == {answer['tick']})
        checks.check('and the same', len({json.dumps([got['upsert'], got['delete'], got['token']]) for got in updates}) == 1)
    finally:
        for s in sockets:
            s.socket.close()


PAGE = '''<!doctype html><script>
const said = [], ask = (path) => fetch(path, { method: 'POST', body: JSON.stringify(said) });
const ws = new WebSocket('ws://' + location.search.slice(1) + '/live', ['weir.v1']);
const say = (message) => ws.send(JSON.stringify(message));
ws.onopen = () => { said.push(ws.protocol); say({ op: 'subscribe', id: 1, view: 'sums', n: 2 }); };
ws.onmessage = ({ data }) => {
  const got = JSON.parse(data);
  said.push(got.event);
  if (got.event === 'init') say({ op: 'insert', id: 2, table: 'item', rows: [{ id: 1, grp: 5, t: 'füß€😀' }] });
  if (got.event === 'update') { said.push(got.upsert); ws.close(4000, 'done'); }
};
ws.onclose = ({ code, wasClean }) => { said.push(code, wasClean); ask('/result'); };
</script>'''


def browser(schema):
    """A page in Chromium, where that is installed: its origin has to be named with --cors."""
    program = shutil.which('chromium')
    if not program:
        return
    results = queue.Queue()

    class Pages(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path.startswith('/page') else 404)
            self.send_header('Content-Type', 'text/html; charset=utf-8')
            self.end_headers()
            self.wfile.write(PAGE.encode())

        def do_POST(self):
            results.put(json.loads(self.rfile.read(int(self.headers['Content-Length']))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    pages = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Pages)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    origin = f'http://localhost:{pages.server_port}'
    try:
        for cors, wanted in (([], None), (['--cors', origin], ['weir.v1', 'init', 'ack', 'credit', 'update',
                                                             [{'grp': 5, 'items': 1, 'n': None}], 4000, True])):
            with Server(*cors, files=[schema], data='none') as server, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
                chromium = subprocess.Popen(
                    [program, '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
                     f'--user-data-dir={profile}', '--remote-debugging-port=0', f'{origin}/page?{server.http}'],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
                try:
                    got = results.get(timeout=60)
                finally:
                    os.killpg(chromium.pid, signal.SIGKILL)
                    chromium.wait()
            if wanted is None:
                checks.check('Chromium: a page of another origin gets no socket', got == [1006, False], got)
            else:
                checks.check('Chromium: subscribes, inserts, closes in good order', got == wanted, got)
    finally:
        pages.shutdown()


def main():
    folder = tempfile.mkdtemp(prefix='weir-websocket-')
    schema = os.path.join(folder, 'schema.sql')
    with open(schema, 'w') as file:
        file.write(SCHEMA)
    try:
        with Server(files=[schema], data='none') as server:
            section_4_handshakes(server)
            section_5_2_frames(server)
            section_5_3_masks(server)
            section_5_4_fragments(server)
            section_5_5_control(server)
            section_7_4_codes(server)
            section_8_1_utf8(server)
            asyncio.run(churn(server))
            shared(server)
            faults(server, schema)
        short_of_memory(schema)
        section_10_4_bounds(schema)
        the_page()
        browser(schema)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    checks.end()


main()

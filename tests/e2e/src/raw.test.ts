import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until, Weir } from './weir.js';

const get = 'GET /product?select=id HTTP/1.1\r\nHost: localhost\r\n\r\n';

test('requests that could be smuggled get 400, and nothing behind them is served', async (t) => {
  const server = await Weir.start(t);
  const post = 'POST /product HTTP/1.1\r\nHost: localhost\r\n';
  const cases = [
    `${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${post}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`,
    `${post}Content-Length: 2\r\nContent-Length: 2\r\n\r\n[]`,
    `${post}Content-Length: 2, 2\r\n\r\n[]`,
    `${post}Content-Length: 0x2\r\n\r\n[]`,
    `${post}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
    `${post}Transfer-Encoding: identity\r\n\r\n[]`,
    `${post}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n`,
    `${post}X: a\r\n\tfolded\r\nContent-Length: 2\r\n\r\n[]`,
    `${post}Content-Length : 2\r\n\r\n[]`,
    'POST /product HTTP/1.1\nHost: localhost\nContent-Length: 2\n\n[]',
    'GET /product HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n',
    'GET /product HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n',
    'GET /product HTTP/1.1\r\n\r\n',
    'GET /product HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n',
    'GET  /product HTTP/1.1\r\nHost: localhost\r\n\r\n',
    `${post}Transfer-Encoding: chunked\r\n\r\n2;\n[]\r\n0\r\n\r\n`,
    `${post}Transfer-Encoding: chunked\r\n\r\n-2\r\n[]\r\n0\r\n\r\n`,
  ];
  for (const text of cases) {
    const raw = server.raw();
    await raw.send(Buffer.from(text + get, 'latin1'));
    const answer = await raw.rest();
    assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/, JSON.stringify(text));
    assert.match(answer, /\r\nConnection: close\r\n/);
    assert.equal(answer.split('HTTP/1.1 ').length, 2, `only one answer to ${JSON.stringify(text)}`);
  }
  assert.equal((await server.ask('/product')).text, '[]');
});

test('two hundred requests in one packet are answered in order', async (t) => {
  const server = await Weir.start(t);
  await server.post('/product', Array.from({ length: 200 }, (_, id) => ({ id })));
  const raw = server.raw();
  await raw.send(Array.from({ length: 200 }, (_, id) => `GET /product?select=id&id=eq.${id} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join(''));
  await until(() => raw.text.includes('[{"id":199}]'), 'the last answer');
  assert.deepEqual([...raw.text.matchAll(/\[\{"id":(\d+)\}\]/g)].map((match) => Number(match[1])), Array.from({ length: 200 }, (_, id) => id));
  raw.close();
});

test('slow senders get 408 and hold nobody up', async (t) => {
  const server = await Weir.start(t, { args: ['--head-timeout', '500ms', '--body-timeout', '500ms'] });
  const slow = Array.from({ length: 50 }, () => server.raw());
  const head = 'GET /product HTTP/1.1\r\nHost: localhost\r\nX-Slow: ';
  for (const raw of slow) await raw.send(head);
  const body = server.raw();
  await body.send('POST /product HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{"id":7}\n\r\n');
  const drip = setInterval(() => slow.forEach((raw) => raw.ended || raw.send('a')), 50);
  const begin = Date.now();
  assert.equal((await server.ask('/product?id=eq.1')).status, 200);
  assert.ok(Date.now() - begin < 400);
  for (const raw of slow) assert.match(await raw.rest(), /^HTTP\/1\.1 408 /);
  clearInterval(drip);
  assert.match(await body.rest(), /^HTTP\/1\.1 408 [^]*"accepted":1,/);
  assert.equal((await server.ask('/product?select=id')).text, '[{"id":7}]');
});

test('a bad row in the middle of an endless body is answered at once, with its place', async (t) => {
  const server = await Weir.start(t);
  const raw = server.raw();
  await raw.send('POST /product HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n');
  const lines = (first: number, count: number) => Array.from({ length: count }, (_, i) => `{"id":${first + i},"category":"c"}\n`).join('');
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
  const good = lines(0, 20_000);
  await raw.send(chunk(good));
  await raw.send(chunk('{"id":20000,"price":"dear"}\n' + lines(30_000, 100)));
  const answer = await raw.rest();
  assert.match(answer, /^HTTP\/1\.1 400 /);
  const error = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));
  assert.deepEqual([error.code, error.row, error.byte], ['22P02', 20_001, good.length]);
  const kept = await server.ask('/product?select=id&order=id.desc&limit=1', { headers: { Prefer: 'count=exact' } });
  assert.equal(kept.headers.get('content-range'), `0-0/${error.accepted}`);
  assert.deepEqual(kept.json, [{ id: error.accepted - 1 }]);
});

test('a row that a constraint refuses is named alike in every format, in the middle of a long body', async (t) => {
  const server = await Weir.start(t);
  await server.ask('/product', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '[{"id":-1}]' });
  const ids = Array.from({ length: 15_000 }, (_, id) => id);
  const formats = [
    { type: 'application/x-ndjson', good: ids.map((id) => `{"id":${id}}\n`).join('') + '\n', bad: '{"id":-1}\n', status: 409, code: '23505' },
    { type: 'application/x-ndjson', good: ids.map((id) => `{"id":${id + 20_000}}\n`).join(''), bad: '{"name":"x"}\n', status: 409, code: '23502' },
    { type: 'text/csv', good: 'id,price\n' + ids.map((id) => `${id + 40_000},2\r\n`).join(''), bad: '-1,7\n', status: 409, code: '23505' },
    { type: 'text/csv', good: 'id,price\n' + ids.map((id) => `${id + 60_000},2\n`).join(''), bad: '7,1e30\n', status: 400, code: '22003' },
  ];
  for (const { type, good, bad, status, code } of formats) {
    const raw = server.raw();
    const behind = bad.repeat(30_000);
    await raw.send(`POST /product HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${good.length + bad.length + behind.length}\r\n\r\n`);
    for (let at = 0; at < good.length; at += 50_001) await raw.send(good.slice(at, at + 50_001));
    await raw.send(bad + behind);
    const answer = await raw.rest();
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
    const error = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));
    assert.deepEqual([error.code, error.row, error.byte], [code, 15_001, good.length], type);
    assert.ok(error.accepted <= 15_000 && error.tick > 0);
  }
});

test('what is wrong with a body does not depend on how it came', async (t) => {
  const server = await Weir.start(t);
  const bodies = [
    ['application/x-ndjson', '{"id":1}\n{"id":2}}\n{"name":"\n', '22P02', 2, 9],
    ['text/csv', 'id,name\n1,a\nx,"b"c\n', '22P02', 2, 12],
    ['application/json', '[{"id":1},\n {"id":1}]', '23505', 2, 12],
  ] as const;
  for (const [type, body, code, row, byte] of bodies) {
    for (let cut = 0; cut <= body.length; cut += 3) {
      const raw = server.raw();
      await raw.send(`POST /product HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n`);
      await raw.send(body.slice(0, cut));
      await sleep(2);
      await raw.send(body.slice(cut));
      const answer = await raw.rest();
      const error = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));
      assert.deepEqual([error.code, error.row, error.byte, error.accepted, error.tick], [code, row, byte, 0, 0], `${body} cut at ${cut}`);
    }
  }
});

test('half a body leaves whole transactions and nothing more', async (t) => {
  const server = await Weir.start(t);
  const raw = server.raw();
  await raw.send('POST /product HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n[{"id":1},{"id":2}');
  await sleep(100);
  raw.close();
  const stream = server.raw();
  await stream.send('POST /product HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n');
  await stream.send('d\r\nid\n10\n11\n12\n1\r\n');
  await until(async () => (await server.ask('/product?id=eq.12')).json.length === 1, 'the rows so far');
  stream.close();
  await sleep(100);
  assert.deepEqual((await server.ask('/product?select=id&order=id')).json, [{ id: 10 }, { id: 11 }, { id: 12 }]);
});

test('a body of 200 MB passes through little memory', async (t) => {
  const server = await Weir.start(t, { sql: 'CREATE TABLE counter (id int PRIMARY KEY, n bigint, filler text);' });
  const raw = server.raw();
  await raw.send(
    'POST /counter HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nPrefer: resolution=merge-duplicates\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  const text = Array.from({ length: 5000 }, (_, i) => `{"id":${i % 100},"n":${i},"filler":"${'x'.repeat(160)}"}\n`).join('');
  const chunk = Buffer.from(`${text.length.toString(16)}\r\n${text}\r\n`);
  let before = 0;
  for (let round = 0; round < 200; round++) {
    await raw.send(chunk);
    if (round === 20) before = server.memory();
  }
  const grown = server.memory() - before;
  await raw.send('0\r\n\r\n');
  await until(() => raw.text.includes('"rows":'), 'the answer', 60);
  assert.match(raw.text, /^HTTP\/1\.1 201 [^]*\{"rows":1000000,/);
  assert.ok(grown < 16 << 20, `grew by ${grown >> 20} MiB`);
  raw.close();
});

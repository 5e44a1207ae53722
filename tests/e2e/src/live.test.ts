import assert from 'node:assert/strict';
import { test } from 'node:test';
import WebSocket from 'ws';
import { sorted, until, Weir } from './weir.js';

const pace = `
CREATE TABLE item (id int PRIMARY KEY, grp int, n bigint, filler text);
CREATE MATERIALIZED VIEW sums AS SELECT grp, count(*) AS items, sum(n) AS n FROM item GROUP BY grp;
`;

/** A client of /live over Node's `ws`: replicas by id, and everything else that came. */
class Live {
  readonly socket: WebSocket;
  readonly others: any[] = [];
  readonly frames = new Map<number, number>();
  readonly ticks = new Map<number, number>();
  readonly tokens = new Map<number, string>();
  private readonly replicas = new Map<number, { key: string[]; rows: Map<string, any>; inside: boolean }>();
  closed = 0;

  constructor(server: Weir, private readonly each = 0) {
    this.socket = new WebSocket(`ws://${server.http}/live`, 'weir.v1');
    this.socket.on('message', (data) => this.take(JSON.parse(data.toString())));
    this.socket.on('close', (code) => (this.closed = code));
  }

  async opened(): Promise<this> {
    await until(() => this.socket.readyState === WebSocket.OPEN, 'the socket to open');
    return this;
  }

  say(message: any): void {
    this.socket.send(JSON.stringify(message));
  }

  private take(got: any): void {
    if (got.event !== 'init' && got.event !== 'update') {
      this.others.push(got);
      return;
    }
    const one = this.replicas.get(got.id) ?? { key: [], rows: new Map(), inside: false };
    const nameOf = (row: any) => JSON.stringify(one.key.map((column) => row[column]));
    this.replicas.set(got.id, one);
    if (got.event === 'init') {
      if (!one.inside) one.rows.clear();
      one.inside = got.more === true;
      one.key = got.key;
      for (const row of got.rows) one.rows.set(nameOf(row), row);
    } else {
      for (const row of got.delete) one.rows.delete(nameOf(row));
      for (const row of got.upsert) one.rows.set(nameOf(row), row);
    }
    this.frames.set(got.id, (this.frames.get(got.id) ?? 0) + 1);
    if (got.token) this.tokens.set(got.id, got.token);
    this.ticks.set(got.id, got.tick);
    if (this.each) this.say({ op: 'request', id: got.id, n: this.each });
  }

  rows(id: number): any[] {
    return [...(this.replicas.get(id)?.rows.values() ?? [])];
  }

  async event(kind: string): Promise<any> {
    await until(() => this.others.some((one) => one.event === kind), kind);
    return this.others.splice(this.others.findIndex((one) => one.event === kind), 1)[0];
  }
}

test('ws: replicas equal the view, with churn, slow readers and readers that come and go', async (t) => {
  const server = await Weir.start(t, { sql: pace });
  let state = 7;
  const random = (bound: number) => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % bound);
  const open = async (since?: string) => {
    const one = await new Live(server, 1).opened();
    one.say({ op: 'subscribe', id: 1, view: 'sums', n: 1 + random(5), since });
    one.say({ op: 'subscribe', id: 2, view: 'item', where: 'grp=eq.3', select: 'id,n', n: 2 });
    return one;
  };
  const readers = await Promise.all(Array.from({ length: 8 }, () => open()));
  const writer = await new Live(server).opened();
  let last = 0;
  for (let round = 0; round < 120; round++) {
    const rows = Array.from({ length: 40 }, () => ({ id: random(400), grp: random(60), n: random(1000) }));
    writer.say({ op: 'upsert', id: 1, table: 'item', rows: [...new Map(rows.map((row) => [row.id, row])).values()] });
    writer.say({ op: 'delete', id: 2, table: 'item', where: `id=in.(${Array.from({ length: 8 }, () => random(400)).join(',')})` });
    await writer.event('ack');
    last = (await writer.event('ack')).tick;
    const index = random(readers.length);
    const one = readers[index]!;
    if (random(3) === 0) one.socket.pause();
    else one.socket.resume();
    if (random(10) === 0) {
      one.socket.terminate();
      readers[index] = await open();
    }
  }
  writer.say({ op: 'upsert', id: 1, table: 'item', rows: [{ id: 1000, grp: 3, n: 1 }] });
  last = (await writer.event('ack')).tick;
  for (const one of readers) one.socket.resume();
  await until(() => readers.every((one) => one.ticks.get(1)! >= last && one.ticks.get(2)! >= last), 'everybody to be at the last tick');
  const sums = sorted((await server.ask('/sums')).json);
  const items = sorted((await server.ask('/item?grp=eq.3&select=id,n')).json);
  for (const one of readers) {
    assert.deepEqual(sorted(one.rows(1)), sums);
    assert.deepEqual(sorted(one.rows(2)), items);
    one.socket.close(1000);
  }
  await until(() => readers.every((one) => one.closed === 1000), 'everybody to be closed in good order');
});

test('ws: a thousand subscribers get each change', async (t) => {
  const server = await Weir.start(t, { sql: pace });
  await server.post('/item', [{ id: 1, grp: 1, n: 0 }]);
  const readers = await Promise.all(Array.from({ length: 1000 }, () => new Live(server).opened()));
  t.after(() => readers.forEach((one) => one.socket.terminate()));
  for (const one of readers) one.say({ op: 'subscribe', id: 1, view: 'sums', n: 1000 });
  await until(() => readers.every((one) => one.frames.get(1) === 1), 'a thousand states', 60);
  const cpu = server.cpu();
  for (let n = 1; n <= 20; n++) {
    await server.post('/item', [{ id: 1, n }], { Prefer: 'resolution=merge-duplicates' });
    await until(() => readers.every((one) => one.rows(1)[0].n === n), `change ${n} at everybody`);
  }
  t.diagnostic(`${(((server.cpu() - cpu) / 20_000) * 1e6).toFixed(2)} us of CPU a delivery`);
});

test('ws: a message of 16 MiB is one transaction, a longer one is 1009', async (t) => {
  const server = await Weir.start(t, { sql: pace });
  const one = await new Live(server).opened();
  const rows = Array.from({ length: 150_000 }, (_, id) => ({ id, grp: id % 7, n: id, filler: 'x'.repeat(60) }));
  const text = JSON.stringify({ op: 'insert', id: 1, table: 'item', rows });
  assert.ok(text.length < 16 << 20 && text.length > 12 << 20);
  one.socket.send(text);
  assert.equal((await one.event('ack')).rows, 150_000);
  one.socket.send(text + ' '.repeat((16 << 20) + 1 - text.length));
  await until(() => one.closed > 0, 'the close');
  assert.equal(one.closed, 1009);
});

test('ws: a writer that asks for nothing back is slowed, and holds bounded memory', async (t) => {
  const server = await Weir.start(t, { sql: pace, args: ['--producer-rows', '2000'] });
  const one = await new Live(server).opened();
  const before = server.memory();
  const rows = Array.from({ length: 100 }, (_, n) => ({ grp: n % 5, n, filler: 'y'.repeat(200) }));
  for (let round = 0; round < 2000; round++) {
    one.say({ op: 'upsert', id: round, table: 'item', rows: rows.map((row, index) => ({ id: (round % 20) * 100 + index, ...row })) });
    if (round % 50 === 0) await until(() => one.socket.bufferedAmount < 1 << 20, 'the server to take some', 60);
  }
  await until(() => one.others.filter((got) => got.event === 'ack').length === 2000, 'all acknowledgements', 60);
  assert.deepEqual(one.others.filter((got) => got.event === 'ack').map((got) => got.id), Array.from({ length: 2000 }, (_, id) => id));
  assert.ok(server.memory() - before < 100 << 20, `${(server.memory() - before) >> 20} MiB`);
  assert.equal((await server.ask('/item?select=id', { headers: { Prefer: 'count=exact', Range: '0-0' } })).headers.get('content-range'), '0-0/2000');
});

test('ws: a subscription goes on after kill -9, by its token', async (t) => {
  const server = await Weir.start(t, { sql: pace, data: true });
  const first = await new Live(server).opened();
  first.say({ op: 'subscribe', id: 1, view: 'sums', n: 10 });
  await until(() => first.frames.get(1) === 1, 'the state');
  first.say({ op: 'insert', id: 2, table: 'item', rows: [{ id: 1, grp: 3, n: 100 }] });
  await until(() => first.frames.get(1) === 2, 'a change');
  await server.kill('SIGKILL');
  await server.run();
  await server.post('/item', [{ id: 2, grp: 4, n: 200 }]);
  const again = await new Live(server).opened();
  again.say({ op: 'subscribe', id: 1, view: 'sums', n: 10, since: first.tokens.get(1) });
  await until(() => again.frames.get(1) === 1, 'the change since');
  assert.deepEqual(again.rows(1), [{ grp: 4, items: 1, n: 200 }]);
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sorted, Subscriber, until, Weir } from './weir.js';

const pace = `
CREATE TABLE item (id int PRIMARY KEY, grp int, n bigint, filler text);
CREATE MATERIALIZED VIEW sums AS SELECT grp, count(*) AS items, sum(n) AS n FROM item GROUP BY grp;
`;

/** A generator of the same numbers every time. */
function generator(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * bound);
  };
}

test('a thousand subscribers get each change', async (t) => {
  const server = await Weir.start(t, { sql: pace });
  await server.post('/item', [{ id: 1, grp: 1, n: 0 }]);
  const subscribers = Array.from({ length: 1000 }, () => new Subscriber(server.port, '/sums'));
  t.after(() => subscribers.forEach((one) => one.raw.close()));
  await until(() => subscribers.every((one) => one.frames.length === 1), 'a thousand states', 60);
  const cpu = server.cpu();
  for (let n = 1; n <= 20; n++) {
    await server.post('/item', [{ id: 1, n }], { Prefer: 'resolution=merge-duplicates' });
    await until(() => subscribers.every((one) => one.rows()[0].n === n), `change ${n} at everybody`);
  }
  t.diagnostic(`${(((server.cpu() - cpu) / 20_000) * 1e6).toFixed(2)} us of CPU a delivery`);
  for (const one of subscribers) assert.deepEqual(one.rows(), [{ grp: 1, items: 1, n: 20 }]);
});

test('replicas equal the view at the end, with churn, slow readers and readers that come and go', async (t) => {
  const server = await Weir.start(t, { sql: pace });
  const random = generator(7);
  const subscribers = Array.from({ length: 12 }, () => new Subscriber(server.port, '/sums'));
  for (let round = 0; round < 150; round++) {
    const rows = Array.from({ length: 40 }, () => ({ id: random(400), grp: random(60), n: random(1000) }));
    const unique = [...new Map(rows.map((row) => [row.id, row])).values()];
    await server.post('/item', unique, { Prefer: 'resolution=merge-duplicates' });
    await server.ask(`/item?id=in.(${Array.from({ length: 8 }, () => random(400)).join(',')})`, { method: 'DELETE' });
    const index = random(subscribers.length);
    const one = subscribers[index]!;
    if (random(3) === 0) one.raw.socket.pause();
    else one.raw.socket.resume();
    if (random(10) === 0) {
      one.raw.close();
      subscribers[index] = new Subscriber(server.port, '/sums', one.lastId, one.replica);
      subscribers[index]!.key = one.key;
    }
  }
  const { json } = await server.post('/item', [{ id: 1000, grp: 1000, n: 1 }]);
  for (const one of subscribers) one.raw.socket.resume();
  await until(() => subscribers.every((one) => one.tick >= json.tick), 'everybody to be at the last tick');
  const wanted = sorted((await server.ask('/sums')).json);
  for (const one of subscribers) {
    assert.deepEqual(sorted(one.rows()), wanted);
    one.raw.close();
  }
});

test('a subscriber goes on after kill -9, by its last id', async (t) => {
  const server = await Weir.start(t, { sql: pace, data: true });
  await server.post('/item', Array.from({ length: 50 }, (_, id) => ({ id, grp: id % 10, n: 1 })));
  const first = new Subscriber(server.port, '/sums');
  await until(() => first.frames.length === 1, 'the state');
  await server.post('/item', [{ id: 50, grp: 3, n: 100 }]);
  await until(() => first.frames.length === 2, 'a change');
  await server.kill('SIGKILL');
  await server.run();
  await server.post('/item', [{ id: 51, grp: 4, n: 200 }]);
  const again = new Subscriber(server.port, '/sums', first.lastId, first.replica);
  again.key = first.key;
  await until(() => again.frames.length === 1, 'the change since');
  assert.equal(again.frames[0]!.event, 'update');
  assert.deepEqual(again.frames[0]!.data.upsert, [{ grp: 4, items: 6, n: 205 }]);
  assert.deepEqual(sorted(again.rows()), sorted((await server.ask('/sums')).json));
  again.raw.close();
});

/** What the kernel holds for all TCP sockets of this network, in bytes. */
function socketMemory(): number {
  const pages = /^TCP: .* mem (\d+)$/m.exec(readFileSync('/proc/net/sockstat', 'utf8'));
  return Number(pages![1]) * 4096;
}

test('readers that never read cost a bounded amount, and hold nobody up', async (t) => {
  const count = 300;
  const server = await Weir.start(t, { sql: pace });
  const rows = (n: number) => Array.from({ length: 150 }, (_, id) => ({ id, grp: id, n, filler: 'x' }));
  await server.post('/item', rows(0));
  const healthy = new Subscriber(server.port, '/sums');
  const start = { resident: server.memory(), sockets: socketMemory() };
  const stalled = Array.from({ length: count }, () => new Subscriber(server.port, '/sums'));
  for (const one of stalled) one.raw.socket.pause();
  t.after(() => [healthy, ...stalled].forEach((one) => one.raw.close()));
  let warm = { resident: 0, sockets: 0 };
  for (let n = 1; n <= 600; n++) {
    await server.post('/item', rows(n), { Prefer: 'resolution=merge-duplicates' });
    if (n === 200) warm = { resident: server.memory(), sockets: socketMemory() };
  }
  await until(() => healthy.rows()[0]?.n === 600, 'the healthy one to be up to date');
  const end = { resident: server.memory(), sockets: socketMemory() };
  t.diagnostic(`resident +${(end.resident - start.resident) >> 10} KiB, sockets +${(end.sockets - start.sockets) >> 10} KiB for ${count} readers`);
  assert.ok(end.resident - warm.resident < 4 << 20, `resident grew by ${(end.resident - warm.resident) >> 10} KiB after the start`);
  assert.ok(end.resident - start.resident < (8 << 20) + count * (32 << 10), 'resident is within its bound');
  stalled[0]!.raw.socket.resume();
  await until(() => stalled[0]!.rows()[0]?.n === 600, 'a stalled reader to come back');
  await sleep(50);
});

test('a relation can be dropped while frames of it wait for readers that do not read', async (t) => {
  const server = await Weir.start(t, { sql: pace, args: ['--push-send-size', '4kB', '--push-unsent-size', '4kB'] });
  const subscribers = Array.from({ length: 5 }, () => new Subscriber(server.port, '/item'));
  t.after(() => subscribers.forEach((one) => one.raw.close()));
  await until(() => subscribers.every((one) => one.frames.length === 1), 'the first states');
  subscribers.forEach((one) => one.raw.socket.pause());
  const filler = 'x'.repeat(4096);
  const rows = (n: number) => Array.from({ length: 40 }, (_, id) => ({ id, grp: 1, n, filler }));
  for (let n = 0; n < 100; n++) await server.post('/item', rows(n), { Prefer: 'resolution=merge-duplicates' });
  assert.equal((await server.sql('DROP MATERIALIZED VIEW sums'))[0].command, 'DROP MATERIALIZED VIEW');
  assert.equal((await server.sql('DROP TABLE item'))[0].command, 'DROP TABLE');
  subscribers.forEach((one) => one.raw.socket.resume());
  await until(() => subscribers.every((one) => one.raw.ended), 'the subscriptions to end');
  for (const one of subscribers) assert.match(one.raw.text, /event: end\ndata: \{"code":"55000"/);
  assert.equal((await server.ask('/weir.views')).status, 200);
});

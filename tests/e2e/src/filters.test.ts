// Subscriptions that are more than a relation's own rows: any filter, the first rows of an order, plain views.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventSource } from 'eventsource';
import { sorted, Subscriber, until, Weir } from './weir.js';

const schema = `
CREATE TABLE item (id int PRIMARY KEY, name text, grp int, n bigint);
CREATE VIEW sums AS SELECT grp, count(*) AS items, sum(n) AS n FROM item GROUP BY grp;
`;

function generator(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * bound);
  };
}

async function hidden(server: Weir): Promise<any[]> {
  return (await server.ask('/weir.views?kind=eq.hidden%20view&order=name&select=name,status,subscriptions')).json;
}

const requests = [
  '/item?n=gt.500', '/item?n=gte.500&n=lt.900', '/item?n=lte.100', '/item?grp=neq.3', '/item?name=like.a*', '/item?name=ilike.*B',
  '/item?grp=in.(1,2,3)', '/item?name=is.null', '/item?name=not.is.null&n=not.gt.300', '/item?or=(n.lt.50,and(grp.eq.2,n.gt.600))',
  '/item?grp=eq.2&n=gt.100', '/item?name=match.%5Ea.%2A&select=id,n,text:n::text', '/item?name=isdistinct.aa',
  '/item?order=n.desc,id&limit=7', '/item?grp=gt.1&order=n,id&limit=5&offset=3', '/sums', '/sums?n=gt.3000', '/sums?order=items.desc,grp&limit=2',
];

test('a replica of any request is what a read of it gives, with churn and readers that stop and come back', async (t) => {
  const server = await Weir.start(t, { sql: schema });
  const random = generator(11);
  const subscribers = requests.map((path) => new Subscriber(server.port, path));
  t.after(() => subscribers.forEach((one) => one.raw.close()));
  for (let round = 0; round < 120; round++) {
    const names = ['aa', 'ab', 'Bb', 'cc', null];
    const rows = Array.from({ length: 40 }, () => ({ id: random(300), name: names[random(5)], grp: random(6), n: random(1000) }));
    const unique = [...new Map(rows.map((row) => [row.id, row])).values()];
    await server.post('/item', unique, { Prefer: 'resolution=merge-duplicates' });
    await server.ask(`/item?id=in.(${Array.from({ length: 12 }, () => random(300)).join(',')})`, { method: 'DELETE' });
    const at = random(subscribers.length);
    const one = subscribers[at]!;
    if (random(3) === 0) one.raw.socket.pause();
    else one.raw.socket.resume();
    if (random(4) === 0) {
      one.raw.close();
      subscribers[at] = new Subscriber(server.port, requests[at]!, one.lastId, one.replica);
      subscribers[at]!.key = one.key;
    }
  }
  // A row in every answer, so that everybody hears of the end.
  for (const grp of [2, 3]) await server.post('/item', [{ id: 1000 + grp, name: grp === 2 ? 'ab' : null, grp, n: 2000 }]);
  for (const one of subscribers) one.raw.socket.resume();
  for (const [at, path] of requests.entries()) {
    const one = subscribers[at]!;
    const wanted = sorted((await server.ask(path)).json);
    await until(() => JSON.stringify(sorted(one.rows())) === JSON.stringify(wanted), `${path} to be what a read gives`);
  }
  const shared = new Subscriber(server.port, '/item?n=lt.900&n=gte.500&select=id');
  t.after(() => shared.raw.close());
  await until(() => shared.frames.length > 0, 'the state');
  assert.equal((await hidden(server)).find((view) => view.name.includes("(n < '900'"))?.subscriptions, 2);
});

test('EventSource follows a filter: rows come and go as they match', async (t) => {
  const server = await Weir.start(t, { sql: schema });
  await server.post('/item', [{ id: 1, n: 10 }, { id: 2, n: 20 }]);
  const events: { type: string; data: any }[] = [];
  const source = new EventSource(`${server.url}/item?n=gt.15`);
  t.after(() => source.close());
  for (const type of ['init', 'update'])
    source.addEventListener(type, (event) => events.push({ type, data: JSON.parse(event.data) }));
  await until(() => events.length === 1, 'the state');
  assert.deepEqual(events[0]!.data.rows, [{ id: 2, name: null, grp: null, n: 20 }]);
  await server.post('/item', [{ id: 1, n: 30 }], { Prefer: 'resolution=merge-duplicates' });
  await until(() => events.length === 2, 'a row that begins to match');
  assert.deepEqual(events[1]!.data.upsert, [{ id: 1, name: null, grp: null, n: 30 }]);
  await server.ask('/item?id=eq.2', { method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body: '{"n":1}' });
  await until(() => events.length === 3, 'a row that stops to match');
  assert.deepEqual(events[2]!.data.delete, [{ id: 2 }]);
});

test('a reader who comes back within the window gets the net change, and an unused view goes after it', async (t) => {
  const server = await Weir.start(t, { sql: schema, args: ['--resume-window', '3s'] });
  await server.post('/item', [{ id: 1, n: 10 }, { id: 2, n: 20 }]);
  const first = new Subscriber(server.port, '/item?n=gt.5');
  await until(() => first.frames.length === 1, 'the state');
  first.raw.close();
  await server.ask('/item?id=eq.1', { method: 'DELETE' });
  const again = new Subscriber(server.port, '/item?n=gt.5', first.lastId, first.replica);
  again.key = first.key;
  await until(() => again.frames.length === 1, 'the change since');
  // A machine that was too slow for the window gets the state anew, and that is right as well.
  if (again.frames[0]!.event === 'update') assert.deepEqual(again.frames[0]!.data.delete, [{ id: 1 }]);
  else assert.equal(again.frames[0]!.data.reset, true);
  assert.deepEqual(again.rows(), [{ id: 2, name: null, grp: null, n: 20 }]);
  assert.equal((await hidden(server)).length, 1);
  again.raw.close();
  await until(async () => (await hidden(server)).length === 0, 'the view to go');
  const late = new Subscriber(server.port, '/item?n=gt.5', first.lastId, first.replica);
  t.after(() => late.raw.close());
  await until(() => late.frames.length === 1, 'the state');
  assert.equal(late.frames[0]!.data.reset, true);
});

test('after kill -9 a reader goes on while nothing changed, else he begins again', async (t) => {
  const server = await Weir.start(t, { sql: schema, data: true });
  await server.post('/item', [{ id: 1, n: 10 }, { id: 2, n: 20 }]);
  const first = new Subscriber(server.port, '/sums?items=gt.1');
  await until(() => first.frames.length === 1, 'the state');
  await server.kill('SIGKILL');
  await server.run();
  const again = new Subscriber(server.port, '/sums?items=gt.1', first.lastId, first.replica);
  again.key = first.key;
  await until(async () => (await hidden(server))[0]?.status === 'ready', 'the view to be filled');
  await server.post('/item', [{ id: 3, n: 30 }]);
  await until(() => again.frames.length === 1, 'a change');
  assert.equal(again.frames[0]!.event, 'update');
  assert.deepEqual(again.rows(), [{ grp: null, items: 3, n: 60 }]);
  await server.kill('SIGKILL');
  await server.run();
  await server.post('/item', [{ id: 4, n: 40 }]);
  const last = new Subscriber(server.port, '/sums?items=gt.1', again.lastId, again.replica);
  t.after(() => last.raw.close());
  await until(() => last.frames.length === 1, 'the state');
  assert.equal(last.frames[0]!.data.reset, true);
  assert.deepEqual(last.rows(), [{ grp: null, items: 4, n: 100 }]);
});

test('readers end with what they read', async (t) => {
  const server = await Weir.start(t, { sql: schema });
  await server.post('/item', [{ id: 1, n: 10 }]);
  const paths = ['/item?n=gt.5', '/sums', '/sums?n=gt.5'];
  const all = paths.map((path) => new Subscriber(server.port, path));
  await until(() => all.every((one) => one.frames.length === 1), 'the states');
  await server.sql('DROP VIEW sums');
  await until(() => all[1]!.raw.ended && all[2]!.raw.ended, 'those of the view to be closed');
  assert.deepEqual([all[1]!.frames[1]!.event, all[1]!.frames[1]!.data.code], ['end', '55000']);
  await server.post('/item', [{ id: 2, n: 20 }]);
  await until(() => all[0]!.frames.length === 2, 'the other to go on');
  await server.sql('DROP TABLE item');
  await until(() => all[0]!.raw.ended, 'it to be closed');
  assert.equal(all[0]!.frames[2]!.event, 'end');
  assert.equal((await server.ask('/item?n=gt.5', { headers: { Accept: 'text/event-stream' } })).status, 404);
  assert.deepEqual((await server.ask('/weir.views')).json, []);
});

test('there are as many views of their own as the setting says', async (t) => {
  const server = await Weir.start(t, { sql: schema, args: ['--hidden-views', '2'] });
  const one = new Subscriber(server.port, '/item?n=gt.1');
  const two = new Subscriber(server.port, '/item?n=gt.2');
  t.after(() => two.raw.close());
  await until(() => one.frames.length + two.frames.length === 2, 'the states');
  const refused = await server.ask('/item?n=gt.3', { headers: { Accept: 'text/event-stream' } });
  assert.deepEqual([refused.status, refused.json.code, refused.headers.get('Retry-After')], [503, '53400', '1']);
  const other = new Subscriber(server.port, '/item?n=gt.2&grp=eq.7'); // shares one
  t.after(() => other.raw.close());
  await until(() => other.frames.length === 1, 'the state');
  one.raw.close();
  await until(async () => {
    const three = new Subscriber(server.port, '/item?n=gt.3');
    t.after(() => three.raw.close());
    await until(() => three.frames.length > 0 || three.raw.ended || three.raw.text.includes(' 503 '), 'an answer');
    return three.frames.length > 0;
  }, 'the one that nobody follows to give way');
});

test('a view of its own that does not fit is suspended, and only that', async (t) => {
  const server = await Weir.start(t, { sql: schema, args: ['--memory', '48MB'] });
  const text = 'x'.repeat(100);
  let used = 0;
  for (let id = 0; used < 0.6; id += 2000) {
    await server.post('/item', Array.from({ length: 2000 }, (_, at) => ({ id: id + at, name: `${text}${id + at}`, grp: 1, n: at })));
    const [tick] = (await server.ask('/weir.ticks')).json;
    used = tick.memory_bytes / tick.memory_max;
  }
  const large = new Subscriber(server.port, '/item?n=gte.0');
  await until(() => large.raw.ended, 'the subscription to end', 60);
  assert.equal(large.frames.at(-1)!.event, 'end');
  assert.deepEqual((await hidden(server)).map((view) => view.status), ['suspended: memory']);
  const refused = await server.ask('/item?n=gte.0', { headers: { Accept: 'text/event-stream' } });
  assert.deepEqual([refused.status, refused.json.code], [503, '53200']);
  const small = new Subscriber(server.port, '/item?n=lt.5');
  t.after(() => small.raw.close());
  await until(() => small.frames.length === 1, 'a smaller one');
  assert.equal((await server.ask('/item?id=eq.7')).json[0].grp, 1);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgrestClient } from '@supabase/postgrest-js';
import { EventSource } from 'eventsource';
import { until, Weir } from './weir.js';

test('postgrest-js reads and writes', async (t) => {
  const server = await Weir.start(t);
  const client = new PostgrestClient<any, any>(server.url);

  const inserted = await client.from('product').insert([
    { id: 1, name: 'kite', category: 'toys', price: 9.5 },
    { id: 2, name: 'ball', category: 'toys', price: 4 },
    { id: 3, name: 'pear', category: 'food', price: 1.25 },
  ]);
  assert.equal(inserted.error, null);
  assert.equal(inserted.status, 201);

  const returned = await client.from('product').insert({ id: 4, name: 'stone' }).select('id,name').single();
  assert.deepEqual(returned.data, { id: 4, name: 'stone' });

  const found = await client.from('category_total').select('category,total:value').gt('value', 2).order('value', { ascending: false });
  assert.deepEqual(found.data, [{ category: 'toys', total: 13.5 }]);

  const page = await client.from('product').select('id', { count: 'exact' }).order('id').range(1, 2);
  assert.deepEqual([page.data, page.count, page.status], [[{ id: 2 }, { id: 3 }], 4, 206]);

  const either = await client.from('product').select('id').or('price.lt.2,category.is.null').order('id');
  assert.deepEqual(either.data, [{ id: 3 }, { id: 4 }]);

  const listed = await client.from('product').select('id').in('name', ['kite', 'pear', 'a,b']).not('category', 'eq', 'food');
  assert.deepEqual(listed.data, [{ id: 1 }]);

  const upserted = await client.from('product').upsert([{ id: 1, price: 3 }, { id: 5, price: 6 }], { defaultToNull: false }).select('id,name,price').order('id');
  assert.equal(upserted.error?.code ?? null, '0A000'); // a write has no order
  const merged = await client.from('product').upsert([{ id: 1, price: 3 }], { defaultToNull: false }).select('id,name,price');
  assert.deepEqual(merged.data, [{ id: 1, name: 'kite', price: 3 }]);

  const updated = await client.from('product').update({ category: 'rest' }).is('category', null).select('id');
  assert.deepEqual(updated.data, [{ id: 4 }]);

  const removed = await client.from('product').delete().gte('id', 3);
  assert.equal(removed.status, 204);
  assert.equal((await client.from('product').select('*', { count: 'exact', head: true })).count, 2);

  const csv = await client.from('product').select('id,name').order('id').csv();
  assert.equal(csv.data, 'id,name\n1,kite\n2,ball\n');

  const single = await client.from('product').select().maybeSingle();
  assert.equal(single.error?.code, 'PGRST116');
  assert.equal((await client.from('nothing').select()).error?.code, '42P01');
  assert.equal((await client.from('product').insert({ id: 1 })).error?.code, '23505');
});

test('EventSource follows a view, and goes on after the server was killed', async (t) => {
  const server = await Weir.start(t, { data: true });
  await server.post('/product', [{ id: 1, name: 'kite', category: 'toys', price: 9.5 }]);
  const source = new EventSource(`${server.url}/category_total`);
  t.after(() => source.close());
  const events: { type: string; id: string; data: any }[] = [];
  for (const type of ['init', 'update', 'end'])
    source.addEventListener(type, (event) => events.push({ type, id: event.lastEventId, data: JSON.parse(event.data) }));
  await until(() => events.length === 1, 'the state');
  assert.equal(events[0]!.type, 'init');
  assert.deepEqual(events[0]!.data.rows, [{ category: 'toys', products: 1, value: 9.5 }]);

  await server.post('/product', [{ id: 2, category: 'food', price: 1 }]);
  await until(() => events.length === 2, 'a change');
  assert.deepEqual(events[1]!.data.upsert, [{ category: 'food', products: 1, value: 1 }]);

  const address = server.http;
  await server.kill('SIGKILL');
  await sleep(100);
  await server.run(address);
  await server.post('/product', [{ id: 3, category: 'food', price: 2 }]);
  await until(() => events.length === 3, 'the change after the restart', 30);
  assert.equal(events[2]!.type, 'update', 'the stream goes on, it does not begin again');
  assert.deepEqual(events[2]!.data.upsert, [{ category: 'food', products: 2, value: 3 }]);
  assert.equal(events[2]!.id.split(':')[0], events[1]!.id.split(':')[0]);
});

test('whoever has a 201 can read his write, with Weir-Min-Tick on any connection', async (t) => {
  const server = await Weir.start(t);
  for (let id = 0; id < 50; id++) {
    const { json } = await server.post('/product', { id, category: 'c', price: 1 });
    const answer = await server.ask('/category_total?select=products', { headers: { 'Weir-Min-Tick': String(json.tick) } });
    assert.deepEqual(answer.json, [{ products: id + 1 }]);
  }
  const late = await server.ask('/product', { headers: { 'Weir-Min-Tick': '1000', 'Weir-Timeout': '100ms' } });
  assert.equal(late.status, 504);
});

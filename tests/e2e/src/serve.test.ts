import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { binary, Weir } from './weir.js';

function weir(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(binary, args, { encoding: 'utf8', timeout: 10_000 });
}

test('help and version work everywhere', () => {
  for (const args of [['--help'], ['serve', '--help']]) {
    const run = weir(...args);
    assert.equal(run.status, 0);
    assert.match(run.stdout, /^Usage: weir /);
  }
  assert.match(weir('serve', '--help').stdout, /--resume-window TIME {2}\(60s\)/);
  for (const args of [['--version'], ['serve', '--version']]) assert.match(weir(...args).stdout, /^weir \d+\.\d+\.\d+\n$/);
});

test('a wrong use is one clear line and exit 2', () => {
  const cases: [string[], RegExp][] = [
    [['nonsense'], /there is no command "nonsense"/],
    [['serve', '--nonsense'], /unknown option "--nonsense"/],
    [['serve', '--sync', 'sometimes'], /--sync: "sometimes" is not always\|interval\|never/],
    [['serve', '--memory', 'much'], /--memory/],
    [['serve', '--memory', '1kB'], /--memory: "1kB" is not within 32MB and /],
    [['serve', '--data'], /its value is missing/],
    [['serve', '--pg', '127.0.0.1:5433'], /not supported yet/],
    [['serve', '--http', 'example.org:80'], /--insecure|invalid host/],
    [['serve', '--http', '0.0.0.0:0'], /--insecure/],
    [['serve', '--data', 'none', '/nowhere/schema.sql'], /\/nowhere\/schema\.sql/],
  ];
  for (const [args, message] of cases) {
    const run = weir(...args);
    assert.equal(run.status, 2, args.join(' ') + run.stderr);
    assert.match(run.stderr, message);
    assert.equal(run.stderr.trimEnd().split('\n').length, 1, run.stderr);
  }
});

test('an error in a file names file, line and column', () => {
  const directory = mkdtempSync(join(tmpdir(), 'weir-e2e-'));
  const file = join(directory, 'schema.sql');
  writeFileSync(file, 'CREATE TABLE t (id bigint);\n\nCREATE MATERIALIZED VIEW v AS\n  SELECT nothing FROM t;\n');
  const run = weir('serve', '--data', 'none', file);
  rmSync(directory, { recursive: true });
  assert.equal(run.status, 2);
  assert.ok(run.stderr.startsWith(`weir: ${file}:4:10: `), run.stderr);
});

test('settings come from the environment, and options go before them', async (t) => {
  process.env.WEIR_CONNECTIONS = '3';
  process.env.WEIR_HOST = 'weir.example';
  const server = await Weir.start(t, { args: ['--host', 'other.example'] });
  delete process.env.WEIR_CONNECTIONS;
  delete process.env.WEIR_HOST;
  const refused = server.raw();
  await refused.send('GET /product HTTP/1.1\r\nHost: weir.example\r\n\r\n');
  await sleep(200);
  assert.match(refused.text, /^HTTP\/1\.1 403 /);
  const others = [server.raw(), server.raw(), server.raw()];
  await sleep(200);
  assert.match(others[2]!.text, /^HTTP\/1\.1 503 /);
  for (const raw of [refused, ...others]) raw.close();
});

test('an idle server uses no processor', async (t) => {
  const server = await Weir.start(t);
  await server.post('/product', [{ id: 1, category: 'toys', price: 1 }]);
  const before = server.cpu();
  await sleep(3000);
  assert.ok(server.cpu() - before <= 0.02, `${server.cpu() - before} s in 3 s`);
});

test('SIGTERM and SIGINT end it with 0, and nothing taken is lost', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const server = await Weir.start(t, { data: true });
    await server.post('/product', [{ id: 1, name: 'kite', category: 'toys', price: 9.5 }]);
    assert.equal(await server.kill(signal), 0, server.stderr);
    await server.run();
    assert.deepEqual((await server.ask('/product')).json, [{ id: 1, name: 'kite', category: 'toys', price: 9.5 }]);
  }
});

test('a file whose definitions differ from what is known is refused', async (t) => {
  const server = await Weir.start(t, { data: true });
  assert.equal(await server.kill('SIGTERM'), 0);
  writeFileSync(join(server.directory, 'schema.sql'), 'CREATE TABLE product (id bigint PRIMARY KEY, title text);');
  const run = weir('serve', '--data', join(server.directory, 'data'), '--http', '127.0.0.1:0', '--admin', '127.0.0.1:0', join(server.directory, 'schema.sql'));
  assert.equal(run.status, 2);
  assert.match(run.stderr, /product/);
});

test('the admin door shows health and metrics', async (t) => {
  const server = await Weir.start(t);
  for (const path of ['/live', '/ready']) assert.equal((await fetch(`http://${server.admin}${path}`)).status, 200);
  const metrics = await (await fetch(`http://${server.admin}/metrics`)).text();
  for (const line of metrics.trimEnd().split('\n')) assert.match(line, /^(# TYPE weir_\w+ (counter|gauge)|weir_\w+(\{.*\})? -?\d+)$/);
  assert.match(metrics, /^weir_views_rows\{name="category_total",.*\} 0$/m);
});

test('curl is served as the documents show it', async (t) => {
  const server = await Weir.start(t);
  const curl = (...args: string[]) =>
    new Promise<string>((done, fail) => execFile('curl', ['-sS', ...args], (error, out) => (error ? fail(error) : done(out))));
  const body = '[{"id":1,"name":"kite","category":"toys","price":9.5},{"id":2,"name":"ball","category":"toys"}]';
  assert.equal(await curl(`${server.url}/product`, '-H', 'Content-Type: application/json', '-d', body), '{"rows":2,"tick":1}');
  assert.equal(
    await curl(`${server.url}/category_total?value=gt.4&order=value.desc&select=category,total:value`),
    '[{"category":"toys","total":9.50}]',
  );
  assert.match(await curl(`${server.url}/product?price=above.3`), /failed to parse filter \(above\.3\)/);
  const csv = join(server.directory, 'rows.csv');
  writeFileSync(csv, 'id,name,category,price\n' + Array.from({ length: 50_000 }, (_, i) => `${i + 10},p${i},c${i % 7},1.25\n`).join(''));
  assert.match(await curl(`${server.url}/product`, '-H', 'Content-Type: text/csv', '-T', csv, '-X', 'POST'), /^\{"rows":50000,/);
  assert.equal(await curl(`${server.url}/product?select=id,name&id=eq.17`, '-H', 'Accept: text/csv'), 'id,name\n17,p7\n');
});

// Skip (0.0.15, WebAssembly) at the same work. Prints a line of JSON.
//
//   node skip.mjs shop ROWS           products in batches of 1000 in process; count and sum a category
//   node skip.mjs price POSITIONS     one price that 100 of the positions hold, changed: a value for each of them
//   node skip.mjs serve PORT          totals by category over HTTP (PORT) and as streams (PORT + 1)
import { initService } from '@skipruntime/wasm';

/** Count and sum in one: what Skip's own Sum and Count do, in one pass over the values. */
class Totals {
  initial = [0, 0];
  add = (total, price) => [total[0] + 1, total[1] + price];
  remove = (total, price) => [total[0] - 1, total[1] - price];
}

class ByCategory {
  mapEntry(_id, products) {
    return products.toArray().map((product) => [product.category, product.price]);
  }
}

class TotalsResource {
  instantiate(collections) {
    return collections.totals;
  }
}

const shop = {
  initialData: { products: [] },
  resources: { totals: TotalsResource },
  createGraph: (inputs) => ({ totals: inputs.products.mapReduce(ByCategory)(Totals) }),
};

/** The value of each position, looked up in the prices by its symbol. */
class BySymbol {
  mapEntry(id, positions) {
    return positions.toArray().map((position) => [position.symbol, [id, position.quantity]]);
  }
}

class Value {
  constructor(positions) {
    this.positions = positions;
  }
  mapEntry(symbol, prices) {
    const price = prices.getUnique();
    return this.positions.getArray(symbol).map(([id, quantity]) => [id, quantity * price]);
  }
}

class ValuesResource {
  instantiate(collections) {
    return collections.values;
  }
}

const portfolio = {
  initialData: { positions: [], prices: [] },
  resources: { values: ValuesResource },
  createGraph: ({ positions, prices }) => ({ values: prices.map(Value, positions.map(BySymbol)) }),
};

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const peakMib = () => Math.round(process.resourceUsage().maxRSS / 1024);

async function open(service, resource) {
  const instance = await initService(service);
  await instance.instantiateResource('bench', resource, {});
  return instance;
}

async function load(instance, collection, count, make) {
  for (let begin = 0; begin < count; begin += 1000) {
    const entries = [];
    for (let id = begin; id < Math.min(begin + 1000, count); id++) entries.push([id, [make(id)]]);
    await instance.update(collection, entries);
  }
}

async function runShop(rows) {
  const instance = await open(shop, 'totals');
  const cpu = cpuSeconds();
  const start = performance.now();
  await load(instance, 'products', rows, (id) => ({
    name: `product number ${id}`,
    category: `category-${(id * 7919) % 100}`,
    price: (id * 31) % 1000,
  }));
  const used = cpuSeconds() - cpu;
  const totals = await instance.getAll('totals', {});
  if (totals.reduce((sum, [, [[count]]]) => sum + count, 0) !== rows) throw new Error('the totals are wrong');
  return {
    name: 'skip shop',
    rows,
    rows_per_cpu_second: Math.round(rows / used),
    cpu_s: used,
    elapsed_s: (performance.now() - start) / 1000,
    peak_rss_mib: peakMib(),
  };
}

async function runPrice(positions) {
  const symbols = positions / 100;
  const instance = await open(portfolio, 'values');
  await instance.update('prices', Array.from({ length: symbols }, (_, n) => [`SYM${n}`, [100]]));
  await load(instance, 'positions', positions, (id) => ({ symbol: `SYM${id % symbols}`, quantity: id % 1000 }));
  const count = 20;
  const cpu = cpuSeconds();
  const start = performance.now();
  for (let n = 0; n < count; n++) await instance.update('prices', [[`SYM${n % symbols}`, [101 + n]]]);
  const elapsed = performance.now() - start;
  const values = await instance.getArray('values', 0, {});
  if (values.length !== 1) throw new Error('the values are wrong');
  return { name: 'skip price', positions, cpu_us_each: ((cpuSeconds() - cpu) / count) * 1e6, elapsed_us_each: (elapsed / count) * 1000, peak_rss_mib: peakMib() };
}

async function serve(port) {
  const { runService } = await import('@skipruntime/server');
  await runService(shop, { control_port: port, streaming_port: port + 1 });
  console.error('ready');
}

const [what, number] = process.argv.slice(2);
if (what === 'serve') {
  await serve(Number(number));
} else {
  console.log(JSON.stringify(await (what === 'shop' ? runShop : runPrice)(Number(number))));
  process.exit(0);
}

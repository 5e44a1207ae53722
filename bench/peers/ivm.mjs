// TanStack db-ivm at the same work, in process. Prints a line of JSON.
//
//   node ivm.mjs shop ROWS                     products in batches of 10 000; count and sum a category
//   node ivm.mjs orders BATCH CUSTOMERS COUNT  COUNT orders in batches, joined with customers; count and sum a region
import { D2, MultiSet, groupBy, groupByOperators, join, map, output } from '@tanstack/db-ivm';

const { count, sum } = groupByOperators;

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const peakMib = () => Math.round(process.resourceUsage().maxRSS / 1024);

/** What the view holds, from its changes. */
function replica() {
  const rows = new Map();
  const apply = (changes) => {
    for (const [[key, row], weight] of changes.getInner()) {
      if (weight > 0) rows.set(key, row);
      else if (rows.get(key) === row) rows.delete(key);
    }
  };
  return { rows, apply };
}

const groupedBy = (name) =>
  groupBy((row) => ({ [name]: row[name] }), { count: count(), value: sum((row) => row.value) });

/** Sends the rows in batches; seconds of CPU. */
function feed(graph, input, total, batch, make) {
  const cpu = cpuSeconds();
  for (let begin = 0; begin < total; begin += batch) {
    const rows = [];
    for (let id = begin; id < Math.min(begin + batch, total); id++) rows.push([make(id), 1]);
    input.sendData(new MultiSet(rows));
    graph.run();
  }
  return cpuSeconds() - cpu;
}

function check(rows, total) {
  let found = 0;
  for (const row of rows.values()) found += row.count;
  if (found !== total) throw new Error(`the view is wrong: ${found} of ${total}`);
}

function runShop(total) {
  const graph = new D2();
  const products = graph.newInput();
  const view = replica();
  products.pipe(groupedBy('category'), output(view.apply));
  graph.finalize();
  const start = performance.now();
  const used = feed(graph, products, total, 10_000, (id) => ({
    id,
    name: `product number ${id}`,
    category: `category-${(id * 7919) % 100}`,
    value: (id * 31) % 1000,
  }));
  check(view.rows, total);
  return { name: 'db-ivm shop', rows: total, rows_per_cpu_second: Math.round(total / used), cpu_s: used, elapsed_s: (performance.now() - start) / 1000, peak_rss_mib: peakMib() };
}

function runOrders(batch, customerCount, total) {
  const graph = new D2();
  const orders = graph.newInput();
  const customers = graph.newInput();
  const view = replica();
  orders.pipe(
    map((order) => [order.customer, order]),
    join(customers.pipe(map((customer) => [customer.id, customer])), 'inner'),
    map(([, [order, customer]]) => ({ region: customer.region, value: order.amount })),
    groupedBy('region'),
    output(view.apply),
  );
  graph.finalize();
  feed(graph, customers, customerCount, 10_000, (id) => ({ id, region: `region-${id % 50}` }));
  const start = performance.now();
  const used = feed(graph, orders, total, batch, (id) => ({ id, customer: (id * 7919) % customerCount, amount: (id * 31) % 1000 }));
  check(view.rows, total);
  return { name: `db-ivm orders ${batch}`, rows: total, ns_per_row: (used / total) * 1e9, rows_per_cpu_second: Math.round(total / used), elapsed_s: (performance.now() - start) / 1000, peak_rss_mib: peakMib() };
}

const [what, ...numbers] = process.argv.slice(2);
const [a, b, c] = numbers.map(Number);
console.log(JSON.stringify(what === 'shop' ? runShop(a) : runOrders(a, b, c)));

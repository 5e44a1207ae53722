#!/usr/bin/env python3
"""Holds Weir's SQL to PostgreSQL's on random tables, data and queries.

    random_run.py --build BUILD [--seed N] [--count QUERIES] [--seconds S] [--jobs N]

Each case makes tables and queries; every query is a view made before the data, one made in the middle, and a
SELECT at times. Random changes come in ticks of random size, with restarts. At each check the rows must be
PostgreSQL's. A case that fails is cut smaller and printed as a script; --case N runs only that one."""
import argparse, collections, multiprocessing, sys, tempfile, time, traceback

from query_random import Generator, Node, many, raw
from sql_client import Lost, Postgres, Weir

FLOATS = ('real', 'double precision')


class Differs(Exception):
    def __init__(self, kind, text):
        super().__init__(text)
        self.kind = kind


class Unknown(Exception):
    """From here on the two may differ rightly."""


# --- one case as a list of steps that can be replayed ---

class Case:
    def __init__(self, seed, wild):
        self.seed, self.wild = seed, wild
        generator = Generator(seed, wild)
        rng = generator.rng
        self.steps = [('tables', generator.make_tables())]
        self.queries = []
        for number in range(rng.randint(5, 9)):
            node, columns = generator.top()
            self.queries.append(node)
            kind = 'plain' if rng.random() < 0.15 else 'view'
            self.steps.append((kind, number, 'm'))
            if rng.random() < 0.5:
                generator.views.append((f'm{number}', columns))
        for table in generator.tables:
            self.steps.append(('tick', [many([generator.insert(table, 8) for _ in range(2)], '; ')]))
        middle = rng.randint(1, 4)
        for number in range(6):
            self.steps.append(('tick', [generator.transaction() for _ in range(rng.choice([1, 1, 2, 5]))]))
            if number == middle:
                self.steps += [('view', query, 'n') for query in range(len(self.queries))]
            if rng.random() < 0.3:
                self.steps.append((rng.choice(['restart', 'kill']),))
            if rng.random() < 0.6 or number == 5:
                self.steps.append(('check',))
            if rng.random() < 0.35 or number == 5:
                self.steps.append(('select',))


class Runner:
    """Runs cases against one PostgreSQL session; a fresh engine for each."""

    def __init__(self, build):
        self.build = build
        self.postgres = Postgres()
        self.schema = f'random_{multiprocessing.current_process().pid}'
        self.counts = collections.Counter()
        self.refused = collections.Counter()

    def run(self, case):
        """Raises Differs."""
        self.postgres.run(f'DROP SCHEMA IF EXISTS {self.schema} CASCADE; CREATE SCHEMA {self.schema}')
        self.postgres.run(f'SET search_path = {self.schema}')
        with tempfile.TemporaryDirectory(prefix='weir-random-') as folder:
            weir = Weir(self.build, folder + '/data')
            try:
                Play(self, weir, case).run()
                weir.close()
            except Unknown:
                self.counts['left early'] += 1
            except Lost as lost:
                raise Differs('crash', str(lost)) from None
            finally:
                weir.forget()


class Play:
    def __init__(self, runner, weir, case):
        self.runner, self.postgres, self.weir, self.case = runner, runner.postgres, weir, case
        self.created = {}  # view of Weir -> its query
        self.plain = set()
        self.known = set()  # queries that PostgreSQL has as views
        self.answers = {}
        self.tables = []
        self.events = []

    def run(self):
        for index, step in enumerate(self.case.steps):
            getattr(self, 'on_' + step[0])(*step[1:])

    def on_tables(self, creates):
        for create in creates:
            ours, theirs = self.weir.run(create), self.postgres.run(create)
            if ours.state != theirs.state and ours.state != '0A000':
                raise Differs('create', f'{create}\nWeir: {ours.error or "took it"}\nPostgreSQL: {theirs.error or "took it"}')
            if not ours.state:
                self.tables.append(create.split()[2])

    def on_view(self, query, prefix, word='MATERIALIZED VIEW'):
        sql = self.case.queries[query].sql()
        if query not in self.known:
            theirs = self.postgres.run(f'CREATE VIEW m{query} AS {sql}')
            if not theirs.error:
                self.known.add(query)
        else:
            theirs = None
        ours = self.weir.run(f'CREATE {word} {prefix}{query} AS {sql}')
        self.runner.counts['views'] += 1
        if theirs and theirs.error:
            self.expect_rejected(sql, ours, theirs)
            return
        if ours.state == '0A000':
            self.runner.refused[ours.error['M']] += 1
            return
        if ours.error:
            if query in self.known and self.answer(query).state == ours.state:
                return
            if ours.state == '42P01' and query in self.known:
                return  # over a view that was refused
            raise Differs('rejected', f'{sql}\nWeir: {ours.error}\nPostgreSQL took it')
        self.created[f'{prefix}{query}'] = query
        if word == 'VIEW':
            self.plain.add(f'{prefix}{query}')

    def on_plain(self, query, prefix):
        self.on_view(query, prefix, 'VIEW')

    def expect_rejected(self, sql, ours, theirs):
        self.runner.counts['rejected by both'] += 1
        if ours.state == theirs.state or ours.state == '0A000':
            return
        if theirs.state == '42P01' or ours.state == '42P01':
            return
        raise Differs('state', f'{sql}\nWeir: {ours.error or "took it"}\nPostgreSQL: {theirs.error}')

    def answer(self, query):
        if query not in self.answers:
            self.answers[query] = self.postgres.run(f'SELECT * FROM m{query}')
        return self.answers[query]

    def on_tick(self, scripts):
        self.answers = {}
        scripts = [script.sql() for script in scripts]
        theirs = [self.postgres_script(script) for script in scripts]
        ours = self.weir.run_all(scripts)
        for script, one, other in zip(scripts, ours, theirs):
            self.runner.counts['transactions'] += 1
            self.compare_change(script, one, other)
        for table in self.tables:
            one, other = self.weir.run(f'SELECT * FROM {table}'), self.postgres.run(f'SELECT * FROM {table}')
            compare_rows(f'table {table}', one, other)

    def postgres_script(self, script):
        answer = self.postgres.run(script)
        if answer.error:
            self.postgres.run('ROLLBACK')
        return answer

    def compare_change(self, script, ours, theirs):
        if ours.state != theirs.state and self.depends_on_plan(script, ours, theirs):
            raise Unknown
        if script.endswith('ROLLBACK'):
            return  # Weir does not try what is taken back
        if ours.state == '0A000' and 'NaN and infinity' in ours.error['M']:
            raise Unknown  # numeric has neither here
        if ours.state == '0A000' and theirs.state != '0A000':
            raise Differs('refused change', f'{script}\nWeir: {ours.error}\nPostgreSQL: {theirs.error or theirs.tags}')
        if ours.state != theirs.state:
            raise Differs('change', f'{script}\nWeir: {ours.error or ours.tags}\nPostgreSQL: {theirs.error or theirs.tags}')
        if ours.error:
            self.runner.counts['transactions rejected'] += 1
            for field in 'MD':
                if ours.error.get(field) != theirs.error.get(field) and ours.error['C'][:2] == '23' and 'UPDATE ' not in script.replace('DO UPDATE', ''):
                    raise Differs('message', f'{script}\nWeir: {ours.error}\nPostgreSQL: {theirs.error}')
        elif ours.tags != theirs.tags:
            raise Differs('tags', f'{script}\nWeir: {ours.tags}\nPostgreSQL: {theirs.tags}')
        elif ours.types != theirs.types or sorted(map(str, ours.rows)) != sorted(map(str, theirs.rows)):
            raise Differs('returning', f'{script}\nWeir: {ours.rows}\nPostgreSQL: {theirs.rows}')

    def depends_on_plan(self, script, ours, theirs):
        """PostgreSQL computes constants that fail where no row wants them, and none of a condition that a NULL decides."""
        if ours.error and ours.error['C'][:2] == '22' and not theirs.error:
            return 'NULL' in script
        plans = [self.postgres.run('EXPLAIN ' + part) for part in statements_of(script)]
        return theirs.error and any(plan.error or 'One-Time Filter' in str(plan.rows) for plan in plans)

    def on_restart(self):
        self.weir.restart()
        self.wait_for_views()

    def on_kill(self):
        self.weir.kill()
        self.wait_for_views()

    def wait_for_views(self):
        """A view whose filling was not logged fills again; its errors are known when it can be read."""
        for view in self.created:
            self.weir.run(f'SELECT * FROM {view}')

    def on_check(self):
        errors = self.weir.run('SELECT view, sqlstate, message, operator FROM weir.errors')
        if errors.error:
            raise Differs('errors', str(errors.error))
        failed = {row[0]: row for row in errors.rows}
        for view, query in self.created.items():
            ours, theirs = self.weir.run(f'SELECT * FROM {view}'), self.answer(query)
            self.compare(view, query, ours, theirs, failed.get(view), bool(failed))

    def on_select(self):
        for view, query in self.created.items():
            if view.startswith('m'):
                sql = self.case.queries[query].sql()
                self.compare('SELECT', query, self.weir.run(sql), self.answer(query), None, True)

    def compare(self, what, query, ours, theirs, failed, any_failed):
        counts = self.runner.counts
        sql = self.case.queries[query].sql()
        counts['checks'] += 1
        if theirs.state == '57014':
            return
        if theirs.error:
            counts['checks of an error'] += 1
            if ours.error or any_failed or self.computes_more(query):
                return
            raise Differs('error missed', f'{what}: {sql}\nPostgreSQL: {theirs.error}\nWeir: {len(ours.rows)} rows')
        if ours.error and what != 'SELECT' and what not in self.plain:
            raise Differs('read', f'{what}: {sql}\nWeir: {ours.error}')
        if ours.error or failed:
            # A row that fails here and that PostgreSQL never computed, since a join or a limit dropped it first: the answer is the same.
            counts['checks with errors of Weir alone'] += 1
            if ours.error or failed[1] == '0A000':
                return
        if any_failed and any(f'm{number} AS' in sql for number in range(len(self.case.queries))):
            return  # over a view that misses the rows it could not compute
        counts['rows'] += len(theirs.rows)
        compare_rows(f'{what}: {sql}', ours, theirs, any(word in sql for word in (' UNION ', 'DISTINCT ', 'GROUP BY ', 'PARTITION BY ')))

    def computes_more(self, query):
        """PostgreSQL computes constants also where no row wants them, and joins in another order than Weir, so that
        rows meet that never do here."""
        plan = self.postgres.run(f'EXPLAIN SELECT * FROM m{query}')
        return plan.error or any(word in str(plan.rows) for word in ('One-Time Filter', 'Join', 'Nested Loop'))


def statements_of(script):
    return [part for part in script.split('; ') if part.split()[0] in ('INSERT', 'UPDATE', 'DELETE')]


# --- rows ---

def compare_rows(what, ours, theirs, merges=False):
    """With merges, equal numerics of different scales may stand for each other."""
    if ours.error or theirs.error:
        raise Differs('read', f'{what}\nWeir: {ours.error}\nPostgreSQL: {theirs.error}')
    if ours.types != theirs.types or ours.names != theirs.names:
        raise Differs('types', f'{what}\nWeir: {ours.names} {ours.types}\nPostgreSQL: {theirs.names} {theirs.types}')
    left, right = (collections.Counter(trimmed(ours.types, row, merges) for row in answer.rows) for answer in (ours, theirs))
    if left == right:
        return
    more, less = list((left - right).elements()), list((right - left).elements())
    if any(type_ in FLOATS for type_ in ours.types) and floats_match(ours.types, more, less):
        return
    raise Differs('rows', f'{what}\nonly Weir:       {show(more)}\nonly PostgreSQL: {show(less)}')


def trimmed(types, row, merges):
    """Blanks at the end of char(n) mean nothing; where the n is lost, as in a UNION of two, Weir drops them."""
    return tuple(trimmed_cell(type_, cell, merges) for type_, cell in zip(types, row))


def trimmed_cell(type_, cell, merges):
    if type_ == 'character' and cell:
        return cell.rstrip(' ')
    if merges and type_ == 'numeric' and cell and '.' in cell:
        return cell.rstrip('0').rstrip('.')
    return cell


def show(rows):
    return f'({len(rows)}) ' + ' '.join(str(row) for row in sorted(rows, key=str)[:6])


def floats_match(types, more, less):
    if len(more) != len(less):
        return False
    left = list(less)
    for row in more:
        for candidate in left:
            if all(cells_match(*cells) for cells in zip(types, row, candidate)):
                left.remove(candidate)
                break
        else:
            return False
    return True


def cells_match(type_, ours, theirs):
    if ours == theirs or type_ not in FLOATS or ours is None or theirs is None:
        return ours == theirs
    a, b = float(ours), float(theirs)
    return a == b or abs(a - b) <= max(abs(a), abs(b)) * (1e-12 if type_ == 'double precision' else 1e-5)


# --- cutting a case smaller ---

def fails_same(runner, case, kind):
    try:
        runner.run(case)
    except Differs as differs:
        return differs.kind == kind
    return False


def reduce_case(runner, case, kind, seconds):
    end = time.monotonic() + seconds
    changed = True
    while changed and time.monotonic() < end:
        changed = False
        for index in reversed(range(len(case.steps))):
            step = case.steps.pop(index)
            if time.monotonic() < end and fails_same(runner, case, kind):
                changed = True
            else:
                case.steps.insert(index, step)
        for step in case.steps:
            if step[0] in ('tick', 'tables'):
                changed |= reduce_list(runner, case, kind, step[1], end)
            if step[0] == 'tick':
                for index in range(len(step[1])):
                    changed |= reduce_tree(runner, case, kind, step[1], index, end)
        for query in {step[1] for step in case.steps if step[0] in ('view', 'plain')}:
            changed |= reduce_tree(runner, case, kind, case.queries, query, end)


def reduce_list(runner, case, kind, items, end):
    changed = False
    for index in reversed(range(len(items))):
        item = items.pop(index)
        if time.monotonic() < end and fails_same(runner, case, kind):
            changed = True
        else:
            items.insert(index, item)
    return changed


def reduce_tree(runner, case, kind, trees, tree, end):
    """Puts a part of the same type in the place of what it is a part of, and drops items of lists."""
    changed, again = False, True
    while again and time.monotonic() < end:
        again = False
        for holder, slot in slots(trees, tree):
            node = holder[slot]
            for smaller in candidates(node):
                holder[slot] = smaller
                if time.monotonic() < end and fails_same(runner, case, kind):
                    again = changed = True
                    break
                holder[slot] = node
            if again:
                break
    return changed


def slots(trees, tree):
    stack = [(trees, tree)]
    while stack:
        holder, slot = stack.pop(0)
        yield holder, slot
        stack += [(holder[slot].parts, index) for index in range(len(holder[slot].parts))]


def candidates(node):
    if node.type == '<script>':
        yield node.parts[0]
    if node.type == '<list>':
        if len(node.parts) > 1:
            for index in range(len(node.parts)):
                yield Node('<list>', node.form, *(node.parts[:index] + node.parts[index + 1:]))
        return
    if node.type in ('<where>', '<having>') and node.parts:
        yield raw(node.type, '')
    for part in descendants(node):
        if part.type == node.type:
            yield part
    if not node.type.startswith('<') and node.parts:
        yield raw(node.type, f'NULL::{node.type}')


def descendants(node):
    for part in node.parts:
        yield part
        yield from descendants(part)


def script_of(case):
    """A case as statements, for psql and embed alike."""
    lines = []
    for step in case.steps:
        if step[0] == 'tables':
            lines += step[1]
        elif step[0] in ('view', 'plain'):
            lines.append(f"CREATE {'MATERIALIZED ' if step[0] == 'view' else ''}VIEW {step[2]}{step[1]} AS {case.queries[step[1]].sql()}")
        elif step[0] == 'tick':
            lines.append('-- one tick')
            lines += [script.sql() for script in step[1]]
        else:
            lines.append('-- ' + step[0])
    return '\n'.join(line if line.startswith('--') else line + ';' for line in lines)


# --- many cases ---

def work(options, job, results):
    try:
        work_on(options, job, results)
    except Exception:
        results.put(('broken', traceback.format_exc()))


def work_on(options, job, results):
    sys.setrecursionlimit(10000)
    runner = Runner(options.build)
    seed = options.seed + job
    end = time.monotonic() + options.seconds
    while runner.counts['queries'] < options.count / options.jobs and time.monotonic() < end:
        case = Case(seed, wild=seed % 3 == 2)
        try:
            runner.run(case)
        except Differs as differs:
            runner.counts['failed'] += 1
            results.put(('failed', failure_text(options, runner, seed, case, differs)))
        runner.counts['cases'] += 1
        runner.counts['queries'] += len(case.queries)
        seed += options.jobs
    results.put(('done', (runner.counts, runner.refused)))


def failure_text(options, runner, seed, case, differs):
    text = f'=== seed {seed}: {differs.kind}\n{differs}'
    if options.reduce:
        try:
            reduce_case(runner, case, differs.kind, options.reduce)
            runner.run(case)
        except Differs as smaller:
            if smaller.kind == differs.kind:
                text = f'=== seed {seed}: {smaller.kind}\n{script_of(case)}\n{smaller}'
    return text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--build', default='build')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--count', type=int, default=400)
    parser.add_argument('--seconds', type=float, default=1e9)
    parser.add_argument('--jobs', type=int, default=1)
    parser.add_argument('--reduce', type=float, default=10, help='seconds for cutting each failure smaller')
    parser.add_argument('--refused', action='store_true', help='list what was refused')
    options = parser.parse_args()
    started = time.monotonic()
    results = multiprocessing.Queue()
    jobs = [multiprocessing.Process(target=work, daemon=True, args=(options, job, results)) for job in range(options.jobs)]
    for job in jobs:
        job.start()
    counts, refused, left = collections.Counter(), collections.Counter(), options.jobs
    while left:
        kind, content = results.get()
        if kind == 'broken':
            sys.exit(content)
        if kind == 'failed':
            print(content, flush=True)
        else:
            counts += content[0]
            refused += content[1]
            left -= 1
    if options.refused:
        for message, count in refused.most_common(30):
            print(f'{count:6} {message}')
    print(f'seed {options.seed}, {time.monotonic() - started:.0f} s: ' + ', '.join(f'{value} {key}' for key, value in sorted(counts.items()))
          + f', {sum(refused.values())} refused')
    print(f"{counts['cases'] - counts['failed']} passed, {counts['failed']} failed")
    sys.exit(1 if counts['failed'] or not counts['cases'] else 0)


if __name__ == '__main__':
    main()

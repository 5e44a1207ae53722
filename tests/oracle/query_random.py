"""Random tables, data and queries, as trees that can be cut smaller.

A Node has a type (a SQL type's short name for an expression, a word in <> for a piece of syntax), a form with a
{} for each part, and its parts. What is made is valid for PostgreSQL with few exceptions, and its answer is unique but for order."""
import random

NUMBERS = ['int2', 'int4', 'int8', 'numeric', 'float4', 'float8']
TEXTS = ['text', 'varchar', 'bpchar']
TIMES = ['date', 'timestamp', 'timestamptz']
TYPES = ['bool'] + NUMBERS + TEXTS + TIMES + ['interval', 'uuid', 'bytea']
WRITTEN = {'int2': 'smallint', 'int4': 'integer', 'int8': 'bigint', 'float4': 'real', 'float8': 'double precision',
           'bool': 'boolean', 'bpchar': 'bpchar', 'varchar': 'varchar'}


class Node:
    __slots__ = ('type', 'form', 'parts')

    def __init__(self, type_, form, *parts):
        self.type, self.form, self.parts = type_, form, list(parts)

    def sql(self):
        if self.type == '<list>':
            return self.form.join(part.sql() for part in self.parts)
        return self.form.format(*(part.sql() for part in self.parts))

    def size(self):
        return 1 + sum(part.size() for part in self.parts)


def raw(type_, text):
    return Node(type_, text.replace('{', '{{').replace('}', '}}'))


def many(parts, between=', '):
    return Node('<list>', between, *parts)


class Column:
    def __init__(self, name, type_, sql, key=False, unique=False, not_null=False, default=None):
        self.name, self.type, self.sql = name, type_, sql
        self.key, self.unique, self.not_null, self.default = key, unique, not_null, default


class Table:
    def __init__(self, name, columns):
        self.name, self.columns = name, columns
        self.key = [column for column in columns if column.key]

    def create(self):
        parts = []
        for column in self.columns:
            text = f'{column.name} {column.sql}'
            if column.not_null:
                text += ' NOT NULL'
            if column.unique:
                text += ' UNIQUE'
            if column.default:
                text += f' DEFAULT {column.default}'
            parts.append(text)
        if self.key:
            parts.append('PRIMARY KEY (' + ', '.join(column.name for column in self.key) + ')')
        return f'CREATE TABLE {self.name} (' + ', '.join(parts) + ')'


class Values:
    """Constants of each type, from few different ones, so that keys meet."""

    def __init__(self, rng, wild):
        self.rng, self.wild = rng, wild

    def text(self, type_):
        """Without quotes."""
        rng = self.rng
        edge = rng.random() < (0.15 if self.wild else 0.0)
        if type_ == 'bool':
            return rng.choice(['true', 'false'])
        if type_ in ('int2', 'int4', 'int8'):
            bits = {'int2': 15, 'int4': 31, 'int8': 63}[type_]
            if edge:
                return str(rng.choice([2 ** bits - 1, -2 ** bits, 2 ** bits - 2, 0]))
            return str(rng.choice([0, 1, 2, 3, 4, 5, -1, -2, 7, 10, 12, 20, 99, -50]))
        if type_ == 'numeric':
            return str(rng.choice(['0.00', '1.00', '1.50', '2.25', '-3.75', '10.10', '99.99', '-0.01', '4.00', '5.55']))
        if type_ in ('float4', 'float8'):
            if edge:
                return rng.choice(['NaN', 'Infinity', '-Infinity', '1e30', '-1e30', '1e-30'])
            return rng.choice(['0', '1', '1.5', '-2.25', '3.125', '10', '-0.5', '1000.75', '7'])
        if type_ in ('text', 'varchar', 'bpchar'):
            pool = ['', 'a', 'b', 'ab', 'abc', 'A', 'B c', 'a,b', 'a,b,,c', 'x y z', '1', '12', '%', 'a_b', 'é', 'zz', '-3', 'Zoë']
            if type_ == 'bpchar':
                pool = ['', 'a', 'b', 'ab', 'abc', 'A', 'é', '1']
            return rng.choice(pool)
        if type_ == 'date':
            if edge:
                return rng.choice(['infinity', '-infinity', '4713-01-01 BC', '5874897-12-31'])
            return rng.choice(['2024-02-29', '2024-03-01', '2023-12-31', '2000-01-01', '1999-12-31', '2024-01-15'])
        if type_ == 'timestamp':
            if edge:
                return rng.choice(['infinity', '-infinity', '0044-03-15 12:00:00 BC', '290000-01-01'])
            return rng.choice(['2024-02-29 12:34:56.789', '2024-02-29', '2023-12-31 23:59:59.999999', '2000-01-01', '1970-01-01 00:00:01',
                               '2024-01-15 06:00:00'])
        if type_ == 'timestamptz':
            if edge:
                return rng.choice(['infinity', '-infinity', '290000-01-01 00:00:00+00'])
            return rng.choice(['2024-02-29 12:34:56.789+00', '2024-02-29 00:00:00+02', '2023-12-31 23:59:59.999999-05', '2000-01-01 00:00:00+00'])
        if type_ == 'interval':
            return rng.choice(['1 day', '2 hours', '-3 days 04:05:06', '1 mon', '1 year 2 mons', '00:00:00.5', '0', '36 hours'])
        if type_ == 'uuid':
            return '00000000-0000-4000-8000-00000000000' + rng.choice('0123456789abcdef')
        assert type_ == 'bytea', type_
        return rng.choice(['\\x', '\\x00', '\\x00ff', '\\xdeadbeef', '\\x61'])

    def constant(self, type_):
        text = self.text(type_)
        rng = self.rng
        if type_ == 'bool':
            return raw(type_, text)
        if type_ == 'int4' and text != '-2147483648' and rng.random() < 0.8:
            return raw(type_, text if not text.startswith('-') else f'({text})')
        if type_ == 'numeric' and rng.random() < 0.7:
            return raw(type_, text if not text.startswith('-') else f'({text})')
        quoted = text.replace("'", "''")
        if type_ in TIMES + ['interval'] and rng.random() < 0.4:
            return raw(type_, f"{type_} '{quoted}'")
        return raw(type_, f"'{quoted}'::{type_}")

    def literal(self, type_):
        """As INSERT has it."""
        text = self.text(type_)
        if type_ in ('int2', 'int4', 'int8', 'numeric', 'bool'):
            return text
        return "'" + text.replace("'", "''") + "'"


# name, arguments -> type; those that can fail on some rows are in WILD.
CALLS = {
    'bool': [('({} AND {})', 'bool', 'bool'), ('({} OR {})', 'bool', 'bool'), ('(NOT {})', 'bool'),
             ('({} IS TRUE)', 'bool'), ('({} IS NOT FALSE)', 'bool'), ('({} IS UNKNOWN)', 'bool'),
             ('({} LIKE {})', 'text', 'pattern'), ('({} NOT LIKE {})', 'text', 'pattern'), ('({} ILIKE {})', 'text', 'pattern'),
             ("({} ~ 'a.?b')", 'text'), ("({} ~* '^[A-C]')", 'text'), ("({} SIMILAR TO '(a|b)%')", 'text'), ('starts_with({}, {})', 'text', 'text'),
             ('isfinite({})', 'timestamp')],
    'int2': [('({} & {})', 'int2', 'int2'), ('abs({})', 'int2'), ('(- {})', 'int2')],
    'int4': [('({} + {})', 'int4', 'int4'), ('({} - {})', 'int4', 'int2'), ('({} * {})', 'int4', 'int4'), ('({} / nullif({}, 0))', 'int4', 'int4'),
             ('({} % nullif({}, 0))', 'int4', 'int4'), ('(- {})', 'int4'), ('abs({})', 'int4'), ('length({})', 'text'), ('length({})', 'bpchar'),
             ('octet_length({})', 'text'), ('strpos({}, {})', 'text', 'text'), ('({} - {})', 'date', 'date'), ('ascii({})', 'text'),
             ('position({} IN {})', 'text', 'text'), ('extract(year FROM {})::int4', 'date'), ('num_nulls({}, {})', 'text', 'int4'),
             ('({} # {})', 'int4', 'int4'), ('length({})', 'bytea'), ('char_length({})', 'varchar')],
    'int8': [('({} + {})', 'int8', 'int4'), ('({} - {})', 'int4', 'int8'), ('({} * {})', 'int8', 'int2'), ('mod({}, nullif({}, 0))', 'int8', 'int8'),
             ('abs({})', 'int8'), ('(@ {})', 'int8')],
    'numeric': [('({} + {})', 'numeric', 'numeric'), ('({} - {})', 'numeric', 'int4'), ('({} * {})', 'numeric', 'numeric'),
                ('({} / nullif({}, 0))', 'numeric', 'numeric'), ('round({}, 1)', 'numeric'), ('round({})', 'numeric'), ('trunc({}, 1)', 'numeric'),
                ('abs({})', 'numeric'), ('ceil({})', 'numeric'), ('floor({})', 'numeric'), ('sign({})', 'numeric'), ('({} % nullif({}, 0))', 'numeric', 'numeric'),
                ('extract(epoch FROM {})', 'date'), ('extract(month FROM {})', 'timestamp'), ('extract(second FROM {})', 'timestamp'),
                ('({} * {})', 'int8', 'numeric')],
    'float4': [('({} + {})', 'float4', 'float4'), ('({} * {})', 'float4', 'float4'), ('(- {})', 'float4'), ('abs({})', 'float4')],
    'float8': [('({} + {})', 'float8', 'float8'), ('({} - {})', 'float8', 'float4'), ('({} * {})', 'float8', 'int4'), ('({} / nullif({}, 0))', 'float8', 'float8'),
               ('sqrt(abs({}))', 'float8'), ('floor({})', 'float8'), ('ceil({})', 'float8'), ('round({})', 'float8'), ('sign({})', 'float8'),
               ('date_part(\'day\', {})', 'timestamp')],
    'text': [('({} || {})', 'text', 'text'), ('({} || {})', 'text', 'int4'), ('upper({})', 'text'), ('lower({})', 'varchar'), ('substr({}, 2)', 'text'),
             ('substring({} FROM 1 FOR 2)', 'text'), ('replace({}, {}, {})', 'text', 'text', 'text'), ('trim({})', 'text'), ('left({}, 2)', 'text'),
             ('right({}, -1)', 'text'), ('reverse({})', 'text'), ('concat({}, {})', 'text', 'int4'), ('concat_ws({}, {}, {})', 'text', 'text', 'bool'),
             ("split_part({}, ',', 1)", 'text'), ('lpad({}, 4, {})', 'text', 'text'), ('md5({})', 'text'), ('initcap({})', 'text'),
             ("to_char({}, 'YYYY-MM-DD HH24:MI')", 'timestamp'), ('({} || {})', 'bpchar', 'text'), ('({} || {})', 'date', 'text')],
    'varchar': [],
    'bpchar': [],
    'date': [('({} + {})', 'date', 'small'), ('({} - {})', 'date', 'small')],
    'timestamp': [('({} + {})', 'timestamp', 'interval'), ('({} - {})', 'timestamp', 'interval'), ("date_trunc('month', {})", 'timestamp'),
                  ("date_trunc('hour', {})", 'timestamp'), ('({} + {})', 'date', 'interval'), ("({} AT TIME ZONE 'UTC')", 'timestamptz')],
    'timestamptz': [('({} + {})', 'timestamptz', 'interval'), ("date_trunc('day', {})", 'timestamptz'), ("({} AT TIME ZONE 'UTC')", 'timestamp')],
    'interval': [('({} - {})', 'timestamp', 'timestamp'), ('({} + {})', 'interval', 'interval'), ('({} * 2)', 'interval'), ('(- {})', 'interval')],
    'uuid': [],
    'bytea': [('({} || {})', 'bytea', 'bytea'), ('substr({}, 1, 2)', 'bytea')],
}
WILD = {
    'bool': [("({}::bool)", 'text')],
    'int2': [('({} + {})', 'int2', 'int2'), ('({} * {})', 'int2', 'int2'), ('{}::int2', 'int4')],
    'int4': [('({} / {})', 'int4', 'int4'), ('({} % {})', 'int4', 'int4'), ('{}::int4', 'text'), ('{}::int4', 'int8'), ('{}::int4', 'float8')],
    'int8': [('({} * {})', 'int8', 'int8'), ('({} / {})', 'int8', 'int8')],
    'numeric': [('({} / {})', 'numeric', 'numeric'), ('{}::numeric(4,1)', 'numeric'), ('{}::numeric', 'text')],
    'float4': [('{}::float4', 'float8')],
    'float8': [('({} / {})', 'float8', 'float8'), ('sqrt({})', 'float8'), ('ln({})', 'float8'), ('exp({})', 'float8'), ('{}::float8', 'text')],
    'text': [("repeat({}, {})", 'text', 'small')],
    'date': [('{}::date', 'text'), ('{}::date', 'timestamp')],
    'timestamp': [('{}::timestamp', 'text')],
    'uuid': [('{}::uuid', 'text')],
}
CASTS = {
    'bool': ['int4'], 'int4': ['int2', 'bool', 'numeric', 'float8'], 'int8': ['int4', 'int2', 'numeric'],
    'numeric': ['int4', 'int8', 'int2'], 'float8': ['float4', 'int4', 'numeric', 'int8'], 'float4': ['int4', 'int2'],
    'text': TYPES, 'varchar': ['text', 'bpchar', 'int4', 'uuid'], 'bpchar': ['text', 'varchar'],
    'date': ['timestamp', 'timestamptz'], 'timestamp': ['date', 'timestamptz'], 'timestamptz': ['date', 'timestamp'],
}
AGGREGATES = {
    'int8': [('count(*)',), ('count({})', 'any'), ('count(DISTINCT {})', 'any'), ('sum({})', 'int4'), ('sum({})', 'int2'), ('sum(DISTINCT {})', 'int4'), ('min({})', 'int8'),
             ('max({})', 'int8'), ('count(*)',)],
    'int4': [('min({})', 'int4'), ('max({})', 'int4')],
    'int2': [('min({})', 'int2'), ('max({})', 'int2')],
    'numeric': [('sum({})', 'numeric'), ('avg({})', 'int4'), ('avg({})', 'numeric'), ('sum({})', 'int8'), ('min({})', 'numeric'), ('max({})', 'numeric'),
                ('avg(DISTINCT {})', 'int4'), ('avg({})', 'int8')],
    'float8': [('sum({})', 'float8'), ('avg({})', 'float8'), ('min({})', 'float8'), ('max({})', 'float8'), ('avg({})', 'float4')],
    'float4': [('sum({})', 'float4'), ('max({})', 'float4')],
    'text': [('min({})', 'text'), ('max({})', 'text'), ('min({})', 'varchar')],
    'bpchar': [('min({})', 'bpchar'), ('max({})', 'bpchar')],
    'date': [('min({})', 'date'), ('max({})', 'date')],
    'timestamp': [('min({})', 'timestamp'), ('max({})', 'timestamp')],
    'timestamptz': [('max({})', 'timestamptz')],
    'interval': [('sum({})', 'interval'), ('avg({})', 'interval'), ('max({})', 'interval')],
    'bool': [('bool_and({})', 'bool'), ('bool_or({})', 'bool'), ('every({})', 'bool')],
}


class Generator:
    def __init__(self, seed, wild):
        self.rng = random.Random(seed)
        self.wild = wild
        self.values = Values(self.rng, wild)
        self.names = 0
        self.tables = []
        self.views = []  # (name, [(column, type)])
        self.ctes = []

    def fresh(self, prefix):
        self.names += 1
        return f'{prefix}{self.names}'

    # --- tables and data ---

    def make_tables(self):
        for number in range(self.rng.randint(2, 3)):
            self.tables.append(self.make_table(f't{number}'))
        return [table.create() for table in self.tables]

    def make_table(self, name):
        rng = self.rng
        shape = rng.random()
        key_count = 1 if shape < 0.6 else 2 if shape < 0.75 else 0
        columns = []
        for number in range(rng.randint(max(3, key_count), 6)):
            is_key = number < key_count
            type_ = rng.choice(['int4', 'int4', 'int8', 'text', 'int2', 'uuid', 'date']) if is_key else rng.choice(TYPES + ['int4', 'text', 'int4', 'numeric'])
            sql = {'numeric': rng.choice(['numeric(10,2)', 'numeric(30,2)', 'numeric']), 'varchar': 'varchar(12)', 'bpchar': 'char(3)'}.get(type_, WRITTEN.get(type_, type_))
            not_null = not is_key and rng.random() < 0.15
            unique = not is_key and rng.random() < 0.05 and type_ not in ('bool',)
            default = self.values.literal(type_) if rng.random() < 0.15 else None
            columns.append(Column('abcdefgh'[number], type_, sql, is_key, unique, not_null, default))
        return Table(name, columns)

    def cell(self, column):
        rng = self.rng
        if rng.random() < (0.01 if column.not_null or column.key else 0.2):
            return 'NULL'
        if rng.random() < 0.03:
            return 'DEFAULT'
        if column.key and column.type in ('int2', 'int4', 'int8'):
            return str(rng.randint(0, 30))
        return self.values.literal(column.type)

    def insert(self, table, row_count):
        rng = self.rng
        columns = table.columns
        if rng.random() < 0.15:
            columns = [column for column in columns if column.key or rng.random() < 0.7] or columns
        rows = many([raw('<row>', '(' + ', '.join(self.cell(column) for column in columns) + ')') for _ in range(row_count)])
        names = ', '.join(column.name for column in columns)
        sql = ''
        roll = rng.random()
        others = [column for column in columns if not column.key and not column.unique]
        if table.key and roll < 0.35:
            sql += rng.choice(['', f" ({', '.join(c.name for c in table.key)})"]).join([' ON CONFLICT', ' DO NOTHING'])
        elif table.key and others and roll < 0.75:
            chosen = rng.sample(others, rng.randint(1, len(others)))
            sets = ', '.join(f'{c.name} = ' + rng.choice([f'excluded.{c.name}', f'excluded.{c.name}', f'coalesce({table.name}.{c.name}, excluded.{c.name})'])
                             for c in chosen)
            sql += f" ON CONFLICT ({', '.join(c.name for c in table.key)}) DO UPDATE SET {sets}"
            if rng.random() < 0.2:
                c = rng.choice(others)
                sql += f' WHERE {table.name}.{c.name} IS DISTINCT FROM excluded.{c.name}'
        if rng.random() < 0.1:
            sql += ' RETURNING *'
        return Node('<statement>', f'INSERT INTO {table.name} ({names}) VALUES {{}}' + sql, rows)

    def condition_on(self, table):
        scope = [raw(c.type, c.name) for c in table.columns]
        if self.rng.random() < 0.5:
            column = self.rng.choice(table.columns)
            if self.rng.random() < 0.15:
                return f'{column.name} IS NULL'
            return f'{column.name} {self.rng.choice(["=", "=", "<", ">"])} {self.cell_value(column)}'
        return self.expr('bool', scope, 2).sql()

    def cell_value(self, column):
        if column.key and column.type in ('int2', 'int4', 'int8'):
            return str(self.rng.randint(0, 30))
        return self.values.constant(column.type).sql()

    def update(self, table):
        rng = self.rng
        others = [column for column in table.columns if not column.key and not column.unique]
        if not others:
            return self.delete(table)
        scope = [raw(c.type, c.name) for c in table.columns]
        chosen = rng.sample(others, rng.randint(1, min(3, len(others))))
        sets = []
        for column in chosen:
            value = self.expr(column.type, scope, 1).sql() if rng.random() < 0.5 else self.cell(column)
            if column.type in ('varchar', 'bpchar'):
                value = self.cell(column)
            sets.append(f'{column.name} = {value}')
        where = f' WHERE {self.condition_on(table)}' if rng.random() < 0.95 else ''
        return raw('<statement>', f"UPDATE {table.name} SET {', '.join(sets)}{where}" + (' RETURNING *' if rng.random() < 0.05 else ''))

    def delete(self, table):
        return raw('<statement>', f'DELETE FROM {table.name} WHERE {self.condition_on(table)}')

    def change(self):
        """One statement that changes a table."""
        rng = self.rng
        table = rng.choice(self.tables)
        roll = rng.random()
        if roll < 0.5:
            return self.insert(table, rng.choice([1, 1, 2, 3, 5, 10]))
        if roll < 0.72:
            return self.update(table)
        if roll < 0.93:
            return self.delete(table)
        if roll < 0.96:
            return raw('<statement>', f'TRUNCATE {table.name}')
        return self.update_key(table)

    def update_key(self, table):
        """Moves one row to another key."""
        if len(table.key) != 1:
            return self.delete(table)
        column = table.key[0]
        return raw('<statement>', f'UPDATE {table.name} SET {column.name} = {self.cell_value(column)} WHERE {column.name} = {self.cell_value(column)}')

    def transaction(self):
        """A script: one statement, or several that hold together."""
        roll = self.rng.random()
        if roll < 0.7:
            return many([self.change()], '; ')
        changes = many([self.change() for _ in range(self.rng.randint(2, 4))], '; ')
        return Node('<script>', 'BEGIN; {}; %s' % ('ROLLBACK' if roll < 0.75 else 'COMMIT'), changes)

    # --- expressions ---

    def expr(self, type_, scope, depth):
        rng = self.rng
        if type_ == 'pattern':
            return raw('text', rng.choice(["'%'", "'a%'", "'%b'", "'_'", "'a_b'", "'%,%'", "'a\\_b'", "''"]))
        if type_ == 'small':
            return raw('int4', str(rng.randint(0, 5)))
        if type_ == 'any':
            type_ = rng.choice([node.type for node in scope] or ['int4'])
            if type_ not in TYPES:
                type_ = 'int4'
        columns = [node for node in scope if node.type == type_]
        if depth <= 0:
            return self.leaf(type_, columns, scope)
        roll = rng.random()
        if columns and roll < 0.3:
            return rng.choice(columns)
        if roll < 0.38:
            return self.values.constant(type_)
        if roll < 0.46:
            return self.case(type_, scope, depth - 1)
        if roll < 0.54:
            return self.choice(type_, scope, depth - 1)
        if roll < 0.62 and type_ in CASTS:
            source = rng.choice(CASTS[type_])
            return Node(type_, rng.choice(['{}::%s', 'CAST({} AS %s)']) % WRITTEN.get(type_, type_), self.expr(source, scope, depth - 1))
        if type_ == 'bool' and roll < 0.9:
            return self.test(scope, depth - 1)
        calls = CALLS[type_] + (WILD.get(type_, []) * 2 if self.wild else [])
        if not calls:
            return self.leaf(type_, columns, scope)
        form, *args = rng.choice(calls)
        return Node(type_, form, *(self.expr(arg, scope, depth - 1) for arg in args))

    def leaf(self, type_, columns, scope):
        rng = self.rng
        if columns and rng.random() < 0.75:
            return rng.choice(columns)
        if rng.random() < 0.06:
            return raw(type_, f'NULL::{type_}')
        if type_ == 'bool' and scope and rng.random() < 0.9:
            column = rng.choice(scope)
            if column.type in TYPES and rng.random() < 0.75:
                return Node('bool', '({} %s {})' % rng.choice(['=', '<>', '<', '>=']), column, self.values.constant(column.type))
            return Node('bool', '({} IS %s)' % rng.choice(['NULL', 'NOT NULL']), column)
        near = [node for node in scope if node.type in CASTS.get(type_, []) and node.type in TYPES]
        if near and rng.random() < 0.5:
            return Node(type_, '{}::%s' % type_, rng.choice(near))
        return self.values.constant(type_)

    def case(self, type_, scope, depth):
        rng = self.rng
        otherwise = [self.expr(type_, scope, depth)] if rng.random() < 0.7 else []
        if rng.random() < 0.3:
            of = rng.choice(['int4', 'text', 'bool'])
            form = '(CASE {} WHEN {} THEN {}' + (' ELSE {}' if otherwise else '') + ' END)'
            return Node(type_, form, self.expr(of, scope, depth), self.expr(of, scope, depth), self.expr(type_, scope, depth), *otherwise)
        form = '(CASE WHEN {} THEN {}' + (' ELSE {}' if otherwise else '') + ' END)'
        return Node(type_, form, self.expr('bool', scope, depth), self.expr(type_, scope, depth), *otherwise)

    def choice(self, type_, scope, depth):
        form = self.rng.choice(['coalesce({}, {})', 'coalesce({}, {})', 'nullif({}, {})', 'greatest({}, {})', 'least({}, {})'])
        return Node(type_, form, self.expr(type_, scope, depth), self.expr(type_, scope, depth))

    def test(self, scope, depth):
        rng = self.rng
        of = rng.choice([node.type for node in scope if node.type in TYPES] + ['int4'])
        one = lambda: self.expr(of, scope, depth)
        roll = rng.random()
        if roll < 0.2:
            return Node('bool', rng.choice(['({} IS NULL)', '({} IS NOT NULL)']), one())
        if roll < 0.35:
            parts = [one() for _ in range(rng.randint(1, 4))]
            if rng.random() < 0.15:
                parts.append(raw(of, 'NULL'))
            return Node('bool', rng.choice(['({} IN ({}))', '({} NOT IN ({}))']), one(), many(parts))
        if roll < 0.45:
            return Node('bool', rng.choice(['({} BETWEEN {} AND {})', '({} NOT BETWEEN {} AND {})', '({} BETWEEN SYMMETRIC {} AND {})']), one(), one(), one())
        if roll < 0.53:
            return Node('bool', rng.choice(['({} IS DISTINCT FROM {})', '({} IS NOT DISTINCT FROM {})']), one(), one())
        right = one()
        for family in (NUMBERS, TIMES, TEXTS):
            if of in family and rng.random() < 0.3:
                right = self.expr(rng.choice(family), scope, depth)
        return Node('bool', '({} %s {})' % rng.choice(['=', '=', '<>', '<', '<=', '>', '>=']), one(), right)

    # --- queries; each gives (node, [(name, type)]) ---

    def query(self, depth=2):
        rng = self.rng
        roll = rng.random()
        if depth > 0 and roll < 0.1:
            return self.union(depth)
        if depth > 0 and roll < 0.18:
            return self.with_query(depth)
        if roll < 0.28:
            return self.limited(depth)
        return self.select(depth)

    def top(self):
        """A whole query, with a name for each column."""
        return self.query()

    def union(self, depth):
        rng = self.rng
        types = [rng.choice(TYPES) for _ in range(rng.randint(1, 3))]
        count = rng.randint(2, 3)
        sides = [self.select(depth - 1, types) for _ in range(count)]
        kinds = [rng.choice([' UNION ALL ', ' UNION ']) for _ in sides[1:]]
        form = '{}' + ''.join(kind + '{}' for kind in kinds)
        return Node('<query>', form, *(Node('<query>', '({})', side[0]) for side in sides)), sides[0][1]

    def with_query(self, depth):
        name = self.fresh('w')
        inner, columns = self.query(depth - 1)
        self.ctes.append((name, columns))
        body, out = self.select(depth - 1)
        self.ctes.pop()
        return Node('<query>', 'WITH %s AS ({}) {}' % name, inner, body), out

    def limited(self, depth):
        rng = self.rng
        inner, columns = self.select(max(depth - 1, 0))
        orders = list(range(1, len(columns) + 1))
        rng.shuffle(orders)
        terms = ', '.join(f'{n}' + rng.choice(['', '', ' DESC', ' ASC NULLS FIRST', ' DESC NULLS LAST']) for n in orders)
        limit = f' LIMIT {rng.choice([0, 1, 2, 3, 5, 10])}'
        if rng.random() < 0.25:
            limit += f' OFFSET {rng.randint(0, 3)}'
        name = self.fresh('l')
        names = ', '.join(column for column, _ in columns)
        return Node('<query>', 'SELECT %s FROM ({}) %s ORDER BY %s%s' % (names, name, terms, limit), inner), columns

    def ranked(self, depth):
        """The first k of each group."""
        rng = self.rng
        source, scope, unique = self.source(depth - 1)
        inner, outer = self.fresh('r'), [self.fresh('c') for _ in scope]
        items = many([Node('<item>', '{} AS %s' % name, node) for name, node in zip(outer, scope)])
        partition = many(rng.sample(scope, min(len(scope), rng.choice([0, 1, 1, 2]))))
        by = 'PARTITION BY {} ' if partition.parts else '{}'
        rest = list(scope)
        rng.shuffle(rest)
        orders = many([Node('<order>', '{}' + rng.choice(['', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST']), node) for node in rest])
        k = rng.randint(1, 3)
        test = rng.choice([f'rn <= {k}', f'rn < {k}', 'rn = 1', f'{k} >= rn'])
        form = 'SELECT %s FROM (SELECT {}, row_number() OVER (' + by + 'ORDER BY {}) AS rn FROM {}) %s WHERE %s'
        columns = [(name, node.type) for name, node in zip(outer, scope)]
        shown = ', '.join(outer) + (', rn' if rng.random() < 0.2 else '')
        if shown.endswith(', rn'):
            columns = columns + [('rn', 'int8')]
        return Node('<query>', form % (shown, inner, test), items, partition, orders, source), columns

    def select(self, depth, types=None):
        rng = self.rng
        if types is None and depth > 0 and rng.random() < 0.12:
            return self.ranked(depth)
        source, scope, _ = self.source(depth)
        where = Node('<where>', ' WHERE {}', self.expr('bool', scope, 3)) if rng.random() < 0.5 else raw('<where>', '')
        if rng.random() < 0.45:
            return self.grouped(source, scope, where, types)
        types = types or [rng.choice(self.likely(scope)) for _ in range(rng.randint(1, 4))]
        names = [self.fresh('c') for _ in types]
        items = many([Node('<item>', '{} AS %s' % name, self.expr(type_, scope, rng.choice([0, 1, 2, 3]))) for name, type_ in zip(names, types)])
        distinct = 'DISTINCT ' if rng.random() < 0.2 else ''
        return Node('<query>', f'SELECT {distinct}{{}} FROM {{}}{{}}', items, source, where), list(zip(names, types))

    def likely(self, scope):
        return [node.type for node in scope if node.type in TYPES] + [self.rng.choice(TYPES), 'int4']

    def grouped(self, source, scope, where, types):
        rng = self.rng
        groups = [self.expr(rng.choice(self.likely(scope)), scope, rng.choice([0, 0, 1, 2])) for _ in range(rng.choice([0, 1, 1, 2, 3]))]
        groups = [group for group in groups if not is_constant(group)]
        wanted = types or [rng.choice(list(AGGREGATES)) for _ in range(rng.randint(1, 3))] + [group.type for group in groups if rng.random() < 0.9]
        names = [self.fresh('c') for _ in wanted]
        items = []
        for name, type_ in zip(names, wanted):
            items.append(Node('<item>', '{} AS %s' % name, self.over_groups(type_, groups, scope, 1)))
        parts = [many(items), source, where]
        form = 'SELECT {} FROM {}{}'
        if groups:
            form += ' GROUP BY {}'
            parts.append(many(groups))
        if rng.random() < 0.25:
            form += '{}'
            parts.append(Node('<having>', ' HAVING {}', self.over_groups('bool', groups, scope, 2)))
        return Node('<query>', form, *parts), list(zip(names, wanted))

    def over_groups(self, type_, groups, scope, depth):
        """An expression over groups and aggregates."""
        rng = self.rng
        fitting = [group for group in groups if group.type == type_]
        if fitting and rng.random() < 0.6:
            return rng.choice(fitting)
        if type_ in AGGREGATES and (depth <= 0 or rng.random() < 0.75) and type_ != 'bool':
            return self.aggregate(type_, scope)
        inner = list(groups) + [self.aggregate(rng.choice(list(AGGREGATES)), scope) for _ in range(2)]
        return self.expr(type_, inner, depth)

    def aggregate(self, type_, scope):
        rng = self.rng
        form, *args = rng.choice(AGGREGATES[type_])
        parts = [self.expr(arg, scope, rng.choice([0, 0, 1])) for arg in args]
        if rng.random() < 0.2:
            form += ' FILTER (WHERE {})'
            parts.append(self.expr('bool', scope, 1))
        return Node(type_, form, *parts)

    # --- FROM: (node, [expression nodes of its columns], None) ---

    def source(self, depth):
        rng = self.rng
        node, scope = self.item(depth)
        for _ in range(rng.choice([0, 0, 0, 1, 1, 2])):
            if rng.random() < 0.12:
                node, scope = self.with_set(node, scope)
                continue
            right, more = self.item(depth - 1)
            kind = rng.choice(['JOIN', 'JOIN', 'LEFT JOIN', 'LEFT JOIN', 'CROSS'])
            if kind == 'CROSS' and rng.random() < 0.7:
                kind = 'JOIN'
            if kind == 'CROSS':
                node = Node('<from>', '{} CROSS JOIN {}', node, right)
            else:
                node = Node('<from>', '({} %s {} ON {})' % kind, node, right, self.on(scope, more))
            scope = scope + more
        return node, scope, None

    def on(self, left, right):
        rng = self.rng
        parts = []
        for _ in range(rng.choice([1, 1, 1, 2])):
            b = rng.choice(right)
            fitting = [a for a in left if a.type == b.type] or [a for a in left for f in (NUMBERS, TEXTS, TIMES) if a.type in f and b.type in f]
            if fitting:
                a = rng.choice(fitting)
                if rng.random() < 0.15:
                    a, b = self.expr(a.type, left, 1), self.expr(a.type, right, 1)
                parts.append(Node('bool', rng.choice(['{} = {}', '{} = {}', '{} = {}', '{} IS NOT DISTINCT FROM {}']), a, b))
        if not parts or rng.random() < 0.25:
            parts.append(self.expr('bool', left + right, 2))
        return many(parts, ' AND ')

    def with_set(self, node, scope):
        rng = self.rng
        name = self.fresh('s')
        texts = [n for n in scope if n.type == 'text']
        numbers = [n for n in scope if n.type == 'int4']
        if texts and rng.random() < 0.6:
            pattern = rng.choice([',', ' ', '[, ]', ''])
            call = Node('<set>', "regexp_split_to_table({}, '%s') AS %s(v)" % (pattern, name), rng.choice(texts))
            return Node('<from>', '{}, {}', node, call), scope + [raw('text', name + '.v')]
        if numbers and rng.random() < 0.6:
            call = Node('<set>', 'generate_series(1, least({}, 4)) AS %s(v)' % name, rng.choice(numbers))
        else:
            call = raw('<set>', f'generate_series({rng.randint(-1, 2)}, {rng.randint(0, 4)}) AS {name}(v)')
        return Node('<from>', '{}, {}', node, call), scope + [raw('int4', name + '.v')]

    def item(self, depth):
        rng = self.rng
        name = self.fresh('q')
        roll = rng.random()
        if self.ctes and roll < 0.4:
            cte, columns = rng.choice(self.ctes)
            return raw('<from>', f'{cte} AS {name}'), [raw(type_, f'{name}.{column}') for column, type_ in columns]
        if self.views and roll < 0.15:
            view, columns = rng.choice(self.views)
            return raw('<from>', f'{view} AS {name}'), [raw(type_, f'{name}.{column}') for column, type_ in columns]
        if depth > 0 and roll < 0.32:
            inner, columns = self.query(depth - 1)
            return Node('<from>', '({}) AS %s' % name, inner), [raw(type_, f'{name}.{column}') for column, type_ in columns]
        if roll < 0.36:
            types = [rng.choice(TYPES) for _ in range(rng.randint(1, 2))]
            rows = many([Node('<row>', '({})', many([self.values.constant(type_) for type_ in types])) for _ in range(rng.randint(1, 3))])
            columns = ', '.join('xy'[:len(types)])
            return Node('<from>', '(VALUES {}) AS %s(%s)' % (name, columns), rows), [raw(type_, f'{name}.{c}') for c, type_ in zip('xy', types)]
        table = rng.choice(self.tables)
        return raw('<from>', f'{table.name} AS {name}'), [raw(column.type, f'{name}.{column.name}') for column in table.columns]


def is_constant(node):
    """GROUP BY of a bare number would be a position, and PostgreSQL refuses other constants there."""
    return not node.parts and '.' not in node.form.split("'")[0]

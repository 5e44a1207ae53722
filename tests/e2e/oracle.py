"""PostgreSQL 15 as the one who knows: the same tables, the same queries, its answers."""
import json, pathlib, re, subprocess

SCRIPT = pathlib.Path(__file__).resolve().parents[1] / 'oracle/pg.sh'


class Oracle:
    """One database with the tables of a schema file and its views, which are computed when they are read."""

    def __init__(self, name, schema):
        self.name = name
        self.run(f'DROP DATABASE IF EXISTS {name}', database='postgres')
        self.run(f'CREATE DATABASE {name}', database='postgres')
        sql = pathlib.Path(schema).read_text(encoding='utf-8')
        self.tables = re.findall(r'CREATE TABLE (\w+)', sql)
        self.views = re.findall(r'CREATE MATERIALIZED VIEW (\w+)', sql)
        self.run(sql.replace('CREATE MATERIALIZED VIEW', 'CREATE VIEW'))
        self.floats = {view: self.columns_of(view, 'double precision') for view in self.views}
        self.keys = {table: self.key_of(table) for table in self.tables}

    def run(self, sql, database=None):
        command = ['sh', str(SCRIPT), 'psql', '-qAt', '-v', 'ON_ERROR_STOP=1', '-d', database or self.name, '-f', '-']
        done = subprocess.run(command, input=sql.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            raise RuntimeError(f'PostgreSQL: {done.stderr.decode()[:2000]}')
        return done.stdout.decode().splitlines()

    def columns_of(self, relation, data_type):
        return self.run(f"SELECT column_name FROM information_schema.columns "
                        f"WHERE table_name = '{relation}' AND data_type = '{data_type}'")

    def key_of(self, table):
        return self.run(f"SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid "
                        f"AND a.attnum = ANY (i.indkey) WHERE i.indrelid = '{table}'::regclass AND i.indisprimary "
                        f"ORDER BY array_position(i.indkey::int2[], a.attnum)")

    def values_sql(self, table, rows):
        return f'json_populate_recordset(NULL::"{table}", $weir${json.dumps(rows, ensure_ascii=False)}$weir$)'

    def insert_sql(self, table, rows, upsert=False):
        sql = f'INSERT INTO "{table}" SELECT * FROM {self.values_sql(table, rows)}'
        if upsert:
            names = ', '.join(self.keys[table])
            sets = ', '.join(f'{name} = excluded.{name}' for name in rows[0] if name not in self.keys[table])
            sql += f' ON CONFLICT ({names}) DO UPDATE SET {sets}'
        return sql + ';\n'

    def delete(self, table, rows):
        names = ', '.join(self.keys[table])
        self.run(f'DELETE FROM "{table}" WHERE ({names}) IN (SELECT {names} FROM {self.values_sql(table, rows)})')

    def rows(self, view):
        """Rows as dicts whose numbers are text."""
        lines = self.run(f'SELECT row_to_json(v) FROM "{view}" v')
        return [json.loads(line, parse_float=str, parse_int=str) for line in lines]

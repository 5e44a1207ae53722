#!/usr/bin/env python3
"""Random tables, views, rows and changes, answered by PostgreSQL 15 and then by Weir.

    random.py [--seeds N] [--first SEED] [--views N] [--keep DIR] RUNNER

Each seed makes one .slt file, has expect.py's oracle answer it, and runs it with RUNNER (the sql_run of
the build), all five ways. A file that fails is kept (in DIR, else where the message says).
"""
import argparse
import os
import random
import subprocess
import sys
import tempfile

import expect

TYPES = ["int", "int", "bigint", "text", "numeric(8,2)", "boolean", "date", "float8", "smallint"]
WORDS = ["a", "b", "ab", "B", "", "x y"]


class Table:
    def __init__(self, rng, number):
        self.name = f"t{number}"
        self.columns = [("id", "int")]
        for index in range(rng.randint(2, 4)):
            self.columns.append((f"c{index}", rng.choice(TYPES)))
        self.columns.append(("k", "int"))
        self.has_key = rng.random() < 0.7
        self.next_id = 1

    def create(self):
        columns = [f"{name} {kind}" for name, kind in self.columns]
        if self.has_key:
            columns[0] += " PRIMARY KEY"
        return f"CREATE TABLE {self.name} ({', '.join(columns)})"

    def row(self, rng):
        cells = []
        for name, kind in self.columns:
            if name == "id":
                cells.append(str(self.next_id))
                self.next_id += 1 if self.has_key or rng.random() < 0.8 else 0
            elif rng.random() < 0.12:
                cells.append("NULL")
            else:
                cells.append(constant(rng, kind) or "(empty)")
        return "|".join(cells)


def constant(rng, kind):
    if kind == "text":
        return rng.choice(WORDS)
    if kind == "boolean":
        return rng.choice(["t", "f"])
    if kind == "date":
        return f"2024-01-{rng.randint(1, 9):02d}"
    if kind.startswith("numeric"):
        return f"{rng.randint(-3, 9)}.{rng.choice(['00', '50', '25'])}"
    if kind == "float8":
        return rng.choice(["0.5", "1.5", "-2", "3", "0"])
    return str(rng.randint(-2, 6))


def literal(rng, kind):
    text = constant(rng, kind)
    if kind in ("text", "date"):
        return f"'{text}'" if kind == "text" else f"date '{text}'"
    if kind == "boolean":
        return "true" if text == "t" else "false"
    return f"({text})" if text.startswith("-") else text


def is_number(kind):
    return kind in ("int", "bigint", "smallint", "float8", "numeric") or kind.startswith("numeric")


class Query:
    """One SELECT: text and the columns that it gives."""

    def __init__(self, rng, relations, depth):
        self.rng = rng
        self.relations = relations
        self.depth = depth
        self.aliases = 0

    def scalar(self, columns, kind=None):
        rng = self.rng
        pick = [c for c in columns if kind is None or c[1] == kind or (is_number(kind) and is_number(c[1]))]
        if not pick or rng.random() < 0.1:
            kind = kind or rng.choice(["int", "text"])
            return literal(rng, kind), kind
        name, found = rng.choice(pick)
        roll = rng.random()
        if found in ("int", "bigint", "smallint", "float8") and roll < 0.15:
            return f"({name} + {rng.randint(1, 3)})", "int" if found == "smallint" else found
        if found == "text" and roll < 0.15:
            return f"upper({name})", "text"
        if roll < 0.22 and found in ("int", "text", "date"):
            return f"coalesce({name}, {literal(rng, found)})", found
        if roll < 0.28 and found == "int":
            return f"CASE WHEN {name} > 2 THEN {name} ELSE 0 END", "int"
        return name, found

    def condition(self, columns):
        rng = self.rng
        roll = rng.random()
        if roll < 0.15:
            return f"({self.condition(columns)} {rng.choice(['AND', 'OR'])} {self.condition(columns)})"
        if roll < 0.2:
            return f"NOT {self.condition(columns)}"
        name, kind = self.scalar(columns)
        if roll < 0.3:
            return f"{name} IS {rng.choice(['', 'NOT '])}NULL"
        if roll < 0.4:
            values = ", ".join(literal(rng, kind) for _ in range(rng.randint(1, 3)))
            return f"{name} IN ({values})"
        if roll < 0.45 and kind == "text":
            return f"{name} LIKE '{rng.choice(['a%', '%b', '_', '%'])}'"
        operator = rng.choice(["=", "=", "<", ">", "<=", "<>"])
        other = self.scalar(columns, kind)[0] if rng.random() < 0.3 else literal(rng, kind)
        return f"{name} {operator} {other}"

    def source(self):
        """An entry of FROM: text, columns with their qualification."""
        rng = self.rng
        self.aliases += 1
        alias = f"r{self.depth}{self.aliases}"
        if self.depth < 2 and rng.random() < 0.2:
            text, columns = Query(rng, self.relations, self.depth + 1).build()
            return f"({text}) {alias}", [(f"{alias}.{n}", k) for n, k in columns]
        name, columns = rng.choice(self.relations)
        return f"{name} {alias}", [(f"{alias}.{n}", k) for n, k in columns]

    def equality(self, left, right):
        pairs = [(a, b) for a in left for b in right if a[1] == b[1] or (is_number(a[1]) and is_number(b[1]))]
        pairs = [p for p in pairs if "float8" not in (p[0][1], p[1][1])] or pairs
        if not pairs:
            return "true"
        close = [p for p in pairs if p[0][0].endswith((".k", ".id")) and p[1][0].endswith((".k", ".id"))]
        a, b = self.rng.choice(close if close and self.rng.random() < 0.7 else pairs)
        return f"{a[0]} = {b[0]}"

    def from_clause(self):
        rng = self.rng
        text, columns = self.source()
        for _ in range(rng.choice([0, 0, 1, 1, 1, 2, 3]) if self.depth < 2 else rng.choice([0, 0, 1])):
            more, right = self.source()
            on = [self.equality(columns, right)]
            if rng.random() < 0.3:
                on.append(self.equality(columns, right))
            if rng.random() < 0.2:
                on.append(self.condition(columns + right))
            kind = "LEFT JOIN" if rng.random() < 0.3 else "JOIN"
            text += f" {kind} {more} ON {' AND '.join(on)}"
            columns = columns + right
        return text, columns

    def build(self):
        rng = self.rng
        roll = rng.random()
        if roll < 0.12 and self.depth < 2:
            return self.union()
        source, columns = self.from_clause()
        where = f" WHERE {self.condition(columns)}" if rng.random() < 0.5 else ""
        if roll < 0.45:
            return self.grouped(source, columns, where)
        if roll < 0.55:
            return self.top(source, columns, where)
        distinct = "DISTINCT " if rng.random() < 0.2 else ""
        names, out = [], []
        for index in range(rng.randint(1, 4)):
            text, kind = self.scalar(columns)
            names.append(f"{text} AS x{index}")
            out.append((f"x{index}", kind))
        return f"SELECT {distinct}{', '.join(names)} FROM {source}{where}", out

    def grouped(self, source, columns, where):
        rng = self.rng
        groups = [self.scalar(columns) for _ in range(rng.randint(0, 2))]
        names = [f"{text} AS g{i}" for i, (text, _) in enumerate(groups)]
        out = [(f"g{i}", kind) for i, (_, kind) in enumerate(groups)]
        for index in range(rng.randint(1, 3)):
            text, kind = self.aggregate(columns)
            names.append(f"{text} AS a{index}")
            out.append((f"a{index}", kind))
        text = f"SELECT {', '.join(names)} FROM {source}{where}"
        if groups:
            text += f" GROUP BY {', '.join(str(i + 1) for i in range(len(groups)))}"
            if rng.random() < 0.3:
                text += f" HAVING {rng.choice(['count(*) > 1', 'count(*) < 4', 'max(' + columns[0][0] + ') > 2'])}"
        return text, out

    def aggregate(self, columns):
        rng = self.rng
        name, kind = rng.choice(columns)
        filter_text = f" FILTER (WHERE {self.condition(columns)})" if rng.random() < 0.2 else ""
        distinct = "DISTINCT " if rng.random() < 0.2 else ""
        roll = rng.random()
        if roll < 0.25:
            return f"count(*){filter_text}", "bigint"
        if roll < 0.4:
            return f"count({distinct}{name}){filter_text}", "bigint"
        if kind == "boolean":
            return f"{rng.choice(['bool_and', 'bool_or'])}({name}){filter_text}", "boolean"
        if is_number(kind) and roll < 0.75:
            function = rng.choice(["sum", "avg"])
            wide = "float8" if kind == "float8" else "bigint" if kind in ("int", "smallint") and function == "sum" else "numeric"
            return f"{function}({distinct}{name}){filter_text}", wide
        return f"{rng.choice(['min', 'max'])}({name}){filter_text}", kind

    def top(self, source, columns, where):
        rng = self.rng
        names = [f"{name} AS x{i}" for i, (name, _) in enumerate(columns)]
        out = [(f"x{i}", kind) for i, (_, kind) in enumerate(columns)]
        order = [f"{i + 1}{rng.choice(['', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST'])}" for i in range(len(columns))]
        rng.shuffle(order)
        limit = f"LIMIT {rng.randint(0, 4)}"
        if rng.random() < 0.4:
            limit += f" OFFSET {rng.randint(0, 3)}"
        if rng.random() < 0.5:
            return f"SELECT {', '.join(names)} FROM {source}{where} ORDER BY {', '.join(order)} {limit}", out
        by = ", ".join(name for name, _ in columns)
        part = rng.choice(columns)[0]
        inner = f"SELECT {', '.join(names)}, row_number() OVER (PARTITION BY {part} ORDER BY {by}) AS place FROM {source}{where}"
        return (f"SELECT * FROM ({inner}) ranked WHERE place {rng.choice(['<=', '<', '='])} {rng.randint(1, 3)}",
                out + [("place", "bigint")])

    def union(self):
        rng = self.rng
        kinds = [rng.choice(["int", "text", "bigint"]) for _ in range(rng.randint(1, 3))]
        sides = []
        for _ in range(2):
            source, columns = self.from_clause()
            where = f" WHERE {self.condition(columns)}" if rng.random() < 0.4 else ""
            names = [f"{self.scalar([c for c in columns if c[1] == kind], kind)[0]} AS x{i}" for i, kind in enumerate(kinds)]
            sides.append(f"SELECT {', '.join(names)} FROM {source}{where}")
        word = rng.choice(["UNION ALL", "UNION", "UNION ALL", "INTERSECT", "EXCEPT", "EXCEPT ALL", "INTERSECT ALL"])
        return f"{sides[0]} {word} {sides[1]}", [(f"x{i}", kind) for i, kind in enumerate(kinds)]


def accepted(postgres, sql):
    _, error = postgres.run(expect.translate(sql))
    return error is None


def change(rng, table):
    roll = rng.random()
    if roll < 0.35:
        return f"DELETE FROM {table.name} WHERE id % {rng.randint(2, 4)} = {rng.randint(0, 1)}"
    name, kind = rng.choice(table.columns[1:])
    return f"UPDATE {table.name} SET {name} = {literal(rng, kind) if rng.random() < 0.8 else 'NULL'} WHERE id % {rng.randint(2, 5)} = {rng.randint(0, 2)}"


def make(rng, postgres, view_count):
    """The lines of a file, of statements that PostgreSQL takes."""
    postgres.run("DROP SCHEMA public CASCADE")
    postgres.run("CREATE SCHEMA public")
    tables = [Table(rng, number) for number in range(rng.randint(2, 4))]
    relations = [(table.name, table.columns) for table in tables]
    records, views = [], []
    for table in tables:
        records.append(["statement ok", table.create()])
        postgres.run(table.create())
    while len(views) < view_count:
        text, columns = Query(rng, relations, 0).build()
        name = f"v{len(views)}"
        sql = f"CREATE MATERIALIZED VIEW {name} AS {text}"
        if not accepted(postgres, sql):
            continue
        records.append(["statement ok", sql])
        views.append(name)
        if rng.random() < 0.3 and "LIMIT" not in text:
            relations.append((name, columns))
    for table in tables:
        records.append([f"rows {table.name}"] + [table.row(rng) for _ in range(rng.randint(1, 14))])
    for _ in range(3):
        records += [["query", f"SELECT * FROM {name}", "----"] for name in views]
        for _ in range(rng.randint(1, 4)):
            records.append(["statement ok", change(rng, rng.choice(tables))])
        more = rng.choice(tables)
        records.append([f"rows {more.name}"] + [more.row(rng) for _ in range(rng.randint(1, 5))])
    records += [["query", f"SELECT * FROM {name}", "----"] for name in views]
    return "\n\n".join("\n".join(record) for record in records) + "\n"


def run_seed(seed, options, postgres, folder):
    path = os.path.join(folder, f"random_{seed}.slt")
    with open(path, "w") as file:
        file.write(make(random.Random(seed), postgres, options.views))
    expect.answer_file(postgres, path)
    result = subprocess.run([options.runner, path], capture_output=True, text=True, timeout=600)
    if result.returncode == 0:
        os.unlink(path)
        return True
    print(f"seed {seed}: {path}\n{result.stdout[-2000:]}{result.stderr[-500:]}", flush=True)
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--views", type=int, default=8)
    parser.add_argument("--keep")
    parser.add_argument("runner")
    options = parser.parse_args()
    folder = options.keep or tempfile.mkdtemp(prefix="weir-random-")
    os.makedirs(folder, exist_ok=True)
    postgres = expect.Postgres()
    failed = [seed for seed in range(options.first, options.first + options.seeds)
              if not run_seed(seed, options, postgres, folder)]
    print(f"{options.seeds} seeds, {len(failed)} failed {failed if failed else ''}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

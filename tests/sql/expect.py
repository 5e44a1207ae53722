#!/usr/bin/env python3
"""Writes PostgreSQL 15's answers into .slt files: expect.py FILE...

Every query's rows and every statement's error (SQLSTATE, position, message) are replaced by what the
server says. Records marked `weir` stay as they are and PostgreSQL does not see them, but for `ok weir`,
which only tells that the error of PostgreSQL is not ours. The oracle is tests/oracle/pg.sh.
"""
import os
import re
import socket
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ORACLE = os.path.join(HERE, "..", "oracle", "pg.sh")
DIR = os.environ.setdefault("WEIR_PG_DIR", "/tmp/weir-pg-sql")


class Postgres:
    """The simple protocol over the oracle's socket; no password."""

    def __init__(self):
        subprocess.run([ORACLE, "start"], check=True)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(os.path.join(DIR, ".s.PGSQL.5432"))
        body = struct.pack("!I", 196608) + b"user\0postgres\0database\0postgres\0\0"
        self.socket.sendall(struct.pack("!I", len(body) + 4) + body)
        self.read_until_ready()

    def read(self, size):
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                raise EOFError("the oracle closed the connection")
            data += part
        return data

    def read_until_ready(self):
        rows, error = [], None
        while True:
            kind, size = struct.unpack("!cI", self.read(5))
            body = self.read(size - 4)
            if kind == b"D":
                rows.append(read_row(body))
            elif kind == b"E":
                error = read_error(body)
            elif kind == b"Z":
                return rows, error

    def run(self, sql):
        body = sql.encode() + b"\0"
        self.socket.sendall(b"Q" + struct.pack("!I", len(body) + 4) + body)
        return self.read_until_ready()


def read_row(body):
    count = struct.unpack("!H", body[:2])[0]
    at, cells = 2, []
    for _ in range(count):
        size = struct.unpack("!i", body[at:at + 4])[0]
        at += 4
        cells.append("NULL" if size < 0 else body[at:at + size].decode() or "(empty)")
        at += max(size, 0)
    return "|".join(cells)


def read_error(body):
    fields = {part[:1]: part[1:].decode() for part in body.split(b"\0") if part}
    return fields[b"C"], fields.get(b"P", "0"), fields[b"M"]


def translate(sql):
    """Weir's words that PostgreSQL has not."""
    sql = re.sub(r"^(CREATE|DROP) MATERIALIZED VIEW", r"\1 VIEW", sql)
    return re.sub(r"\)\s*WITH \(append_only[^)]*\)", ")", sql)


def insert_of(table, lines):
    def cell(text):
        text = "" if text == "(empty)" else text
        return "NULL" if text == "NULL" else "'" + text.replace("'", "''") + "'"
    rows = ("(" + ",".join(cell(c) for c in line.split("|")) + ")" for line in lines)
    return "INSERT INTO " + table + " VALUES " + ", ".join(rows)


def records_of(text):
    """Lines of one record each; comments and empty lines are records of their own."""
    record = []
    for line in text.split("\n"):
        if line == "" or (not record and line.startswith("#")):
            if record:
                yield record
                record = []
            yield [line]
        else:
            record.append(line)
    if record:
        yield record


def answer(postgres, record):
    head, body = record[0], record[1:]
    words = head.split()
    if not words or head.startswith("#") or "weir" in words[:3]:
        return record
    if words[0] == "rows":
        _, error = postgres.run(insert_of(words[1], body))
        if error:
            sys.exit(f"{head}: {error}")
        return record
    if words[0] == "query":
        sql = body[:body.index("----")] if "----" in body else body
        rows, error = postgres.run(translate("\n".join(sql)))
        if error:
            sys.exit(f"{sql}: {error}")
        if "ordered" not in words:
            rows.sort()
        return [head] + sql + ["----"] + rows
    _, error = postgres.run(translate("\n".join(body)))
    return ["statement error " + " ".join(error) if error else "statement ok"] + body


def answer_file(postgres, path):
    with open(path) as file:
        text = file.read()
    postgres.run("DROP SCHEMA public CASCADE")
    postgres.run("CREATE SCHEMA public")
    lines = [line for record in records_of(text) for line in answer(postgres, record)]
    with open(path, "w") as file:
        file.write("\n".join(lines))


def main():
    postgres = Postgres()
    for path in sys.argv[1:]:
        answer_file(postgres, path)


if __name__ == "__main__":
    main()

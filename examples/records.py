"""The real records behind the examples: files of the npm package vega-datasets, as lists of dicts."""
import csv, datetime, json, pathlib, sys

from parquet import Parquet

FOLDER = pathlib.Path(__file__).resolve().parent / 'node_modules/vega-datasets/data'


def path_of(name):
    path = FOLDER / name
    if not path.exists():
        sys.exit(f'{path} is missing; `./run demo` brings it, or `npm ci` in {FOLDER.parents[2]}')
    return path


def read_csv(name):
    with open(path_of(name), newline='', encoding='utf-8') as file:
        return list(csv.DictReader(file))


def read_json(name):
    with open(path_of(name), encoding='utf-8') as file:
        return json.load(file)


def month(text):
    """'Mar 1 2010' as 2010-03-01."""
    return datetime.datetime.strptime(text, '%b %d %Y').strftime('%Y-%m-%d')


def read_flights():
    """Three million flights of 2001 in order of departure, as tuples (microseconds, delay, miles, from, to)."""
    file = Parquet(path_of('flights-3m.parquet'))
    for index in range(len(file.row_groups)):
        columns = file.columns(index)
        yield from zip(*(columns[name] for name in ('date', 'delay', 'distance', 'origin', 'destination')))

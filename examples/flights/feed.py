#!/usr/bin/env python3
"""Three million real flights in the order in which they left, after 3376 airports and 10000 bird strikes.

Flights are those of flights-3m.parquet (United States, first half of 2001), airports of airports.csv, strikes of
birdstrikes.csv. The flights do not name their carrier; the strikes do."""
import datetime, itertools, pathlib, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import feeding, records
from feeding import Step

MINUTES_PER_SECOND = 10     # of 2001, at speed 1x: some hundred flights a second
EPOCH = datetime.datetime(1970, 1, 1)


def known(text):
    """The files write what they do not know in these ways."""
    return text if text not in ('', 'NA', 'UNKNOWN') else None


def airports():
    return [{'iata': row['iata'], 'name': row['name'], 'city': known(row['city']), 'state': known(row['state']),
             'latitude': float(row['latitude']), 'longitude': float(row['longitude'])}
            for row in records.read_csv('airports.csv')]


def strikes():
    return [{'id': index + 1, 'day': row['Flight Date'], 'carrier': known(row['Aircraft Airline Operator']),
             'airport': row['Airport Name'], 'species': known(row['Wildlife Species']),
             'damage': row['Effect Amount of damage'], 'cost': int(row['Cost Total $'])}
            for index, row in enumerate(records.read_csv('birdstrikes.csv'))]


def flights():
    """(minute, row) one after another."""
    minute, at = None, None
    for index, (us, delay, distance, origin, destination) in enumerate(records.read_flights()):
        if us // 60_000_000 != minute:
            minute = us // 60_000_000
            at = (EPOCH + datetime.timedelta(minutes=minute)).strftime('%Y-%m-%d %H:%M')
        yield minute, {'id': index + 1, 'at': at, 'origin': origin, 'destination': destination,
                       'delay': delay, 'distance': distance}


def steps(count=None):
    """Airports and strikes, then flight after flight (at most count), those of a minute together."""
    yield Step('airport', airports())
    yield Step('strike', strikes())
    last = None
    for minute, pairs in itertools.groupby(itertools.islice(flights(), count), key=lambda pair: pair[0]):
        pause = min(minute - last, 30) / MINUTES_PER_SECOND if last else 0.0
        last = minute
        yield Step('flight', [row for _, row in pairs], seconds=pause)


if __name__ == '__main__':
    feeding.main('flights', steps())

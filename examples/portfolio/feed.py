#!/usr/bin/env python3
"""Month after month of real prices, 2000 to 2010, over a thousand positions.

Prices are those of stocks.csv and sp500.csv. Who holds what is made up: account 1 to 200, five positions each."""
import itertools, pathlib, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import feeding, records
from feeding import Step

SECTORS = [('AAPL', 'Apple', 'Technology'), ('AMZN', 'Amazon', 'Consumer Discretionary'),
           ('GOOG', 'Google', 'Communication Services'), ('IBM', 'IBM', 'Technology'),
           ('MSFT', 'Microsoft', 'Technology'), ('SPX', 'S&P 500 fund', 'Index Funds')]
ACCOUNTS, POSITIONS_EACH = 200, 5


def prices():
    """[(month, [price rows])] in order of time."""
    by_month = {}
    quotes = records.read_csv('stocks.csv') + [dict(row, symbol='SPX') for row in records.read_csv('sp500.csv')]
    for row in quotes:
        day = records.month(row['date'])
        by_month.setdefault(day, []).append({'symbol': row['symbol'], 'day': day, 'price': float(row['price'])})
    return [by_month[day] for day in sorted(by_month)]


def positions():
    """Account a holds five symbols, beginning at its number; the shares repeat every 97 positions."""
    rows = []
    for index in range(ACCOUNTS * POSITIONS_EACH):
        account, place = divmod(index, POSITIONS_EACH)
        rows.append({'id': index + 1, 'account': f'account {account + 1:03}',
                     'symbol': SECTORS[(account + place) % len(SECTORS)][0], 'shares': 10 + index * 37 % 97 * 5})
    return rows


def steps(again=False):
    """The first prices with everything else, then a month each second; from the start again if asked."""
    months = prices()
    yield Step('sector', [dict(zip(('symbol', 'company', 'sector'), row)) for row in SECTORS])
    yield Step('position', positions())
    for month in itertools.cycle(months) if again else months:
        yield Step('price', month, seconds=1.0, upsert=True, alone=True)


if __name__ == '__main__':
    feeding.main('portfolio', steps())

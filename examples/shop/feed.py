#!/usr/bin/env python3
"""Three thousand real films as products, and orders of them.

Titles, genres (the categories), distributors (the makers) and ratings are those of movies.json. A price is made of the
film's real budget: 4.99, and one more for each four millions. No shop publishes its orders, so they are made up, always
the same: a film is taken as often as people voted for it, with others of its director or, failing that, its genre."""
import bisect, collections, itertools, pathlib, random, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import feeding, records
from feeding import Step

ORDERS = 20_000


def films():
    """The films that have a title."""
    return [film for film in records.read_json('movies.json') if film['Title']]


def products():
    rows = []
    for index, film in enumerate(films()):
        cents = 499 + (film['Production Budget'] or 0) // 40_000
        rows.append({'id': index + 1, 'title': str(film['Title']), 'category': film['Major Genre'],
                     'maker': film['Distributor'], 'price': cents / 100, 'rating': film['IMDB Rating']})
    return rows


class Taste:
    """Draws from some products, each as often as its film got votes."""

    def __init__(self, votes):
        self.ids = list(votes)
        self.sums = list(itertools.accumulate(votes.values()))

    def draw(self, chance):
        return self.ids[bisect.bisect(self.sums, chance.random() * self.sums[-1])]


def orders(count=ORDERS):
    """Lists of order lines, one list an order, always the same."""
    votes, alike = {}, collections.defaultdict(dict)
    for index, film in enumerate(films()):
        votes[index + 1] = alike[film['Major Genre']][index + 1] = (film['IMDB Votes'] or 0) + 10
        alike[film['Director'] or film['Major Genre']][index + 1] = votes[index + 1]
    everything = Taste(votes)
    tastes = {name: Taste(some) for name, some in alike.items()}
    circles = {index + 1: tastes[film['Director'] or film['Major Genre']] for index, film in enumerate(films())}
    chance = random.Random(1895)
    for order in range(1, count + 1):
        first = everything.draw(chance)
        basket = dict.fromkeys([first] + [circles[first].draw(chance) for _ in range(chance.randrange(4))])
        yield [{'order_id': order, 'product_id': product, 'quantity': 1 + (chance.random() < 0.1)}
               for product in basket]


def steps(count=ORDERS):
    """All products, then ten orders each second."""
    yield Step('product', products())
    for lines in orders(count):
        yield Step('order_line', lines, seconds=0.1)


if __name__ == '__main__':
    feeding.main('shop', steps())

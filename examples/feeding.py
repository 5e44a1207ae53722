"""How the records of an example get into a server: in steps, each at its time, at a chosen speed.

A feed is a generator of steps. A step says what enters a table at once, and how long it is until the next step at
speed 1x. At `max` nothing waits, and neighbouring steps go out together where the feed allows that."""
import argparse, collections, itertools, sys, time

from client import Client

ROWS_MAX = 4096     # of one request

Step = collections.namedtuple('Step', 'table rows seconds upsert alone', defaults=(0.0, False, False))


def speed(text):
    """'10x', '0.5x', '10' or 'max': how many times faster than 1x; None means that nothing waits."""
    if text == 'max':
        return None
    try:
        value = float(text.removesuffix('x'))
    except ValueError:
        value = 0
    if not 0 < value < float('inf'):
        raise argparse.ArgumentTypeError(f'"{text}" is not a speed; try 1x, 20x or max')
    return value


def together(steps):
    """Neighbouring steps into one table as one, up to ROWS_MAX rows; a step that stands alone stays so."""
    joined = None
    for step in steps:
        if joined and (step.alone or joined.alone or step.table != joined.table or step.upsert != joined.upsert
                       or len(joined.rows) + len(step.rows) > ROWS_MAX):
            yield joined
            joined = None
        joined = Step(step.table, joined.rows + step.rows, 0.0, step.upsert) if joined else step
    if joined:
        yield joined


def batches(step):
    for start in range(0, len(step.rows), ROWS_MAX):
        yield step.rows[start:start + ROWS_MAX]


def feed(url, steps, times=None, on_rows=None, stopped=None):
    """Pushes steps at `times` the speed of 1x; stopped is an Event that ends it early."""
    client = Client(url)
    due = time.monotonic()
    for step in steps if times else together(steps):
        for rows in batches(step):
            if stopped and stopped.is_set():
                return
            client.push(step.table, rows, step.upsert)
            if on_rows:
                on_rows(len(rows))
        if not times or not step.seconds:
            continue
        due += step.seconds / times
        wait = due - time.monotonic()
        if wait < -1:
            due = time.monotonic()      # the server is the slower one; do not try to catch up in a burst
        elif wait > 0 and stopped:
            if stopped.wait(wait):
                return
        elif wait > 0:
            time.sleep(wait)


def main(name, steps):
    """The command line of one example's feed."""
    parser = argparse.ArgumentParser(description=f'Feeds the {name} example into a running server.')
    parser.add_argument('--url', default='http://127.0.0.1:8080', help='the data door (default %(default)s)')
    parser.add_argument('--speed', type=speed, default=1.0, help='1x, 20x, max (default 1x)')
    parser.add_argument('--steps', type=int, help='stop after so many steps')
    options = parser.parse_args()
    started, count = time.monotonic(), [0]

    def on_rows(rows):
        count[0] += rows

    try:
        feed(options.url, itertools.islice(steps, options.steps), options.speed, on_rows)
    except KeyboardInterrupt:
        pass
    except (OSError, RuntimeError) as error:
        sys.exit(f'{options.url}: {error}')
    seconds = max(time.monotonic() - started, 1e-9)
    print(f'{count[0]} rows in {seconds:.1f} s, {count[0] / seconds:.0f} rows/s')

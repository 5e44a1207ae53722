#!/usr/bin/env python3
"""The three examples at work: a server, real records that stream in, and a view that changes before your eyes."""
import argparse, collections, importlib.util, os, pathlib, shutil, signal, sys, tempfile, textwrap, threading, time

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))
import feeding
from client import Replica, Refused, events
from serving import Server

EXAMPLES = ('portfolio', 'shop', 'flights')
ROWS_SHOWN_MAX = 12
REDRAW_S = 0.1          # a screen
LINE_S = 1.0            # a file or a pipe
HIGHLIGHT_S = 0.7       # how long a row that changed stands out

# The order in which rows of a view are shown; others come by their keys.
ORDER = {'position_value': '-value', 'account_value': '-value', 'sector_value': '-value', 'richest_account': '-value',
         'category_total': '-value', 'product_sales': '-orders', 'bought_together': '-orders',
         'recommendation': '-score', 'airport_delay': '-delay', 'state_delay': '-delay', 'route_delay': '-delay',
         'worst_route': '-delay', 'hour_delay': 'hour', 'airport_traffic': '-flights', 'carrier_strike': '-strikes'}


def arguments():
    parser = argparse.ArgumentParser(
        prog='./run demo', formatter_class=argparse.RawDescriptionHelpFormatter,
        description='Serves the examples, feeds them with real records, shows a view change; Ctrl-C ends it.',
        epilog=textwrap.dedent('''\
            At 1x a second is a month of prices, ten orders, and ten minutes of flights (some hundred and fifty).

            Views to show: position_value account_value sector_value richest_account (portfolio);
            category_total dearest search_word product_sales bought_together recommendation (shop);
            airport_delay state_delay route_delay worst_route hour_delay airport_traffic carrier_strike (flights).'''))
    parser.add_argument('--speed', type=feeding.speed, default=1.0, metavar='N', help='0.5x, 1x, 20x, max (default 1x)')
    parser.add_argument('--view', default='', help='the view to show (default: richest_account)')
    parser.add_argument('--only', choices=EXAMPLES, help='one example instead of all three')
    parser.add_argument('--seconds', type=float, help='end after so many seconds')
    options = parser.parse_args()
    options.examples = (options.only,) if options.only else EXAMPLES
    default = {'shop': 'product_sales', 'flights': 'airport_delay'}.get(options.only, 'richest_account')
    options.view = options.view or default
    return options


class Feeds:
    """A thread for each example that pushes its records."""

    def __init__(self, names, url, times):
        self.stopped, self.failure = threading.Event(), None
        self.rows = dict.fromkeys(names, 0)
        self.marks = collections.deque([(time.monotonic(), 0)])
        self.threads = [threading.Thread(target=self.run, args=(name, url, times), daemon=True) for name in names]
        for thread in self.threads:
            thread.start()

    def run(self, name, url, times):
        def count(rows):
            self.rows[name] += rows

        spec = importlib.util.spec_from_file_location(f'{name}_feed', FOLDER / name / 'feed.py')
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        # Prices end in 2010; a demonstration that waits begins with them again.
        steps = module.steps(again=times is not None) if name == 'portfolio' else module.steps()
        try:
            feeding.feed(url, steps, times, count, self.stopped)
        except (Exception, SystemExit) as error:
            if not self.stopped.is_set():
                self.failure = f'{name}: {error}'

    def rate(self):
        """Rows a second over the last two seconds."""
        now, total = time.monotonic(), sum(self.rows.values())
        self.marks.append((now, total))
        while len(self.marks) > 2 and now - self.marks[0][0] > 2:
            self.marks.popleft()
        since, before = self.marks[0]
        return (total - before) / max(now - since, 1e-3)

    def stop(self):
        self.stopped.set()


class Watched:
    """The replica of one view, kept by its subscription; remembers when each row changed."""

    def __init__(self, url, view):
        self.view, self.replica, self.lock = view, Replica(), threading.Lock()
        self.rows, self.changed, self.frames, self.failure, self.ended = {}, {}, 0, None, False
        threading.Thread(target=self.run, args=(url,), daemon=True).start()

    def run(self, url):
        try:
            for event, _, data in events(url, '/' + self.view):
                if event == 'end':
                    break
                with self.lock:
                    if self.replica.apply(event, data):
                        self.take()
        except (Refused, OSError, ValueError) as error:
            self.failure = str(error)
        self.ended = True

    def take(self):
        now, rows = time.monotonic(), dict(self.replica.rows)
        self.changed = {key: now if self.frames and self.rows.get(key) != row else self.changed.get(key, 0)
                        for key, row in rows.items()}
        self.rows = rows
        self.frames += 1

    def shown(self, count):
        """(tick, frames, number of rows, the first rows, which of them changed just now)."""
        order = ORDER.get(self.view, '')
        column, sign = order.removeprefix('-'), -1 if order.startswith('-') else 1
        with self.lock:
            pairs = list(self.rows.items())
            if column:
                pairs.sort(key=lambda pair: (pair[1][column] is None, sign * (pair[1][column] or 0), pair[0]))
            else:
                pairs.sort(key=lambda pair: pair[0])
            now = time.monotonic()
            fresh = [now - self.changed[key] < HIGHLIGHT_S for key, _ in pairs[:count]]
            return self.replica.tick, self.frames, len(pairs), [row for _, row in pairs[:count]], fresh


# --- how it looks ---

def cell(value):
    if value is None:
        return '-'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f'{value:,}'
    if isinstance(value, float):
        return f'{value:,.2f}'
    return str(value)


def table(rows, width):
    """Lines of a table with aligned columns, none wider than width."""
    names = [name for name in rows[0] if name != '_count']
    cells = [[cell(row[name]) for name in names] for row in rows]
    right = [any(isinstance(row[name], (int, float)) for row in rows) for name in names]
    widths = [min(max(len(name), *(len(line[index]) for line in cells)), 40) for index, name in enumerate(names)]

    def line_of(texts):
        parts = [text[:size].rjust(size) if is_right else text[:size].ljust(size)
                 for text, size, is_right in zip(texts, widths, right)]
        return '  '.join(parts)[:width]

    return [line_of(names)] + [line_of(line) for line in cells]


class Screen:
    """Redraws its lines in place, and leaves the terminal as it was."""

    def __init__(self, out):
        self.out, self.drawn = out, 0
        self.out.write('\x1b[?25l')

    def draw(self, watched, feeds):
        size = shutil.get_terminal_size()
        tick, frames, count, rows, fresh = watched.shown(min(ROWS_SHOWN_MAX, max(size.lines - 12, 3)))
        width = size.columns - 1
        head = f'{watched.view}: {count:,} rows at tick {tick:,}, {frames:,} frames so far'
        lines = [('\x1b[1m', head), ('', '')]
        if rows:
            names, *body = table(rows, width)
            lines += [('\x1b[4m', names)] + [('\x1b[32m' if new else '', text) for text, new in zip(body, fresh)]
        pushed = ', '.join(f'{name} {count:,}' for name, count in feeds.rows.items())
        lines += [('', ''), ('', f'rows in: {pushed}; now {feeds.rate():,.0f} a second')]
        text = f'\x1b[{self.drawn}F' if self.drawn else ''
        for style, line in lines:
            text += f'{style}{line[:width]}\x1b[0m\x1b[K\n'
        self.out.write(text + '\x1b[J')
        self.out.flush()
        self.drawn = len(lines)

    def close(self):
        self.out.write('\r\x1b[K\x1b[?25h')    # over what the terminal wrote for Ctrl-C
        self.out.flush()


class Lines:
    """For a pipe or a file: a line a second with the first row of the view."""

    def __init__(self, out):
        self.out = out

    def draw(self, watched, feeds):
        tick, frames, count, rows, _ = watched.shown(1)
        first = ', '.join(f'{name} {cell(value)}' for name, value in rows[0].items()) if rows else 'no rows yet'
        print(f'tick {tick}: {watched.view} has {count} rows after {frames} frames, first: {first}; '
              f'{sum(feeds.rows.values())} rows in, now {feeds.rate():.0f} a second', file=self.out, flush=True)

    def close(self):
        pass


def address_lines(server, options):
    url = server.url
    shown = {'portfolio': f"curl '{url}/sector_value?order=value.desc'",
             'shop': f"curl '{url}/search_word?word=eq.stone&select=title'",
             'flights': f"curl '{url}/airport_delay?order=flights.desc&limit=3&select=city,flights,delay'"}
    curls = [shown[name] for name in options.examples]
    curls.append(f"curl -N '{url}/{options.view}' -H 'Accept: text/event-stream'")
    if len(curls) < 3:
        curls.append(f"curl '{url}/weir.views?select=name,kind,status,rows,bytes' -H 'Accept: text/csv'")
    speed = f'{options.speed:g}x' if options.speed else 'max'
    return ['', f'Weir serves {", ".join(options.examples)} at speed {speed}. Ctrl-C ends it.',
            f'  data   {url}', f'  admin  {server.admin_url}', '', 'In another terminal:',
            *('  ' + curl for curl in curls[-3:]), '']


def watch(server, options, stopped):
    """Shows the view until somebody stops it; the exit status."""
    feeds, watched = Feeds(options.examples, server.url, options.speed), Watched(server.url, options.view)
    is_screen = sys.stdout.isatty() and os.environ.get('TERM', 'dumb') != 'dumb'
    until = time.monotonic() + options.seconds if options.seconds else float('inf')
    screen, failure = Screen(sys.stdout) if is_screen else Lines(sys.stdout), None
    try:
        while not failure and not stopped.wait(min(REDRAW_S if is_screen else LINE_S, max(until - time.monotonic(), 0))):
            screen.draw(watched, feeds)
            if time.monotonic() >= until:
                break
            failure = watched.failure or feeds.failure or (watched.ended and 'the subscription ended')
    finally:
        feeds.stop()
        screen.close()
    if failure:
        print(f'demo: {failure}', file=sys.stderr)
        return 1
    print(f'{sum(feeds.rows.values()):,} rows went in; {options.view} was sent {watched.frames:,} times.', flush=True)
    return 0


def main():
    options, stopped = arguments(), threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopped.set())
    files = [FOLDER / name / 'schema.sql' for name in options.examples]
    with tempfile.TemporaryDirectory(prefix='weir-demo-') as data:
        try:
            server = Server(files, data)
        except (OSError, RuntimeError) as error:
            sys.exit(f'demo: {error}')
        try:
            print('\n'.join(address_lines(server, options)), flush=True)
            status = watch(server, options, stopped)
        finally:
            code, said = server.stop()
    if code:
        print(f'demo: the server ended with status {code}:\n{said}', file=sys.stderr)
    sys.exit(status or (1 if code else 0))


main()

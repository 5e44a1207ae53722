/* weir pipe: one bounded edge between two places, with any stance that streams of events may have. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/options.h"
#include "connectors/pump.h"
#include "os/clock.h"
#include "os/poll.h"
#include "os/process.h"
#include "os/signal.h"

#define PROGRESS_US (100 * CLOCK_MS)
#define BAR_WIDTH   20

struct pipe {
    struct pump pump;
    struct mem mem;
    struct poll_loop loop;
    struct poll_waker waker;
    struct poll_timer timer;
    struct signal_watch signals;
    bool shows_progress;
    bool done;
    bool hurried; /* told to stop for the second time */
    i64 start_us;
    u64 size_before; /* bytes out at the progress line before */
};

struct words {
    const char *stance, *protect, *items_max, *size_max, *age_max, *rate, *keep, *spill, *raw,
        *progress;
};

static enum status read_words(const struct words *words, const char *name,
                              struct pump_options *options, struct err *err);
static enum status run(struct pipe *pipe, const struct pump_options *options, struct err *err);
static void print_balance(struct pipe *pipe);

static const char usage[] =
    "Usage: weir pipe FROM TO [OPTIONS]\n"
    "\n"
    "Moves records (lines) from one place to another through one bounded edge. A place is a file, "
    "which is\n"
    "appended to, or - for standard input or output. The last line says where each record went.\n"
    "\n"
    "  producer | weir pipe - out.log --stance drop_oldest --max-items 1000\n"
    "  weir pipe in.log /mnt/slow/out.log --spill /var/spool/weir\n";

static int pipe_run(int argc, char **argv)
{
    static struct pipe pipe; /* a reader that was left behind still looks at it */
    struct words words = { 0 };
    const char *places[2];
    const struct option options[] = {
        { "stance", "NAME",
          "when the edge is full: block (default), latest, drop_newest, drop_oldest, thin,\n"
          "                             expire, spill, error, disconnect",
          &words.stance },
        { "protect", "WHAT", "choose the stance: integrity, timeliness or stability",
          &words.protect },
        { "max-items", "N", "records that wait at most (65536)", &words.items_max },
        { "max-bytes", "SIZE", "bytes that wait at most (4MB; on disk 1GB)", &words.size_max },
        { "max-age", "TIME", "with expire: how long a record may wait", &words.age_max },
        { "rate", "RATE", "records that leave at most, as in 1000/s", &words.rate },
        { "keep", "PART", "with thin: the part that is kept, as in 1/10", &words.keep },
        { "spill", "DIR", "keep what waits in DIR, where it survives kill -9", &words.spill },
        { "raw", NULL, "bytes, not lines", &words.raw },
        { "progress", NULL, "show how it goes, as on a terminal", &words.progress },
    };
    struct option_list list = { .usage = usage,
                                .options = options,
                                .option_count = countof(options),
                                .arguments = places,
                                .argument_count_max = countof(places) };
    struct pump_options pump = { 0 };
    struct err err;
    int status;
    if (!options_parse(&list, argc, argv, &status)) return status;
    if (list.argument_count != 2) {
        fprintf(stderr, "weir: pipe: from where to where? see weir pipe --help\n");
        return 2;
    }
    pump.from = places[0];
    pump.to = places[1];
    pipe.shows_progress = words.progress || process_is_terminal(2);
    if (read_words(&words, places[1], &pump, &err)) return command_fail(2, &err);
    return run(&pipe, &pump, &err) ? command_fail(1, &err) : 0;
}

const struct command cmd_pipe = {
    .name = "pipe",
    .summary = "move records from one place to another through one bounded edge",
    .run = pipe_run,
};

/* --- options --- */

static enum status read_words(const struct words *words, const char *name,
                              struct pump_options *options, struct err *err)
{
    const struct {
        const char *name, *value;
    } given[] = {
        { "protect", words->protect },     { "stance", words->stance },
        { "max_items", words->items_max }, { "max_bytes", words->size_max },
        { "max_age", words->age_max },     { "rate", words->rate },
        { "keep", words->keep },
    };
    struct stance_options *stance = &options->stance;
    stance_options_init(stance);
    for (u32 i = 0; i < countof(given); i++) {
        bool known;
        if (!given[i].value) continue;
        if (stance_set(stance, STANCE_EVENTS, slice_of(given[i].name), given[i].value, &known, err))
            return FAIL;
    }
    options->raw = words->raw != NULL;
    options->spill_dir = words->spill;
    if (words->spill && !words->stance && !words->protect) stance->stance = STANCE_SPILL;
    if (words->spill && stance->stance != STANCE_SPILL)
        return err_set(err, "22023", "--spill is for stance spill only");
    if (!words->spill && stance->stance == STANCE_SPILL) {
        err_set(err, "22023", "stance spill needs a directory");
        return err_hint(err, "as in --spill /var/spool/weir");
    }
    if (stance->stance == STANCE_DROP_PRIORITY) {
        err_set(err, "0A000", "stance drop_priority is not supported here");
        return err_hint(err, "A line has no column that could say its class.");
    }
    return stance_check(stance, STANCE_EVENTS, name, err);
}

/* --- running --- */

static void on_end(void *context)
{
    struct pipe *pipe = context;
    poll_wake(&pipe->waker);
}

static void on_wake(struct poll_waker *waker)
{
    container_of(waker, struct pipe, waker)->done = true;
}

static void on_stop(struct signal_watch *watch, u32 count)
{
    struct pipe *pipe = container_of(watch, struct pipe, signals);
    if (count > 1)
        pipe->hurried = true;
    else
        pump_stop(&pipe->pump);
}

/* Bytes for people: three digits, powers of 1000 as disks count. */
static const char *size_text(double size, char text[24])
{
    static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
    u32 unit = 0;
    for (; size >= 1000 && unit + 1 < countof(units); unit++)
        size /= 1000;
    snprintf(text, 24, unit > 0 && size < 100 ? "%.1f %s" : "%.0f %s", size, units[unit]);
    return text;
}

static void on_timer(struct poll_timer *timer, i64 now_us)
{
    struct pipe *pipe = container_of(timer, struct pipe, timer);
    struct records_counts counts;
    const struct stance_options *stance = &pipe->pump.options.stance;
    char size[24], rate[24], bar[BAR_WIDTH + 1];
    records_count(&pipe->pump.records, &counts, now_us);
    double fill = MAX((double)counts.queued / (double)stance->items_max,
                      (double)counts.queued_size / (double)stance->size_max);
    for (u32 i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < fill * BAR_WIDTH ? '#' : '-';
    bar[BAR_WIDTH] = 0;
    double per_second = (double)(counts.out_size - pipe->size_before) * 1e6 / PROGRESS_US;
    fprintf(stderr, "\rweir: %s, %s/s  [%s] %llu wait, %lld ms  %llu dropped%s\033[K",
            size_text((double)counts.out_size, size), size_text(per_second, rate), bar,
            (unsigned long long)counts.queued, (long long)counts.age_us / 1000,
            (unsigned long long)(counts.dropped + counts.expired),
            pipe->pump.waits_for_disk ? "  (the disk is full)" : "");
    pipe->size_before = counts.out_size;
    poll_timer_set(&pipe->loop, timer, now_us + PROGRESS_US);
}

static enum status run(struct pipe *pipe, const struct pump_options *options, struct err *err)
{
    mem_init(&pipe->mem, "pipe", NULL, 0);
    if (poll_open(&pipe->loop, &pipe->mem, err)) return FAIL;
    poll_waker_add(&pipe->loop, &pipe->waker, on_wake);
    if (signal_open(&pipe->signals, &pipe->loop, on_stop, err)) return FAIL;
    struct pump_options with_end = *options;
    with_end.on_end = on_end;
    with_end.context = pipe;
    pipe->start_us = clock_now();
    if (pump_start(&pipe->pump, &with_end, err)) return FAIL;
    pipe->timer.on_timer = on_timer;
    if (pipe->shows_progress)
        poll_timer_set(&pipe->loop, &pipe->timer, pipe->start_us + PROGRESS_US);
    while (!pipe->done && !pipe->hurried)
        (void)poll_wait(&pipe->loop, -1);
    enum status status = pipe->done
                             ? pump_status(&pipe->pump, err)
                             : err_set(err, "57014", "stopped before everything was written");
    print_balance(pipe);
    if (!pipe->done) return status;
    pump_close(&pipe->pump);
    signal_close(&pipe->signals);
    poll_close(&pipe->loop);
    return status;
}

/* Where each record went: in = out + conflated + dropped + expired + queued. */
static void print_balance(struct pipe *pipe)
{
    struct records_counts counts;
    char size[24];
    i64 now = clock_now();
    records_count(&pipe->pump.records, &counts, now);
    fprintf(
        stderr,
        "%sweir: %llu in = %llu out + %llu conflated + %llu dropped + %llu expired + %llu queued; "
        "%s in %.1f s\n",
        pipe->shows_progress ? "\r\033[K" : "", (unsigned long long)counts.in,
        (unsigned long long)counts.out, (unsigned long long)counts.conflated,
        (unsigned long long)counts.dropped, (unsigned long long)counts.expired,
        (unsigned long long)counts.queued, size_text((double)counts.out_size, size),
        (double)(now - pipe->start_us) / 1e6);
}

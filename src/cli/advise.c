/* weir advise: from rates and bounds, what will happen on an edge and which stance fits. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/options.h"
#include "flow/forecast.h"
#include "os/process.h"

struct answers {
    const char *in, *out, *items_max, *size_max, *item_size, *burst, *controllable, *loss, *json;
};

static enum status read_answers(const struct answers *answers, struct forecast_input *input,
                                struct err *err);
static bool ask(struct answers *answers);
static void print_text(const struct forecast_input *input, const struct forecast *forecast);
static void print_json(const struct forecast *forecast);

static const char usage[] =
    "Usage: weir advise --in RATE --out RATE [OPTIONS]\n"
    "\n"
    "Says what will happen on an edge: when it overflows, how long an item waits then, what each\n"
    "stance would do, and which one to take. On a terminal, without --in, it asks.\n"
    "\n"
    "  weir advise --in 100/s --out 95/s --max-items 1000\n";

static int advise_run(int argc, char **argv)
{
    struct answers answers = { 0 };
    const struct option options[] = {
        { "in", "RATE", "how many items come, as in 100/s or 5/min", &answers.in },
        { "out", "RATE", "how many could leave", &answers.out },
        { "max-items", "N", "room for so many items", &answers.items_max },
        { "max-bytes", "SIZE", "room for so many bytes; needs --item-size", &answers.size_max },
        { "item-size", "SIZE", "size of an item", &answers.item_size },
        { "burst", "N", "items that come at once now and then", &answers.burst },
        { "controllable", "yes|no", "can the producer be made to wait?", &answers.controllable },
        { "loss", "yes|no", "may items be left out?", &answers.loss },
        { "json", NULL, "print JSON", &answers.json },
    };
    struct option_list list = { .usage = usage,
                                .options = options,
                                .option_count = countof(options) };
    int status;
    if (!options_parse(&list, argc, argv, &status)) return status;
    if (argc == 1 && process_is_terminal(0) && !ask(&answers)) return 2;
    struct err err;
    struct forecast_input input = { 0 };
    struct forecast forecast;
    if (read_answers(&answers, &input, &err) || forecast_make(&input, &forecast, &err))
        return command_fail(2, &err);
    if (answers.json)
        print_json(&forecast);
    else
        print_text(&input, &forecast);
    return 0;
}

const struct command cmd_advise = {
    .name = "advise",
    .summary = "from rates and bounds: what will happen, and which stance fits",
    .run = advise_run,
};

/* --- what was said --- */

static enum status read_yes(const char *text, const char *name, enum forecast_answer *answer,
                            struct err *err)
{
    *answer = FORECAST_UNKNOWN;
    if (!text || !text[0]) return OK;
    *answer = strcmp(text, "yes") == 0 ? FORECAST_YES : FORECAST_NO;
    if (*answer == FORECAST_YES || strcmp(text, "no") == 0) return OK;
    return err_set(err, "22023", "invalid value for \"%s\": \"%s\": say yes or no", name, text);
}

static enum status read_count(const char *text, const char *name, double *count, struct err *err)
{
    u64 value = 0;
    if (text && text[0] && text_parse_count(slice_of(text), name, UINT64_MAX, &value, err))
        return FAIL;
    *count = (double)value;
    return OK;
}

static enum status read_size(const char *text, const char *name, double *size, struct err *err)
{
    u64 value = 0;
    if (text && text[0] && text_parse_size(slice_of(text), name, &value, err)) return FAIL;
    *size = (double)value;
    return OK;
}

static enum status read_answers(const struct answers *answers, struct forecast_input *input,
                                struct err *err)
{
    if (!answers->in || !answers->out) {
        err_set(err, "22023", "advise: --in and --out are needed");
        return err_hint(err, "as in `weir advise --in 100/s --out 95/s --max-items 1000`");
    }
    if (text_parse_rate(slice_of(answers->in), "in", &input->in, err)) return FAIL;
    if (text_parse_rate(slice_of(answers->out), "out", &input->out, err)) return FAIL;
    if (read_count(answers->items_max, "max-items", &input->items_max, err)) return FAIL;
    if (read_size(answers->size_max, "max-bytes", &input->size_max, err)) return FAIL;
    if (read_size(answers->item_size, "item-size", &input->item_size, err)) return FAIL;
    if (read_count(answers->burst, "burst", &input->burst, err)) return FAIL;
    if (read_yes(answers->controllable, "controllable", &input->controllable, err)) return FAIL;
    return read_yes(answers->loss, "loss", &input->loss, err);
}

/* One question a line; an empty answer leaves it open. */
static bool ask(struct answers *answers)
{
    static char lines[8][64];
    const struct {
        const char *question;
        const char **answer;
        bool needed;
    } questions[] = {
        { "How many items come in (as in 100/s)? ", &answers->in, true },
        { "How many could go out (as in 95/s)? ", &answers->out, true },
        { "Room for how many items? [65536] ", &answers->items_max, false },
        { "How large is an item (as in 200B)? [not known] ", &answers->item_size, false },
        { "How many come at once in a burst? [0] ", &answers->burst, false },
        { "Can the producer be made to wait (yes, no)? [not known] ", &answers->controllable,
          false },
        { "May items be left out (yes, no)? [not known] ", &answers->loss, false },
    };
    for (u32 i = 0; i < countof(questions); i++) {
        do {
            fputs(questions[i].question, stdout);
            fflush(stdout);
            if (!fgets(lines[i], sizeof lines[i], stdin)) return false;
            lines[i][strcspn(lines[i], "\n")] = 0;
        } while (questions[i].needed && !lines[i][0]);
        *questions[i].answer = lines[i];
    }
    putchar('\n');
    return true;
}

/* --- what is said --- */

/* A number as a person would write it: three digits, but whole thousands in full. */
static const char *number_text(double number, char text[24])
{
    snprintf(text, 24, number >= 1000 || number == floor(number) ? "%.0f" : "%.3g", number);
    return text;
}

static const char *time_text(double seconds, char text[32])
{
    static const struct {
        const char *unit;
        double seconds;
        double from; /* seconds from which on it is used */
    } units[] = { { "days", 86400, 172800 },
                  { "h", 3600, 7200 },
                  { "min", 60, 600 },
                  { "s", 1, 1 },
                  { "ms", 1e-3, 0 } };
    u32 unit = 0;
    char digits[24];
    if (seconds <= 0) return "0 s";
    while (seconds < units[unit].from)
        unit++;
    snprintf(text, 32, "%s %s", number_text(seconds / units[unit].seconds, digits),
             units[unit].unit);
    return text;
}

/* What stands behind the numbers of a stance's line when the edge overflows. */
static const char *const remarks[STANCE_COUNT] = {
    [STANCE_BLOCK] = "the producer is slowed",
    [STANCE_CONFLATE] = "views and keyed tables: states are skipped, none is wrong",
    [STANCE_LATEST] = "only the newest item waits",
    [STANCE_EXPIRE] = "or at most max_age",
    [STANCE_DROP_OLDEST] = "the newest items are kept",
    [STANCE_DROP_NEWEST] = "the oldest items are kept",
    [STANCE_SPILL] = "memory; the rest goes to disk and waits there",
    [STANCE_ERROR] = "the stream ends at the overflow",
};

static void print_stances(const struct forecast *forecast)
{
    char a[32], b[32], c[32], d[32];
    printf("\n  %-12s %12s %10s %14s %10s\n", "stance", "comes out", "lost", "producer keeps",
           "waits");
    for (u32 i = 0; i < forecast->stance_count; i++) {
        const struct forecast_stance *line = &forecast->stances[i];
        char passed[40], lost[40], held[40];
        snprintf(passed, sizeof passed, "%s/s", number_text(line->passed, a));
        snprintf(lost, sizeof lost, "%s/s", number_text(line->lost, b));
        snprintf(held, sizeof held, "%s/s", number_text(line->held, c));
        printf("  %-12s %12s %10s %14s %10s  %s\n", stance_name(line->stance), passed, lost, held,
               time_text(line->latency_s, d), remarks[line->stance]);
    }
}

/* What to write behind WITH. */
static const char *sql_text(const struct forecast *forecast, char text[96])
{
    const char *stance = stance_name(forecast->advised);
    if (forecast->advised == STANCE_SPILL)
        snprintf(text, 96, "stance = '%s', max_bytes = '1GB'", stance);
    else
        snprintf(text, 96, "stance = '%s', max_items = %.0f", stance,
                 floor(forecast->items_max_advised));
    return text;
}

static void print_text(const struct forecast_input *input, const struct forecast *forecast)
{
    char a[32], b[32], c[32], d[32];
    printf("%s/s in, %s/s out, room for %s items", number_text(input->in, a),
           number_text(input->out, b), number_text(floor(forecast->capacity), c));
    if (input->burst > 0) printf(", bursts of %s", number_text(input->burst, d));
    printf("\n\n  ");
    if (!forecast->overflows)
        printf("No overflow: %s %% of what could leave comes. After a burst an item waits %s.\n",
               number_text(forecast->utilisation * 100, a), time_text(forecast->latency_s, b));
    else if (forecast->overflow_after_s > 0)
        printf("The backlog grows by %s/s: overflow after %s; an item then waits %s.\n",
               number_text(input->in - input->out, a), time_text(forecast->overflow_after_s, b),
               time_text(forecast->latency_s, c));
    else
        printf("A burst is larger than the room: it overflows at once; an item then waits %s.\n",
               time_text(forecast->latency_s, b));
    if (forecast->overflows) print_stances(forecast);
    char sql[96];
    printf("\n  Take %s. %s\n    %s\n", stance_name(forecast->advised), forecast->reason,
           sql_text(forecast, sql));
}

static void print_json(const struct forecast *forecast)
{
    char sql[96];
    printf("{\"overflows\":%s,\"overflow_after_s\":", forecast->overflows ? "true" : "false");
    if (forecast->overflows)
        printf("%.15g", forecast->overflow_after_s);
    else
        printf("null");
    printf(",\"latency_s\":%.15g,\"utilisation\":%.15g,\"stances\":[", forecast->latency_s,
           forecast->utilisation);
    for (u32 i = 0; i < forecast->stance_count; i++) {
        const struct forecast_stance *line = &forecast->stances[i];
        printf("%s{\"stance\":\"%s\",\"out_per_s\":%.15g,\"lost_per_s\":%.15g,\"held_per_s\":%.15g,"
               "\"disk_bytes_per_s\":%.15g,\"latency_s\":%.15g,\"ends\":%s}",
               i ? "," : "", stance_name(line->stance), line->passed, line->lost, line->held,
               line->disk, line->latency_s, line->ends ? "true" : "false");
    }
    printf("],\"stance\":\"%s\",\"reason\":\"%s\",\"sql\":\"%s\"}\n",
           stance_name(forecast->advised), forecast->reason, sql_text(forecast, sql));
}

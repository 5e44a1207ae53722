#include "os/fault_internal.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/assert.h"
#include "base/text.h"
#include "os/pending.h"
#include "os/shadow.h"

/* The one plan of the process. The lock guards it, since files belong to several threads. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct fault_plan plan;
static u64 call_count;
static u64 space_used;
static _Atomic(bool) is_on;

_Atomic(u32) fault_net_size_max;

void fault_set(const struct fault_plan *wanted)
{
    pthread_mutex_lock(&lock);
    plan = *wanted;
    call_count = 0;
    space_used = 0;
    pthread_mutex_unlock(&lock);
    atomic_store(&is_on, true);
    atomic_store(&fault_net_size_max, wanted->net_size_max);
}

void fault_clear(void)
{
    fault_set(&(struct fault_plan){ .fail_from = 0 });
    atomic_store(&is_on, false);
    pending_flush();
    shadow_flush();
}

static enum status plan_parse(struct slice word, struct fault_plan *parsed, struct err *err)
{
    struct slice name = word, value = { .size = 0 };
    const char *equals = word.size ? memchr(word.data, '=', word.size) : NULL;
    if (equals) {
        name = slice_make(word.data, (size_t)(equals - word.data));
        value = slice_make(equals + 1, word.size - name.size - 1);
    }
    if (!equals && slice_is(name, "discard-unsynced")) {
        parsed->discard_unsynced = true;
        return OK;
    }
    if (slice_is(name, "enospc-after")) {
        parsed->space_limited = true;
        return text_parse_size(value, "enospc-after", &parsed->space, err);
    }
    if (slice_is(name, "fail-from"))
        return text_parse_count(value, "fail-from", UINT64_MAX, &parsed->fail_from, err);
    if (slice_is(name, "net-short")) {
        u64 size;
        enum status status = text_parse_count(value, "net-short", UINT32_MAX, &size, err);
        if (!status) parsed->net_size_max = (u32)size;
        return status;
    }
    return err_set(err, "22023", "unknown fault \"%.*s\"", (int)MIN(word.size, 100u), word.data);
}

enum status fault_set_text(const char *text, struct err *err)
{
    struct slice left = slice_of(text ? text : "");
    if (left.size == 0) return OK;
    struct fault_plan parsed = { .fail_from = 0 };
    while (left.size > 0) {
        const char *comma = memchr(left.data, ',', left.size);
        size_t size = comma ? (size_t)(comma - left.data) : left.size;
        if (plan_parse(slice_make(left.data, size), &parsed, err)) return FAIL;
        size_t used = comma ? size + 1 : size;
        left = slice_make(left.data + used, left.size - used);
    }
    fault_set(&parsed);
    return OK;
}

u64 fault_call_count(void)
{
    pthread_mutex_lock(&lock);
    u64 count = call_count;
    pthread_mutex_unlock(&lock);
    return count;
}

void fault_lose_unsynced(u32 keep_percent, u64 seed)
{
    struct rand rand = { .state = seed };
    pending_lose(keep_percent, &rand);
    shadow_lose(keep_percent, &rand);
}

u64 fault_unsynced_size(void)
{
    return shadow_unsynced_size();
}

bool fault_is_on(void)
{
    return unlikely(atomic_load_explicit(&is_on, memory_order_relaxed));
}

bool fault_discards(void)
{
    pthread_mutex_lock(&lock);
    bool discards = plan.discard_unsynced;
    pthread_mutex_unlock(&lock);
    return discards;
}

/* With the lock held. */
static int count_call(enum fault_call call)
{
    if (plan.calls && !(plan.calls & 1u << call)) return 0;
    call_count++;
    if (plan.fail_from == 0 || call_count < plan.fail_from) return 0;
    if (plan.fail_count > 0 && call_count - plan.fail_from >= plan.fail_count) return 0;
    return plan.fail_errno ? plan.fail_errno : EIO;
}

int fault_fail(enum fault_call call)
{
    pthread_mutex_lock(&lock);
    int failed = count_call(call);
    pthread_mutex_unlock(&lock);
    return failed;
}

int fault_write(u64 size_old, u64 offset, size_t *size)
{
    pthread_mutex_lock(&lock);
    int failed = count_call(FAULT_WRITE);
    if (failed) *size = plan.fail_short ? *size / 2 : 0;
    u64 end = offset + *size;
    if (plan.space_limited && end > size_old) {
        u64 growth = end - size_old;
        u64 left = plan.space > space_used ? plan.space - space_used : 0;
        if (growth > left) {
            u64 over = growth - left;
            *size -= MIN(over, *size);
            growth = left;
            if (!failed) failed = ENOSPC;
        }
        space_used += growth;
    }
    pthread_mutex_unlock(&lock);
    return failed;
}

int fault_resize(u64 size_old, u64 size_new)
{
    pthread_mutex_lock(&lock);
    int failed = 0;
    if (plan.space_limited && size_new > size_old) {
        u64 left = plan.space > space_used ? plan.space - space_used : 0;
        if (size_new - size_old > left)
            failed = ENOSPC;
        else
            space_used += size_new - size_old;
    } else if (size_new < size_old) {
        space_used -= MIN(space_used, size_old - size_new);
    }
    pthread_mutex_unlock(&lock);
    return failed;
}

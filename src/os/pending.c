#include "os/pending.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"

enum change_kind { CHANGE_CREATE, CHANGE_RENAME, CHANGE_REMOVE };

struct change {
    struct change *older;
    struct change *newer;
    enum change_kind kind;
    struct shadow *shadow; /* of CREATE; held */
    char path[FILE_PATH_SIZE_MAX];
    char to[FILE_PATH_SIZE_MAX]; /* of RENAME */
};

/* Stands for the machine's unwritten journal: one for the process. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct mem mem = { .name = "unsynced names" };
static struct change *oldest, *newest;

static struct change *change_add(enum change_kind kind, const char *path)
{
    struct change *change = mem_zalloc(&mem, sizeof *change);
    *change = (struct change){ .kind = kind, .older = newest };
    snprintf(change->path, sizeof change->path, "%s", path);
    if (newest)
        newest->newer = change;
    else
        oldest = change;
    newest = change;
    return change;
}

static void change_drop(struct change *change)
{
    if (change->older)
        change->older->newer = change->newer;
    else
        oldest = change->newer;
    if (change->newer)
        change->newer->older = change->older;
    else
        newest = change->older;
    if (change->shadow) shadow_release(change->shadow);
    mem_free(&mem, change, sizeof *change);
}

static int change_apply(const struct change *change)
{
    switch (change->kind) {
    case CHANGE_CREATE: return shadow_link(change->shadow, change->path);
    case CHANGE_RENAME: return rename(change->path, change->to) < 0 ? errno : 0;
    case CHANGE_REMOVE: return unlink(change->path) < 0 ? errno : 0;
    }
    unreachable();
}

enum pending_place pending_find(const char *path, char real[FILE_PATH_SIZE_MAX],
                                struct shadow **shadow)
{
    snprintf(real, FILE_PATH_SIZE_MAX, "%s", path);
    *shadow = NULL;
    enum pending_place place = PENDING_DISK;
    pthread_mutex_lock(&lock);
    for (struct change *change = newest; change && place == PENDING_DISK; change = change->older) {
        bool here = strcmp(change->path, real) == 0;
        switch (change->kind) {
        case CHANGE_CREATE:
            if (!here) continue;
            *shadow = change->shadow;
            place = PENDING_SHADOW;
            break;
        case CHANGE_RENAME:
            if (here)
                place = PENDING_NONE;
            else if (strcmp(change->to, real) == 0)
                memcpy(real, change->path, sizeof change->path);
            break;
        case CHANGE_REMOVE:
            if (here) place = PENDING_NONE;
            break;
        }
    }
    pthread_mutex_unlock(&lock);
    return place;
}

void pending_create(const char *path, struct shadow *shadow)
{
    shadow_hold(shadow);
    pthread_mutex_lock(&lock);
    change_add(CHANGE_CREATE, path)->shadow = shadow;
    pthread_mutex_unlock(&lock);
}

void pending_rename(const char *from, const char *to)
{
    pthread_mutex_lock(&lock);
    struct change *change = change_add(CHANGE_RENAME, from);
    snprintf(change->to, sizeof change->to, "%s", to);
    pthread_mutex_unlock(&lock);
}

void pending_remove(const char *path)
{
    pthread_mutex_lock(&lock);
    change_add(CHANGE_REMOVE, path);
    pthread_mutex_unlock(&lock);
}

/* The name behind dir and a slash, or NULL when path is elsewhere. */
static const char *name_in(const char *dir, const char *path)
{
    size_t size = strlen(dir);
    while (size > 1 && dir[size - 1] == '/')
        size--;
    if (strncmp(path, dir, size) || path[size] != '/') return NULL;
    return strchr(path + size + 1, '/') ? NULL : path + size + 1;
}

void pending_list(const char *dir, struct arena *arena, struct file_list *list)
{
    pthread_mutex_lock(&lock);
    u32 count = list->count;
    for (struct change *change = oldest; change; change = change->newer)
        count += 2;
    char **names = arena_array(arena, char *, count);
    if (list->count > 0) memcpy(names, list->names, list->count * sizeof *names);
    list->names = names;
    for (struct change *change = oldest; change; change = change->newer) {
        const char *name = name_in(dir, change->path);
        if (name) names[list->count++] = arena_string(arena, name, strlen(name));
        name = name_in(dir, change->to);
        if (name) names[list->count++] = arena_string(arena, name, strlen(name));
    }
    pthread_mutex_unlock(&lock);
}

int pending_sync(const char *dir)
{
    int failed = 0;
    pthread_mutex_lock(&lock);
    for (struct change *change = oldest, *newer; change && !failed; change = newer) {
        newer = change->newer;
        if (!name_in(dir, change->path)) continue;
        failed = change_apply(change);
        if (!failed) change_drop(change);
    }
    pthread_mutex_unlock(&lock);
    return failed;
}

void pending_flush(void)
{
    pthread_mutex_lock(&lock);
    while (oldest) {
        int failed = change_apply(oldest);
        assert(!failed);
        change_drop(oldest);
    }
    pthread_mutex_unlock(&lock);
}

void pending_lose(u32 keep_percent, struct rand *rand)
{
    pthread_mutex_lock(&lock);
    bool kept = true;
    while (oldest) {
        kept = kept && rand_chance(rand, keep_percent, 100) && !change_apply(oldest);
        change_drop(oldest);
    }
    pthread_mutex_unlock(&lock);
}

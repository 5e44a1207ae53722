#include "os/shadow.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/mem.h"

#define PAGE_SIZE   4096u
#define SECTOR_SIZE 512u

struct page {
    u64 number; /* offset / PAGE_SIZE */
    u32 dirty;  /* mask of sectors */
    u8 bytes[PAGE_SIZE];
};

struct shadow {
    struct shadow *next;
    dev_t device;
    ino_t inode;
    int fd;
    u32 holder_count;
    bool lost; /* the power went: what is open can only be closed */
    bool resized;
    u64 size;            /* as the process sees it */
    u64 size_kept;       /* bytes of the file on disk that are still to be seen; beyond are zeros */
    struct page **pages; /* sorted by number; only those with unsynced bytes */
    size_t page_count;
    size_t page_capacity;
};

/* Stands for the page cache of the machine: one for the process, guarded by one lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct mem mem = { .name = "unsynced bytes" };
static struct shadow *shadows;

static void pages_drop(struct shadow *shadow, size_t from)
{
    for (size_t index = from; index < shadow->page_count; index++)
        mem_free(&mem, shadow->pages[index], sizeof(struct page));
    shadow->page_count = MIN(from, shadow->page_count);
}

static bool is_dirty(const struct shadow *shadow)
{
    return !shadow->lost && (shadow->page_count > 0 || shadow->resized);
}

static void free_unused(void)
{
    for (struct shadow **at = &shadows; *at;) {
        struct shadow *shadow = *at;
        if (shadow->holder_count > 0 || is_dirty(shadow)) {
            at = &shadow->next;
            continue;
        }
        *at = shadow->next;
        pages_drop(shadow, 0);
        mem_free(&mem, shadow->pages, shadow->page_capacity * sizeof(struct page *));
        close(shadow->fd);
        mem_free(&mem, shadow, sizeof *shadow);
    }
}

static struct shadow *find(const struct stat *stat)
{
    for (struct shadow *shadow = shadows; shadow; shadow = shadow->next)
        if (shadow->device == stat->st_dev && shadow->inode == stat->st_ino && !shadow->lost)
            return shadow;
    return NULL;
}

static int reopen(int fd)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_RDWR | O_CLOEXEC);
}

struct shadow *shadow_take(int fd)
{
    struct stat stat;
    if (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode)) return NULL;
    pthread_mutex_lock(&lock);
    struct shadow *shadow = find(&stat);
    int own_fd = shadow ? -1 : reopen(fd);
    if (!shadow && own_fd >= 0) {
        shadow = mem_zalloc(&mem, sizeof *shadow);
        *shadow = (struct shadow){ .next = shadows,
                                   .device = stat.st_dev,
                                   .inode = stat.st_ino,
                                   .fd = own_fd,
                                   .size = (u64)stat.st_size,
                                   .size_kept = (u64)stat.st_size };
        shadows = shadow;
    }
    if (shadow) shadow->holder_count++;
    pthread_mutex_unlock(&lock);
    return shadow;
}

void shadow_hold(struct shadow *shadow)
{
    pthread_mutex_lock(&lock);
    shadow->holder_count++;
    pthread_mutex_unlock(&lock);
}

void shadow_release(struct shadow *shadow)
{
    pthread_mutex_lock(&lock);
    assert(shadow->holder_count > 0);
    shadow->holder_count--;
    free_unused();
    pthread_mutex_unlock(&lock);
}

/* The index of the first page at or after number. */
static size_t page_search(const struct shadow *shadow, u64 number)
{
    size_t low = 0, high = shadow->page_count;
    if (high > 0 && shadow->pages[high - 1]->number < number) return high;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (shadow->pages[middle]->number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Bytes as they are on disk, with zeros where the file was cut. */
static int read_disk(const struct shadow *shadow, u8 *data, size_t size, u64 offset)
{
    memset(data, 0, size);
    u64 end = MIN(offset + size, shadow->size_kept);
    while (offset < end) {
        ssize_t got = pread(shadow->fd, data, (size_t)(end - offset), (off_t)offset);
        if (got < 0) return errno;
        if (got == 0) break;
        data += got;
        offset += (u64)got;
    }
    return 0;
}

int shadow_pread(struct shadow *shadow, void *data, size_t size, u64 offset, size_t *got)
{
    pthread_mutex_lock(&lock);
    u64 left = offset < shadow->size ? shadow->size - offset : 0;
    *got = (size_t)MIN(size, left);
    int failed = shadow->lost ? EIO : read_disk(shadow, data, *got, offset);
    u64 end = offset + *got;
    for (size_t index = page_search(shadow, offset / PAGE_SIZE);
         !failed && index < shadow->page_count; index++) {
        const struct page *page = shadow->pages[index];
        u64 start = MAX(page->number * PAGE_SIZE, offset);
        u64 stop = MIN((page->number + 1) * PAGE_SIZE, end);
        if (start >= stop) break;
        memcpy((u8 *)data + (start - offset), page->bytes + start % PAGE_SIZE,
               (size_t)(stop - start));
    }
    pthread_mutex_unlock(&lock);
    return failed;
}

/* The page, read from disk when it was not here yet. */
static int page_get(struct shadow *shadow, u64 number, struct page **found)
{
    size_t index = page_search(shadow, number);
    if (index < shadow->page_count && shadow->pages[index]->number == number) {
        *found = shadow->pages[index];
        return 0;
    }
    struct page *page = mem_zalloc(&mem, sizeof *page);
    page->number = number;
    int failed = read_disk(shadow, page->bytes, PAGE_SIZE, number * PAGE_SIZE);
    if (failed) {
        mem_free(&mem, page, sizeof *page);
        return failed;
    }
    if (shadow->page_count == shadow->page_capacity) {
        size_t capacity = MAX(shadow->page_capacity * 2, 64u);
        shadow->pages =
            mem_realloc(&mem, shadow->pages, shadow->page_capacity * sizeof(struct page *),
                        capacity * sizeof(struct page *));
        shadow->page_capacity = capacity;
    }
    memmove(&shadow->pages[index + 1], &shadow->pages[index],
            (shadow->page_count - index) * sizeof(struct page *));
    shadow->pages[index] = *found = page;
    shadow->page_count++;
    return 0;
}

int shadow_pwrite(struct shadow *shadow, const void *data, size_t size, u64 offset)
{
    pthread_mutex_lock(&lock);
    int failed = shadow->lost ? EIO : 0;
    const u8 *from = data;
    while (size > 0 && !failed) {
        struct page *page;
        failed = page_get(shadow, offset / PAGE_SIZE, &page);
        if (failed) break;
        u32 start = offset % PAGE_SIZE;
        u32 count = (u32)MIN(size, PAGE_SIZE - start);
        memcpy(page->bytes + start, from, count);
        for (u32 sector = start / SECTOR_SIZE; sector * SECTOR_SIZE < start + count; sector++)
            page->dirty |= 1u << sector;
        from += count;
        size -= count;
        offset += count;
        if (offset > shadow->size) {
            shadow->size = offset;
            shadow->resized = true;
        }
    }
    pthread_mutex_unlock(&lock);
    return failed;
}

u64 shadow_size(struct shadow *shadow)
{
    pthread_mutex_lock(&lock);
    u64 size = shadow->size;
    pthread_mutex_unlock(&lock);
    return size;
}

int shadow_resize(struct shadow *shadow, u64 size)
{
    pthread_mutex_lock(&lock);
    int failed = shadow->lost ? EIO : 0;
    if (!failed && size != shadow->size) {
        pages_drop(shadow, page_search(shadow, align_up(size, PAGE_SIZE) / PAGE_SIZE));
        struct page *last = shadow->page_count ? shadow->pages[shadow->page_count - 1] : NULL;
        if (last && last->number == size / PAGE_SIZE)
            memset(last->bytes + size % PAGE_SIZE, 0, PAGE_SIZE - size % PAGE_SIZE);
        shadow->size_kept = MIN(shadow->size_kept, size);
        shadow->size = size;
        shadow->resized = true;
    }
    pthread_mutex_unlock(&lock);
    return failed;
}

static int resize_disk(struct shadow *shadow)
{
    struct stat stat;
    if (fstat(shadow->fd, &stat) < 0) return errno;
    if (shadow->size_kept < (u64)stat.st_size)
        if (ftruncate(shadow->fd, (off_t)shadow->size_kept) < 0) return errno;
    if (ftruncate(shadow->fd, (off_t)shadow->size) < 0) return errno;
    shadow->size_kept = shadow->size;
    shadow->resized = false;
    return 0;
}

/* Writes count bytes of a page, none beyond the end of the file on disk. */
static int write_disk(const struct shadow *shadow, const struct page *page, u32 start, u32 count,
                      u64 end)
{
    u64 offset = page->number * PAGE_SIZE + start;
    if (offset >= end) return 0;
    count = (u32)MIN(count, end - offset);
    ssize_t written = pwrite(shadow->fd, page->bytes + start, count, (off_t)offset);
    return written == (ssize_t)count ? 0 : written < 0 ? errno : EIO;
}

static int sync_locked(struct shadow *shadow)
{
    if (shadow->lost) return EIO;
    int failed = shadow->resized ? resize_disk(shadow) : 0;
    for (size_t index = 0; index < shadow->page_count && !failed; index++)
        failed = write_disk(shadow, shadow->pages[index], 0, PAGE_SIZE, shadow->size);
    if (!failed) pages_drop(shadow, 0);
    return failed;
}

int shadow_sync(struct shadow *shadow)
{
    pthread_mutex_lock(&lock);
    int failed = sync_locked(shadow);
    pthread_mutex_unlock(&lock);
    return failed;
}

int shadow_reopen(struct shadow *shadow)
{
    return reopen(shadow->fd);
}

int shadow_link(struct shadow *shadow, const char *path)
{
    char own[64];
    snprintf(own, sizeof own, "/proc/self/fd/%d", shadow->fd);
    return linkat(AT_FDCWD, own, AT_FDCWD, path, AT_SYMLINK_FOLLOW) < 0 ? errno : 0;
}

void shadow_flush(void)
{
    pthread_mutex_lock(&lock);
    for (struct shadow *shadow = shadows; shadow; shadow = shadow->next) {
        if (shadow->lost) continue;
        int failed = sync_locked(shadow);
        assert(!failed);
    }
    free_unused();
    pthread_mutex_unlock(&lock);
}

static void lose(struct shadow *shadow, u32 keep_percent, struct rand *rand)
{
    /* Errors are fine here: the byte is lost then, as it may be. */
    if (shadow->resized && rand_chance(rand, keep_percent, 100)) (void)!resize_disk(shadow);
    struct stat stat;
    u64 end = fstat(shadow->fd, &stat) < 0 ? 0 : (u64)stat.st_size;
    for (size_t index = 0; index < shadow->page_count; index++) {
        const struct page *page = shadow->pages[index];
        for (u32 sector = 0; sector < PAGE_SIZE / SECTOR_SIZE; sector++)
            if (page->dirty & 1u << sector && rand_chance(rand, keep_percent, 100))
                (void)!write_disk(shadow, page, sector * SECTOR_SIZE, SECTOR_SIZE, end);
    }
    pages_drop(shadow, 0);
    shadow->lost = true;
}

void shadow_lose(u32 keep_percent, struct rand *rand)
{
    pthread_mutex_lock(&lock);
    for (struct shadow *shadow = shadows; shadow; shadow = shadow->next)
        if (!shadow->lost) lose(shadow, keep_percent, rand);
    free_unused();
    pthread_mutex_unlock(&lock);
}

u64 shadow_unsynced_size(void)
{
    pthread_mutex_lock(&lock);
    u64 size = 0;
    for (struct shadow *shadow = shadows; shadow; shadow = shadow->next)
        for (size_t index = 0; index < shadow->page_count; index++)
            size += (u64)__builtin_popcount(shadow->pages[index]->dirty) * SECTOR_SIZE;
    pthread_mutex_unlock(&lock);
    return size;
}

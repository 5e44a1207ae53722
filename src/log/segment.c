#include "log/segment.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/crc.h"

#define SUFFIX     ".log"
#define SUFFIX_NEW ".log.new"
#define DIGITS     20

static const char magic[8] = "weirlog\n";

/* dir has been checked by log_open to leave room for any name. */
static void path_of(char path[FILE_PATH_SIZE_MAX], const char *dir, u64 base, const char *suffix)
{
    int size = snprintf(path, FILE_PATH_SIZE_MAX, "%s/%0*llu%s", dir, DIGITS,
                        (unsigned long long)base, suffix);
    assert(size < FILE_PATH_SIZE_MAX);
}

void segment_name(char name[SEGMENT_NAME_SIZE], u64 base)
{
    snprintf(name, SEGMENT_NAME_SIZE, "%0*llu%s", DIGITS, (unsigned long long)base, SUFFIX);
}

static bool name_parse(const char *name, const char *suffix, u64 *base)
{
    *base = 0;
    for (u32 index = 0; index < DIGITS; index++) {
        if (name[index] < '0' || name[index] > '9') return false;
        if (__builtin_mul_overflow(*base, 10u, base)) return false;
        if (__builtin_add_overflow(*base, (u64)(name[index] - '0'), base)) return false;
    }
    return strcmp(name + DIGITS, suffix) == 0;
}

enum status segment_list(const char *dir, struct arena *arena, u64 **bases, u32 *count,
                         struct err *err)
{
    *count = 0;
    *bases = NULL;
    struct file_list list;
    if (file_dir_list(dir, arena, &list, err)) return FAIL;
    *bases = arena_array(arena, u64, list.count);
    for (u32 index = 0; index < list.count; index++)
        if (name_parse(list.names[index], SUFFIX, &(*bases)[*count])) ++*count;
    return OK;
}

static u32 header_crc(const struct segment_header *header)
{
    size_t start = offsetof(struct segment_header, version);
    return crc32c(0, (const u8 *)header + start, sizeof *header - start);
}

static enum status header_write(struct segment *segment, u64 size, struct err *err)
{
    struct segment_header *header = &segment->header;
    memcpy(header->magic, magic, sizeof magic);
    header->version = SEGMENT_VERSION;
    header->crc = header_crc(header);
    if (file_truncate(&segment->file, 0, err)) return FAIL;
    /* A nearly full disk may still have room for the records that come. */
    struct err refused;
    if (file_preallocate(&segment->file, size, &refused) &&
        strcmp(refused.sqlstate, "53100") != 0) {
        if (err) *err = refused;
        return FAIL;
    }
    if (file_pwrite(&segment->file, header, sizeof *header, 0, err)) return FAIL;
    return file_sync(&segment->file, err);
}

enum status segment_create(struct segment *segment, const char *dir,
                           const struct segment_header *header, u64 size, struct err *err)
{
    assert(header->base > 0 && size >= sizeof *header);
    *segment = SEGMENT_CLOSED;
    segment->header = *header;
    char path_new[FILE_PATH_SIZE_MAX], path[FILE_PATH_SIZE_MAX];
    path_of(path_new, dir, header->base, SUFFIX_NEW);
    path_of(path, dir, header->base, SUFFIX);
    if (file_open(&segment->file, path_new, FILE_ANY, err)) goto fail;
    if (header_write(segment, size, err)) goto fail;
    if (file_size(&segment->file, &segment->size, err)) goto fail;
    if (file_rename(path_new, path, err)) goto fail;
    if (file_dir_sync(dir, err)) {
        /* The name may be on disk or not. Nobody can go on from here, also if the disk was full. */
        if (err) strcpy(err->sqlstate, "58030");
        goto fail;
    }
    strcpy(segment->file.path, path);
    return OK;

fail:
    segment_close(segment);
    return FAIL;
}

static enum status damaged(const struct segment *segment, struct err *err)
{
    err_set(err, "XX001", "log file \"%s\" is damaged at offset 0", segment->file.path);
    return err_detail(err, "Its header cannot be read.");
}

enum status segment_open(struct segment *segment, const char *dir, u64 base, enum file_mode mode,
                         struct err *err)
{
    *segment = SEGMENT_CLOSED;
    struct segment_header *header = &segment->header;
    char path[FILE_PATH_SIZE_MAX];
    path_of(path, dir, base, SUFFIX);
    size_t got;
    if (file_open(&segment->file, path, mode, err)) goto fail;
    if (file_size(&segment->file, &segment->size, err)) goto fail;
    if (file_pread(&segment->file, header, sizeof *header, 0, &got, err)) goto fail;
    if (got < sizeof *header || memcmp(header->magic, magic, sizeof magic) ||
        header->crc != header_crc(header)) {
        damaged(segment, err);
        goto fail;
    }
    if (header->version != SEGMENT_VERSION) {
        err_set(err, "0A000",
                "log file \"%s\" has format version %u, this program reads version %d", path,
                header->version, SEGMENT_VERSION);
        goto fail;
    }
    if (header->base != base) {
        damaged(segment, err);
        err_detail(err, "It is the file of sequence %llu.", (unsigned long long)header->base);
        goto fail;
    }
    return OK;

fail:
    segment_close(segment);
    return FAIL;
}

void segment_close(struct segment *segment)
{
    file_close(&segment->file);
}

enum status segment_remove(const char *dir, u64 base, struct err *err)
{
    char path[FILE_PATH_SIZE_MAX];
    path_of(path, dir, base, SUFFIX);
    return file_remove(path, err);
}

enum status segment_tidy(const char *dir, struct arena *arena, struct err *err)
{
    struct file_list list;
    if (file_dir_list(dir, arena, &list, err)) return FAIL;
    for (u32 index = 0; index < list.count; index++) {
        u64 base;
        if (!name_parse(list.names[index], SUFFIX_NEW, &base)) continue;
        char path[FILE_PATH_SIZE_MAX];
        path_of(path, dir, base, SUFFIX_NEW);
        if (file_remove(path, err)) return FAIL;
    }
    return OK;
}

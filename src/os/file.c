#include "os/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "os/fault_internal.h"
#include "os/pending.h"
#include "os/shadow.h"

static int open_path(struct file *file, const char *path, enum file_mode mode);
static int raw_size(const struct file *file, u64 *size);
static int raw_write(struct file *file, const void *data, size_t size, u64 offset);
static int raw_resize(struct file *file, u64 size);

/* The system's reason as a status. what says what could not be done to path. */
static enum status fail(struct err *err, const char *what, const char *path, int failed)
{
    const char *sqlstate = "58030";
    switch (failed) {
    case ENOSPC:
    case EDQUOT: sqlstate = "53100"; break;
    case EMFILE:
    case ENFILE: sqlstate = "53000"; break;
    case ENOENT:
    case ENOTDIR: sqlstate = "58P01"; break;
    case EEXIST: sqlstate = "58P02"; break;
    case EACCES:
    case EPERM:
    case EROFS: sqlstate = "42501"; break;
    default: break;
    }
    return err_set(err, sqlstate, "could not %s \"%s\": %s", what, path, strerrordesc_np(failed));
}

static int fault_of(enum fault_call call)
{
    return fault_is_on() ? fault_fail(call) : 0;
}

static enum status path_check(const char *path, struct err *err)
{
    if (strlen(path) < FILE_PATH_SIZE_MAX) return OK;
    return err_set(err, "54000", "path is longer than %d bytes: \"%.200s\"", FILE_PATH_SIZE_MAX - 1,
                   path);
}

enum status file_open(struct file *file, const char *path, enum file_mode mode, struct err *err)
{
    *file = FILE_CLOSED;
    if (path_check(path, err)) return FAIL;
    int failed = fault_of(FAULT_OPEN);
    if (!failed) failed = open_path(file, path, mode);
    if (failed) return fail(err, mode == FILE_CREATE ? "create file" : "open file", path, failed);
    strcpy(file->path, path);
    struct stat stat;
    failed = fstat(file->fd, &stat) < 0 ? errno : S_ISDIR(stat.st_mode) ? EISDIR : 0;
    if (failed) {
        file_close(file);
        return fail(err, "open file", path, failed);
    }
    file->is_stream = !S_ISREG(stat.st_mode);
    return OK;
}

static int flags_of(enum file_mode mode)
{
    switch (mode) {
    case FILE_READ: return O_RDONLY | O_CLOEXEC;
    case FILE_WRITE: return O_RDWR | O_CLOEXEC;
    case FILE_CREATE: return O_RDWR | O_CLOEXEC | O_CREAT | O_EXCL;
    case FILE_ANY: return O_RDWR | O_CLOEXEC | O_CREAT;
    }
    unreachable();
}

/* A new file that gets its name when its directory is synced. */
static int open_nameless(struct file *file, const char *path)
{
    char dir[FILE_PATH_SIZE_MAX];
    strcpy(dir, path);
    char *slash = strrchr(dir, '/');
    if (slash && slash > dir)
        *slash = '\0';
    else
        strcpy(dir, slash ? "/" : ".");
    file->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0640);
    if (file->fd < 0) return errno;
    file->shadow = shadow_take(file->fd);
    assert(file->shadow);
    pending_create(path, file->shadow);
    return 0;
}

static int open_pending(struct file *file, const char *path, enum file_mode mode)
{
    char real[FILE_PATH_SIZE_MAX];
    struct shadow *shadow;
    enum pending_place place = pending_find(path, real, &shadow);
    bool exists = place == PENDING_SHADOW || (place == PENDING_DISK && access(real, F_OK) == 0);
    if (exists && mode == FILE_CREATE) return EEXIST;
    if (!exists && (mode == FILE_READ || mode == FILE_WRITE)) return ENOENT;
    if (!exists) return open_nameless(file, path);
    if (place == PENDING_SHADOW)
        file->fd = shadow_reopen(shadow);
    else
        file->fd = open(real, flags_of(mode), 0640);
    if (file->fd < 0) return errno;
    file->shadow = shadow_take(file->fd);
    return 0;
}

static int open_path(struct file *file, const char *path, enum file_mode mode)
{
    if (fault_is_on() && fault_discards()) return open_pending(file, path, mode);
    file->fd = open(path, flags_of(mode), 0640);
    return file->fd < 0 ? errno : 0;
}

void file_close(struct file *file)
{
    if (file->shadow) shadow_release(file->shadow);
    if (file->fd >= 0) close(file->fd);
    file->fd = -1;
    file->shadow = NULL;
}

void file_wrap(struct file *file, int fd, const char *name)
{
    *file = (struct file){ .fd = fd, .is_stream = true };
    snprintf(file->path, sizeof file->path, "%s", name);
}

static int raw_read(const struct file *file, void *data, size_t size, u64 offset, size_t *got)
{
    *got = 0;
    if (file->shadow) return shadow_pread(file->shadow, data, size, offset, got);
    while (*got < size) {
        ssize_t part = pread(file->fd, (u8 *)data + *got, size - *got, (off_t)(offset + *got));
        if (part < 0 && errno == EINTR) continue;
        if (part < 0) return errno;
        if (part == 0) break;
        *got += (size_t)part;
    }
    return 0;
}

enum status file_pread(const struct file *file, void *data, size_t size, u64 offset, size_t *got,
                       struct err *err)
{
    assert(file->fd >= 0);
    *got = 0;
    int failed = fault_of(FAULT_READ);
    if (!failed) failed = raw_read(file, data, size, offset, got);
    return failed ? fail(err, "read file", file->path, failed) : OK;
}

enum status file_pwrite(struct file *file, const void *data, size_t size, u64 offset,
                        struct err *err)
{
    assert(file->fd >= 0 && !file->is_stream);
    size_t allowed = size;
    int refused = 0;
    if (fault_is_on()) {
        u64 size_old = 0;
        refused = raw_size(file, &size_old);
        if (!refused) refused = fault_write(size_old, offset, &allowed);
    }
    int failed = raw_write(file, data, allowed, offset);
    if (!failed) failed = refused;
    return failed ? fail(err, "write to file", file->path, failed) : OK;
}

static int raw_write(struct file *file, const void *data, size_t size, u64 offset)
{
    if (file->shadow) return shadow_pwrite(file->shadow, data, size, offset);
    const u8 *from = data;
    while (size > 0) {
        ssize_t part = file->is_stream ? write(file->fd, from, size)
                                       : pwrite(file->fd, from, size, (off_t)offset);
        if (part < 0 && errno == EINTR) continue;
        if (part < 0) return errno;
        from += part;
        offset += (u64)part;
        size -= (size_t)part;
    }
    return 0;
}

enum status file_read(struct file *file, void *data, size_t size, size_t *got, struct err *err)
{
    assert(file->fd >= 0 && size > 0);
    *got = 0;
    int failed = fault_of(FAULT_READ);
    if (!failed && !file->is_stream) {
        failed = raw_read(file, data, size, file->position, got);
        file->position += *got;
    } else if (!failed) {
        ssize_t part;
        do
            part = read(file->fd, data, size);
        while (part < 0 && errno == EINTR);
        if (part < 0) failed = errno;
        *got = (size_t)MAX(part, 0);
    }
    return failed ? fail(err, "read", file->path, failed) : OK;
}

enum status file_append(struct file *file, const void *data, size_t size, struct err *err)
{
    u64 end = 0;
    if (!file->is_stream) {
        if (file_size(file, &end, err)) return FAIL;
        return file_pwrite(file, data, size, end, err);
    }
    int failed = fault_of(FAULT_WRITE);
    if (!failed) failed = raw_write(file, data, size, 0);
    return failed ? fail(err, "write to", file->path, failed) : OK;
}

enum status file_sync(struct file *file, struct err *err)
{
    assert(file->fd >= 0);
    int failed = fault_of(FAULT_SYNC);
    if (!failed && file->shadow)
        failed = shadow_sync(file->shadow);
    else if (!failed)
        failed = fdatasync(file->fd) < 0 ? errno : 0;
    return failed ? fail(err, "fsync file", file->path, failed) : OK;
}

static int raw_size(const struct file *file, u64 *size)
{
    if (file->shadow) {
        *size = shadow_size(file->shadow);
        return 0;
    }
    struct stat stat;
    if (fstat(file->fd, &stat) < 0) return errno;
    *size = (u64)stat.st_size;
    return 0;
}

enum status file_size(const struct file *file, u64 *size, struct err *err)
{
    *size = 0;
    int failed = fault_of(FAULT_SIZE);
    if (!failed) failed = raw_size(file, size);
    return failed ? fail(err, "get the size of file", file->path, failed) : OK;
}

enum status file_truncate(struct file *file, u64 size, struct err *err)
{
    int failed = fault_of(FAULT_TRUNCATE);
    if (!failed) failed = raw_resize(file, size);
    return failed ? fail(err, "truncate file", file->path, failed) : OK;
}

static int raw_resize(struct file *file, u64 size)
{
    if (fault_is_on()) {
        u64 size_old = 0;
        int failed = raw_size(file, &size_old);
        if (!failed) failed = fault_resize(size_old, size);
        if (failed) return failed;
    }
    if (file->shadow) return shadow_resize(file->shadow, size);
    return ftruncate(file->fd, (off_t)size) < 0 ? errno : 0;
}

static int raw_preallocate(struct file *file, u64 size)
{
    u64 size_old = 0;
    int failed = raw_size(file, &size_old);
    if (failed || size_old >= size) return failed;
    if (file->shadow) return raw_resize(file, size);
    if (fault_is_on()) failed = fault_resize(size_old, size);
    if (failed) return failed;
    if (fallocate(file->fd, 0, 0, (off_t)size) == 0) return 0;
    if (errno != EOPNOTSUPP && errno != ENOSYS) return errno;
    return ftruncate(file->fd, (off_t)size) < 0 ? errno : 0;
}

enum status file_preallocate(struct file *file, u64 size, struct err *err)
{
    int failed = fault_of(FAULT_PREALLOCATE);
    if (!failed) failed = raw_preallocate(file, size);
    return failed ? fail(err, "extend file", file->path, failed) : OK;
}

bool file_exists(const char *path)
{
    if (!fault_is_on() || !fault_discards()) return access(path, F_OK) == 0;
    char real[FILE_PATH_SIZE_MAX];
    struct shadow *shadow;
    enum pending_place place = pending_find(path, real, &shadow);
    return place == PENDING_SHADOW || (place == PENDING_DISK && access(real, F_OK) == 0);
}

enum status file_rename(const char *from, const char *to, struct err *err)
{
    if (path_check(from, err) || path_check(to, err)) return FAIL;
    int failed = fault_of(FAULT_RENAME);
    if (!failed && fault_is_on() && fault_discards()) {
        if (file_exists(from))
            pending_rename(from, to);
        else
            failed = ENOENT;
    } else if (!failed) {
        failed = rename(from, to) < 0 ? errno : 0;
    }
    return failed ? fail(err, "rename file", from, failed) : OK;
}

static int raw_remove(const char *path)
{
    if (!fault_is_on()) return unlink(path) < 0 ? errno : 0;
    struct file file = FILE_CLOSED;
    int failed = open_path(&file, path, FILE_READ);
    if (failed) return failed;
    u64 size = 0;
    failed = raw_size(&file, &size);
    file_close(&file);
    if (failed) return failed;
    if (fault_discards())
        pending_remove(path);
    else if (unlink(path) < 0)
        return errno;
    return fault_resize(size, 0);
}

enum status file_remove(const char *path, struct err *err)
{
    if (path_check(path, err)) return FAIL;
    int failed = fault_of(FAULT_REMOVE);
    if (!failed) failed = raw_remove(path);
    return failed ? fail(err, "remove file", path, failed) : OK;
}

static int sync_dir(const char *path)
{
    if (fault_is_on()) {
        int failed = pending_sync(path);
        if (failed || fault_discards()) return failed;
    }
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return errno;
    int failed = fsync(fd) < 0 ? errno : 0;
    close(fd);
    return failed;
}

static int make_dir(const char *path)
{
    if (mkdir(path, 0750) < 0) {
        if (errno != EEXIST) return errno;
        struct stat stat_;
        if (stat(path, &stat_) < 0) return errno;
        return S_ISDIR(stat_.st_mode) ? 0 : ENOTDIR;
    }
    char parent[FILE_PATH_SIZE_MAX + 4];
    snprintf(parent, sizeof parent, "%s/..", path);
    return sync_dir(parent);
}

enum status file_dir_create(const char *path, struct err *err)
{
    if (path_check(path, err)) return FAIL;
    int failed = fault_of(FAULT_DIR_CREATE);
    if (!failed) failed = make_dir(path);
    return failed ? fail(err, "create directory", path, failed) : OK;
}

enum status file_dir_sync(const char *path, struct err *err)
{
    int failed = fault_of(FAULT_DIR_SYNC);
    if (!failed) failed = sync_dir(path);
    return failed ? fail(err, "fsync directory", path, failed) : OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(DIR *dir, struct arena *arena, struct file_list *list)
{
    u32 capacity = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry) return errno;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (list->count == capacity) {
            capacity = MAX(capacity * 2, 16u);
            char **grown = arena_array(arena, char *, capacity);
            if (list->count > 0) memcpy(grown, list->names, list->count * sizeof *grown);
            list->names = grown;
        }
        list->names[list->count++] = arena_string(arena, entry->d_name, strlen(entry->d_name));
    }
}

/* Sorted, each once, and with discarded faults only those that are there now. */
static void tidy_names(const char *path, struct file_list *list, bool check)
{
    if (list->count == 0) return;
    qsort(list->names, list->count, sizeof *list->names, compare_names);
    u32 kept = 0;
    for (u32 index = 0; index < list->count; index++) {
        char *name = list->names[index];
        if (kept > 0 && strcmp(name, list->names[kept - 1]) == 0) continue;
        char full[2 * FILE_PATH_SIZE_MAX];
        snprintf(full, sizeof full, "%s/%s", path, name);
        if (!check || file_exists(full)) list->names[kept++] = name;
    }
    list->count = kept;
}

enum status file_dir_list(const char *path, struct arena *arena, struct file_list *list,
                          struct err *err)
{
    *list = (struct file_list){ .count = 0 };
    int failed = fault_of(FAULT_DIR_LIST);
    if (!failed) {
        DIR *dir = opendir(path);
        failed = dir ? read_names(dir, arena, list) : errno;
        if (dir) closedir(dir);
    }
    if (failed) return fail(err, "read directory", path, failed);
    bool discards = fault_is_on() && fault_discards();
    if (discards) pending_list(path, arena, list);
    tidy_names(path, list, discards);
    return OK;
}

enum status file_lock_dir(struct file *lock, const char *path, struct err *err)
{
    *lock = FILE_CLOSED;
    char name[FILE_PATH_SIZE_MAX];
    if ((size_t)snprintf(name, sizeof name, "%s/lock", path) >= sizeof name)
        return path_check(path, err) ? FAIL : fail(err, "open file", path, ENAMETOOLONG);
    int failed = fault_of(FAULT_LOCK);
    if (failed) return fail(err, "lock", name, failed);
    lock->fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (lock->fd < 0) return fail(err, "open file", name, errno);
    strcpy(lock->path, name);
    char holder[32] = { 0 };
    if (flock(lock->fd, LOCK_EX | LOCK_NB) < 0) {
        failed = errno;
        ssize_t got = pread(lock->fd, holder, sizeof holder - 1, 0);
        file_close(lock);
        if (failed != EWOULDBLOCK) return fail(err, "lock", name, failed);
        err_set(err, "55006", "directory \"%s\" is in use", path);
        return err_detail(err, "Process %.*s has it.", (int)strcspn(holder, "\n"),
                          got > 0 ? holder : "?");
    }
    int size = snprintf(holder, sizeof holder, "%d\n", (int)getpid());
    /* Only for the message above: a full disk must not keep us from starting. */
    if (ftruncate(lock->fd, 0) == 0) (void)!pwrite(lock->fd, holder, (size_t)size, 0);
    return OK;
}

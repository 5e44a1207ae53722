/* A directory for one test, made and removed with all that is in it. */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCRATCH_SIZE 128

static inline void scratch_make(char dir[SCRATCH_SIZE])
{
    const char *root = getenv("TMPDIR");
    snprintf(dir, SCRATCH_SIZE, "%.80s/weir-test-XXXXXX", root ? root : "/tmp");
    if (!mkdtemp(dir)) abort();
}

static inline void scratch_path(char *path, size_t size, const char *dir, const char *name)
{
    if ((size_t)snprintf(path, size, "%s/%s", dir, name) >= size) abort();
}

/* One level deep: what is in dir/sub goes too. */
static inline void scratch_remove(const char *dir)
{
    DIR *open_dir = opendir(dir);
    if (!open_dir) return;
    for (struct dirent *entry; (entry = readdir(open_dir));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        char path[1024];
        scratch_path(path, sizeof path, dir, entry->d_name);
        if (unlink(path)) scratch_remove(path);
    }
    closedir(open_dir);
    rmdir(dir);
}

/* Runs a fuzz target over every file of the folders and files it is given, so that each input that
 * was ever found is tried by every build. An empty or missing folder is an error. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

/* The input gets a block of exactly its size, so that reading past it is seen. */
static bool run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    fseek(file, 0, SEEK_END);
    long end = ftell(file);
    rewind(file);
    size_t size = end > 0 ? (size_t)end : 0;
    u8 *data = malloc(size > 0 ? size : 1);
    bool read = data && fread(data, 1, size, file) == size;
    fclose(file);
    if (read) {
        fprintf(stderr, "%s\n", path);
        LLVMFuzzerTestOneInput(data, size);
    }
    free(data);
    return read;
}

static u32 run_folder(const char *folder)
{
    u32 count = 0;
    DIR *entries = opendir(folder);
    if (!entries) return 0;
    for (struct dirent *entry; (entry = readdir(entries));) {
        char path[4096];
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (!run_file(path)) {
            fprintf(stderr, "cannot read %s\n", path);
            exit(1);
        }
        count++;
    }
    closedir(entries);
    return count;
}

int main(int argc, char **argv)
{
    u32 count = 0;
    for (int index = 1; index < argc; index++) {
        u32 found = run_folder(argv[index]);
        if (found == 0) found = run_file(argv[index]);
        if (found == 0) fprintf(stderr, "nothing to replay in %s\n", argv[index]);
        if (found == 0) return 1;
        count += found;
    }
    printf("%u inputs replayed\n", count);
    return count > 0 ? 0 : 1;
}

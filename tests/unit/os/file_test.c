#include "os/file.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/rand.h"
#include "os/fault.h"
#include "tests/scratch.h"
#include "tests/test.h"

struct fixture {
    struct mem mem;
    struct err err;
    char dir[SCRATCH_SIZE];
    char path[SCRATCH_SIZE + 32];
};

static void setup(struct fixture *f)
{
    mem_init(&f->mem, "test", NULL, 0);
    scratch_make(f->dir);
    scratch_path(f->path, sizeof f->path, f->dir, "data");
}

static void teardown(struct fixture *f)
{
    fault_clear();
    scratch_remove(f->dir);
    mem_deinit(&f->mem);
}

static void check_content(struct fixture *f, const char *path, const char *content)
{
    struct file file;
    char data[256];
    size_t got;
    assert_ok(file_open(&file, path, FILE_READ, &f->err), &f->err);
    assert_ok(file_pread(&file, data, sizeof data, 0, &got, &f->err), &f->err);
    assert_int_equal(got, strlen(content));
    assert_memory_equal(data, content, got);
    file_close(&file);
}

static void put(struct fixture *f, struct file *file, const char *text, u64 offset)
{
    assert_ok(file_pwrite(file, text, strlen(text), offset, &f->err), &f->err);
}

TEST(file_keeps_what_is_written)
{
    struct fixture f;
    setup(&f);
    struct file file;
    assert_ok(file_open(&file, f.path, FILE_CREATE, &f.err), &f.err);
    put(&f, &file, "hello", 0);
    put(&f, &file, "y", 1);
    assert_ok(file_append(&file, "!", 1, &f.err), &f.err);
    assert_ok(file_sync(&file, &f.err), &f.err);
    check_content(&f, f.path, "hyllo!");
    assert_ok(file_truncate(&file, 3, &f.err), &f.err);
    assert_ok(file_preallocate(&file, 5, &f.err), &f.err);
    u64 size;
    assert_ok(file_size(&file, &size, &f.err), &f.err);
    assert_int_equal(size, 5);
    char data[8];
    size_t got;
    assert_ok(file_pread(&file, data, sizeof data, 0, &got, &f.err), &f.err);
    assert_int_equal(got, 5);
    assert_memory_equal(data, "hyl\0\0", 5);
    assert_ok(file_read(&file, data, 3, &got, &f.err), &f.err);
    assert_ok(file_read(&file, data, 8, &got, &f.err), &f.err);
    assert_int_equal(got, 2);
    file_close(&file);
    file_close(&file);
    teardown(&f);
}

TEST(file_says_which_file_and_why)
{
    struct fixture f;
    setup(&f);
    struct file file;
    assert_int_equal(file_open(&file, f.path, FILE_READ, &f.err), FAIL);
    assert_string_equal(f.err.sqlstate, "58P01");
    assert_non_null(strstr(f.err.message, f.path));
    assert_ok(file_open(&file, f.path, FILE_ANY, &f.err), &f.err);
    file_close(&file);
    assert_int_equal(file_open(&file, f.path, FILE_CREATE, &f.err), FAIL);
    assert_string_equal(f.err.sqlstate, "58P02");
    assert_int_equal(file_open(&file, f.dir, FILE_READ, &f.err), FAIL);
    assert_int_equal(file.fd, -1);
    char long_path[2000];
    memset(long_path, 'x', sizeof long_path - 1);
    long_path[sizeof long_path - 1] = '\0';
    assert_int_equal(file_open(&file, long_path, FILE_READ, &f.err), FAIL);
    assert_string_equal(f.err.sqlstate, "54000");
    assert_int_equal(file_dir_create(f.path, &f.err), FAIL);
    teardown(&f);
}

static void check_list(struct fixture *f, const char *expected)
{
    struct arena arena;
    arena_init(&arena, &f->mem);
    struct file_list list;
    assert_ok(file_dir_list(f->dir, &arena, &list, &f->err), &f->err);
    char joined[512] = "";
    for (u32 index = 0; index < list.count; index++) {
        strcat(joined, list.names[index]);
        strcat(joined, " ");
    }
    assert_string_equal(joined, expected);
    arena_deinit(&arena);
}

static void make(struct fixture *f, const char *name)
{
    char path[SCRATCH_SIZE + 32];
    scratch_path(path, sizeof path, f->dir, name);
    struct file file;
    assert_ok(file_open(&file, path, FILE_CREATE, &f->err), &f->err);
    file_close(&file);
}

TEST(file_lists_renames_and_removes)
{
    struct fixture f;
    setup(&f);
    make(&f, "b");
    make(&f, "data");
    make(&f, "a");
    check_list(&f, "a b data ");
    char other[SCRATCH_SIZE + 32];
    scratch_path(other, sizeof other, f.dir, "b");
    assert_ok(file_rename(f.path, other, &f.err), &f.err);
    assert_false(file_exists(f.path));
    assert_ok(file_remove(other, &f.err), &f.err);
    assert_int_equal(file_remove(other, &f.err), FAIL);
    check_list(&f, "a ");
    teardown(&f);
}

TEST(file_lock_keeps_a_second_taker_out)
{
    struct fixture f;
    setup(&f);
    struct file lock, second;
    assert_ok(file_lock_dir(&lock, f.dir, &f.err), &f.err);
    assert_int_equal(file_lock_dir(&second, f.dir, &f.err), FAIL);
    assert_string_equal(f.err.sqlstate, "55006");
    char process[32];
    snprintf(process, sizeof process, "Process %d has it.", getpid());
    assert_string_equal(f.err.detail, process);
    file_close(&lock);
    assert_ok(file_lock_dir(&second, f.dir, &f.err), &f.err);
    file_close(&second);
    teardown(&f);
}

TEST(file_reads_and_appends_to_a_pipe)
{
    struct fixture f;
    setup(&f);
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    struct file in, out;
    file_wrap(&in, fds[0], "in");
    file_wrap(&out, fds[1], "out");
    assert_ok(file_append(&out, "abc", 3, &f.err), &f.err);
    char data[8];
    size_t got;
    assert_ok(file_read(&in, data, sizeof data, &got, &f.err), &f.err);
    assert_int_equal(got, 3);
    file_close(&out);
    assert_ok(file_read(&in, data, sizeof data, &got, &f.err), &f.err);
    assert_int_equal(got, 0);
    file_close(&in);
    teardown(&f);
}

TEST(fault_fails_the_call_it_was_told_to)
{
    struct fixture f;
    setup(&f);
    struct file file;
    fault_set(&(struct fault_plan){ .fail_from = 2, .fail_count = 1, .fail_short = true });
    assert_ok(file_open(&file, f.path, FILE_CREATE, &f.err), &f.err);
    assert_int_equal(file_pwrite(&file, "abcd", 4, 0, &f.err), FAIL);
    assert_string_equal(f.err.sqlstate, "58030");
    check_content(&f, f.path, "ab");
    put(&f, &file, "abcd", 0);
    assert_true(fault_call_count() >= 4);
    fault_set(&(struct fault_plan){ .fail_from = 1, .fail_errno = 28, .calls = 1 << FAULT_SYNC });
    put(&f, &file, "x", 0);
    assert_int_equal(file_sync(&file, &f.err), FAIL);
    assert_string_equal(f.err.sqlstate, "53100");
    assert_int_equal(file_sync(&file, &f.err), FAIL);
    file_close(&file);
    teardown(&f);
}

TEST(fault_space_ends_in_the_middle_of_a_write_and_comes_back)
{
    struct fixture f;
    setup(&f);
    struct file file;
    assert_ok(fault_set_text("enospc-after=10B", &f.err), &f.err);
    assert_ok(file_open(&file, f.path, FILE_CREATE, &f.err), &f.err);
    put(&f, &file, "abcdefgh", 0);
    put(&f, &file, "ABCD", 0); /* no growth */
    assert_int_equal(file_pwrite(&file, "ijkl", 4, 8, &f.err), FAIL);
    assert_string_equal(f.err.sqlstate, "53100");
    check_content(&f, f.path, "ABCDefghij");
    assert_int_equal(file_preallocate(&file, 11, &f.err), FAIL);
    assert_ok(file_truncate(&file, 4, &f.err), &f.err);
    put(&f, &file, "ijkl", 4);
    file_close(&file);
    assert_ok(file_remove(f.path, &f.err), &f.err);
    assert_ok(file_open(&file, f.path, FILE_CREATE, &f.err), &f.err);
    assert_ok(file_preallocate(&file, 10, &f.err), &f.err);
    file_close(&file);
    teardown(&f);
}

TEST(fault_text_refuses_what_it_does_not_know)
{
    struct err err;
    assert_ok(fault_set_text(NULL, &err), &err);
    assert_ok(fault_set_text("discard-unsynced,enospc-after=1MB,fail-from=7", &err), &err);
    assert_int_equal(fault_set_text("discard", &err), FAIL);
    assert_int_equal(fault_set_text("enospc-after=lots", &err), FAIL);
    assert_int_equal(fault_set_text("discard-unsynced,,", &err), FAIL);
    fault_clear();
}

TEST(fault_discards_bytes_sizes_and_names_that_are_not_synced)
{
    struct fixture f;
    setup(&f);
    fault_set(&(struct fault_plan){ .discard_unsynced = true });
    struct file file;
    assert_ok(file_open(&file, f.path, FILE_CREATE, &f.err), &f.err);
    put(&f, &file, "synced", 0);
    assert_ok(file_sync(&file, &f.err), &f.err);
    assert_ok(file_dir_sync(f.dir, &f.err), &f.err);
    put(&f, &file, "SYNC and more", 0);
    make(&f, "nameless");
    check_content(&f, f.path, "SYNC and more"); /* this process sees it */
    check_list(&f, "data nameless ");
    assert_true(fault_unsynced_size() > 0);

    fault_lose_unsynced(0, 1);
    char byte;
    size_t got;
    assert_int_equal(file_pread(&file, &byte, 1, 0, &got, &f.err), FAIL); /* the power went */
    file_close(&file);
    check_content(&f, f.path, "synced");
    check_list(&f, "data ");
    assert_int_equal(fault_unsynced_size(), 0);
    teardown(&f);
}

TEST(fault_discards_a_rename_and_a_removal_that_are_not_synced)
{
    struct fixture f;
    setup(&f);
    make(&f, "data");
    make(&f, "old");
    char old[SCRATCH_SIZE + 32];
    scratch_path(old, sizeof old, f.dir, "old");
    fault_set(&(struct fault_plan){ .discard_unsynced = true });
    for (u32 round = 0; round < 2; round++) {
        assert_ok(file_remove(old, &f.err), &f.err);
        assert_false(file_exists(old));
        assert_ok(file_rename(f.path, old, &f.err), &f.err);
        make(&f, "new");
        check_list(&f, "new old ");
        if (round == 1) assert_ok(file_dir_sync(f.dir, &f.err), &f.err);
        fault_lose_unsynced(0, 1);
        check_list(&f, round == 0 ? "data old " : "new old ");
    }
    teardown(&f);
}

TEST(fault_discards_a_truncation_and_reads_zeros_behind_it)
{
    struct fixture f;
    setup(&f);
    struct file file;
    assert_ok(file_open(&file, f.path, FILE_CREATE, &f.err), &f.err);
    put(&f, &file, "0123456789", 0);
    file_close(&file);
    fault_set(&(struct fault_plan){ .discard_unsynced = true });
    assert_ok(file_open(&file, f.path, FILE_WRITE, &f.err), &f.err);
    put(&f, &file, "AB", 4);
    assert_ok(file_truncate(&file, 5, &f.err), &f.err);
    assert_ok(file_preallocate(&file, 7, &f.err), &f.err);
    char data[16];
    size_t got;
    assert_ok(file_pread(&file, data, sizeof data, 0, &got, &f.err), &f.err);
    assert_int_equal(got, 7);
    assert_memory_equal(data, "0123A\0\0", 7);
    fault_clear(); /* writes it */
    assert_ok(file_pread(&file, data, sizeof data, 0, &got, &f.err), &f.err);
    assert_int_equal(got, 7);
    file_close(&file);
    assert_ok(file_open(&file, f.path, FILE_READ, &f.err), &f.err);
    assert_ok(file_pread(&file, data, sizeof data, 0, &got, &f.err), &f.err);
    assert_int_equal(got, 7);
    assert_memory_equal(data, "0123A\0\0", 7);
    file_close(&file);
    teardown(&f);
}

/* A model in memory beside the file: whatever is written, cut, synced, both read the same. */
TEST(fault_shadow_reads_as_a_plain_file_would)
{
    struct fixture f;
    setup(&f);
    fault_set(&(struct fault_plan){ .discard_unsynced = true });
    static u8 model[40000], data[40000];
    memset(model, 0, sizeof model);
    u64 model_size = 0;
    struct rand rand = { .state = test_seed(3) };
    struct file file;
    assert_ok(file_open(&file, f.path, FILE_CREATE, &f.err), &f.err);
    for (u32 round = 0; round < 400 * test_rounds(1); round++) {
        u64 offset = rand_below(&rand, 30000), size = rand_below(&rand, 10000);
        switch (rand_below(&rand, 4)) {
        case 0: assert_ok(file_sync(&file, &f.err), &f.err); break;
        case 1:
            assert_ok(file_truncate(&file, offset, &f.err), &f.err);
            if (offset < model_size) memset(model + offset, 0, model_size - offset);
            model_size = offset;
            break;
        default:
            memset(data, (int)(round % 255 + 1), size);
            memcpy(model + offset, data, size);
            assert_ok(file_pwrite(&file, data, size, offset, &f.err), &f.err);
            if (size > 0) model_size = MAX(model_size, offset + size);
        }
        size_t got;
        assert_ok(file_pread(&file, data, sizeof data, 0, &got, &f.err), &f.err);
        assert_int_equal(got, model_size);
        assert_memory_equal(data, model, got);
    }
    file_close(&file);
    teardown(&f);
}

TEST(fault_discarded_bytes_die_with_the_process)
{
    struct fixture f;
    setup(&f);
    pid_t child = fork();
    if (child == 0) {
        struct file file;
        if (fault_set_text("discard-unsynced", NULL)) _exit(1);
        if (file_open(&file, f.path, FILE_CREATE, NULL)) _exit(1);
        if (file_pwrite(&file, "abc", 3, 0, NULL) || file_sync(&file, NULL)) _exit(1);
        if (file_dir_sync(f.dir, NULL)) _exit(1);
        if (file_pwrite(&file, "def", 3, 3, NULL)) _exit(1);
        kill(getpid(), SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    check_content(&f, f.path, "abc");
    teardown(&f);
}

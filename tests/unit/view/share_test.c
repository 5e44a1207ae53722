#include "view/share.h"

#include "tests/test.h"

static struct mem mem;
static const char channels[2];

static const struct channel *channel(u32 index)
{
    return (const struct channel *)(const void *)&channels[index];
}

static void put(struct share *share, const struct share_key *key, u64 tick)
{
    struct frame *frame = frame_make(&mem, FRAME_UPDATE, tick);
    share_put(share, key, frame);
    frame_release(frame);
}

static u64 find(struct share *share, const struct share_key *key)
{
    struct frame *frame = share_find(share, key);
    if (!frame) return 0;
    u64 tick = frame->tick;
    frame_release(frame);
    return tick;
}

TEST(share_gives_a_frame_to_who_asks_for_the_same)
{
    struct share share = { 0 };
    mem_init(&mem, "test", NULL, 0);
    const struct share_key key = { .channel = channel(0), .change = 3, .from = 7 };
    put(&share, &key, 100);
    assert_int_equal(find(&share, &key), 100);
    struct share_key other = key;
    other.from = 8;
    assert_int_equal(find(&share, &other), 0);
    other = key;
    other.change = 4;
    assert_int_equal(find(&share, &other), 0);
    other = key;
    other.channel = channel(1);
    assert_int_equal(find(&share, &other), 0);
    other = key;
    other.is_exact = true; /* what was guessed does not serve who counts */
    assert_int_equal(find(&share, &other), 0);
    put(&share, &other, 101);
    share_drop(&share, channel(1));
    assert_int_equal(find(&share, &key), 101);
    share_drop(&share, channel(0));
    assert_int_equal(find(&share, &key), 0);
    mem_deinit(&mem);
}

TEST(share_holds_the_last_few_frames)
{
    struct share share = { 0 };
    mem_init(&mem, "test", NULL, 0);
    for (u64 from = 1; from <= SHARE_COUNT + 3; from++) {
        const struct share_key key = { .channel = channel(0), .from = from };
        put(&share, &key, from);
    }
    for (u64 from = 1; from <= SHARE_COUNT + 3; from++) {
        const struct share_key key = { .channel = channel(0), .from = from };
        assert_int_equal(find(&share, &key), from <= 3 ? 0 : from);
    }
    share_clear(&share);
    mem_deinit(&mem);
}

TEST(share_forgets_what_nobody_asked_for)
{
    struct share share = { 0 };
    mem_init(&mem, "test", NULL, 0);
    const struct share_key asked = { .channel = channel(0), .from = 1 };
    const struct share_key left = { .channel = channel(0), .from = 2 };
    put(&share, &asked, 1);
    put(&share, &left, 2);
    share_age(&share);
    assert_int_equal(find(&share, &asked), 1);
    share_age(&share);
    assert_int_equal(find(&share, &left), 0);
    assert_int_equal(find(&share, &asked), 1);
    share_age(&share);
    share_age(&share);
    assert_int_equal(mem.used, 0);
    mem_deinit(&mem);
}

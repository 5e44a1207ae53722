#include "view/share.h"

static void entry_clear(struct share_entry *entry)
{
    if (entry->frame) frame_release(entry->frame);
    *entry = (struct share_entry){ .frame = NULL };
}

static bool serves(const struct share_key *has, const struct share_key *wants)
{
    return has->channel == wants->channel && has->change == wants->change &&
           has->from == wants->from && has->reset == wants->reset &&
           (has->is_exact || !wants->is_exact);
}

struct frame *share_find(struct share *share, const struct share_key *key)
{
    for (u32 back = 1; back <= SHARE_COUNT; back++) { /* newest first */
        struct share_entry *entry =
            &share->entries[(share->next + SHARE_COUNT - back) % SHARE_COUNT];
        if (!entry->frame || !serves(&entry->key, key)) continue;
        entry->is_old = false;
        return frame_hold(entry->frame);
    }
    return NULL;
}

void share_put(struct share *share, const struct share_key *key, struct frame *frame)
{
    struct share_entry *entry = &share->entries[share->next];
    share->next = (share->next + 1) % SHARE_COUNT;
    entry_clear(entry);
    *entry = (struct share_entry){ .key = *key, .frame = frame_hold(frame) };
}

void share_drop(struct share *share, const struct channel *channel)
{
    for (u32 index = 0; index < SHARE_COUNT; index++)
        if (share->entries[index].key.channel == channel) entry_clear(&share->entries[index]);
}

void share_age(struct share *share)
{
    for (u32 index = 0; index < SHARE_COUNT; index++) {
        struct share_entry *entry = &share->entries[index];
        if (entry->is_old) entry_clear(entry);
        entry->is_old = entry->frame != NULL;
    }
}

void share_clear(struct share *share)
{
    for (u32 index = 0; index < SHARE_COUNT; index++)
        entry_clear(&share->entries[index]);
}

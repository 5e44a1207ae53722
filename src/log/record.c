#include "log/record.h"

#include "base/assert.h"
#include "base/crc.h"
#include "log/log.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "headers are copied as they stand");

static u16 check_of(const struct record_header *header, u32 salt)
{
    u32 crc = crc32c(salt, &header->size,
                     offsetof(struct record_header, check) - offsetof(struct record_header, size));
    return (u16)(crc ^ crc >> 16);
}

static u32 crc_of(const void *data, u64 size, u32 salt)
{
    return crc32c(salt, (const u8 *)data + sizeof(u32), (size_t)(size - sizeof(u32)));
}

u32 record_salt(u64 hash_seed)
{
    return crc32c(0, &hash_seed, sizeof hash_seed);
}

u32 record_seal(void *data, u32 salt)
{
    struct record_header header;
    memcpy(&header, data, sizeof header);
    assert(header.size <= LOG_RECORD_SIZE_MAX);
    header.magic = RECORD_MAGIC;
    header.check = check_of(&header, salt);
    memcpy(data, &header, sizeof header);
    header.crc = crc_of(data, record_size(header.size), salt);
    memcpy(data, &header.crc, sizeof header.crc);
    return header.crc;
}

enum record_result record_parse(const void *data, u64 size, u32 salt, struct record_header *header,
                                u64 *size_needed)
{
    *size_needed = sizeof *header;
    if (size < sizeof *header) return RECORD_SHORT;
    memcpy(header, data, sizeof *header);
    if (header->magic != RECORD_MAGIC || header->size > LOG_RECORD_SIZE_MAX) return RECORD_BAD;
    if (header->check != check_of(header, salt)) return RECORD_BAD;
    *size_needed = record_size(header->size);
    if (size < *size_needed) return RECORD_SHORT;
    return header->crc == crc_of(data, *size_needed, salt) ? RECORD_WHOLE : RECORD_BAD;
}

#include "codec/codec.h"

static const struct codec *const codecs[] = {
#define CODEC(name) &codec_##name,
#include "codec/codecs.def"
#undef CODEC
};

static struct slice without_parameters(struct slice media_type)
{
    const char *end = media_type.size ? memchr(media_type.data, ';', media_type.size) : NULL;
    if (end) media_type.size = (size_t)(end - media_type.data);
    while (media_type.size > 0 && media_type.data[media_type.size - 1] == ' ')
        media_type.size--;
    return media_type;
}

const struct codec *codec_find(struct slice media_type)
{
    struct slice wanted = without_parameters(media_type);
    for (u32 index = 0; index < countof(codecs); index++)
        if (slice_is_nocase(wanted, codecs[index]->media_type)) return codecs[index];
    return NULL;
}

const struct codec *codec_find_name(struct slice name)
{
    for (u32 index = 0; index < countof(codecs); index++)
        if (slice_is(name, codecs[index]->name)) return codecs[index];
    return NULL;
}

const struct codec *codec_at(u32 index)
{
    return index < countof(codecs) ? codecs[index] : NULL;
}

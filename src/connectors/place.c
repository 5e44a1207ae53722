#include "connectors/place.h"

#include "base/assert.h"

static enum status check_name(const char *name, struct err *err)
{
    if (!name[0]) return err_set(err, "22023", "a place has a name");
    const char *scheme = strstr(name, "://");
    if (!scheme) return OK;
    err_set(err, "0A000", "places of the kind %.*s:// are not supported yet",
            (int)MIN(scheme - name, 32), name);
    return err_hint(err, "There are files and - (standard input or output).");
}

static enum status wrap(struct place *place, int fd, const char *name)
{
    *place = PLACE_CLOSED;
    file_wrap(&place->file, fd, name);
    return OK;
}

static enum status open_path(struct place *place, const char *name, enum file_mode mode,
                             struct err *err)
{
    *place = PLACE_CLOSED;
    if (check_name(name, err) || file_open(&place->file, name, mode, err)) return FAIL;
    place->is_file = !place->file.is_stream;
    return place->is_file ? file_size(&place->file, &place->size, err) : OK;
}

enum status place_open_from(struct place *place, const char *name, struct err *err)
{
    if (strcmp(name, "-") == 0) return wrap(place, 0, "standard input");
    return open_path(place, name, FILE_READ, err);
}

enum status place_open_to(struct place *place, const char *name, struct err *err)
{
    if (strcmp(name, "-") == 0) return wrap(place, 1, "standard output");
    if (open_path(place, name, FILE_ANY, err)) return FAIL;
    place->offset = place->size;
    return OK;
}

void place_close(struct place *place)
{
    file_close(&place->file);
}

static enum status fail_shorter(const struct place *place, u64 offset, struct err *err)
{
    return err_set(err, "55000", "\"%s\" has %llu bytes, and %llu were there before",
                   place->file.path, (unsigned long long)place->size, (unsigned long long)offset);
}

enum status place_go_on_from(struct place *place, u64 offset, struct err *err)
{
    assert(place->is_file);
    if (offset > place->size) return fail_shorter(place, offset, err);
    place->offset = place->file.position = offset;
    return OK;
}

enum status place_go_on_to(struct place *place, u64 offset, struct err *err)
{
    assert(place->is_file);
    if (offset > place->size) return fail_shorter(place, offset, err);
    place->offset = offset;
    return file_truncate(&place->file, offset, err);
}

enum status place_read(struct place *place, void *data, size_t size, size_t *got, struct err *err)
{
    if (file_read(&place->file, data, size, got, err)) return FAIL;
    place->offset += *got;
    return OK;
}

enum status place_write(struct place *place, struct slice data, struct err *err)
{
    if (place->is_file) {
        if (file_pwrite(&place->file, data.data, data.size, place->offset, err)) return FAIL;
    } else if (file_append(&place->file, data.data, data.size, err)) {
        return FAIL;
    }
    place->offset += data.size;
    return OK;
}

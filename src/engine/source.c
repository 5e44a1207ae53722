#include "engine/source.h"

#include "engine/source_check.h"
#include "plan/options.h"

struct source_options {
    const char *connector;
    const char *path;
    const char *format;
    i64 retain_us;
    bool is_append_only;
};

enum status source_check(const struct syntax_statement *statement, struct source *out,
                         struct err *err)
{
    static const struct options_spec specs[] = {
        { "connector", OPTIONS_STRING, offsetof(struct source_options, connector) },
        { "path", OPTIONS_STRING, offsetof(struct source_options, path) },
        { "format", OPTIONS_STRING, offsetof(struct source_options, format) },
        { "retain", OPTIONS_DURATION, offsetof(struct source_options, retain_us) },
        { "append_only", OPTIONS_BOOL, offsetof(struct source_options, is_append_only) },
    };
    const struct syntax_create_table *create = statement->create_table;
    struct source_options options = { .connector = NULL };
    if (options_read(&create->options, specs, countof(specs), &options, statement->text, err))
        return FAIL;
    if (!options.connector)
        return err_set(err, "22023", "a source needs a connector: WITH (connector = 'stdin', …)");
    bool is_file = strcmp(options.connector, "file") == 0;
    if (!is_file && strcmp(options.connector, "stdin") != 0)
        return err_set(err, "0A000", "connector \"%s\" is not supported yet", options.connector);
    if (is_file != (options.path != NULL))
        return err_set(err, "22023",
                       is_file ? "connector \"file\" needs a path"
                               : "connector \"stdin\" has no path");
    const char *format = options.format ? options.format : "json";
    /* A stream of records: json is an object a line. */
    const struct codec *codec =
        codec_find_name(strcmp(format, "json") == 0 ? SLICE("ndjson") : slice_of(format));
    if (!codec || !codec->streams)
        return err_set(err, "22023", "unknown format \"%s\": json, ndjson, csv or text", format);
    *out = (struct source){ .name = create->relation.name,
                            .connector = options.connector,
                            .path = options.path,
                            .codec = codec };
    return OK;
}

bool source_at(struct engine *engine, u32 index, struct source *out)
{
    catalog_each(&engine->catalog, catalog)
    {
        if (catalog->kind != CATALOG_SOURCE || index-- > 0) continue;
        struct err err;
        if (source_check(catalog->statement, out, &err)) return false;
        out->schema = catalog->row;
        return true;
    }
    return false;
}

const char *source_view_at(struct engine *engine, u32 index)
{
    catalog_each(&engine->catalog, catalog)
    {
        if (catalog->kind == CATALOG_MATERIALIZED_VIEW && index-- == 0)
            return relation_of(catalog)->name;
    }
    return NULL;
}

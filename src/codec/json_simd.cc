// The shim over simdjson's On-Demand interface (Keiser and Lemire, 2024). Nothing throws: errors are codes.
#include "codec/json_simd.h"

#include <simdjson.h>

using namespace simdjson;

struct json_reader {
    ondemand::parser parser;
    const char *text = nullptr;
    size_t size = 0;
    bool lines = false;
    bool is_array = false;
    bool done = true;
    size_t at = 0; // behind the last element
    ondemand::document document;
    ondemand::array_iterator element, element_end;
    ondemand::document_stream stream;
    ondemand::document_stream::iterator line, line_end;
};

enum row_end { ROW_WHOLE, ROW_STOPPED, ROW_BAD };

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static std::string_view trimmed(std::string_view token)
{
    while (!token.empty() && is_space(token.back()))
        token.remove_suffix(1);
    return token;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits(std::string_view text, size_t at)
{
    while (at < text.size() && is_digit(text[at]))
        at++;
    return at;
}

// RFC 8259, section 6: On-Demand does not look at tokens that nobody converts.
static bool is_number(std::string_view text)
{
    size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
    size_t whole = digits(text, at);
    if (whole == at || (text[at] == '0' && whole > at + 1)) return false;
    at = whole;
    if (at < text.size() && text[at] == '.') {
        size_t end = digits(text, at + 1);
        if (end == at + 1) return false;
        at = end;
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        if (at < text.size() && (text[at] == '+' || text[at] == '-')) at++;
        size_t end = digits(text, at);
        if (end == at) return false;
        at = end;
    }
    return at == text.size();
}

static error_code give_value(ondemand::value &value, int column, const json_sink *sink, bool *go_on)
{
    ondemand::json_type type;
    if (error_code error = value.type().get(type)) return error;
    enum json_cell kind = JSON_CELL_TOKEN;
    std::string_view text;
    switch (type) {
    case ondemand::json_type::string:
        if (error_code error = value.get_string().get(text)) return error;
        kind = JSON_CELL_STRING;
        break;
    case ondemand::json_type::number:
        text = trimmed(value.raw_json_token());
        if (!is_number(text)) return NUMBER_ERROR;
        break;
    case ondemand::json_type::boolean:
        text = trimmed(value.raw_json_token());
        if (text != "true" && text != "false") return T_ATOM_ERROR;
        break;
    case ondemand::json_type::null:
        if (trimmed(value.raw_json_token()) != "null") return N_ATOM_ERROR;
        kind = JSON_CELL_NULL;
        break;
    case ondemand::json_type::object: {
        ondemand::object object;
        if (error_code error = value.get_object().get(object)) return error;
        if (error_code error = object.raw_json().get(text)) return error;
        kind = JSON_CELL_TEXT;
        break;
    }
    case ondemand::json_type::array: {
        ondemand::array array;
        if (error_code error = value.get_array().get(array)) return error;
        if (error_code error = array.raw_json().get(text)) return error;
        kind = JSON_CELL_TEXT;
        break;
    }
    }
    *go_on = sink->on_cell(sink->context, column, kind, text.data(), text.size());
    return SUCCESS;
}

// Scalars are taken as tokens and never consumed: On-Demand skips them on its way to the next field.
static row_end give_fields(ondemand::object &object, const json_sink *sink, error_code *error)
{
    uint32_t ordinal = 0;
    for (auto result : object) {
        ondemand::field field;
        if ((*error = std::move(result).get(field))) return ROW_BAD;
        int column = sink->on_raw_key(sink->context, field.key().raw(), ordinal++);
        if (column == JSON_KEY_UNKNOWN) {
            std::string_view key;
            if ((*error = field.unescaped_key().get(key))) return ROW_BAD;
            column = sink->on_key(sink->context, key.data(), key.size());
        }
        if (column == JSON_KEY_STOP) return ROW_STOPPED;
        if (column == JSON_KEY_SKIP) continue;
        bool go_on = true;
        if ((*error = give_value(field.value(), column, sink, &go_on))) return ROW_BAD;
        if (!go_on) return ROW_STOPPED;
    }
    return ROW_WHOLE;
}

static bool at_end(json_reader *reader)
{
    return reader->document.current_location().error() == OUT_OF_BOUNDS;
}

static json_next finish(json_reader *reader, row_end end, error_code code, const char **error)
{
    if (end == ROW_WHOLE) return JSON_NEXT_ROW;
    reader->done = true;
    if (end == ROW_STOPPED) return JSON_NEXT_STOPPED;
    *error = error_message(code);
    return JSON_NEXT_BAD;
}

// Only blanks stand between the object and the end of its line.
static bool is_last_in_line(const json_reader *reader, std::string_view source)
{
    const char *at = source.data() + source.size(), *end = reader->text + reader->size;
    while (at < end && *at != '\n' && is_space(*at))
        at++;
    return at >= end || *at == '\n';
}

static json_next next_line(json_reader *reader, const json_sink *sink, size_t *offset,
                           const char **error)
{
    if (!(reader->line != reader->line_end)) {
        reader->done = true;
        if (reader->stream.truncated_bytes() == 0) return JSON_NEXT_END;
        *offset = reader->size - reader->stream.truncated_bytes();
        *error = "the object is not complete";
        return JSON_NEXT_BAD;
    }
    error_code code;
    ondemand::object object;
    *offset = reader->line.current_index();
    auto document = *reader->line;
    if ((code = document.get_object().get(object))) return finish(reader, ROW_BAD, code, error);
    row_end end = give_fields(object, sink, &code);
    if (end == ROW_WHOLE) {
        std::string_view source = reader->line.source();
        if (memchr(source.data(), '\n', source.size()) || !is_last_in_line(reader, source)) {
            reader->done = true;
            *error = "a line must be one object";
            return JSON_NEXT_BAD;
        }
        ++reader->line;
    }
    return finish(reader, end, code, error);
}

static json_next next_element(json_reader *reader, const json_sink *sink, size_t *offset,
                              const char **error)
{
    error_code code;
    if (!(reader->element != reader->element_end)) {
        reader->done = true;
        if (at_end(reader)) return JSON_NEXT_END;
        *offset = reader->size;
        *error = "there is more behind the end of the array";
        return JSON_NEXT_BAD;
    }
    ondemand::value value;
    ondemand::object object;
    while (reader->at < reader->size &&
           (is_space(reader->text[reader->at]) || reader->text[reader->at] == ','))
        reader->at++;
    *offset = reader->at;
    if ((code = (*reader->element).get(value))) return finish(reader, ROW_BAD, code, error);
    *offset = (size_t)(value.raw_json_token().data() - reader->text);
    if ((code = value.get_object().get(object))) return finish(reader, ROW_BAD, code, error);
    row_end end = give_fields(object, sink, &code);
    if (end == ROW_WHOLE) {
        const char *here;
        if (!reader->document.current_location().get(here))
            reader->at = (size_t)(here - reader->text);
        ++reader->element;
    }
    return finish(reader, end, code, error);
}

static json_next next_single(json_reader *reader, const json_sink *sink, size_t *offset,
                             const char **error)
{
    error_code code;
    ondemand::object object;
    *offset =
        (size_t)(trimmed(reader->document.raw_json_token().value_unsafe()).data() - reader->text);
    if ((code = reader->document.get_object().get(object)))
        return finish(reader, ROW_BAD, code, error);
    row_end end = give_fields(object, sink, &code);
    reader->done = true;
    if (end == ROW_WHOLE && !at_end(reader)) {
        *error = "there is more behind the end of the object";
        return JSON_NEXT_BAD;
    }
    return finish(reader, end, code, error);
}

static json_reader *reader_open(void)
{
    return new json_reader();
}

static void reader_close(json_reader *reader)
{
    delete reader;
}

static error_code begin_lines(json_reader *reader)
{
    // One batch for all of the text: what was decoded is bounded by the feeder.
    size_t batch_size = reader->size < 1024 ? 1024 : reader->size;
    error_code code =
        reader->parser.iterate_many(reader->text, reader->size, batch_size).get(reader->stream);
    if (code) return code;
    reader->line = reader->stream.begin();
    reader->line_end = reader->stream.end();
    return SUCCESS;
}

static error_code begin_document(json_reader *reader)
{
    auto view = padded_string_view(reader->text, reader->size, reader->size + JSON_PADDING);
    error_code code = reader->parser.iterate(view).get(reader->document);
    if (code) return code;
    ondemand::json_type type;
    if ((code = reader->document.type().get(type))) return code;
    reader->is_array = type == ondemand::json_type::array;
    if (!reader->is_array) return SUCCESS;
    while (reader->text[reader->at] != '[')
        reader->at++;
    reader->at++;
    ondemand::array array;
    if ((code = reader->document.get_array().get(array))) return code;
    if ((code = array.begin().get(reader->element))) return code;
    return array.end().get(reader->element_end);
}

static const char *reader_begin(json_reader *reader, const char *text, size_t size, bool lines)
{
    reader->text = text;
    reader->size = size;
    reader->lines = lines;
    reader->is_array = false;
    reader->at = 0;
    error_code code = lines ? begin_lines(reader) : begin_document(reader);
    reader->done = code != SUCCESS;
    return code ? error_message(code) : nullptr;
}

static enum json_next reader_next(json_reader *reader, const json_sink *sink, size_t *offset,
                                  const char **error)
{
    if (reader->done) return JSON_NEXT_END;
    if (reader->lines) return next_line(reader, sink, offset, error);
    if (reader->is_array) return next_element(reader, sink, offset, error);
    return next_single(reader, sink, offset, error);
}

// As simdjson 3 allocates for a capacity: strings of 5/3 of it, an index of 4 bytes a byte.
static size_t reader_size(const json_reader *reader)
{
    return sizeof *reader + reader->parser.capacity() * 17 / 3;
}

extern "C" const struct json_simd JSON_SIMD_NAME = { reader_open, reader_close, reader_size,
                                                     reader_begin, reader_next };

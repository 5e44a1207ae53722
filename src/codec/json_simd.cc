// The shim over simdjson's On-Demand interface (Keiser and Lemire, 2024). Nothing throws: errors are codes.
#include "codec/json_simd.h"

#include <simdjson.h>

using namespace simdjson;

// Objects and arrays inside a value; deeper is refused, since they are read by recursion.
#define NESTING_MAX 512

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

static error_code check_atom(ondemand::value &value, const char *one, const char *other)
{
    std::string_view text = trimmed(value.raw_json_token());
    return text == one || text == other ? SUCCESS : T_ATOM_ERROR;
}

static error_code check_object(ondemand::object &object, size_t depth);
static error_code check_array(ondemand::array &array, size_t depth);

// On-Demand skips by counting brackets. What is not taken apart is read here, so that only JSON passes.
static error_code check_value(ondemand::value value, size_t depth)
{
    ondemand::json_type type;
    if (error_code error = value.type().get(type)) return error;
    switch (type) {
    case ondemand::json_type::string: return value.get_string().error();
    case ondemand::json_type::number:
        return is_number(trimmed(value.raw_json_token())) ? SUCCESS : NUMBER_ERROR;
    case ondemand::json_type::boolean: return check_atom(value, "true", "false");
    case ondemand::json_type::null: return check_atom(value, "null", "null");
    case ondemand::json_type::object: {
        ondemand::object object;
        if (error_code error = value.get_object().get(object)) return error;
        return check_object(object, depth + 1);
    }
    case ondemand::json_type::array: {
        ondemand::array array;
        if (error_code error = value.get_array().get(array)) return error;
        return check_array(array, depth + 1);
    }
    }
    return TAPE_ERROR;
}

static error_code check_object(ondemand::object &object, size_t depth)
{
    if (depth > NESTING_MAX) return DEPTH_ERROR;
    for (auto result : object) {
        ondemand::field field;
        std::string_view key;
        if (error_code error = std::move(result).get(field)) return error;
        if (error_code error = field.unescaped_key().get(key)) return error;
        if (error_code error = check_value(field.value(), depth)) return error;
    }
    return SUCCESS;
}

static error_code check_array(ondemand::array &array, size_t depth)
{
    if (depth > NESTING_MAX) return DEPTH_ERROR;
    for (auto result : array) {
        ondemand::value value;
        if (error_code error = std::move(result).get(value)) return error;
        if (error_code error = check_value(value, depth)) return error;
    }
    return SUCCESS;
}

// An object or array as it is written, once it is known to be one.
static error_code nested_text(ondemand::value &value, bool is_object, std::string_view *text)
{
    if (is_object) {
        ondemand::object object;
        if (error_code error = value.get_object().get(object)) return error;
        if (error_code error = object.raw_json().get(*text)) return error;
        if (error_code error = object.reset().error()) return error;
        return check_object(object, 1);
    }
    ondemand::array array;
    if (error_code error = value.get_array().get(array)) return error;
    if (error_code error = array.raw_json().get(*text)) return error;
    if (error_code error = array.reset().error()) return error;
    return check_array(array, 1);
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
    case ondemand::json_type::object:
    case ondemand::json_type::array: {
        bool is_object = type == ondemand::json_type::object;
        if (error_code error = nested_text(value, is_object, &text)) return error;
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
        if (column == JSON_KEY_SKIP) {
            if ((*error = check_value(field.value(), 0))) return ROW_BAD;
            continue;
        }
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

static json_next not_an_object(json_reader *reader, error_code code, const char **error)
{
    reader->done = true;
    *error = code == INCORRECT_TYPE ? "a row must be a JSON object" : error_message(code);
    return JSON_NEXT_BAD;
}

// Moves *at, a line's start, to the first byte that is not blank; returns where that one's line begins.
static size_t next_line_start(const json_reader *reader, size_t *at)
{
    size_t start = *at;
    for (; *at < reader->size && is_space(reader->text[*at]); ++*at)
        if (reader->text[*at] == '\n') start = *at + 1;
    return start;
}

// Behind the line that the object, which ends at `at`, is all of; NULL when it is not, or is on several.
static const char *behind_line(const json_reader *reader, const char *object, const char *at)
{
    const char *end = reader->text + reader->size;
    if (memchr(object, '\n', (size_t)(at - object))) return nullptr;
    while (at < end && *at != '\n')
        if (!is_space(*at++)) return nullptr;
    return at < end ? at + 1 : at;
}

static json_next not_a_line(json_reader *reader, const char **error)
{
    reader->done = true;
    *error = "a line must be one whole object";
    return JSON_NEXT_BAD;
}

// The library goes from object to object wherever they stand; what is taken is a line's one object and no less.
static json_next next_line(json_reader *reader, const json_sink *sink, size_t *offset,
                           const char **error)
{
    size_t at = reader->at;
    *offset = next_line_start(reader, &at);
    const char *first = reader->text + at;
    if (!(reader->line != reader->line_end)) {
        if (at < reader->size) return not_a_line(reader, error);
        reader->done = true;
        return JSON_NEXT_END;
    }
    error_code code;
    ondemand::object object;
    auto document = *reader->line;
    if ((code = document.error())) return finish(reader, ROW_BAD, code, error);
    // The library calls the blanks before a first object part of it.
    if (reader->line.current_index() != at &&
        document.raw_json_token().value_unsafe().data() != first)
        return not_a_line(reader, error);
    if ((code = document.get_object().get(object))) return not_an_object(reader, code, error);
    row_end end = give_fields(object, sink, &code);
    if (end != ROW_WHOLE) return finish(reader, end, code, error);
    std::string_view source = reader->line.source();
    const char *behind = behind_line(reader, first, source.data() + source.size());
    if (!behind) return not_a_line(reader, error);
    reader->at = (size_t)(behind - reader->text);
    ++reader->line;
    return JSON_NEXT_ROW;
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
    if ((code = value.get_object().get(object))) return not_an_object(reader, code, error);
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
        return not_an_object(reader, code, error);
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

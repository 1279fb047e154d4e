/* json_writer.c - the writer of json.h. */
#include "base/json_scan.h"
#include "base/json.h"
#include "base/number.h"

#include <math.h>

void json_writer_init(struct json_writer *writer, struct buf *out, enum json_flags flags) {
    *writer = (struct json_writer){ .out = out, .flags = flags };
}

static void begin_value(struct json_writer *writer) {
    if (writer->needs_comma)
        buf_append_char(writer->out, ',');
    writer->needs_comma = true;
}

static void open_container(struct json_writer *writer, char bracket) {
    begin_value(writer);
    buf_append_char(writer->out, bracket);
    writer->needs_comma = false;
}

static void close_container(struct json_writer *writer, char bracket) {
    buf_append_char(writer->out, bracket);
    writer->needs_comma = true;
}

void json_object_begin(struct json_writer *writer) {
    open_container(writer, '{');
}

void json_object_end(struct json_writer *writer) {
    close_container(writer, '}');
}

void json_array_begin(struct json_writer *writer) {
    open_container(writer, '[');
}

void json_array_end(struct json_writer *writer) {
    close_container(writer, ']');
}

/* True for what may stand in a string as it is, if it is UTF-8. */
static bool is_plain(char c) {
    return c != '"' && c != '\\' && ((unsigned char)c >= 0x20);
}

/* How many bytes at the front are ASCII that needs no escape. */
static size_t plain_ascii_len(struct str text) {
    size_t len = 0;
    for (; text.len - len >= JSON_SHORT_BYTES; len += JSON_SHORT_BYTES) {
        unsigned special = JSON_SCAN(special)(text.ptr + len);
        if (special != 0)
            return len + (size_t)__builtin_ctz(special);
    }
    while (len < text.len && is_plain(text.ptr[len]) && (unsigned char)text.ptr[len] < 0x80)
        len++;
    return len;
}

static void write_escape(struct buf *out, char c) {
    static const char hex[] = "0123456789abcdef";
    static const char names[32] = { ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't' };
    unsigned char code = (unsigned char)c;
    char escape[6] = { '\\', c };

    if (code < 0x20 && names[code] == '\0') {
        memcpy(escape, "\\u00", 4);
        escape[4] = hex[code >> 4];
        escape[5] = hex[code & 15];
        buf_append(out, escape, sizeof escape);
        return;
    }
    if (code < 0x20)
        escape[1] = names[code];
    buf_append(out, escape, 2);
}

/* What stands in front is not plain ASCII: an escape, or a sequence beyond ASCII. Returns how long it was. */
static size_t write_special(struct buf *out, struct str text) {
    if ((unsigned char)text.ptr[0] < 0x80) {
        write_escape(out, text.ptr[0]);
        return 1;
    }
    size_t len = str_utf8_len(text);
    if (len == 0) {
        buf_append_str(out, STR("\xEF\xBF\xBD"));
        return 1;
    }
    while (len < text.len && (unsigned char)text.ptr[len] >= 0x80) {
        size_t more = str_utf8_len(str_from(text, len));
        if (more == 0)
            break;
        len += more;
    }
    buf_append(out, text.ptr, len);
    return len;
}

static void write_string(struct buf *out, struct str text) {
    buf_append_char(out, '"');
    while (text.len > 0) {
        size_t len = plain_ascii_len(text);
        buf_append(out, text.ptr, len);
        text = str_from(text, len);
        if (text.len > 0)
            text = str_from(text, write_special(out, text));
    }
    buf_append_char(out, '"');
}

void json_key(struct json_writer *writer, struct str key) {
    begin_value(writer);
    write_string(writer->out, key);
    buf_append_char(writer->out, ':');
    writer->needs_comma = false;
}

void json_string(struct json_writer *writer, struct str text) {
    begin_value(writer);
    write_string(writer->out, text);
}

void json_raw(struct json_writer *writer, struct str json) {
    begin_value(writer);
    buf_append_str(writer->out, json);
}

void json_null(struct json_writer *writer) {
    json_raw(writer, STR("null"));
}

void json_bool(struct json_writer *writer, bool value) {
    json_raw(writer, value ? STR("true") : STR("false"));
}

void json_int(struct json_writer *writer, int64_t value) {
    char text[NUMBER_TEXT_MAX];
    json_raw(writer, (struct str){ text, number_from_i64(text, value) });
}

void json_uint(struct json_writer *writer, uint64_t value) {
    char text[NUMBER_TEXT_MAX];
    json_raw(writer, (struct str){ text, number_from_u64(text, value) });
}

void json_double(struct json_writer *writer, double value) {
    char text[NUMBER_TEXT_MAX];
    struct str number = { text, number_from_double(text, value) };
    if (isfinite(value) || writer->flags == JSON_EXTENDED)
        json_raw(writer, number);
    else
        json_string(writer, number);
}

static void write_array(struct json_writer *writer, const struct json_value *value) {
    json_array_begin(writer);
    for (size_t i = 0; i < value->array.count; i++)
        json_value_write(writer, &value->array.items[i]);
    json_array_end(writer);
}

static void write_object(struct json_writer *writer, const struct json_value *value) {
    json_object_begin(writer);
    for (size_t i = 0; i < value->object.count; i++) {
        json_key(writer, value->object.members[i].key);
        json_value_write(writer, &value->object.members[i].value);
    }
    json_object_end(writer);
}

void json_value_write(struct json_writer *writer, const struct json_value *value) {
    switch (value->type) {
    case JSON_TYPE_NULL:
        json_null(writer);
        break;
    case JSON_TYPE_BOOL:
        json_bool(writer, value->boolean);
        break;
    case JSON_TYPE_INT:
        json_int(writer, value->integer);
        break;
    case JSON_TYPE_DOUBLE:
        /* As it was written: an integer beyond int64 would lose digits on its way through a double. */
        if (value->raw.len > 0 && isfinite(value->number))
            json_raw(writer, value->raw);
        else
            json_double(writer, value->number);
        break;
    case JSON_TYPE_STRING:
        json_string(writer, value->string);
        break;
    case JSON_TYPE_ARRAY:
        write_array(writer, value);
        break;
    case JSON_TYPE_OBJECT:
        write_object(writer, value);
        break;
    }
}

/* json_reader.c - the pull reader of json.h. */
#include "base/json_scan.h"
#include "base/json.h"

#include <assert.h>

/* What may come next. A colon is read with its key, a comma with what follows it. */
enum { EXPECT_VALUE, EXPECT_ITEM_OR_END, EXPECT_KEY_OR_END, EXPECT_COMMA_OR_END, EXPECT_NOTHING, EXPECT_FAILED };

void json_reader_init(struct json_reader *reader, struct str text, enum json_flags flags) {
    if (text.ptr == NULL)
        text = STR_EMPTY;
    *reader = (struct json_reader){ .text = STR_EMPTY,
                                    .start = text.ptr,
                                    .cursor = text.ptr,
                                    .end = text.ptr + text.len,
                                    .expects = EXPECT_VALUE,
                                    .flags = flags };
}

static enum json_token fail(struct json_reader *reader, const char *at, const char *message) {
    reader->offset = (size_t)(at - reader->start);
    reader->message = message;
    reader->expects = EXPECT_FAILED;
    reader->text = STR_EMPTY;
    return JSON_ERROR;
}

static size_t bytes_left(const struct json_reader *reader, const char *p) {
    return (size_t)(reader->end - p);
}

static void skip_space(struct json_reader *reader) {
    const char *p = reader->cursor;
    while (p < reader->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    reader->cursor = p;
}

static bool is_in_object(const struct json_reader *reader) {
    uint32_t level = reader->depth - 1;
    return (reader->is_object[level / 64] >> (level % 64) & 1) != 0;
}

static uint8_t after_value(const struct json_reader *reader) {
    return reader->depth == 0 ? EXPECT_NOTHING : EXPECT_COMMA_OR_END;
}

static enum json_token open_container(struct json_reader *reader, bool is_object) {
    uint32_t level = reader->depth;
    if (level == JSON_MAX_DEPTH)
        return fail(reader, reader->cursor, "nested too deep");
    uint64_t bit = (uint64_t)1 << (level % 64);
    if (is_object)
        reader->is_object[level / 64] |= bit;
    else
        reader->is_object[level / 64] &= ~bit;
    reader->depth++;
    reader->cursor++;
    reader->expects = is_object ? EXPECT_KEY_OR_END : EXPECT_ITEM_OR_END;
    return is_object ? JSON_OBJECT_BEGIN : JSON_ARRAY_BEGIN;
}

static enum json_token close_container(struct json_reader *reader, enum json_token token) {
    reader->text = (struct str){ reader->cursor, 1 };
    reader->offset = (size_t)(reader->cursor - reader->start);
    reader->cursor++;
    reader->depth--;
    reader->expects = after_value(reader);
    return token;
}

static bool is_digit_at(const struct json_reader *reader, const char *p) {
    return p < reader->end && *p >= '0' && *p <= '9';
}

static const char *skip_digits(const struct json_reader *reader, const char *p) {
    for (; bytes_left(reader, p) >= 8; p += 8) {
        uint64_t others = json_non_digits(json_load_eight(p));
        if (others != 0)
            return p + __builtin_ctzll(others) / 8;
    }
    while (is_digit_at(reader, p))
        p++;
    return p;
}

static bool starts_with(const struct json_reader *reader, const char *p, const char *word, size_t len) {
    return bytes_left(reader, p) >= len && memcmp(p, word, len) == 0;
}

static enum json_token end_scalar(struct json_reader *reader, const char *end, enum json_token token) {
    reader->text = (struct str){ reader->cursor, (size_t)(end - reader->cursor) };
    reader->cursor = end;
    reader->expects = after_value(reader);
    return token;
}

static enum json_token read_word(struct json_reader *reader, struct str word, enum json_token token) {
    if (!starts_with(reader, reader->cursor, word.ptr, word.len))
        return fail(reader, reader->cursor, "expected a value");
    return end_scalar(reader, reader->cursor + word.len, token);
}

static enum json_token read_number(struct json_reader *reader) {
    const char *p = reader->cursor;

    if (*p == '-')
        p++;
    if (!is_digit_at(reader, p)) {
        if (reader->flags == JSON_EXTENDED && starts_with(reader, p, "Infinity", 8))
            return end_scalar(reader, p + 8, JSON_NUMBER);
        return fail(reader, p, "expected a digit");
    }
    if (*p == '0' && is_digit_at(reader, p + 1))
        return fail(reader, p, "a number begins with a needless zero");
    p = skip_digits(reader, p);
    if (p < reader->end && *p == '.') {
        if (!is_digit_at(reader, ++p))
            return fail(reader, p, "expected a digit after the point");
        p = skip_digits(reader, p);
    }
    if (p < reader->end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < reader->end && (*p == '+' || *p == '-'))
            p++;
        if (!is_digit_at(reader, p))
            return fail(reader, p, "expected a digit in the exponent");
        p = skip_digits(reader, p);
    }
    return end_scalar(reader, p, JSON_NUMBER);
}

static bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* p is the byte after a backslash. */
static bool is_escape(const struct json_reader *reader, const char *p) {
    switch (*p) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return true;
    case 'u':
        return bytes_left(reader, p) > 4 && is_hex(p[1]) && is_hex(p[2]) && is_hex(p[3]) && is_hex(p[4]);
    default:
        return false;
    }
}

/* The first of the escapes at these places that is malformed, or NULL. */
static const char *find_bad_escape(const struct json_reader *reader, const char *block, uint64_t places) {
    for (; places != 0; places &= places - 1) {
        const char *p = block + __builtin_ctzll(places);
        if (!is_escape(reader, p))
            return p - 1;
    }
    return NULL;
}

/* What is known of a string that is being read. */
struct scan {
    const char *end; /* its closing quote, NULL while not found */
    uint64_t carry;  /* 1: the first byte of the next block is escaped */
    uint64_t high;   /* not 0: it has bytes beyond ASCII */
    bool has_escapes;
};

/* The next 64 bytes of a string, or the fewer that are left. False, and failed, when something is wrong. */
static bool scan_block(struct json_reader *reader, struct scan *scan, const char *p) {
    char tail[JSON_BLOCK_BYTES];
    size_t left = bytes_left(reader, p);
    uint64_t within = ~(uint64_t)0;
    const char *bytes = p;

    if (left < JSON_BLOCK_BYTES) {
        memset(tail, ' ', sizeof tail);
        memcpy(tail, p, left);
        bytes = tail;
        within = ((uint64_t)1 << left) - 1;
    }
    struct json_block block = JSON_SCAN(classify)(bytes);
    uint64_t escaped = json_escaped(block.backslash, &scan->carry) & within;
    uint64_t quotes = block.quote & ~escaped;
    if (quotes != 0) {
        scan->end = p + __builtin_ctzll(quotes);
        within &= (quotes & (0 - quotes)) - 1;
    }
    scan->has_escapes |= (block.backslash & within) != 0;
    scan->high |= block.high & within;
    if ((block.control & within) != 0)
        return fail(reader, p + __builtin_ctzll(block.control & within), "a control byte in a string"), false;
    /* Quotes and backslashes are by far the most, and need no second look. */
    const char *bad = find_bad_escape(reader, p, escaped & within & ~(block.quote | block.backslash));
    if (bad != NULL)
        return fail(reader, bad, "a malformed escape in a string"), false;
    if (scan->end == NULL && left <= JSON_BLOCK_BYTES)
        return fail(reader, reader->end, "a string without an end"), false;
    return true;
}

/* The closing quote of the string that begins at p, or NULL and failed. Kept out of line, so that short strings do
 * not pay for its stack frame. */
static __attribute__((noinline)) const char *find_long_string_end(struct json_reader *reader, const char *p) {
    struct scan scan = { 0 };

    for (const char *block = p; scan.end == NULL; block += JSON_BLOCK_BYTES)
        if (!scan_block(reader, &scan, block))
            return NULL;
    if (scan.high != 0 && !str_is_utf8((struct str){ p, (size_t)(scan.end - p) }))
        return fail(reader, p, "a string that is not UTF-8"), NULL;
    reader->has_escapes = scan.has_escapes;
    return scan.end;
}

/* As above. Most keys and many values are short and plain: they end at the first byte that is special at all. */
static inline const char *find_string_end(struct json_reader *reader, const char *p) {
    if (bytes_left(reader, p) >= JSON_SHORT_BYTES) {
        unsigned special = JSON_SCAN(special)(p);
        const char *first = p + (special == 0 ? 0 : __builtin_ctz(special));
        if (special != 0 && *first == '"') {
            reader->has_escapes = false;
            return first;
        }
    }
    return find_long_string_end(reader, p);
}

static enum json_token read_string(struct json_reader *reader) {
    const char *first = reader->cursor + 1;
    const char *end = find_string_end(reader, first);
    if (end == NULL)
        return JSON_ERROR;
    reader->text = (struct str){ first, (size_t)(end - first) };
    reader->cursor = end + 1;
    reader->expects = after_value(reader);
    return JSON_STRING;
}

static enum json_token read_key(struct json_reader *reader) {
    if (reader->cursor == reader->end || *reader->cursor != '"')
        return fail(reader, reader->cursor, "expected a key in quotes");
    reader->offset = (size_t)(reader->cursor - reader->start);
    if (read_string(reader) == JSON_ERROR)
        return JSON_ERROR;
    skip_space(reader);
    if (reader->cursor == reader->end || *reader->cursor != ':')
        return fail(reader, reader->cursor, "expected ':'");
    reader->cursor++;
    reader->expects = EXPECT_VALUE;
    return JSON_KEY;
}

static enum json_token read_value(struct json_reader *reader) {
    if (reader->cursor == reader->end)
        return fail(reader, reader->cursor, "expected a value");
    reader->offset = (size_t)(reader->cursor - reader->start);
    reader->text = (struct str){ reader->cursor, 1 };
    switch (*reader->cursor) {
    case '"':
        return read_string(reader);
    case '{':
        return open_container(reader, true);
    case '[':
        return open_container(reader, false);
    case 'n':
        return read_word(reader, STR("null"), JSON_NULL);
    case 't':
        return read_word(reader, STR("true"), JSON_TRUE);
    case 'f':
        return read_word(reader, STR("false"), JSON_FALSE);
    case '-':
    case '0' ... '9':
        return read_number(reader);
    case 'N':
        if (reader->flags == JSON_EXTENDED)
            return read_word(reader, STR("NaN"), JSON_NUMBER);
        break;
    case 'I':
        if (reader->flags == JSON_EXTENDED)
            return read_word(reader, STR("Infinity"), JSON_NUMBER);
        break;
    default:
        break;
    }
    return fail(reader, reader->cursor, "expected a value");
}

static bool is_next(const struct json_reader *reader, char c) {
    return reader->cursor < reader->end && *reader->cursor == c;
}

static enum json_token read_after_value(struct json_reader *reader) {
    bool is_object = is_in_object(reader);
    if (is_next(reader, ',')) {
        reader->cursor++;
        skip_space(reader);
        return is_object ? read_key(reader) : read_value(reader);
    }
    if (is_next(reader, is_object ? '}' : ']'))
        return close_container(reader, is_object ? JSON_OBJECT_END : JSON_ARRAY_END);
    return fail(reader, reader->cursor, is_object ? "expected ',' or '}'" : "expected ',' or ']'");
}

enum json_token json_next(struct json_reader *reader) {
    if (reader->expects == EXPECT_FAILED)
        return JSON_ERROR;
    skip_space(reader);
    switch (reader->expects) {
    case EXPECT_COMMA_OR_END:
        return read_after_value(reader);
    case EXPECT_ITEM_OR_END:
        return is_next(reader, ']') ? close_container(reader, JSON_ARRAY_END) : read_value(reader);
    case EXPECT_KEY_OR_END:
        return is_next(reader, '}') ? close_container(reader, JSON_OBJECT_END) : read_key(reader);
    case EXPECT_VALUE:
        return read_value(reader);
    default:
        if (reader->cursor != reader->end)
            return fail(reader, reader->cursor, "expected nothing after the value");
        reader->offset = (size_t)(reader->cursor - reader->start);
        reader->text = STR_EMPTY;
        return JSON_END;
    }
}

bool json_skip_value(struct json_reader *reader, enum json_token begin, struct str *raw) {
    const char *first = reader->start + reader->offset;

    if (begin == JSON_ERROR)
        return false;
    assert(begin != JSON_END && begin != JSON_KEY && begin != JSON_ARRAY_END && begin != JSON_OBJECT_END);
    if (begin == JSON_ARRAY_BEGIN || begin == JSON_OBJECT_BEGIN)
        for (uint32_t outside = reader->depth - 1; reader->depth > outside;)
            if (json_next(reader) == JSON_ERROR)
                return false;
    *raw = (struct str){ first, (size_t)(reader->cursor - first) };
    return true;
}

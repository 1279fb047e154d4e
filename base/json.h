/* json.h - reading and writing JSON: a pull reader for streams of rows, a tree for small documents, a writer.
 *
 * Strict RFC 8259 and UTF-8, plus (JSON_EXTENDED) the bare tokens NaN, Infinity and -Infinity that the official
 * client sends inside its lines. Depth is limited to JSON_MAX_DEPTH everywhere, without recursion in the reader.
 *
 * Threads: one reader or writer belongs to one thread. Memory: the reader allocates nothing and borrows its
 * input; trees live in the arena they were parsed into.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"

enum { JSON_MAX_DEPTH = 512, JSON_TREE_VALUES_MAX = 1 << 19 };

/* ---- pull reader ---- */

enum json_token {
    JSON_ERROR, /* reader->message and reader->offset say what and where; every later call answers it again */
    JSON_END,   /* the one value of the document is complete and nothing but white space follows */
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER, /* reader->text: as written; NaN and the infinities too when extended */
    JSON_STRING, /* reader->text: between the quotes, still escaped when reader->has_escapes */
    JSON_KEY,    /* as JSON_STRING; the member's value comes next */
    JSON_ARRAY_BEGIN,
    JSON_ARRAY_END,
    JSON_OBJECT_BEGIN,
    JSON_OBJECT_END,
};

enum json_flags { JSON_STRICT = 0, JSON_EXTENDED = 1 };

struct json_reader {
    struct str text;      /* of the token read last */
    bool has_escapes;     /* of the string or key read last */
    size_t offset;        /* where the token read last begins */
    const char *message;  /* after JSON_ERROR: what was wrong, a constant */
    /* private to json_reader.c */
    const char *cursor, *start, *end;
    uint32_t depth;
    uint8_t expects;
    enum json_flags flags;
    uint64_t is_object[JSON_MAX_DEPTH / 64];
};

void json_reader_init(struct json_reader *reader, struct str text, enum json_flags flags);
enum json_token json_next(struct json_reader *reader);

/* After a token that begins a value: reads to its end and answers its whole text (a scalar's too). False on an
 * error in the value. */
bool json_skip_value(struct json_reader *reader, enum json_token begin, struct str *raw);

/* Undoes the escapes of a string that the reader has accepted. The result is at most text.len bytes long, is
 * written to out (which has that much room; text itself may be out), and its length is returned. A lone
 * surrogate becomes U+FFFD. */
size_t json_unescape(struct str text, char *out);
/* As above, into the arena; the text itself when it has no escapes. */
struct str json_unescape_copy(struct str text, bool has_escapes, struct arena *arena);

/* ---- tree ---- */

enum json_type { JSON_TYPE_NULL, JSON_TYPE_BOOL, JSON_TYPE_INT, JSON_TYPE_DOUBLE, JSON_TYPE_STRING, JSON_TYPE_ARRAY, JSON_TYPE_OBJECT };

struct json_member;

struct json_value {
    enum json_type type;
    union {
        bool boolean;
        int64_t integer; /* written without fraction or exponent and within int64; otherwise it is a double */
        double number;
        struct str string;
        struct {
            struct json_value *items;
            size_t count;
        } array;
        struct {
            struct json_member *members; /* in the order they were written; a repeated key keeps its last value */
            size_t count;
        } object;
    };
    struct str raw; /* the value's own text; empty in a value that was made by hand */
};

struct json_member {
    struct str key;
    struct json_value value;
};

/* ERR_BAD_INPUT "at byte N: what is wrong". The tree borrows unescaped strings from text. A value may take 50 times the
 * memory of its text ("[0,0,0]"), so a tree holds at most JSON_TREE_VALUES_MAX of them (ERR_TOO_LARGE), about 75 MB. */
MUST_CHECK enum err_code json_parse(struct json_value **out, struct str text, enum json_flags flags,
                                    struct arena *arena, struct err *err);

/* NULL when value is NULL, is not an object, or has no such key. Keys are compared exactly. */
const struct json_value *json_get(const struct json_value *value, struct str key);
/* The text of a string member; STR_EMPTY with ptr NULL when it is missing or not a string. */
struct str json_get_str(const struct json_value *value, struct str key);
bool json_get_bool(const struct json_value *value, struct str key, bool otherwise);
/* An integer, also one that was written as a double without fraction ("1e+06"). */
int64_t json_get_int(const struct json_value *value, struct str key, int64_t otherwise);
/* An integer or double as a double; false for any other type. */
bool json_to_double(const struct json_value *value, double *out);
/* Deep equality; 1 equals 1.0; members in any order. */
bool json_equal(const struct json_value *a, const struct json_value *b);

/* ---- writer ---- */

/* Commas are put by the writer. Nothing is checked but by assert: the caller writes well-formed documents. */
struct json_writer {
    struct buf *out;
    bool needs_comma;
    enum json_flags flags; /* JSON_STRICT writes NaN and infinities as the strings "NaN", "Infinity", "-Infinity" */
};

void json_writer_init(struct json_writer *writer, struct buf *out, enum json_flags flags);
void json_object_begin(struct json_writer *writer);
void json_object_end(struct json_writer *writer);
void json_array_begin(struct json_writer *writer);
void json_array_end(struct json_writer *writer);
void json_key(struct json_writer *writer, struct str key);
void json_null(struct json_writer *writer);
void json_bool(struct json_writer *writer, bool value);
void json_int(struct json_writer *writer, int64_t value);
void json_uint(struct json_writer *writer, uint64_t value);
void json_double(struct json_writer *writer, double value);    /* shortest form that reads back the same */
void json_string(struct json_writer *writer, struct str text); /* invalid UTF-8 becomes U+FFFD */
void json_raw(struct json_writer *writer, struct str json);    /* a whole value, already JSON */
/* A finite double that was parsed is written as it was read, so that integers beyond int64 keep their digits. */
void json_value_write(struct json_writer *writer, const struct json_value *value);

#endif

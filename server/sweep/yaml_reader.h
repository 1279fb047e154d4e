/* yaml_reader.h - where the parts of the YAML parser are in the text, and what each takes from it.
 *
 * For yaml.c and the files beside it: yaml_reader.c has scalars, anchors and what grows, yaml_flow.c [a, b] and {a: 1},
 * yaml_block_scalar.c what stands below | and >. Each fails with ERR_BAD_INPUT and the line, or ERR_TOO_LARGE at a limit, in
 * the reader's err.
 */
#ifndef SERVER_SWEEP_YAML_READER_H
#define SERVER_SWEEP_YAML_READER_H

#include "server/sweep/yaml.h"

#include <string.h>

struct yaml_anchor {
    struct str name;
    struct json_value value;
    size_t value_count; /* in it, for the limit: an alias costs as much as what it repeats */
    struct yaml_anchor *next;
};

struct yaml_reader {
    struct str text;
    size_t at, line_start, line; /* line: counted from 0 */
    size_t depth, value_count;
    struct yaml_anchor *anchors;
    struct arena *arena;
    struct err *err;
};

#define FAIL(p, ...) err_set((p)->err, ERR_BAD_INPUT, "line %zu: " __VA_ARGS__)

static inline bool is_at_end(const struct yaml_reader *p) {
    return p->at >= p->text.len;
}

static inline char peek(const struct yaml_reader *p, size_t ahead) {
    return p->at + ahead < p->text.len ? p->text.ptr[p->at + ahead] : '\0';
}

static inline size_t column(const struct yaml_reader *p) {
    return p->at - p->line_start;
}

static inline bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

static inline bool is_blank_at(const struct yaml_reader *p, size_t ahead) {
    return p->at + ahead >= p->text.len || is_blank(p->text.ptr[p->at + ahead]);
}

/* "---" or "..." at the start of a line. */
static inline bool is_at_marker(const struct yaml_reader *p) {
    struct str rest = str_from(p->text, p->at);
    return column(p) == 0 && (str_starts_with(rest, STR("---")) || str_starts_with(rest, STR("..."))) && is_blank_at(p, 3);
}

static inline bool ends_here(const struct yaml_reader *p, size_t min_column) {
    return is_at_end(p) || column(p) < min_column || is_at_marker(p);
}

void yaml_next_char(struct yaml_reader *p);
/* Spaces, line breaks and comments. */
void yaml_skip_blank(struct yaml_reader *p);
MUST_CHECK enum err_code yaml_count_value(struct yaml_reader *p, size_t more);

/* room: how many the list or object has room for; 0 at first. */
void yaml_add_item(struct yaml_reader *p, struct json_value *list, size_t *room, const struct json_value *item);
MUST_CHECK enum err_code yaml_add_member(struct yaml_reader *p, struct json_value *object, size_t *room, struct str key,
                                         const struct json_value *value);

MUST_CHECK enum err_code yaml_parse_quoted(struct yaml_reader *p, struct str *out);
size_t yaml_plain_end(const struct yaml_reader *p, bool is_flow);
MUST_CHECK enum err_code yaml_parse_plain(struct yaml_reader *p, size_t min_column, bool is_flow, struct json_value *out);
MUST_CHECK enum err_code yaml_parse_block_scalar(struct yaml_reader *p, size_t min_column, struct json_value *out);
/* What stands in brackets, or an alias, or a scalar among them; without the anchor and tag before it. */
MUST_CHECK enum err_code yaml_parse_flow_inner(struct yaml_reader *p, struct json_value *out);

/* &anchor and !tag before the node. Tags are read over, but !!str makes text of what follows. */
void yaml_take_properties(struct yaml_reader *p, struct str *anchor, bool *is_text);
/* name empty: there is none. */
void yaml_keep_anchor(struct yaml_reader *p, struct str name, const struct json_value *value, size_t value_count);
MUST_CHECK enum err_code yaml_take_alias(struct yaml_reader *p, struct json_value *out);

#endif

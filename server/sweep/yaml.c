/* yaml.c - see yaml.h. A parser that goes down by indentation; scalars are in yaml_scalar.c. */
#include "server/sweep/yaml.h"

#include <string.h>

struct anchor {
    struct str name;
    struct json_value value;
    size_t value_count; /* in it, for the limit: an alias costs as much as what it repeats */
    struct anchor *next;
};

struct parser {
    struct str text;
    size_t at, line_start, line; /* line: counted from 0 */
    size_t depth, value_count;
    struct anchor *anchors;
    struct arena *arena;
    struct err *err;
};

/* How a node may begin. */
struct place {
    size_t min_column;          /* what stands further left is not part of it */
    size_t min_sequence_column; /* a list below a key may stand at the key's own column */
    size_t line;                /* of the key before it: no second key may stand there */
    bool is_value;
};

static enum err_code parse_node(struct parser *p, struct place place, struct json_value *out);

/* ---- characters ---- */

#define FAIL(p, ...) err_set((p)->err, ERR_BAD_INPUT, "line %zu: " __VA_ARGS__)

static bool is_at_end(const struct parser *p) {
    return p->at >= p->text.len;
}

static char peek(const struct parser *p, size_t ahead) {
    return p->at + ahead < p->text.len ? p->text.ptr[p->at + ahead] : '\0';
}

static size_t column(const struct parser *p) {
    return p->at - p->line_start;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

static bool is_blank_at(const struct parser *p, size_t ahead) {
    return p->at + ahead >= p->text.len || is_blank(p->text.ptr[p->at + ahead]);
}

static void next_char(struct parser *p) {
    if (p->text.ptr[p->at++] == '\n') {
        p->line++;
        p->line_start = p->at;
    }
}

/* Spaces, line breaks and comments. */
static void skip_blank(struct parser *p) {
    while (!is_at_end(p)) {
        char c = p->text.ptr[p->at];
        if (c == '#' && (p->at == p->line_start || is_blank(p->text.ptr[p->at - 1])))
            while (!is_at_end(p) && p->text.ptr[p->at] != '\n')
                p->at++;
        else if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            next_char(p);
        else
            return;
    }
}

/* "---" or "..." at the start of a line. */
static bool is_at_marker(const struct parser *p) {
    struct str rest = str_from(p->text, p->at);
    return column(p) == 0 && (str_starts_with(rest, STR("---")) || str_starts_with(rest, STR("..."))) && is_blank_at(p, 3);
}

static bool ends_here(const struct parser *p, size_t min_column) {
    return is_at_end(p) || column(p) < min_column || is_at_marker(p);
}

static enum err_code count_value(struct parser *p, size_t more) {
    p->value_count += more;
    if (p->value_count > YAML_VALUES_MAX)
        return err_set(p->err, ERR_TOO_LARGE, "the document holds more than %d values", YAML_VALUES_MAX);
    return OK;
}

/* ---- lists that grow ---- */

static void add_item(struct parser *p, struct json_value *list, size_t *room, const struct json_value *item) {
    if (list->array.count == *room) {
        size_t wider = *room == 0 ? 8 : *room * 2;
        list->array.items = arena_grow(p->arena, list->array.items, *room, wider, sizeof *item);
        *room = wider;
    }
    list->array.items[list->array.count++] = *item;
}

/* Objects are small, but a hostile one is not: keys are compared only by hash-free scans up to a limit. */
enum { KEYS_MAX = 1024 };

static enum err_code add_member(struct parser *p, struct json_value *object, size_t *room, struct str key,
                                const struct json_value *value) {
    for (size_t i = 0; i < object->object.count; i++)
        if (str_eq(object->object.members[i].key, key))
            return FAIL(p, "the key '%.*s' stands twice", p->line + 1, STR_ARG(str_slice(key, 0, 100)));
    if (object->object.count == KEYS_MAX)
        return err_set(p->err, ERR_TOO_LARGE, "an object holds more than %d keys", KEYS_MAX);
    if (object->object.count == *room) {
        size_t wider = *room == 0 ? 8 : *room * 2;
        object->object.members = arena_grow(p->arena, object->object.members, *room, wider, sizeof *object->object.members);
        *room = wider;
    }
    object->object.members[object->object.count++] = (struct json_member){ key, *value };
    return OK;
}

/* ---- quoted ---- */

static enum err_code parse_quoted(struct parser *p, struct str *out) {
    char quote = p->text.ptr[p->at];
    size_t first_line = p->line, begin = ++p->at;
    bool has_doubled = false;
    struct str raw;

    for (;; next_char(p)) {
        if (is_at_end(p))
            return FAIL(p, "a %c that is not closed", first_line + 1, quote);
        if (quote == '"' && p->text.ptr[p->at] == '\\' && p->at + 1 < p->text.len) {
            p->at++;
        } else if (p->text.ptr[p->at] == quote) {
            if (quote != '\'' || peek(p, 1) != '\'')
                break;
            has_doubled = true;
            p->at++;
        }
    }
    raw = str_slice(p->text, begin, p->at - begin);
    p->at++;
    if (quote == '"')
        return yaml_unescape(out, raw, p->arena) ? OK : FAIL(p, "an escape that is none", first_line + 1);
    *out = yaml_fold(raw, p->arena);
    if (has_doubled) {
        char *copy = arena_alloc(p->arena, out->len);
        size_t len = 0;
        for (size_t i = 0; i < out->len; i++) {
            copy[len++] = out->ptr[i];
            i += out->ptr[i] == '\'';
        }
        *out = (struct str){ copy, len };
    }
    return OK;
}

/* ---- plain ---- */

/* Where the plain text that begins here ends on its line: before ": ", " #", and inside brackets before "," and a bracket. */
static size_t plain_end(const struct parser *p, bool is_flow) {
    size_t i = p->at;
    for (; i < p->text.len && p->text.ptr[i] != '\n'; i++) {
        char c = p->text.ptr[i], after = i + 1 < p->text.len ? p->text.ptr[i + 1] : '\n';
        if (c == ':' && (is_blank(after) || (is_flow && memchr(",[]{}", after, 5) != NULL)))
            break;
        if (c == '#' && i > p->at && is_blank(p->text.ptr[i - 1]))
            break;
        if (is_flow && memchr(",[]{}", c, 5) != NULL)
            break;
    }
    while (i > p->at && is_blank(p->text.ptr[i - 1]))
        i--;
    return i;
}

/* Goes on over the lines below that are indented enough. */
static enum err_code parse_plain(struct parser *p, size_t min_column, bool is_flow, struct json_value *out) {
    size_t begin = p->at, end = plain_end(p, is_flow), first_line = p->line;

    if (end == begin)
        return FAIL(p, "a value cannot begin with '%c'", p->line + 1, peek(p, 0));
    if (memchr("%@`&*!|>?,[]{}#", p->text.ptr[begin], 15) != NULL && !(p->text.ptr[begin] == '?' && !is_blank_at(p, 1)))
        return FAIL(p, "a value cannot begin with '%c'", p->line + 1, p->text.ptr[begin]);
    for (;;) {
        struct parser ahead = *p;
        ahead.at = end;
        while (!is_at_end(&ahead) && is_blank(ahead.text.ptr[ahead.at]))
            next_char(&ahead);
        if (ahead.line == p->line || ends_here(&ahead, min_column) || peek(&ahead, 0) == '#' ||
            (is_flow && memchr(",[]{}:", peek(&ahead, 0), 6) != NULL))
            break;
        *p = ahead;
        end = plain_end(p, is_flow);
        if (end == p->at)
            return FAIL(p, "a value cannot begin with '%c'", p->line + 1, peek(p, 0));
        if (!is_flow && end < p->text.len && p->text.ptr[end] == ':')
            return FAIL(p, "a key where a value goes on", p->line + 1);
    }
    p->at = end;
    if (first_line == p->line)
        yaml_resolve_plain(out, str_slice(p->text, begin, end - begin), p->arena);
    else
        *out = (struct json_value){ .type = JSON_TYPE_STRING, .string = yaml_fold(str_slice(p->text, begin, end - begin), p->arena) };
    return OK;
}

/* ---- flow: [a, b] and {a: 1} ---- */

static enum err_code parse_flow(struct parser *p, struct json_value *out);

static enum err_code parse_flow_list(struct parser *p, struct json_value *out) {
    size_t room = 0, first_line = p->line;

    *out = (struct json_value){ .type = JSON_TYPE_ARRAY };
    p->at++;
    for (;;) {
        struct json_value item;
        skip_blank(p);
        if (peek(p, 0) == ']')
            break;
        if (is_at_end(p))
            return FAIL(p, "a [ that is not closed", first_line + 1);
        TRY(parse_flow(p, &item));
        add_item(p, out, &room, &item);
        skip_blank(p);
        if (peek(p, 0) == ',')
            p->at++;
        else if (peek(p, 0) != ']')
            return is_at_end(p) ? FAIL(p, "a [ that is not closed", first_line + 1) : FAIL(p, "',' or ']' expected", p->line + 1);
    }
    p->at++;
    return OK;
}

static enum err_code parse_flow_key(struct parser *p, struct str *out) {
    if (peek(p, 0) == '"' || peek(p, 0) == '\'')
        return parse_quoted(p, out);
    size_t end = plain_end(p, true);
    if (end == p->at)
        return FAIL(p, "a key expected", p->line + 1);
    *out = str_slice(p->text, p->at, end - p->at);
    p->at = end;
    return OK;
}

static enum err_code parse_flow_object(struct parser *p, struct json_value *out) {
    size_t room = 0, first_line = p->line;

    *out = (struct json_value){ .type = JSON_TYPE_OBJECT };
    p->at++;
    for (;;) {
        struct json_value value = { .type = JSON_TYPE_NULL };
        struct str key;
        skip_blank(p);
        if (peek(p, 0) == '}')
            break;
        if (is_at_end(p))
            return FAIL(p, "a { that is not closed", first_line + 1);
        TRY(parse_flow_key(p, &key));
        skip_blank(p);
        if (peek(p, 0) == ':') {
            p->at++;
            skip_blank(p);
            if (peek(p, 0) != ',' && peek(p, 0) != '}')
                TRY(parse_flow(p, &value));
        }
        TRY(add_member(p, out, &room, key, &value));
        skip_blank(p);
        if (peek(p, 0) == ',')
            p->at++;
        else if (peek(p, 0) != '}')
            return is_at_end(p) ? FAIL(p, "a { that is not closed", first_line + 1) : FAIL(p, "',' or '}' expected", p->line + 1);
    }
    p->at++;
    return OK;
}

/* ---- literal and folded: | and > ---- */

static bool next_line(struct parser *p, struct str *line) {
    size_t end = p->at;
    if (is_at_end(p))
        return false;
    while (end < p->text.len && p->text.ptr[end] != '\n')
        end++;
    *line = str_slice(p->text, p->at, end - p->at);
    if (line->len > 0 && line->ptr[line->len - 1] == '\r')
        line->len--;
    p->at = end < p->text.len ? end + 1 : end;
    p->line++;
    p->line_start = p->at;
    return true;
}

static size_t indent_of(struct str line) {
    size_t i = 0;
    while (i < line.len && line.ptr[i] == ' ')
        i++;
    return i;
}

/* One break between two lines that are both plain text is a space when folded. */
static void add_break(char *out, size_t *len, bool is_folded, size_t empty_count, bool is_more_indented) {
    if (is_folded && !is_more_indented) {
        if (empty_count == 0)
            out[(*len)++] = ' ';
    } else {
        out[(*len)++] = '\n';
    }
    for (; empty_count > 0; empty_count--)
        out[(*len)++] = '\n';
}

struct block_scalar {
    bool is_folded, was_indented, is_empty;
    char chomp;                       /* '+', '-' or 0 */
    size_t indent, len, empty_count; /* indent 0: not known yet */
    char *bytes;
};

static enum err_code read_block_header(struct parser *p, struct block_scalar *s, size_t min_column) {
    struct str header;

    s->is_folded = p->text.ptr[p->at] == '>';
    (void)next_line(p, &header);
    for (size_t i = 1; i < header.len && header.ptr[i] != ' ' && header.ptr[i] != '#'; i++) {
        if (header.ptr[i] == '+' || header.ptr[i] == '-')
            s->chomp = header.ptr[i];
        else if (header.ptr[i] >= '1' && header.ptr[i] <= '9')
            s->indent = (min_column > 0 ? min_column - 1 : 0) + (size_t)(header.ptr[i] - '0');
        else
            return FAIL(p, "a %c that is followed by '%c'", p->line, header.ptr[0], header.ptr[i]);
    }
    return OK;
}

static void add_line(struct block_scalar *s, struct str line) {
    bool is_indented = line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t');
    if (!s->is_empty)
        add_break(s->bytes, &s->len, s->is_folded, s->empty_count, is_indented || s->was_indented);
    for (; s->is_empty && s->empty_count > 0; s->empty_count--)
        s->bytes[s->len++] = '\n';
    memcpy(s->bytes + s->len, line.ptr, line.len);
    s->len += line.len;
    s->empty_count = 0;
    s->was_indented = is_indented;
    s->is_empty = false;
}

/* False, and nothing is read, when the line below is no longer part of it. */
static bool take_block_line(struct parser *p, struct block_scalar *s, size_t min_column) {
    struct parser before = *p;
    struct str line;

    if (!next_line(p, &line))
        return false;
    if (indent_of(line) == line.len && (s->indent == 0 || line.len <= s->indent)) {
        s->empty_count++;
        return true;
    }
    if (s->indent == 0)
        s->indent = indent_of(line);
    if (indent_of(line) < s->indent || s->indent < min_column || (s->indent == 0 && is_at_marker(&before))) {
        *p = before;
        return false;
    }
    add_line(s, str_from(line, s->indent));
    return true;
}

static enum err_code parse_block_scalar(struct parser *p, size_t min_column, struct json_value *out) {
    struct block_scalar s = { .is_empty = true };

    TRY(read_block_header(p, &s, min_column));
    s.bytes = arena_alloc(p->arena, p->text.len - p->at + 1);
    while (take_block_line(p, &s, min_column))
        ;
    if (!s.is_empty && s.chomp != '-')
        s.bytes[s.len++] = '\n';
    for (; s.chomp == '+' && s.empty_count > 0; s.empty_count--)
        s.bytes[s.len++] = '\n';
    *out = (struct json_value){ .type = JSON_TYPE_STRING, .string = { s.bytes, s.len } };
    return OK;
}

/* ---- block: lists and objects by indentation ---- */

static enum err_code parse_block_list(struct parser *p, size_t at_column, struct json_value *out) {
    size_t room = 0;

    *out = (struct json_value){ .type = JSON_TYPE_ARRAY };
    for (;;) {
        struct json_value item;
        struct place place = { .min_column = at_column + 1, .min_sequence_column = at_column + 1 };
        p->at++;
        TRY(parse_node(p, place, &item));
        add_item(p, out, &room, &item);
        skip_blank(p);
        if (ends_here(p, at_column) || column(p) != at_column || peek(p, 0) != '-' || !is_blank_at(p, 1))
            break;
    }
    if (!ends_here(p, at_column) && column(p) > at_column)
        return FAIL(p, "this stands further right than the list that it follows", p->line + 1);
    return OK;
}

/* A key that stands here, with its ':'; false when there is none, and nothing was read then. */
static bool find_key(struct parser *p, struct str *key, enum err_code *code) {
    struct parser before = *p;
    *code = OK;
    if (peek(p, 0) == '"' || peek(p, 0) == '\'') {
        *code = parse_quoted(p, key);
        if (*code != OK)
            return false;
        while (peek(p, 0) == ' ' && !is_at_end(p))
            p->at++;
        if (peek(p, 0) == ':' && is_blank_at(p, 1) && p->line == before.line) {
            p->at++;
            return true;
        }
    } else {
        size_t end = plain_end(p, false);
        *key = str_slice(p->text, p->at, end - p->at);
        while (end < p->text.len && p->text.ptr[end] == ' ')
            end++;
        if (end < p->text.len && p->text.ptr[end] == ':' && (end + 1 >= p->text.len || is_blank(p->text.ptr[end + 1]))) {
            p->at = end + 1;
            return true;
        }
    }
    *p = before;
    return false;
}

static enum err_code parse_block_object(struct parser *p, size_t at_column, struct str key, struct json_value *out) {
    enum err_code code = OK;
    size_t room = 0;

    *out = (struct json_value){ .type = JSON_TYPE_OBJECT };
    do {
        struct json_value value;
        struct place place = { at_column + 1, at_column, p->line, true };
        TRY(parse_node(p, place, &value));
        TRY(add_member(p, out, &room, key, &value));
        skip_blank(p);
        if (ends_here(p, at_column))
            return OK;
        if (column(p) != at_column)
            return FAIL(p, "this stands further right than the key that it follows", p->line + 1);
    } while (find_key(p, &key, &code));
    return code != OK ? code : FAIL(p, "a key and ':' expected", p->line + 1);
}

/* ---- a node of any kind ---- */

static struct str read_word(struct parser *p) {
    size_t begin = p->at;
    while (!is_at_end(p) && !is_blank(p->text.ptr[p->at]) && memchr(",[]{}", p->text.ptr[p->at], 5) == NULL)
        p->at++;
    return str_slice(p->text, begin, p->at - begin);
}

static enum err_code take_alias(struct parser *p, struct json_value *out) {
    struct str name;
    p->at++;
    name = read_word(p);
    for (const struct anchor *anchor = p->anchors; anchor != NULL; anchor = anchor->next)
        if (str_eq(anchor->name, name)) {
            *out = anchor->value;
            return count_value(p, anchor->value_count);
        }
    return FAIL(p, "there is no anchor '%.*s' before this", p->line + 1, STR_ARG(str_slice(name, 0, 100)));
}

/* &anchor and !tag before the node. Tags are read over, but !!str makes text of what follows. */
static void take_properties(struct parser *p, struct str *anchor, bool *is_text) {
    *anchor = (struct str){ 0 };
    *is_text = false;
    while (peek(p, 0) == '&' || peek(p, 0) == '!') {
        bool is_anchor = peek(p, 0) == '&';
        p->at++;
        struct str word = read_word(p);
        if (is_anchor)
            *anchor = word;
        else
            *is_text = str_eq_c(word, "!str");
        skip_blank(p);
    }
}

static void keep_anchor(struct parser *p, struct str name, const struct json_value *value, size_t value_count) {
    struct anchor *anchor;
    if (name.len == 0)
        return;
    anchor = ARENA_NEW(p->arena, struct anchor);
    *anchor = (struct anchor){ name, *value, value_count, p->anchors };
    p->anchors = anchor;
}

static enum err_code parse_flow_inner(struct parser *p, struct json_value *out) {
    struct str text;
    switch (peek(p, 0)) {
    case '[':
        return parse_flow_list(p, out);
    case '{':
        return parse_flow_object(p, out);
    case '*':
        return take_alias(p, out);
    case '"':
    case '\'':
        TRY(parse_quoted(p, &text));
        *out = (struct json_value){ .type = JSON_TYPE_STRING, .string = text };
        return OK;
    default:
        if (is_at_end(p))
            return FAIL(p, "the document ends too early", p->line + 1);
        return parse_plain(p, 0, true, out);
    }
}

static enum err_code parse_flow(struct parser *p, struct json_value *out) {
    size_t before = p->value_count, begin;
    struct str anchor;
    bool is_text;

    if (++p->depth > YAML_DEPTH_MAX)
        return err_set(p->err, ERR_TOO_LARGE, "more than %d levels of nesting", YAML_DEPTH_MAX);
    TRY(count_value(p, 1));
    take_properties(p, &anchor, &is_text);
    begin = p->at;
    TRY(parse_flow_inner(p, out));
    if (is_text && out->type < JSON_TYPE_STRING)
        *out = (struct json_value){ .type = JSON_TYPE_STRING, .string = str_trim(str_slice(p->text, begin, p->at - begin)) };
    keep_anchor(p, anchor, out, p->value_count - before);
    p->depth--;
    return OK;
}

static enum err_code parse_block_inner(struct parser *p, struct place place, struct json_value *out) {
    size_t at_column = column(p), begin_line = p->line;
    bool is_beside_key = place.is_value && p->line == place.line;
    enum err_code code = OK;
    struct str key;
    char c = peek(p, 0);

    if (c == '-' && is_blank_at(p, 1))
        return is_beside_key ? FAIL(p, "a list cannot begin beside its key", p->line + 1) : parse_block_list(p, at_column, out);
    if (c == '?' && is_blank_at(p, 1))
        return FAIL(p, "complex keys are not supported", p->line + 1);
    if (c == '|' || c == '>')
        return parse_block_scalar(p, place.min_column, out);
    if (c == '[' || c == '{' || c == '*') {
        TRY(parse_flow_inner(p, out));
    } else if (!is_beside_key && find_key(p, &key, &code)) {
        return parse_block_object(p, at_column, key, out);
    } else if (code != OK) {
        return code;
    } else if (c == '"' || c == '\'') {
        TRY(parse_quoted(p, &key));
        *out = (struct json_value){ .type = JSON_TYPE_STRING, .string = key };
    } else {
        TRY(parse_plain(p, place.min_column, false, out));
    }
    /* Nothing may follow on the line. */
    size_t end_line = p->line;
    skip_blank(p);
    if (!is_at_end(p) && p->line == end_line)
        return FAIL(p, "unexpected '%c' after a value", begin_line + 1, peek(p, 0));
    return OK;
}

static enum err_code parse_node(struct parser *p, struct place place, struct json_value *out) {
    size_t before = p->value_count, begin;
    struct str anchor;
    bool is_text;

    *out = (struct json_value){ .type = JSON_TYPE_NULL };
    if (++p->depth > YAML_DEPTH_MAX)
        return err_set(p->err, ERR_TOO_LARGE, "more than %d levels of nesting", YAML_DEPTH_MAX);
    TRY(count_value(p, 1));
    skip_blank(p);
    if (!ends_here(p, place.min_column))
        take_properties(p, &anchor, &is_text);
    else
        anchor = (struct str){ 0 }, is_text = false;
    bool is_list_below = !is_at_end(p) && peek(p, 0) == '-' && is_blank_at(p, 1) && p->line != place.line;
    begin = p->at;
    if (!ends_here(p, is_list_below ? place.min_sequence_column : place.min_column)) {
        TRY(parse_block_inner(p, place, out));
        if (is_text && out->type < JSON_TYPE_STRING)
            *out = (struct json_value){ .type = JSON_TYPE_STRING, .string = str_trim(str_slice(p->text, begin, plain_end(&(struct parser){ .text = p->text, .at = begin }, false) - begin)) };
    }
    keep_anchor(p, anchor, out, p->value_count - before);
    p->depth--;
    return OK;
}

static enum err_code check_text(struct str text, struct err *err) {
    if (text.len > YAML_BYTES_MAX)
        return err_set(err, ERR_TOO_LARGE, "the document is larger than %d bytes", YAML_BYTES_MAX);
    if (!str_is_utf8(text))
        return err_set(err, ERR_BAD_INPUT, "the document is not UTF-8");
    if (memchr(text.ptr, '\0', text.len) != NULL)
        return err_set(err, ERR_BAD_INPUT, "the document holds a NUL");
    return OK;
}

enum err_code yaml_parse(struct json_value **out, struct str text, struct arena *arena, struct err *err) {
    struct parser p = { .text = text, .arena = arena, .err = err };

    *out = ARENA_NEW(arena, struct json_value);
    if (text.len == 0) {
        (*out)->type = JSON_TYPE_NULL;
        return OK;
    }
    TRY(check_text(text, err));
    if (str_starts_with(text, STR("\xef\xbb\xbf")))
        p.at = p.line_start = 3;
    skip_blank(&p);
    if (str_starts_with(str_from(text, p.at), STR("---")) && is_at_marker(&p))
        p.at += 3;
    TRY(parse_node(&p, (struct place){ .line = SIZE_MAX }, *out));
    skip_blank(&p);
    if (!is_at_end(&p) && !(is_at_marker(&p) && peek(&p, 0) == '.'))
        return FAIL(&p, "the document ends before this", p.line + 1);
    return OK;
}

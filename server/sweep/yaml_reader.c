/* yaml_reader.c - see yaml_reader.h. */
#include "server/sweep/yaml_reader.h"

/* ---- characters ---- */

void yaml_next_char(struct yaml_reader *p) {
    if (p->text.ptr[p->at++] == '\n') {
        p->line++;
        p->line_start = p->at;
    }
}

void yaml_skip_blank(struct yaml_reader *p) {
    while (!is_at_end(p)) {
        char c = p->text.ptr[p->at];
        if (c == '#' && (p->at == p->line_start || is_blank(p->text.ptr[p->at - 1])))
            while (!is_at_end(p) && p->text.ptr[p->at] != '\n')
                p->at++;
        else if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            yaml_next_char(p);
        else
            return;
    }
}

enum err_code yaml_count_value(struct yaml_reader *p, size_t more) {
    p->value_count += more;
    if (p->value_count > YAML_VALUES_MAX)
        return err_set(p->err, ERR_TOO_LARGE, "the document holds more than %d values", YAML_VALUES_MAX);
    return OK;
}

/* ---- lists that grow ---- */

void yaml_add_item(struct yaml_reader *p, struct json_value *list, size_t *room, const struct json_value *item) {
    if (list->array.count == *room) {
        size_t wider = *room == 0 ? 8 : *room * 2;
        list->array.items = arena_grow(p->arena, list->array.items, *room, wider, sizeof *item);
        *room = wider;
    }
    list->array.items[list->array.count++] = *item;
}

/* Objects are small, but a hostile one is not: keys are compared only by hash-free scans up to a limit. */
enum { KEYS_MAX = 1024 };

enum err_code yaml_add_member(struct yaml_reader *p, struct json_value *object, size_t *room, struct str key,
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

enum err_code yaml_parse_quoted(struct yaml_reader *p, struct str *out) {
    char quote = p->text.ptr[p->at];
    size_t first_line = p->line, begin = ++p->at;
    bool has_doubled = false;
    struct str raw;

    for (;; yaml_next_char(p)) {
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
size_t yaml_plain_end(const struct yaml_reader *p, bool is_flow) {
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
enum err_code yaml_parse_plain(struct yaml_reader *p, size_t min_column, bool is_flow, struct json_value *out) {
    size_t begin = p->at, end = yaml_plain_end(p, is_flow), first_line = p->line;

    if (end == begin)
        return FAIL(p, "a value cannot begin with '%c'", p->line + 1, peek(p, 0));
    if (memchr("%@`&*!|>?,[]{}#", p->text.ptr[begin], 15) != NULL && !(p->text.ptr[begin] == '?' && !is_blank_at(p, 1)))
        return FAIL(p, "a value cannot begin with '%c'", p->line + 1, p->text.ptr[begin]);
    for (;;) {
        struct yaml_reader ahead = *p;
        ahead.at = end;
        while (!is_at_end(&ahead) && is_blank(ahead.text.ptr[ahead.at]))
            yaml_next_char(&ahead);
        if (ahead.line == p->line || ends_here(&ahead, min_column) || peek(&ahead, 0) == '#' ||
            (is_flow && memchr(",[]{}:", peek(&ahead, 0), 6) != NULL))
            break;
        *p = ahead;
        end = yaml_plain_end(p, is_flow);
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

/* ---- anchors ---- */

static struct str read_word(struct yaml_reader *p) {
    size_t begin = p->at;
    while (!is_at_end(p) && !is_blank(p->text.ptr[p->at]) && memchr(",[]{}", p->text.ptr[p->at], 5) == NULL)
        p->at++;
    return str_slice(p->text, begin, p->at - begin);
}

enum err_code yaml_take_alias(struct yaml_reader *p, struct json_value *out) {
    struct str name;
    p->at++;
    name = read_word(p);
    for (const struct yaml_anchor *anchor = p->anchors; anchor != NULL; anchor = anchor->next)
        if (str_eq(anchor->name, name)) {
            *out = anchor->value;
            return yaml_count_value(p, anchor->value_count);
        }
    return FAIL(p, "there is no anchor '%.*s' before this", p->line + 1, STR_ARG(str_slice(name, 0, 100)));
}

void yaml_take_properties(struct yaml_reader *p, struct str *anchor, bool *is_text) {
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
        yaml_skip_blank(p);
    }
}

void yaml_keep_anchor(struct yaml_reader *p, struct str name, const struct json_value *value, size_t value_count) {
    struct yaml_anchor *anchor;
    if (name.len == 0)
        return;
    anchor = ARENA_NEW(p->arena, struct yaml_anchor);
    *anchor = (struct yaml_anchor){ name, *value, value_count, p->anchors };
    p->anchors = anchor;
}

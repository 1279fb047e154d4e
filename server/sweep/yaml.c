/* yaml.c - see yaml.h. A parser that goes down by indentation; what it meets on its way is in yaml_reader.h. */
#include "server/sweep/yaml_reader.h"

/* How a node may begin. */
struct place {
    size_t min_column;          /* what stands further left is not part of it */
    size_t min_sequence_column; /* a list below a key may stand at the key's own column */
    size_t line;                /* of the key before it: no second key may stand there */
    bool is_value;
};

static enum err_code parse_node(struct yaml_reader *p, struct place place, struct json_value *out);

/* ---- block: lists and objects by indentation ---- */

static enum err_code parse_block_list(struct yaml_reader *p, size_t at_column, struct json_value *out) {
    size_t room = 0;

    *out = (struct json_value){ .type = JSON_TYPE_ARRAY };
    for (;;) {
        struct json_value item;
        struct place place = { .min_column = at_column + 1, .min_sequence_column = at_column + 1 };
        p->at++;
        TRY(parse_node(p, place, &item));
        yaml_add_item(p, out, &room, &item);
        yaml_skip_blank(p);
        if (ends_here(p, at_column) || column(p) != at_column || peek(p, 0) != '-' || !is_blank_at(p, 1))
            break;
    }
    if (!ends_here(p, at_column) && column(p) > at_column)
        return FAIL(p, "this stands further right than the list that it follows", p->line + 1);
    return OK;
}

/* A key that stands here, with its ':'; false when there is none, and nothing was read then. */
static bool find_key(struct yaml_reader *p, struct str *key, enum err_code *code) {
    struct yaml_reader before = *p;
    *code = OK;
    if (peek(p, 0) == '"' || peek(p, 0) == '\'') {
        *code = yaml_parse_quoted(p, key);
        if (*code != OK)
            return false;
        while (peek(p, 0) == ' ' && !is_at_end(p))
            p->at++;
        if (peek(p, 0) == ':' && is_blank_at(p, 1) && p->line == before.line) {
            p->at++;
            return true;
        }
    } else {
        size_t end = yaml_plain_end(p, false);
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

static enum err_code parse_block_object(struct yaml_reader *p, size_t at_column, struct str key, struct json_value *out) {
    enum err_code code = OK;
    size_t room = 0;

    *out = (struct json_value){ .type = JSON_TYPE_OBJECT };
    do {
        struct json_value value;
        struct place place = { at_column + 1, at_column, p->line, true };
        TRY(parse_node(p, place, &value));
        TRY(yaml_add_member(p, out, &room, key, &value));
        yaml_skip_blank(p);
        if (ends_here(p, at_column))
            return OK;
        if (column(p) != at_column)
            return FAIL(p, "this stands further right than the key that it follows", p->line + 1);
    } while (find_key(p, &key, &code));
    return code != OK ? code : FAIL(p, "a key and ':' expected", p->line + 1);
}

/* ---- a node of any kind ---- */

static enum err_code parse_block_inner(struct yaml_reader *p, struct place place, struct json_value *out) {
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
        return yaml_parse_block_scalar(p, place.min_column, out);
    if (c == '[' || c == '{' || c == '*') {
        TRY(yaml_parse_flow_inner(p, out));
    } else if (!is_beside_key && find_key(p, &key, &code)) {
        return parse_block_object(p, at_column, key, out);
    } else if (code != OK) {
        return code;
    } else if (c == '"' || c == '\'') {
        TRY(yaml_parse_quoted(p, &key));
        *out = (struct json_value){ .type = JSON_TYPE_STRING, .string = key };
    } else {
        TRY(yaml_parse_plain(p, place.min_column, false, out));
    }
    /* Nothing may follow on the line. */
    size_t end_line = p->line;
    yaml_skip_blank(p);
    if (!is_at_end(p) && p->line == end_line)
        return FAIL(p, "unexpected '%c' after a value", begin_line + 1, peek(p, 0));
    return OK;
}

static enum err_code parse_node(struct yaml_reader *p, struct place place, struct json_value *out) {
    size_t before = p->value_count, begin;
    struct str anchor;
    bool is_text;

    *out = (struct json_value){ .type = JSON_TYPE_NULL };
    if (++p->depth > YAML_DEPTH_MAX)
        return err_set(p->err, ERR_TOO_LARGE, "more than %d levels of nesting", YAML_DEPTH_MAX);
    TRY(yaml_count_value(p, 1));
    yaml_skip_blank(p);
    if (!ends_here(p, place.min_column))
        yaml_take_properties(p, &anchor, &is_text);
    else
        anchor = (struct str){ 0 }, is_text = false;
    bool is_list_below = !is_at_end(p) && peek(p, 0) == '-' && is_blank_at(p, 1) && p->line != place.line;
    begin = p->at;
    if (!ends_here(p, is_list_below ? place.min_sequence_column : place.min_column)) {
        TRY(parse_block_inner(p, place, out));
        if (is_text && out->type < JSON_TYPE_STRING)
            *out = (struct json_value){ .type = JSON_TYPE_STRING, .string = str_trim(str_slice(p->text, begin, yaml_plain_end(&(struct yaml_reader){ .text = p->text, .at = begin }, false) - begin)) };
    }
    yaml_keep_anchor(p, anchor, out, p->value_count - before);
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
    struct yaml_reader p = { .text = text, .arena = arena, .err = err };

    *out = ARENA_NEW(arena, struct json_value);
    if (text.len == 0) {
        (*out)->type = JSON_TYPE_NULL;
        return OK;
    }
    TRY(check_text(text, err));
    if (str_starts_with(text, STR("\xef\xbb\xbf")))
        p.at = p.line_start = 3;
    yaml_skip_blank(&p);
    if (str_starts_with(str_from(text, p.at), STR("---")) && is_at_marker(&p))
        p.at += 3;
    TRY(parse_node(&p, (struct place){ .line = SIZE_MAX }, *out));
    yaml_skip_blank(&p);
    if (!is_at_end(&p) && !(is_at_marker(&p) && peek(&p, 0) == '.'))
        return FAIL(&p, "the document ends before this", p.line + 1);
    return OK;
}

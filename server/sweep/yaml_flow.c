/* yaml_flow.c - [a, b] and {a: 1}; see yaml_reader.h. */
#include "server/sweep/yaml_reader.h"

static enum err_code parse_flow(struct yaml_reader *p, struct json_value *out);

static enum err_code parse_flow_list(struct yaml_reader *p, struct json_value *out) {
    size_t room = 0, first_line = p->line;

    *out = (struct json_value){ .type = JSON_TYPE_ARRAY };
    p->at++;
    for (;;) {
        struct json_value item;
        yaml_skip_blank(p);
        if (peek(p, 0) == ']')
            break;
        if (is_at_end(p))
            return FAIL(p, "a [ that is not closed", first_line + 1);
        TRY(parse_flow(p, &item));
        yaml_add_item(p, out, &room, &item);
        yaml_skip_blank(p);
        if (peek(p, 0) == ',')
            p->at++;
        else if (peek(p, 0) != ']')
            return is_at_end(p) ? FAIL(p, "a [ that is not closed", first_line + 1) : FAIL(p, "',' or ']' expected", p->line + 1);
    }
    p->at++;
    return OK;
}

static enum err_code parse_flow_key(struct yaml_reader *p, struct str *out) {
    if (peek(p, 0) == '"' || peek(p, 0) == '\'')
        return yaml_parse_quoted(p, out);
    size_t end = yaml_plain_end(p, true);
    if (end == p->at)
        return FAIL(p, "a key expected", p->line + 1);
    *out = str_slice(p->text, p->at, end - p->at);
    p->at = end;
    return OK;
}

static enum err_code parse_flow_object(struct yaml_reader *p, struct json_value *out) {
    size_t room = 0, first_line = p->line;

    *out = (struct json_value){ .type = JSON_TYPE_OBJECT };
    p->at++;
    for (;;) {
        struct json_value value = { .type = JSON_TYPE_NULL };
        struct str key;
        yaml_skip_blank(p);
        if (peek(p, 0) == '}')
            break;
        if (is_at_end(p))
            return FAIL(p, "a { that is not closed", first_line + 1);
        TRY(parse_flow_key(p, &key));
        yaml_skip_blank(p);
        if (peek(p, 0) == ':') {
            p->at++;
            yaml_skip_blank(p);
            if (peek(p, 0) != ',' && peek(p, 0) != '}')
                TRY(parse_flow(p, &value));
        }
        TRY(yaml_add_member(p, out, &room, key, &value));
        yaml_skip_blank(p);
        if (peek(p, 0) == ',')
            p->at++;
        else if (peek(p, 0) != '}')
            return is_at_end(p) ? FAIL(p, "a { that is not closed", first_line + 1) : FAIL(p, "',' or '}' expected", p->line + 1);
    }
    p->at++;
    return OK;
}

enum err_code yaml_parse_flow_inner(struct yaml_reader *p, struct json_value *out) {
    struct str text;
    switch (peek(p, 0)) {
    case '[':
        return parse_flow_list(p, out);
    case '{':
        return parse_flow_object(p, out);
    case '*':
        return yaml_take_alias(p, out);
    case '"':
    case '\'':
        TRY(yaml_parse_quoted(p, &text));
        *out = (struct json_value){ .type = JSON_TYPE_STRING, .string = text };
        return OK;
    default:
        if (is_at_end(p))
            return FAIL(p, "the document ends too early", p->line + 1);
        return yaml_parse_plain(p, 0, true, out);
    }
}

static enum err_code parse_flow(struct yaml_reader *p, struct json_value *out) {
    size_t before = p->value_count, begin;
    struct str anchor;
    bool is_text;

    if (++p->depth > YAML_DEPTH_MAX)
        return err_set(p->err, ERR_TOO_LARGE, "more than %d levels of nesting", YAML_DEPTH_MAX);
    TRY(yaml_count_value(p, 1));
    yaml_take_properties(p, &anchor, &is_text);
    begin = p->at;
    TRY(yaml_parse_flow_inner(p, out));
    if (is_text && out->type < JSON_TYPE_STRING)
        *out = (struct json_value){ .type = JSON_TYPE_STRING, .string = str_trim(str_slice(p->text, begin, p->at - begin)) };
    yaml_keep_anchor(p, anchor, out, p->value_count - before);
    p->depth--;
    return OK;
}

/* yaml_block_scalar.c - text below | and >, line by line or folded; see yaml_reader.h. */
#include "server/sweep/yaml_reader.h"

static bool next_line(struct yaml_reader *p, struct str *line) {
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

static enum err_code read_block_header(struct yaml_reader *p, struct block_scalar *s, size_t min_column) {
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
static bool take_block_line(struct yaml_reader *p, struct block_scalar *s, size_t min_column) {
    struct yaml_reader before = *p;
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

enum err_code yaml_parse_block_scalar(struct yaml_reader *p, size_t min_column, struct json_value *out) {
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

/* lexer.c - see lexer.h. */
#include "server/graphql/lexer.h"

#include <assert.h>

enum { NAME_START = 1, NAME_REST = 2, DIGIT = 4, BLANK = 8 };

/* clang-format off */
static const uint8_t byte_class[256] = {
    ['\t'] = BLANK, ['\n'] = BLANK, ['\r'] = BLANK, [' '] = BLANK, [','] = BLANK,
    ['0' ... '9'] = DIGIT | NAME_REST,
    ['A' ... 'Z'] = NAME_START | NAME_REST,
    ['a' ... 'z'] = NAME_START | NAME_REST,
    ['_'] = NAME_START | NAME_REST,
};

static const uint8_t punctuation[256] = {
    ['!'] = GQL_TOKEN_BANG,         ['$'] = GQL_TOKEN_DOLLAR,        ['&'] = GQL_TOKEN_AMP,
    ['('] = GQL_TOKEN_PAREN_OPEN,   [')'] = GQL_TOKEN_PAREN_CLOSE,   [':'] = GQL_TOKEN_COLON,
    ['='] = GQL_TOKEN_EQUALS,       ['@'] = GQL_TOKEN_AT,            ['['] = GQL_TOKEN_BRACKET_OPEN,
    [']'] = GQL_TOKEN_BRACKET_CLOSE,['{'] = GQL_TOKEN_BRACE_OPEN,    ['|'] = GQL_TOKEN_PIPE,
    ['}'] = GQL_TOKEN_BRACE_CLOSE,
};

static const char *const kind_names[] = {
    [GQL_TOKEN_END] = "the end of the document", [GQL_TOKEN_BANG] = "'!'",
    [GQL_TOKEN_DOLLAR] = "'$'",                  [GQL_TOKEN_AMP] = "'&'",
    [GQL_TOKEN_PAREN_OPEN] = "'('",              [GQL_TOKEN_PAREN_CLOSE] = "')'",
    [GQL_TOKEN_SPREAD] = "'...'",                [GQL_TOKEN_COLON] = "':'",
    [GQL_TOKEN_EQUALS] = "'='",                  [GQL_TOKEN_AT] = "'@'",
    [GQL_TOKEN_BRACKET_OPEN] = "'['",            [GQL_TOKEN_BRACKET_CLOSE] = "']'",
    [GQL_TOKEN_BRACE_OPEN] = "'{'",              [GQL_TOKEN_PIPE] = "'|'",
    [GQL_TOKEN_BRACE_CLOSE] = "'}'",             [GQL_TOKEN_NAME] = "a name",
    [GQL_TOKEN_INT] = "an integer",              [GQL_TOKEN_FLOAT] = "a number",
    [GQL_TOKEN_STRING] = "a string",             [GQL_TOKEN_BLOCK_STRING] = "a block string",
};
/* clang-format on */

const char *gql_token_kind_name(enum gql_token_kind kind) {
    return kind_names[kind];
}

void gql_lexer_init(struct gql_lexer *lexer, struct str source) {
    assert(source.len < UINT32_MAX);
    *lexer = (struct gql_lexer){ .source = source };
}

static bool has_class(const struct gql_lexer *lexer, size_t at, uint8_t class) {
    return at < lexer->source.len && (byte_class[(uint8_t)lexer->source.ptr[at]] & class) != 0;
}

static bool has_byte(const struct gql_lexer *lexer, size_t at, char byte) {
    return at < lexer->source.len && lexer->source.ptr[at] == byte;
}

static bool has_text(const struct gql_lexer *lexer, size_t at, struct str text) {
    return str_starts_with(str_from(lexer->source, at), text);
}

static enum err_code fail(struct gql_lexer *lexer, size_t at, struct err *err, const char *what) {
    lexer->failed_at = (uint32_t)at;
    return err_set(err, ERR_BAD_INPUT, "syntax error: %s", what);
}

static void skip_ignored(struct gql_lexer *lexer) {
    for (;;) {
        if (has_class(lexer, lexer->position, BLANK)) {
            lexer->position++;
        } else if (has_byte(lexer, lexer->position, '#')) {
            while (lexer->position < lexer->source.len && !has_byte(lexer, lexer->position, '\n') &&
                   !has_byte(lexer, lexer->position, '\r'))
                lexer->position++;
        } else if (has_text(lexer, lexer->position, STR("\xEF\xBB\xBF"))) {
            lexer->position += 3;
        } else {
            return;
        }
    }
}

static size_t skip_digits(const struct gql_lexer *lexer, size_t at) {
    while (has_class(lexer, at, DIGIT))
        at++;
    return at;
}

static enum err_code read_number(struct gql_lexer *lexer, struct gql_token *token, struct err *err) {
    size_t at = lexer->position + (has_byte(lexer, lexer->position, '-') ? 1 : 0);
    size_t digits = at;

    token->kind = GQL_TOKEN_INT;
    at = skip_digits(lexer, at);
    if (at == digits)
        return fail(lexer, at, err, "a number needs digits");
    if (has_byte(lexer, digits, '0') && at > digits + 1)
        return fail(lexer, digits, err, "a number must not begin with 0");
    if (has_byte(lexer, at, '.')) {
        token->kind = GQL_TOKEN_FLOAT;
        digits = at + 1;
        at = skip_digits(lexer, digits);
        if (at == digits)
            return fail(lexer, at, err, "a number needs digits after its point");
    }
    if (has_byte(lexer, at, 'e') || has_byte(lexer, at, 'E')) {
        token->kind = GQL_TOKEN_FLOAT;
        at++;
        if (has_byte(lexer, at, '+') || has_byte(lexer, at, '-'))
            at++;
        digits = at;
        at = skip_digits(lexer, digits);
        if (at == digits)
            return fail(lexer, at, err, "a number needs digits in its exponent");
    }
    if (has_class(lexer, at, NAME_START) || has_byte(lexer, at, '.'))
        return fail(lexer, at, err, "a number must be followed by a space");
    token->text = str_slice(lexer->source, lexer->position, at - lexer->position);
    lexer->position = at;
    return OK;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The digits of \uXXXX or \u{X...}; text begins after the u. Returns how many bytes were read, 0 when
 * malformed. */
static size_t read_code_unit(struct str text, uint32_t *unit) {
    bool is_braced = text.len > 0 && text.ptr[0] == '{';
    size_t at = is_braced ? 1 : 0;
    size_t digits = 0;

    *unit = 0;
    for (; at < text.len && digits < (is_braced ? 8u : 4u) && hex_digit(text.ptr[at]) >= 0; at++, digits++)
        *unit = *unit << 4 | (uint32_t)hex_digit(text.ptr[at]);
    if (!is_braced)
        return digits == 4 ? at : 0;
    return digits > 0 && at < text.len && text.ptr[at] == '}' ? at + 1 : 0;
}

static bool is_high_surrogate(uint32_t unit) {
    return unit >= 0xD800 && unit < 0xDC00;
}

static bool is_low_surrogate(uint32_t unit) {
    return unit >= 0xDC00 && unit < 0xE000;
}

/* One whole character after "\u", a pair of surrogates included. Returns the bytes read, 0 when it is none.
 */
static size_t read_unicode_escape(struct str text, uint32_t *character) {
    uint32_t low;
    size_t used = read_code_unit(text, character);

    if (used == 0 || *character > 0x10FFFF || is_low_surrogate(*character))
        return 0;
    if (!is_high_surrogate(*character))
        return used;
    if (text.ptr[0] == '{' || !str_starts_with(str_from(text, used), STR("\\u")))
        return 0;
    struct str second = str_from(text, used + 2);
    size_t second_used = read_code_unit(second, &low);
    if (second_used == 0 || second.ptr[0] == '{' || !is_low_surrogate(low))
        return 0;
    *character = 0x10000 + ((*character - 0xD800) << 10) + (low - 0xDC00);
    return used + 2 + second_used;
}

static enum err_code skip_escape(struct gql_lexer *lexer, size_t *at, struct err *err) {
    struct str rest = str_from(lexer->source, *at + 1);
    uint32_t character;

    if (rest.len > 0 && rest.ptr[0] != '\0' && strchr("\"\\/bfnrt", rest.ptr[0]) != NULL) {
        *at += 2;
        return OK;
    }
    size_t used = rest.len > 0 && rest.ptr[0] == 'u' ? read_unicode_escape(str_from(rest, 1), &character) : 0;
    if (used == 0)
        return fail(lexer, *at, err, "unknown escape in a string");
    *at += 2 + used;
    return OK;
}

static enum err_code read_string(struct gql_lexer *lexer, struct gql_token *token, struct err *err) {
    size_t first = lexer->position + 1;
    size_t at = first;

    token->kind = GQL_TOKEN_STRING;
    while (!has_byte(lexer, at, '"')) {
        if (at >= lexer->source.len || has_byte(lexer, at, '\n') || has_byte(lexer, at, '\r'))
            return fail(lexer, at, err, "a string must end on the line it began on");
        if (has_byte(lexer, at, '\\'))
            TRY(skip_escape(lexer, &at, err));
        else
            at++;
    }
    token->text = str_slice(lexer->source, first, at - first);
    lexer->position = at + 1;
    return OK;
}

static enum err_code read_block_string(struct gql_lexer *lexer, struct gql_token *token, struct err *err) {
    size_t first = lexer->position + 3;
    size_t at = first;

    token->kind = GQL_TOKEN_BLOCK_STRING;
    while (!has_text(lexer, at, STR("\"\"\""))) {
        if (at >= lexer->source.len)
            return fail(lexer, lexer->position, err, "a block string does not end");
        at += has_text(lexer, at, STR("\\\"\"\"")) ? 4 : 1;
    }
    token->text = str_slice(lexer->source, first, at - first);
    lexer->position = at + 3;
    return OK;
}

static void read_name(struct gql_lexer *lexer, struct gql_token *token) {
    size_t at = lexer->position;

    while (has_class(lexer, at, NAME_REST))
        at++;
    token->kind = GQL_TOKEN_NAME;
    token->text = str_slice(lexer->source, lexer->position, at - lexer->position);
    lexer->position = at;
}

enum err_code gql_lexer_next(struct gql_lexer *lexer, struct gql_token *token, struct err *err) {
    skip_ignored(lexer);
    *token =
        (struct gql_token){ .kind = GQL_TOKEN_END, .offset = (uint32_t)lexer->position, .text = STR_EMPTY };
    if (lexer->position == lexer->source.len)
        return OK;

    uint8_t byte = (uint8_t)lexer->source.ptr[lexer->position];
    if (byte_class[byte] & NAME_START) {
        read_name(lexer, token);
        return OK;
    }
    if (punctuation[byte] != 0) {
        token->kind = (enum gql_token_kind)punctuation[byte];
        token->text = str_slice(lexer->source, lexer->position++, 1);
        return OK;
    }
    if (byte == '-' || (byte_class[byte] & DIGIT))
        return read_number(lexer, token, err);
    if (byte == '"')
        return has_text(lexer, lexer->position, STR("\"\"\"")) ? read_block_string(lexer, token, err)
                                                               : read_string(lexer, token, err);
    if (has_text(lexer, lexer->position, STR("..."))) {
        token->kind = GQL_TOKEN_SPREAD;
        token->text = str_slice(lexer->source, lexer->position, 3);
        lexer->position += 3;
        return OK;
    }
    return fail(lexer, lexer->position, err, "unexpected character");
}

static size_t put_utf8(char *out, uint32_t character) {
    if (character < 0x80) {
        out[0] = (char)character;
        return 1;
    }
    size_t len = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, character >>= 6)
        out[i] = (char)(0x80 | (character & 0x3F));
    out[0] = (char)((0xF00 >> len & 0xFF) | character);
    return len;
}

/* A decoded escape is never longer than the escape. */
static struct str decode_string(struct str text, struct arena *arena) {
    static const char simple[256] = { ['b'] = '\b', ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r',
                                      ['t'] = '\t', ['"'] = '"',  ['\\'] = '\\', ['/'] = '/' };
    if (text.len == 0 || memchr(text.ptr, '\\', text.len) == NULL)
        return text;
    char *out = arena_alloc(arena, text.len);
    size_t len = 0;

    for (size_t i = 0; i < text.len;) {
        uint32_t character;
        if (text.ptr[i] != '\\') {
            out[len++] = text.ptr[i++];
        } else if (text.ptr[i + 1] != 'u') {
            out[len++] = simple[(uint8_t)text.ptr[i + 1]];
            i += 2;
        } else {
            i += 2 + read_unicode_escape(str_from(text, i + 2), &character);
            len += put_utf8(out + len, character);
        }
    }
    return (struct str){ out, len };
}

/* Cuts the next line off *rest; false when there was none left. */
static bool next_line(struct str *rest, bool *is_done, struct str *line) {
    if (*is_done)
        return false;
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] != '\n' && rest->ptr[len] != '\r')
        len++;
    *line = str_slice(*rest, 0, len);
    *is_done = len == rest->len;
    if (!*is_done)
        len += rest->ptr[len] == '\r' && len + 1 < rest->len && rest->ptr[len + 1] == '\n' ? 2 : 1;
    *rest = str_from(*rest, len);
    return true;
}

static size_t indent_of(struct str line) {
    size_t indent = 0;
    while (indent < line.len && (line.ptr[indent] == ' ' || line.ptr[indent] == '\t'))
        indent++;
    return indent;
}

struct block_shape {
    size_t indent;               /* common to all lines but the first */
    size_t first_line, end_line; /* without the blank lines around */
};

static struct block_shape measure_block(struct str text) {
    struct block_shape shape = { .indent = SIZE_MAX, .first_line = SIZE_MAX, .end_line = 0 };
    struct str line, rest = text;
    bool is_done = false;

    for (size_t i = 0; next_line(&rest, &is_done, &line); i++) {
        size_t indent = indent_of(line);
        if (indent == line.len)
            continue;
        if (i > 0 && indent < shape.indent)
            shape.indent = indent;
        if (shape.first_line == SIZE_MAX)
            shape.first_line = i;
        shape.end_line = i + 1;
    }
    return shape;
}

static size_t put_block_line(char *out, struct str line) {
    size_t len = 0;
    for (size_t i = 0; i < line.len; i++) {
        if (str_starts_with(str_from(line, i), STR("\\\"\"\"")))
            continue; /* the backslash goes, the quotes stay */
        out[len++] = line.ptr[i];
    }
    return len;
}

static struct str decode_block_string(struct str text, struct arena *arena) {
    struct block_shape shape = measure_block(text);
    struct str line, rest = text;
    bool is_done = false;
    char *out = arena_alloc(arena, text.len);
    size_t len = 0;

    for (size_t i = 0; next_line(&rest, &is_done, &line); i++) {
        if (i < shape.first_line || i >= shape.end_line)
            continue;
        if (i > shape.first_line)
            out[len++] = '\n';
        len += put_block_line(out + len, i == 0 ? line : str_from(line, shape.indent));
    }
    return (struct str){ out, len };
}

struct str gql_token_string(const struct gql_token *token, struct arena *arena) {
    return token->kind == GQL_TOKEN_BLOCK_STRING ? decode_block_string(token->text, arena)
                                                 : decode_string(token->text, arena);
}

void gql_locate(struct str source, size_t offset, uint32_t *line, uint32_t *column) {
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < offset && i < source.len; i++) {
        uint8_t byte = (uint8_t)source.ptr[i];
        bool ends_line = byte == '\n' || (byte == '\r' && !(i + 1 < source.len && source.ptr[i + 1] == '\n'));
        if (ends_line) {
            *line += 1;
            *column = 1;
        } else if ((byte & 0xC0) != 0x80) {
            *column += 1;
        }
    }
}

/* http_parser.c - see http_parser.h. */
#include "base/http_parser.h"

static bool is_token_char(unsigned char c) {
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
        return true;
    return c > ' ' && c < 0x7F && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

bool http_is_token(struct str text) {
    for (size_t i = 0; i < text.len; i++)
        if (!is_token_char((unsigned char)text.ptr[i]))
            return false;
    return text.len > 0;
}

/* ---- heads ---- */

enum err_code http_head_find_end(struct str bytes, size_t *scanned, size_t *head_len, struct err *err) {
    *head_len = 0;
    while (*scanned < bytes.len) {
        const char *newline = memchr(bytes.ptr + *scanned, '\n', bytes.len - *scanned);
        if (newline == NULL) {
            *scanned = bytes.len;
            break;
        }
        size_t at = (size_t)(newline - bytes.ptr);
        if (at == 0 || bytes.ptr[at - 1] != '\r')
            return err_set(err, ERR_BAD_INPUT, "a line of the head does not end in CRLF");
        if (at == 1)
            return err_set(err, ERR_BAD_INPUT, "the head begins with an empty line");
        *scanned = at + 1;
        if (at >= 3 && bytes.ptr[at - 2] == '\n') {
            *head_len = at + 1;
            break;
        }
    }
    if (*head_len > HTTP_HEAD_BYTES_MAX || (*head_len == 0 && bytes.len >= HTTP_HEAD_BYTES_MAX))
        return err_set(err, ERR_BAD_INPUT, "the head is larger than %d bytes", HTTP_HEAD_BYTES_MAX);
    return OK;
}

/* Takes a line off the front; the text is known to consist of whole lines. */
static struct str take_line(struct str *text) {
    const char *newline = memchr(text->ptr, '\n', text->len);
    size_t len = (size_t)(newline - text->ptr);
    struct str line = { text->ptr, len - 1 };
    *text = str_from(*text, len + 1);
    return line;
}

static bool is_field_text(struct str value) {
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if ((c < ' ' && c != '\t') || c == 0x7F)
            return false;
    }
    return true;
}

static struct str trim_blanks(struct str text) {
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
        text = str_from(text, 1);
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

static enum err_code parse_field(struct http_field *field, struct str line, struct err *err) {
    if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
        return err_set(err, ERR_BAD_INPUT, "a header field is folded over two lines");
    if (!str_cut(line, ':', &field->name, &field->value))
        return err_set(err, ERR_BAD_INPUT, "a header field has no colon");
    if (!http_is_token(field->name))
        return err_set(err, ERR_BAD_INPUT,
                       "a header field's name is empty or holds a character that names cannot have");
    field->value = trim_blanks(field->value);
    if (!is_field_text(field->value))
        return err_set(err, ERR_BAD_INPUT, "the header field '%.*s' holds a control character",
                       (int)(field->name.len < 64 ? field->name.len : 64), field->name.ptr);
    return OK;
}

static enum err_code parse_fields(struct http_head *head, struct str text, struct http_field *fields,
                                  struct err *err) {
    head->fields = fields;
    head->field_count = 0;
    for (struct str line = take_line(&text); line.len > 0; line = take_line(&text)) {
        if (head->field_count == HTTP_FIELDS_MAX)
            return err_set(err, ERR_BAD_INPUT, "there are more than %d header fields", HTTP_FIELDS_MAX);
        TRY(parse_field(&fields[head->field_count], line, err));
        head->field_count++;
    }
    return OK;
}

static enum err_code parse_version(struct http_head *head, struct str version, struct err *err) {
    if (str_eq(version, STR("HTTP/1.1")))
        head->minor_version = 1;
    else if (str_eq(version, STR("HTTP/1.0")))
        head->minor_version = 0;
    else
        return err_set(err, ERR_BAD_INPUT, "the version is neither HTTP/1.1 nor HTTP/1.0");
    return OK;
}

static bool is_visible_ascii(struct str text) {
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] <= ' ' || (unsigned char)text.ptr[i] >= 0x7F)
            return false;
    return text.len > 0;
}

enum err_code http_request_parse(struct http_head *head, struct str text, struct http_field *fields,
                                 struct err *err) {
    *head = (struct http_head){ 0 };
    struct str line = take_line(&text), rest, version;
    if (!str_cut(line, ' ', &head->method, &rest) || !str_cut(rest, ' ', &head->target, &version))
        return err_set(err, ERR_BAD_INPUT, "the request line is not 'METHOD target HTTP/1.1'");
    if (!http_is_token(head->method))
        return err_set(err, ERR_BAD_INPUT, "the method holds a character that methods cannot have");
    if (!is_visible_ascii(head->target))
        return err_set(err, ERR_BAD_INPUT,
                       "the target is empty or holds a byte that should be percent-encoded");
    TRY(parse_version(head, version, err));
    return parse_fields(head, text, fields, err);
}

enum err_code http_response_parse(struct http_head *head, struct str text, struct http_field *fields,
                                  struct err *err) {
    uint64_t status;

    *head = (struct http_head){ 0 };
    struct str line = take_line(&text), version, rest, status_text, reason;
    if (!str_cut(line, ' ', &version, &rest))
        return err_set(err, ERR_BAD_INPUT, "the status line is not 'HTTP/1.1 status reason'");
    TRY(parse_version(head, version, err));
    (void)str_cut(rest, ' ', &status_text, &reason);
    if (status_text.len != 3 || !str_to_u64(status_text, &status) || status < 100 || status > 599 ||
        !is_field_text(rest))
        return err_set(err, ERR_BAD_INPUT, "the status line's status is not a number from 100 to 599");
    head->status = (int)status;
    return parse_fields(head, text, fields, err);
}

struct str http_head_find(const struct http_head *head, struct str name) {
    for (size_t i = 0; i < head->field_count; i++)
        if (str_eq_ignore_case(head->fields[i].name, name))
            return head->fields[i].value;
    return (struct str){ NULL, 0 };
}

size_t http_head_count(const struct http_head *head, struct str name) {
    size_t count = 0;
    for (size_t i = 0; i < head->field_count; i++)
        count += str_eq_ignore_case(head->fields[i].name, name);
    return count;
}

bool http_list_has(struct str value, struct str token) {
    bool has_more = true;
    while (has_more) {
        struct str item, parameters;
        has_more = str_cut(value, ',', &item, &value);
        (void)str_cut(item, ';', &item, &parameters);
        if (str_eq_ignore_case(trim_blanks(item), token))
            return true;
    }
    return false;
}

bool http_head_has_token(const struct http_head *head, struct str name, struct str token) {
    for (size_t i = 0; i < head->field_count; i++)
        if (str_eq_ignore_case(head->fields[i].name, name) && http_list_has(head->fields[i].value, token))
            return true;
    return false;
}

/* ---- framing ---- */

/* What both directions share; HTTP_BODY_NONE when no field speaks of a body. */
static enum err_code read_framing(struct http_framing *out, const struct http_head *head, struct err *err) {
    struct str length = http_head_find(head, STR("content-length"));
    struct str coding = http_head_find(head, STR("transfer-encoding"));

    *out = (struct http_framing){ .kind = HTTP_BODY_NONE };
    if (coding.ptr != NULL) {
        if (length.ptr != NULL)
            return err_set(err, ERR_BAD_INPUT, "Content-Length and Transfer-Encoding exclude each other");
        if (head->minor_version == 0)
            return err_set(err, ERR_BAD_INPUT, "HTTP/1.0 has no Transfer-Encoding");
        if (http_head_count(head, STR("transfer-encoding")) != 1 ||
            !str_eq_ignore_case(coding, STR("chunked")))
            return err_set(err, ERR_BAD_INPUT, "the only Transfer-Encoding understood is 'chunked', once");
        out->kind = HTTP_BODY_CHUNKED;
    } else if (length.ptr != NULL) {
        if (http_head_count(head, STR("content-length")) != 1)
            return err_set(err, ERR_BAD_INPUT, "Content-Length stands more than once");
        if (!str_to_u64(length, &out->length) || out->length > INT64_MAX)
            return err_set(err, ERR_BAD_INPUT, "Content-Length is not a plain decimal number");
        out->kind = HTTP_BODY_LENGTH;
    }
    return OK;
}

enum err_code http_request_framing(struct http_framing *out, const struct http_head *head, struct err *err) {
    return read_framing(out, head, err);
}

enum err_code http_response_framing(struct http_framing *out, const struct http_head *head, bool to_head,
                                    struct err *err) {
    TRY(read_framing(out, head, err));
    if (to_head || head->status < 200 || head->status == 204 || head->status == 304)
        *out = (struct http_framing){ .kind = HTTP_BODY_NONE };
    else if (out->kind == HTTP_BODY_NONE)
        out->kind = HTTP_BODY_UNTIL_CLOSE;
    return OK;
}

/* ---- chunks ---- */

enum chunk_state {
    IN_SIZE, /* the state a cleared struct is in */
    IN_EXTENSION,
    AT_SIZE_LF,
    IN_CONTENT,
    AT_CONTENT_CR,
    AT_CONTENT_LF,
    AT_TRAILER, /* at the beginning of a line */
    IN_TRAILER,
    AT_TRAILER_LF,
    AT_LAST_LF,
};

/* 15 hexadecimal digits cannot overflow, and hold more than any disk. */
enum { CHUNK_DIGITS_MAX = 15 };

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static enum err_code size_char(struct http_chunks *chunks, char c, struct err *err) {
    int digit = hex_value(c);
    if (digit >= 0) {
        if (chunks->digit_count++ == CHUNK_DIGITS_MAX)
            return err_set(err, ERR_BAD_INPUT, "a chunk's size has more than %d digits", CHUNK_DIGITS_MAX);
        chunks->left = chunks->left * 16 + (unsigned)digit;
        return OK;
    }
    if (chunks->digit_count == 0 || (c != ';' && c != '\r'))
        return err_set(err, ERR_BAD_INPUT, "a chunk's size is not a plain hexadecimal number");
    chunks->state = c == ';' ? IN_EXTENSION : AT_SIZE_LF;
    return OK;
}

static void end_size_line(struct http_chunks *chunks) {
    chunks->state = chunks->left > 0 ? IN_CONTENT : AT_TRAILER;
    chunks->digit_count = 0;
    chunks->line_bytes = 0;
}

static enum err_code expect(struct http_chunks *chunks, char c, char wanted, enum chunk_state next,
                            struct err *err) {
    if (c != wanted)
        return err_set(err, ERR_BAD_INPUT, "a line of the chunked body does not end in CRLF");
    chunks->state = (uint8_t)next;
    return OK;
}

static enum err_code text_char(struct http_chunks *chunks, char c, enum chunk_state next, struct err *err) {
    if (c == '\r')
        chunks->state = (uint8_t)next;
    else if (!is_field_text((struct str){ &c, 1 }))
        return err_set(err, ERR_BAD_INPUT, "a line of the chunked body holds a control character");
    return OK;
}

static enum err_code step(struct http_chunks *chunks, char c, struct err *err) {
    switch ((enum chunk_state)chunks->state) {
    case IN_SIZE:
        return size_char(chunks, c, err);
    case IN_EXTENSION:
        return text_char(chunks, c, AT_SIZE_LF, err);
    case AT_SIZE_LF:
        TRY(expect(chunks, c, '\n', IN_CONTENT, err));
        end_size_line(chunks);
        return OK;
    case AT_CONTENT_CR:
        return expect(chunks, c, '\r', AT_CONTENT_LF, err);
    case AT_CONTENT_LF:
        return expect(chunks, c, '\n', IN_SIZE, err);
    case AT_TRAILER:
        chunks->state = c == '\r' ? AT_LAST_LF : IN_TRAILER;
        return c == '\r' ? OK : text_char(chunks, c, AT_TRAILER_LF, err);
    case IN_TRAILER:
        return text_char(chunks, c, AT_TRAILER_LF, err);
    case AT_TRAILER_LF:
        return expect(chunks, c, '\n', AT_TRAILER, err);
    case AT_LAST_LF:
        TRY(expect(chunks, c, '\n', AT_LAST_LF, err));
        chunks->is_done = true;
        return OK;
    case IN_CONTENT:
        break;
    }
    return err_set(err, ERR_INTERNAL, "a chunk's content was taken for a line");
}

static enum err_code count_line_byte(struct http_chunks *chunks, struct err *err) {
    bool in_trailers = chunks->state >= AT_TRAILER;
    uint32_t limit = in_trailers ? HTTP_TRAILER_BYTES_MAX : HTTP_CHUNK_LINE_BYTES_MAX;
    if (++chunks->line_bytes > limit)
        return err_set(err, ERR_BAD_INPUT, "a %s of the chunked body is longer than %u bytes",
                       in_trailers ? "trailer" : "size line", limit);
    return OK;
}

enum err_code http_chunks_next(struct http_chunks *chunks, struct str *bytes, struct str *content,
                               struct err *err) {
    *content = STR_EMPTY;
    while (bytes->len > 0 && !chunks->is_done) {
        if (chunks->state == IN_CONTENT) {
            size_t len = bytes->len < chunks->left ? bytes->len : (size_t)chunks->left;
            *content = str_slice(*bytes, 0, len);
            *bytes = str_from(*bytes, len);
            chunks->left -= len;
            if (chunks->left == 0)
                chunks->state = AT_CONTENT_CR;
            return OK;
        }
        TRY(count_line_byte(chunks, err));
        TRY(step(chunks, bytes->ptr[0], err));
        *bytes = str_from(*bytes, 1);
    }
    return OK;
}

/* http_parser.h - HTTP/1.1 heads and chunked bodies, strictly, for both the server and the client.
 *
 * What two programs could read differently is refused, never repaired: a line that does not end in CRLF, a
 * folded line, a space before a colon, a length that is not plain digits, stands twice or meets a
 * Transfer-Encoding. Request smuggling lives in those differences.
 *
 * Threads: no state of its own. Memory: nothing is allocated; results point into the text that was parsed.
 */
#ifndef BASE_HTTP_PARSER_H
#define BASE_HTTP_PARSER_H

#include "base/str.h"

enum {
    HTTP_HEAD_BYTES_MAX = 64 * 1024,
    HTTP_FIELDS_MAX = 100,
    HTTP_CHUNK_LINE_BYTES_MAX = 256, /* size and extensions */
    HTTP_TRAILER_BYTES_MAX = 8192,
};

struct http_field {
    struct str name, value; /* value: without white space around it */
};

struct http_head {
    struct str method, target; /* of a request */
    int status;                /* of a response, 100 to 599 */
    int minor_version;         /* of HTTP/1: 0 or 1 */
    struct http_field *fields;
    size_t field_count;
};

/* Looks for the empty line that ends a head. *scanned remembers how far earlier calls got (begin with 0);
 * *head_len is 0 as long as the end has not arrived. Fails early on a line without CR and past the limit. */
MUST_CHECK enum err_code http_head_find_end(struct str bytes, size_t *scanned, size_t *head_len,
                                            struct err *err);

/* text: exactly the head_len bytes found above. fields: room for HTTP_FIELDS_MAX. */
MUST_CHECK enum err_code http_request_parse(struct http_head *head, struct str text,
                                            struct http_field *fields, struct err *err);
MUST_CHECK enum err_code http_response_parse(struct http_head *head, struct str text,
                                             struct http_field *fields, struct err *err);

/* The first field of that name, in any case; ptr is NULL when there is none. */
struct str http_head_find(const struct http_head *head, struct str name);
size_t http_head_count(const struct http_head *head, struct str name);
/* True when a comma separated value holds the token, in any case; parameters after ';' are not looked at. */
bool http_list_has(struct str value, struct str token);
/* As above, over every field of that name. */
bool http_head_has_token(const struct http_head *head, struct str name, struct str token);
/* The letters, digits and signs that names and methods are made of. */
bool http_is_token(struct str text);

enum http_framing_kind { HTTP_BODY_NONE, HTTP_BODY_LENGTH, HTTP_BODY_CHUNKED, HTTP_BODY_UNTIL_CLOSE };

struct http_framing {
    enum http_framing_kind kind;
    uint64_t length; /* of HTTP_BODY_LENGTH */
};

MUST_CHECK enum err_code http_request_framing(struct http_framing *out, const struct http_head *head,
                                              struct err *err);
/* to_head: the response answers a HEAD request and has no body whatever its fields say. */
MUST_CHECK enum err_code http_response_framing(struct http_framing *out, const struct http_head *head,
                                               bool to_head, struct err *err);

/* A chunked body, decoded as it arrives. Begin with a cleared struct. */
struct http_chunks {
    uint64_t left;       /* of the chunk at hand */
    uint32_t line_bytes; /* of the size line or the trailers so far */
    uint8_t state, digit_count;
    bool is_done;
};

/* Takes bytes from the front of *bytes: afterwards *content is the next run of content (a part of what was
 * taken, empty when there is none yet). Call until *bytes is empty or is_done; what is left then follows the
 * body. Trailers are read and dropped. */
MUST_CHECK enum err_code http_chunks_next(struct http_chunks *chunks, struct str *bytes, struct str *content,
                                          struct err *err);

#endif

/* err.h - what can go wrong, and how each kind looks from outside.
 *
 * A function that can fail returns enum err_code, takes struct err * last and is MUST_CHECK. The message is
 * written where the cause is known: lower case, no full stop, what failed first. Callers add context with
 * err_add_context, they never replace it. For a 4xx the person at fault reads the message as it is; for a
 * 5xx they read the code's name and a request id, and the message goes to the log.
 *
 * Threads: a struct err belongs to one call chain. Memory: none.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/banned.h"

#include <stdarg.h>

/*   code                 HTTP  GraphQL extensions.code */
#define ERR_CODES(X)                                                                                         \
    X(OK, 200, "OK")                                                                                         \
    X(ERR_BAD_INPUT, 400, "BAD_USER_INPUT")                                                                  \
    X(ERR_UNAUTHENTICATED, 401, "UNAUTHENTICATED")                                                           \
    X(ERR_FORBIDDEN, 403, "FORBIDDEN")                                                                       \
    X(ERR_NOT_FOUND, 404, "NOT_FOUND")                                                                       \
    X(ERR_METHOD, 405, "METHOD_NOT_ALLOWED")                                                                 \
    X(ERR_TIMEOUT, 408, "TIMEOUT")                                                                           \
    X(ERR_CONFLICT, 409, "CONFLICT")                                                                         \
    X(ERR_GONE, 410, "GONE")                                                                                 \
    X(ERR_PRECONDITION, 412, "PRECONDITION_FAILED")                                                          \
    X(ERR_TOO_LARGE, 413, "TOO_LARGE")                                                                       \
    X(ERR_RANGE, 416, "RANGE_NOT_SATISFIABLE")                                                               \
    X(ERR_TOO_MANY, 429, "TOO_MANY_REQUESTS")                                                                \
    X(ERR_INTERNAL, 500, "INTERNAL")                                                                         \
    X(ERR_CORRUPT, 500, "CORRUPT")                                                                           \
    X(ERR_NOT_OFFERED, 501, "NOT_OFFERED")                                                                   \
    X(ERR_BUSY, 503, "BUSY")                                                                                 \
    X(ERR_FULL, 503, "STORAGE_FULL")                                                                         \
    X(ERR_IO, 503, "IO")

enum err_code {
#define X(code, status, name) code,
    ERR_CODES(X)
#undef X
};

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_at, args_at) __attribute__((format(printf, format_at, args_at)))

#define ERR_MESSAGE_MAX 512

struct err {
    enum err_code code;
    char message[ERR_MESSAGE_MAX]; /* cut at the end when longer, always terminated */
};

/* Sets the code and the message and returns the code, so that `return err_set(...)` reads well. */
void err_set_message(struct err *err, enum err_code code, const char *format, ...) PRINTF_LIKE(3, 4);
/* A macro, so that the compiler sees which code comes back: what a failed call did not set is not used after TRY. */
#define err_set(err, code, ...) (err_set_message((err), (code), __VA_ARGS__), (enum err_code)(code))

/* Puts "context: " before the message that is there. Returns err->code. */
enum err_code err_add_context(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* ERR_FULL for ENOSPC and EDQUOT, ERR_NOT_FOUND for ENOENT, otherwise ERR_IO. */
enum err_code err_from_errno(int error_number);

/* "cannot open 'x': No such file or directory": the format's text, a colon and the system's own words. */
enum err_code err_set_errno(struct err *err, int error_number, const char *format, ...) PRINTF_LIKE(3, 4);

int err_http_status(enum err_code code);
const char *err_name(enum err_code code);

/* For use when nothing is held that has to be given back. */
#define TRY(call)                                                                                            \
    do {                                                                                                     \
        enum err_code try_code = (call);                                                                     \
        if (try_code != OK)                                                                                  \
            return try_code;                                                                                 \
    } while (0)

#endif

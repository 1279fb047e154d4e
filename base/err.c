/* err.c - see err.h. */
#include "base/err.h"

#include "base/os.h"

#include <assert.h>
#include <errno.h>

static const struct {
    int status;
    const char *name;
} code_rows[] = {
#define X(code, status, name) [code] = { status, name },
    ERR_CODES(X)
#undef X
};

static void set_message(struct err *err, const char *format, va_list args) {
    int written = vsnprintf(err->message, sizeof err->message, format, args);
    assert(written >= 0);
    (void)written;
}

void err_set_message(struct err *err, enum err_code code, const char *format, ...) {
    va_list args;

    err->code = code;
    va_start(args, format);
    set_message(err, format, args);
    va_end(args);
}

enum err_code err_add_context(struct err *err, const char *format, ...) {
    struct err inner = *err;
    va_list args;

    va_start(args, format);
    set_message(err, format, args);
    va_end(args);
    size_t used = strlen(err->message);
    (void)snprintf(err->message + used, sizeof err->message - used, ": %s", inner.message);
    return err->code;
}

enum err_code err_from_errno(int error_number) {
    switch (error_number) {
    case ENOSPC:
    case EDQUOT:
        return ERR_FULL;
    case ENOENT:
        return ERR_NOT_FOUND;
    default:
        return ERR_IO;
    }
}

enum err_code err_set_errno(struct err *err, int error_number, const char *format, ...) {
    va_list args;

    err->code = err_from_errno(error_number);
    va_start(args, format);
    set_message(err, format, args);
    va_end(args);
    size_t used = strlen(err->message);
    (void)snprintf(err->message + used, sizeof err->message - used, ": %s", os_error_text(error_number));
    return err->code;
}

int err_http_status(enum err_code code) {
    return code_rows[code].status;
}

const char *err_name(enum err_code code) {
    return code_rows[code].name;
}

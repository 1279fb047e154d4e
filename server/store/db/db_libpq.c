/* db_libpq.c - see db_libpq.h. */
#include "server/store/db/db_libpq.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

struct libpq libpq;

static struct err failure; /* of the one try to load it */

static void load(void) {
    static const struct {
        const char *name;
        size_t at;
    } functions[] = {
#define X(name) { #name, offsetof(struct libpq, name) },
        LIBPQ_FUNCTIONS(X)
#undef X
    };
    void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);

    if (library == NULL) {
        err_set_message(&failure, ERR_NOT_OFFERED,
                        "a PostgreSQL database needs libpq.so.5, which is not installed (Debian: apt-get install libpq5)");
        return;
    }
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *function = dlsym(library, functions[i].name);
        if (function == NULL) {
            err_set_message(&failure, ERR_NOT_OFFERED, "libpq.so.5 is too old: it lacks %s; 14 or later is needed",
                            functions[i].name);
            return;
        }
        memcpy((char *)&libpq + functions[i].at, &function, sizeof function);
    }
}

enum err_code libpq_load(struct err *err) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, load);
    if (failure.code != OK)
        *err = failure;
    return failure.code;
}

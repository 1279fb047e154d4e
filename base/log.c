/* log.c - see log.h. */
#include "base/log.h"

#include "base/clock.h"
#include "base/str.h"

#include <stdatomic.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096, MESSAGE_MAX_BYTES = 2048 };

static atomic_int lowest_level = LOG_INFO;

void log_set_level(enum log_level level) {
    atomic_store(&lowest_level, (int)level);
}

/* The C1 controls are two bytes in UTF-8, and some terminals obey them as they obey an ESC. */
static bool is_c1_control(const char *text) {
    return (unsigned char)text[0] == 0xC2 && (unsigned char)text[1] >= 0x80 && (unsigned char)text[1] < 0xA0;
}

static size_t escape(char *out, size_t room, const char *text) {
    bool is_utf8 = str_is_utf8(str_from_c(text));
    size_t len = 0;
    for (; *text != '\0' && len + 8 < room; text++) {
        unsigned char c = (unsigned char)*text;
        if (is_utf8 && is_c1_control(text))
            len += (size_t)snprintf(out + len, room - len, "\\x%02x\\x%02x", c, (unsigned char)*++text);
        else if (c < 0x20 || c == 0x7F || (c >= 0x80 && !is_utf8))
            len += (size_t)snprintf(out + len, room - len, "\\x%02x", c);
        else
            out[len++] = (char)c;
    }
    return len;
}

static void write_line(const char *level, const char *format, va_list args) {
    char message[MESSAGE_MAX_BYTES], line[LINE_MAX_BYTES], time_text[CLOCK_ISO_MAX];

    (void)vsnprintf(message, sizeof message, format, args);
    clock_format_iso(time_text, clock_wall_ms());
    size_t len = (size_t)snprintf(line, sizeof line, "%s %s ", time_text, level);
    len += escape(line + len, sizeof line - len - 1, message);
    line[len++] = '\n';
    /* Nobody is left to tell when standard error is gone. */
    ssize_t ignored = write(STDERR_FILENO, line, len);
    (void)ignored;
}

#define DEFINE_LEVEL(function, level, name)                                                                  \
    void function(const char *format, ...) {                                                                 \
        va_list args;                                                                                        \
        if (atomic_load_explicit(&lowest_level, memory_order_relaxed) > (level))                             \
            return;                                                                                          \
        va_start(args, format);                                                                              \
        write_line(name, format, args);                                                                      \
        va_end(args);                                                                                        \
    }

DEFINE_LEVEL(log_debug, LOG_DEBUG, "debug")
DEFINE_LEVEL(log_info, LOG_INFO, "info")
DEFINE_LEVEL(log_warn, LOG_WARN, "warn")
DEFINE_LEVEL(log_error, LOG_ERROR, "error")

_Noreturn void log_fatal(const char *format, ...) {
    va_list args;

    va_start(args, format);
    write_line("fatal", format, args);
    va_end(args);
    abort();
}

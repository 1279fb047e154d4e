/* log.h - the server's and the command line's one log: lines on standard error.
 *
 * A line is "TIME LEVEL message". Control bytes and invalid UTF-8 in a message are escaped, so that nothing
 * that was logged from outside can forge a line or drive a terminal. Secrets are never passed in here.
 *
 * Threads: all functions may be called from any thread; a line is one write.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Lines below the level are dropped. The default is LOG_INFO. */
void log_set_level(enum log_level level);

void log_debug(const char *format, ...) PRINTF_LIKE(1, 2);
void log_info(const char *format, ...) PRINTF_LIKE(1, 2);
void log_warn(const char *format, ...) PRINTF_LIKE(1, 2);
void log_error(const char *format, ...) PRINTF_LIKE(1, 2);

/* For what leaves no way on: out of memory, a failed fsync. Logs and ends the process with abort(). */
_Noreturn void log_fatal(const char *format, ...) PRINTF_LIKE(1, 2);

#endif

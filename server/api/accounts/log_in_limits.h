/* log_in_limits.h - how often log-ins with a name, or from an address, have failed of late.
 *
 * Counts live in memory and are forgotten after LOG_IN_WINDOW_MS. Whoever holds a key is not held up by them.
 *
 * Threads: shared by all, guards itself.
 */
#ifndef SERVER_API_LOG_IN_LIMITS_H
#define SERVER_API_LOG_IN_LIMITS_H

#include "base/str.h"

enum { LOG_INS_PER_NAME = 10, LOG_INS_PER_ADDRESS = 50, LOG_IN_WINDOW_MS = 5 * 60 * 1000 };

struct log_in_limits;

struct log_in_limits *log_in_limits_create(void);
void log_in_limits_destroy(struct log_in_limits *limits); /* NULL is fine */

/* ERR_TOO_MANY when the name or the address has failed too often. */
MUST_CHECK enum err_code log_in_limits_check(struct log_in_limits *limits, struct str name, struct str address,
                                             int64_t now_ms, struct err *err);
void log_in_limits_count_failure(struct log_in_limits *limits, struct str name, struct str address, int64_t now_ms);

#endif

/* system_metrics.h - samples of the machine and of one process, named as the official client names them.
 *
 * Threads: one owner. Memory: system_metrics_destroy. What the machine does not tell is left out.
 */
#ifndef CLIENT_SYSTEM_METRICS_H
#define CLIENT_SYSTEM_METRICS_H

#include "base/buf.h"

#include <sys/types.h>

struct system_metrics;

/* process: the one whose memory and threads are told. NULL when out of memory. */
struct system_metrics *system_metrics_create(pid_t process);
void system_metrics_destroy(struct system_metrics *metrics); /* NULL is fine */

/* Appends the body of a stats record. Rates are those since the last sample; the first has none. */
void system_metrics_sample(struct system_metrics *metrics, struct buf *out);

/* Appends the body of an environment record: what the machine is. */
void system_metrics_describe_machine(struct system_metrics *metrics, struct buf *out);

#endif

/* bench_support.h - what the benchmarks share: a server of their own, requests over plain sockets, medians. */
#ifndef BENCH_SUPPORT_H
#define BENCH_SUPPORT_H

#include "base/arena.h"
#include "base/buf.h"

struct bench_server {
    const char *binary;
    char folder[64];
    char key[128];
    char authorization[256]; /* the whole header line */
    int port;
    int pid;
};

/* Starts BINARY server on a new folder under /tmp and waits until it listens. Ends the process on failure. */
void bench_server_start(struct bench_server *server, const char *binary);
/* One more server of the same database and bucket, which BAROGRAPH_DATABASE and BAROGRAPH_BLOBS name. */
void bench_server_start_beside(struct bench_server *server, const struct bench_server *first);
void bench_server_stop(struct bench_server *server); /* and removes the folder */
/* On a folder that stays: ends the server, and begins another. */
void bench_server_end(struct bench_server *server);
void bench_server_begin(struct bench_server *server);
/* Resident memory now, in MB. */
double bench_server_rss_mb(const struct bench_server *server);
/* Processor seconds used so far. */
double bench_server_cpu_s(const struct bench_server *server);

int bench_connect(const struct bench_server *server);
/* A whole POST request, ready to send. */
void bench_post(struct buf *out, const struct bench_server *server, const char *path, struct str body);
/* Sends and waits for the whole answer (Content-Length); answers its status, the body in *answer (which may be NULL). */
int bench_exchange(int fd, struct str request, struct buf *answer);
/* POST /graphql; ends the process when the status is not 200 or there are errors. */
void bench_graphql(const struct bench_server *server, int fd, const char *query, const char *variables, struct buf *answer);

double bench_now_s(void);
void bench_sort(double *values, size_t count);
double bench_percentile(const double *sorted, size_t count, double percent);
void bench_print_machine(void);
_Noreturn void bench_fail(const char *format, ...) PRINTF_LIKE(1, 2);

#endif

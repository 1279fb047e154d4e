/* sender.h - follows one transaction log and brings what it says to the server.
 *
 * It runs in a process of its own (sender_main.c) beside a training process, and inside `barograph sync`. Sending
 * again what was sent is harmless: lines have their numbers. While it works it holds a lock on the log, so that two
 * never send the same run.
 *
 * Threads: sender_run blocks until the end. Memory: none is left.
 */
#ifndef CLIENT_SENDER_H
#define CLIENT_SENDER_H

#include "base/buf.h"

#include <sys/types.h>

/* What becomes of a run of that id that the server has already. */
enum sender_resume {
    SENDER_ADDS,  /* its lines go behind those that are there */
    SENDER_ALLOW, /* it is gone on with, when there is one */
    SENDER_MUST,
    SENDER_NEVER,
    SENDER_REWIND,
};

struct sender_options {
    const char *log_path;
    struct str base_url, api_key;
    struct str entity, project; /* instead of those in the log; empty: as there */
    enum sender_resume resume;
    double rewind_step;
    struct str client_id;       /* of this writer in shared mode; empty: the run's only one */
    struct str label;           /* of this writer's console and system metrics */
    bool is_secondary;          /* another writer tells config, summary and the end */
    bool is_offline;            /* keeps the file and samples the system; sends nothing */
    bool follows;               /* goes on until an exit record; otherwise what is there is sent, and that is the end */
    bool follows_links;
    int link_fd;                /* to the training process; -1: none */
    pid_t owner;                /* watched; 0: none */
    bool wants_git, wants_history; /* the owner is told the course of the metrics at the end */
    bool stops_owner;              /* by SIGINT, when the server asks for it */
    struct str package_folders; /* what is installed there is listed; empty: nowhere */
    double stats_interval_s;    /* 0: none; only with an owner */
    int64_t heartbeat_ms;       /* a run without news says so often that it lives; 0: every 30 s */
    int64_t patience_ms;        /* how long an unreachable server is waited for at the end */
    const bool *stop;           /* set by a signal handler; NULL: none */
    void (*has_begun)(const struct sender_options *options); /* called once, when the server has the run; NULL: nobody */
};

struct sender_result {
    uint64_t row_count, damaged_count;
    char run_path[1024]; /* ENTITY/PROJECT/RUN */
    int exit_code;
};

MUST_CHECK enum err_code sender_run(const struct sender_options *options, struct sender_result *result, struct err *err);

#endif

/* run.h - a run inside the library: what barograph.h shows from outside.
 *
 * Threads: the shared log's mutex guards all fields but those of the link to the sender, which have their own.
 * Memory: malloc; nothing aborts.
 */
#ifndef CLIENT_RUN_H
#define CLIENT_RUN_H

#include "client/barograph.h"
#include "client/log/record.h"
#include "client/log/shared_log.h"
#include "client/log/summary.h"
#include "client/sender/sender_link.h"

#include <sys/types.h>

struct baro_run {
    struct shared_log *log;
    struct sender_link link;
    pid_t owner;
    char *run_id, *dir, *log_path, *entity, *project, *name, *notes, *group, *job_type, *sweep_id, *host;
    char *git_remote, *git_commit, *fork_run;
    double fork_step;
    bool continues;
    char *told_entity, *told_project, *told_name, *told_problem; /* what the link said, for baro_get's callers */
    char *past_json; /* of a run that is gone on with; NULL: none */
    char **tags;
    size_t tag_count;
    int64_t start_wall_ns, start_mono_ns;
    int finish_timeout_ms;
    struct summary summary;
    int64_t summary_written_ms;
    struct buf record; /* the one that is being put together */
    struct buf merged; /* items of the open row and of the row that joins it */
    struct buf synced; /* a row and the step metrics that it lacked */
    struct buf waiting; /* records that a full disk did not take: length, bytes, ... */
    int64_t last_try_ms;
    uint64_t dropped_rows;
    _Atomic(struct baro_row *) spare_row;
    struct baro_run *next; /* of all runs of this process, see fork_guard.c */
};

/* Names and values of one commit, in the form that all records with items share. */
struct baro_row {
    struct baro_run *run;
    enum baro_row_kind kind;
    struct buf items;
    struct buf names; /* the objects we are in, one behind the other */
    size_t name_ends[TREE_DEPTH_MAX];
    size_t depth;
    bool is_too_deep;
};

enum { RUN_RECORD_MAX_BYTES = 17 << 20, RUN_WAITING_MAX_BYTES = 16 << 20 };

int64_t run_wall_ns(void);
struct record_time run_time(int64_t wall_ns);
/* Fills *out, when it is not NULL, and answers the code. */
int run_report(struct baro_error *out, const struct err *err);

/* False when out of memory. Empty texts leave what was there. */
bool run_copy_text(char **to, const char *text);
bool run_copy_tags(struct baro_run *run, const char *const *tags, size_t count);

/* ---- run_folder.c, run_start.c: a run that begins ---- */

/* The given id, or a drawn one. */
MUST_CHECK enum err_code run_choose_id(struct baro_run *run, const char *given, struct err *err);
MUST_CHECK enum err_code run_make_folder(struct baro_run *run, const char *parent, bool is_offline, struct err *err);
MUST_CHECK enum err_code run_write_first_records(struct baro_run *run, const struct baro_settings *settings, struct err *err);
/* Waits for the server's answer, as long as the settings say. */
MUST_CHECK enum err_code run_start_sender(struct baro_run *run, const struct baro_settings *settings, struct err *err);

/* ---- run_log.c, run_records.c, run_facts.c ---- */

/* The record that says what the run is. */
void run_put(struct baro_run *run, struct buf *out);
/* A copy: the link's own text may change while another thread waits for the sender. */
const char *run_told(struct baro_run *run, char *const *text, char **copy);
/* While locked: appends run->record, or keeps it until the disk takes it. ERR_FULL when it was dropped. */
MUST_CHECK enum err_code run_append(struct baro_run *run, struct err *err);
int64_t run_next_record(struct baro_run *run);
/* While locked. */
void run_write_summary(struct baro_run *run);
MUST_CHECK enum err_code run_close_open_row(struct baro_run *run, struct err *err);

/* Runs of this process stay whole when it forks while another thread logs. */
void run_fork_guard_add(struct baro_run *run);
void run_fork_guard_remove(struct baro_run *run);

#endif

/* barograph.h - libbarograph: a run is opened, rows are logged to it, it is finished.
 *
 *     struct baro_settings settings = { .project = "digits" };
 *     struct baro_error error;
 *     struct baro_run *run;
 *     if (baro_open(&run, &settings, &error) != 0) { puts(error.message); return 1; }
 *     struct baro_row *row = baro_row_begin(run, BARO_HISTORY);
 *     baro_row_number(row, "loss", 0.5);
 *     baro_row_commit(row, NULL, &error);
 *     baro_finish(run, 0, &error);
 *
 * Rows go into the run's transaction log in the page cache and are safe from then on, whatever becomes of the
 * process; a process of its own sends them. Nothing here waits for the network but baro_open (at most its
 * timeout, when online) and baro_finish.
 *
 * The library never ends the program and prints nothing. Functions that can fail return 0 or a code and set
 * error->message; error may be NULL. Texts are UTF-8, ended by a zero byte, and copied.
 *
 * Threads: any number may log to one run; a row belongs to one thread. Processes: forked children log to their
 * parent's run; only the process that opened it finishes it.
 */
#ifndef BAROGRAPH_H
#define BAROGRAPH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BARO_API __attribute__((visibility("default")))

struct baro_run;
struct baro_row;

enum { BARO_OK = 0 };

struct baro_error {
    int code;
    char message[512];
};

enum baro_mode { BARO_ONLINE, BARO_OFFLINE };

/* When the server has a run of that id already. */
enum baro_resume {
    BARO_ADDS,   /* this run's rows go behind those that are there, its steps begin at 0 */
    BARO_ALLOW,  /* it is gone on with, when there is one: steps, config and summary */
    BARO_MUST,   /* or baro_open fails */
    BARO_NEVER,  /* or baro_open fails */
    BARO_REWIND, /* it is gone on with after rewind_step; what came later is hidden */
};

/* NULL and 0 mean: by default. */
struct baro_settings {
    const char *dir;      /* runs lie in DIR/wandb; "." */
    const char *base_url; /* BAROGRAPH_BASE_URL, WANDB_BASE_URL, http://127.0.0.1:8080 */
    const char *api_key;  /* BAROGRAPH_API_KEY, WANDB_API_KEY */
    const char *entity, *project, *run_id, *name, *notes, *group, *job_type, *sweep_id;
    const char *const *tags;
    size_t tag_count;
    const char *config_json; /* a JSON object that the server gets with the run itself; NULL: the config comes later */
    const char *git_remote, *git_commit;
    enum baro_mode mode;
    int init_timeout_ms;      /* how long baro_open waits for the server; 0: 90,000 */
    int finish_timeout_ms;    /* how long baro_finish waits for the sender; 0: until it is done */
    const char *sender_path;  /* BAROGRAPH_SENDER; barograph-sender beside the library, or in PATH */
    enum baro_resume resume;  /* with all but BARO_ADDS the server has to answer within init_timeout_ms */
    double rewind_step;
    const char *fork_run;     /* the run that this one branches off, after fork_step */
    double fork_step;
    const char *client_id;    /* several writers make one run: which this is; NULL: the only one */
    const char *label;        /* of this writer's console lines and system metrics */
    int is_secondary;         /* another writer tells the config, the summary and the end */
    double stats_interval_s;  /* between samples of the system; 0: 15; negative: none */
    int wants_git;              /* the sender notes the commit, the remote and what was changed since */
    int wants_history;          /* baro_history_json tells the course of the metrics at the end */
    int stops_by_signal;        /* a request to stop the run comes as SIGINT */
    const char *package_folders; /* with ':' between them; what is installed there is listed; NULL: none */
    const char *python_version; /* for the receipt of a binding */
};

BARO_API int baro_open(struct baro_run **out, const struct baro_settings *settings, struct baro_error *error);

/* In another process: a run that lies here and is going on is logged to, by the path of its log (BARO_LOG_PATH). It is
 * not ended from here; baro_abandon gives the memory back. */
BARO_API int baro_attach(struct baro_run **out, const char *log_path, struct baro_error *error);

/* Writes the exit code, waits until all is sent, and gives the run's memory back, also when it fails. After that
 * every pointer to the run and to its rows is gone. */
BARO_API int baro_finish(struct baro_run *run, int exit_code, struct baro_error *error);

/* The same in steps, for those who show something meanwhile: the end is written, waited for a while at a time, and the
 * memory given back by baro_abandon. */
struct baro_progress {
    int is_done, is_gone;             /* all is sent; the sender is not there any more */
    uint64_t sent_bytes, total_bytes; /* of files */
    uint64_t unsent_bytes;            /* of the log */
    const char *problem;              /* why it takes so long; NULL: none. Valid until the next call */
};
BARO_API int baro_end(struct baro_run *run, int exit_code, struct baro_error *error);
BARO_API void baro_wait(struct baro_run *run, int timeout_ms, struct baro_progress *progress);

/* After the end: {"loss":[2.5,1.25],...}, means of up to 64 parts of each metric's history; free with baro_free, NULL when
 * it was not asked for. */
BARO_API char *baro_history_json(const struct baro_run *run);

/* Gives the memory back without an end: what a forked child does, or an atexit handler that must not wait. */
BARO_API void baro_abandon(struct baro_run *run);

/* The server answered that it will not have this run; BARO_PROBLEM says why. */
BARO_API int baro_is_refused(const struct baro_run *run);

enum baro_fact { BARO_RUN_ID, BARO_ENTITY, BARO_PROJECT, BARO_NAME, BARO_NOTES, BARO_DIR, BARO_LOG_PATH, BARO_PROBLEM };
/* Of a run that was gone on with. The JSON has "config", "summary", "name", "notes" and "tags", as far as there were any;
 * free it with baro_free, NULL when there is none. */
BARO_API int baro_is_resumed(const struct baro_run *run);
BARO_API char *baro_past_json(const struct baro_run *run);

/* Empty when it is not known yet; BARO_PROBLEM: why the server did not answer. Valid until the run ends or is
 * described anew. */
BARO_API const char *baro_get(struct baro_run *run, enum baro_fact fact);
BARO_API double baro_start_time(const struct baro_run *run); /* Unix time in seconds */
BARO_API int64_t baro_next_step(struct baro_run *run);
BARO_API uint64_t baro_dropped_rows(struct baro_run *run); /* on a full disk */

/* ---- rows ---- */

enum baro_row_kind { BARO_HISTORY, BARO_CONFIG, BARO_SUMMARY };

/* NULL when there is no memory; the functions below take NULL and the commit reports it. */
BARO_API struct baro_row *baro_row_begin(struct baro_run *run, enum baro_row_kind kind);
/* Into and out of an object below the current one. */
BARO_API void baro_row_enter(struct baro_row *row, const char *key);
BARO_API void baro_row_enter_n(struct baro_row *row, const char *key, size_t key_len);
BARO_API void baro_row_leave(struct baro_row *row);

BARO_API void baro_row_number(struct baro_row *row, const char *key, double value);
BARO_API void baro_row_integer(struct baro_row *row, const char *key, int64_t value);
BARO_API void baro_row_bool(struct baro_row *row, const char *key, int value);
BARO_API void baro_row_text(struct baro_row *row, const char *key, const char *value);
/* A whole JSON value, with NaN, Infinity and -Infinity allowed. It is not checked. */
BARO_API void baro_row_json(struct baro_row *row, const char *key, const char *json, size_t json_len);
/* The same with keys that may hold any byte; a binding's way in. */
BARO_API void baro_row_number_n(struct baro_row *row, const char *key, size_t key_len, double value);
BARO_API void baro_row_integer_n(struct baro_row *row, const char *key, size_t key_len, int64_t value);
BARO_API void baro_row_text_n(struct baro_row *row, const char *key, size_t key_len, const char *value, size_t len);
BARO_API void baro_row_json_n(struct baro_row *row, const char *key, size_t key_len, const char *json, size_t json_len);

struct baro_log_options {
    int64_t step;
    int has_step;
    int is_open; /* the row stays open: what is logged next joins it */
};

/* Ends the row. history: with a step greater than the open row's, that one is written first; a smaller one is
 * refused. options may be NULL. */
BARO_API int baro_row_commit(struct baro_row *row, const struct baro_log_options *options, struct baro_error *error);
BARO_API void baro_row_drop(struct baro_row *row); /* NULL is fine */

/* ---- the rest of a run ---- */

enum { BARO_MIN = 1, BARO_MAX = 2, BARO_MEAN = 4, BARO_BEST = 8, BARO_LAST = 16, BARO_NO_SUMMARY = 32 };
enum baro_goal { BARO_NO_GOAL, BARO_MINIMIZE, BARO_MAXIMIZE };

struct baro_metric {
    const char *name; /* may end in '*' */
    const char *step_metric;
    int step_sync, is_hidden, overwrites;
    unsigned summary; /* BARO_MIN | ... */
    enum baro_goal goal;
};

BARO_API int baro_define_metric(struct baro_run *run, const struct baro_metric *metric, struct baro_error *error);

/* NULL leaves a text as it is; tags are replaced when has_tags is set. */
struct baro_description {
    const char *name, *notes, *group, *job_type;
    const char *const *tags;
    size_t tag_count;
    int has_tags;
};
BARO_API int baro_describe(struct baro_run *run, const struct baro_description *description, struct baro_error *error);

/* The summary as one JSON object; free with baro_free. NULL when there is no memory. */
BARO_API char *baro_summary_json(struct baro_run *run, size_t *len);
/* Takes a value out; of nested ones the path has several keys. */
BARO_API int baro_summary_remove(struct baro_run *run, const char *const *path, size_t path_len, struct baro_error *error);
BARO_API void baro_free(void *memory);

/* A line or a piece of one that the program printed. */
BARO_API int baro_output(struct baro_run *run, int is_stderr, const char *text, size_t len, struct baro_error *error);

enum baro_policy { BARO_NOW, BARO_AT_END, BARO_LIVE };
/* A file below the run's files folder: sent now, when the run is finished, or whenever it changes. */
BARO_API int baro_save(struct baro_run *run, const char *path, enum baro_policy policy, struct baro_error *error);

/* A record that is encoded already, but for its number: a binding's way to kinds that have no call of their own. */
BARO_API int baro_append_record(struct baro_run *run, const void *record, size_t len, struct baro_error *error);

/* Asks the sender and waits for its answer, at most so long (0: as long as it lives). kind: "status", "artifact", ...;
 * payload and answer are JSON objects. Free *answer with baro_free. */
BARO_API int baro_ask(struct baro_run *run, const char *kind, const char *payload_json, int timeout_ms, char **answer,
                      struct baro_error *error);

#ifdef __cplusplus
}
#endif

#endif

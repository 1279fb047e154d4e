/* run.c - a run's life: its folder, its records beside the rows, its end. */
#include "client/run.h"
#include "client/answer.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/os.h"
#include "base/protobuf.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    RECORD_ROOM_BYTES = 17 << 20,
    WAITING_MAX_BYTES = 16 << 20,
    RETRY_FULL_DISK_MS = 100,
    INIT_TIMEOUT_MS = 90000,
    RUN_ID_LEN = 8,
    RUN_ID_MAX = 128,
    GREETING_MAX = 60 << 10,
    SAME_SECOND_MAX = 1000,
};

#define PRODUCER "barograph " BAROGRAPH_VERSION

int64_t run_wall_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct record_time time_of(int64_t wall_ns) {
    return (struct record_time){ wall_ns / 1000000000, (int32_t)(wall_ns % 1000000000) };
}

int run_report(struct baro_error *out, const struct err *err) {
    if (out != NULL) {
        out->code = (int)err->code;
        (void)snprintf(out->message, sizeof out->message, "%s", err->message);
    }
    return (int)err->code;
}

/* ---- appending ---- */

int64_t run_next_record(struct baro_run *run) {
    return run->log->control->next_record++;
}

static uint32_t length_at(const char *at) {
    uint32_t len;
    memcpy(&len, at, sizeof len);
    return len;
}

/* What waited goes first: records stay in order. */
static enum err_code append_waiting(struct baro_run *run, struct err *err) {
    size_t at = 0;
    enum err_code code = OK;
    while (code == OK && at < run->waiting.len) {
        uint32_t len = length_at(run->waiting.ptr + at);
        struct str record = { run->waiting.ptr + at + sizeof len, len };
        code = shared_log_append(run->log, record, err);
        if (code == OK)
            at += sizeof len + len;
    }
    buf_drop_front(&run->waiting, at);
    return code;
}

static enum err_code keep_waiting(struct baro_run *run, struct err *err) {
    if (run->waiting.len + 4 + run->record.len > WAITING_MAX_BYTES) {
        run->dropped_rows++;
        return err_set(err, ERR_FULL, "the disk is full and %d bytes wait already; a row is dropped", WAITING_MAX_BYTES);
    }
    uint32_t len = (uint32_t)run->record.len;
    size_t before = run->waiting.len;
    buf_append(&run->waiting, &len, sizeof len);
    buf_append_str(&run->waiting, buf_str(&run->record));
    if (run->waiting.failed) {
        run->waiting.len = before;
        run->waiting.failed = false;
        run->dropped_rows++;
        return err_set(err, ERR_FULL, "the disk is full and there is no memory; a row is dropped");
    }
    return OK;
}

enum err_code run_append(struct baro_run *run, struct err *err) {
    if (run->record.failed)
        return err_set(err, ERR_TOO_LARGE, "a record takes at most %d bytes", RECORD_ROOM_BYTES);
    int64_t now_ms = run->waiting.len > 0 ? clock_mono_ms() : 0;
    if (run->waiting.len > 0 && now_ms - run->last_try_ms < RETRY_FULL_DISK_MS)
        return keep_waiting(run, err);
    enum err_code code = append_waiting(run, err);
    if (code == OK)
        code = shared_log_append(run->log, buf_str(&run->record), err);
    if (code != ERR_FULL)
        return code;
    run->last_try_ms = clock_mono_ms();
    return keep_waiting(run, err);
}

void run_write_summary(struct baro_run *run) {
    struct err err;
    buf_reset(&run->record);
    if (!run->summary.has_changes)
        return;
    protobuf_put_i64(&run->record, 1, run_next_record(run));
    size_t begin = protobuf_begin(&run->record, RECORD_SUMMARY);
    summary_take_changes(&run->summary, &run->record);
    protobuf_end(&run->record, begin);
    /* The next one repeats nothing: but the history has it all, and a full disk has been reported by its rows. */
    (void)!run_append(run, &err);
}

/* ---- opening ---- */

static bool copy_text(char **to, const char *text) {
    if (text == NULL || text[0] == '\0')
        return true;
    char *copy = strdup(text);
    if (copy == NULL)
        return false;
    free(*to);
    *to = copy;
    return true;
}

static const char *from_environment(const char *barograph_name, const char *wandb_name) {
    const char *value = getenv(barograph_name);
    if (value == NULL || value[0] == '\0')
        value = getenv(wandb_name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool make_run_id(char out[RUN_ID_LEN + 1]) {
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    unsigned char random[RUN_ID_LEN * 8];
    if (!os_random(random, sizeof random))
        return false;
    size_t len = 0;
    /* 252 is the largest multiple of 36: all digits are equally likely. */
    for (size_t i = 0; i < sizeof random && len < RUN_ID_LEN; i++)
        if (random[i] < 252)
            out[len++] = digits[random[i] % 36];
    out[len] = '\0';
    return len == RUN_ID_LEN;
}

static enum err_code choose_run_id(struct baro_run *run, const char *given, struct err *err) {
    char made[RUN_ID_LEN + 1];
    if (given == NULL || given[0] == '\0') {
        if (!make_run_id(made))
            return err_set(err, ERR_IO, "the system has no random bytes");
        given = made;
    }
    size_t len = strnlen(given, RUN_ID_MAX + 1);
    if (len > RUN_ID_MAX)
        return err_set(err, ERR_BAD_INPUT, "a run id has at most %d characters", RUN_ID_MAX);
    for (size_t i = 0; i < len; i++)
        if (strchr("/\\#?%:", given[i]) != NULL || (unsigned char)given[i] < 0x20)
            return err_set(err, ERR_BAD_INPUT, "a run id has none of / \\ # ? %% : and no control characters");
    return copy_text(&run->run_id, given) ? OK : err_set(err, ERR_FULL, "out of memory");
}

static enum err_code make_folder(const char *path, mode_t mode, struct err *err) {
    if (mkdir(path, mode) == 0 || errno == EEXIST)
        return OK;
    return err_set_errno(err, errno, "cannot make the folder '%s'", path);
}

/* "latest-run" is where a user looks first; a file system without links goes without. */
static void link_latest(const char *wandb_dir, const char *folder_name) {
    char *temporary = NULL, *link = NULL;
    if (asprintf(&temporary, "%s/.latest-run.%ld", wandb_dir, (long)getpid()) >= 0 &&
        asprintf(&link, "%s/latest-run", wandb_dir) >= 0 && symlink(folder_name, temporary) == 0 &&
        rename(temporary, link) != 0)
        (void)unlink(temporary);
    free(temporary);
    free(link);
}

/* A run that is resumed within a second takes the next second's name. */
static enum err_code make_own_folder(struct baro_run *run, const char *wandb_dir, bool is_offline, char **name, struct err *err) {
    char stamp[sizeof "20261121_051954"];
    struct tm local;
    for (time_t seconds = (time_t)(run->start_wall_ns / 1000000000), last = seconds + SAME_SECOND_MAX; seconds < last; seconds++) {
        free(*name);
        free(run->dir);
        *name = run->dir = NULL;
        if (localtime_r(&seconds, &local) == NULL || strftime(stamp, sizeof stamp, "%Y%m%d_%H%M%S", &local) == 0)
            return err_set(err, ERR_IO, "the clock cannot be read");
        if (asprintf(name, "%srun-%s-%s", is_offline ? "offline-" : "", stamp, run->run_id) < 0 ||
            asprintf(&run->dir, "%s/%s", wandb_dir, *name) < 0)
            return err_set(err, ERR_FULL, "out of memory");
        if (mkdir(run->dir, 0700) == 0)
            return OK;
        if (errno != EEXIST)
            break;
    }
    return err_set_errno(err, errno, "cannot make the folder '%s'", run->dir);
}

static enum err_code make_run_folder(struct baro_run *run, const char *parent, bool is_offline, struct err *err) {
    char *wandb_dir = NULL, *files = NULL, *name = NULL;
    enum err_code code = make_folder(parent, 0777, err);
    if (code == OK && asprintf(&wandb_dir, "%s/wandb", parent) < 0)
        code = err_set(err, ERR_FULL, "out of memory");
    if (code == OK)
        code = make_folder(wandb_dir, 0777, err);
    if (code == OK)
        code = make_own_folder(run, wandb_dir, is_offline, &name, err);
    if (code == OK && (asprintf(&files, "%s/files", run->dir) < 0 ||
                       asprintf(&run->log_path, "%s/run-%s.wandb", run->dir, run->run_id) < 0))
        code = err_set(err, ERR_FULL, "out of memory");
    if (code == OK)
        code = make_folder(files, 0700, err);
    if (code == OK)
        link_latest(wandb_dir, name);
    free(wandb_dir);
    free(name);
    free(files);
    return code;
}

static void put_run(struct baro_run *run, struct buf *out) {
    struct record_run record = {
        .run_id = str_from_c(run->run_id),
        .entity = str_from_c(run->entity),
        .project = str_from_c(run->project),
        .group = str_from_c(run->group),
        .job_type = str_from_c(run->job_type),
        .display_name = str_from_c(run->name),
        .notes = str_from_c(run->notes),
        .sweep_id = str_from_c(run->sweep_id),
        .host = str_from_c(run->host),
        .remote = str_from_c(run->git_remote),
        .commit = str_from_c(run->git_commit),
        .tag_count = run->tag_count,
        .start = time_of(run->start_wall_ns),
        .branch_run = str_from_c(run->fork_run),
        .branch_step = run->fork_step,
        .continues = run->continues,
    };
    for (size_t i = 0; i < run->tag_count; i++)
        record.tags[i] = str_from_c(run->tags[i]);
    record_put_run(out, run_next_record(run), &record);
}

/* Names this client: a server takes a run for one that can be resumed when its config has this. */
static void put_telemetry(struct baro_run *run, const char *python_version, struct buf *out) {
    protobuf_put_i64(out, 1, run_next_record(run));
    size_t telemetry = protobuf_begin(out, RECORD_TELEMETRY);
    if (python_version != NULL)
        protobuf_put_bytes(out, 4, str_from_c(python_version));
    protobuf_put_bytes(out, 5, STR(PRODUCER));
    protobuf_end(out, telemetry);
}

static enum err_code write_first_records(struct baro_run *run, const char *python_version, struct err *err) {
    enum err_code code;
    shared_log_lock(run->log);
    run->log->control->start_wall_ns = run->start_wall_ns;
    if (run->fork_run != NULL && run->fork_step >= 0 && run->fork_step < 9e15)
        run->log->control->next_step = (int64_t)run->fork_step + 1;
    buf_reset(&run->record);
    record_put_header(&run->record, run_next_record(run), STR(PRODUCER));
    code = run_append(run, err);
    buf_reset(&run->record);
    put_run(run, &run->record);
    if (code == OK)
        code = run_append(run, err);
    buf_reset(&run->record);
    put_telemetry(run, python_version, &run->record);
    if (code == OK)
        code = run_append(run, err);
    shared_log_unlock(run->log);
    return code;
}

static void write_greeting(struct buf *out, const struct baro_settings *settings) {
    const char *base_url = settings->base_url;
    const char *api_key = settings->api_key;
    struct json_writer writer;
    if (base_url == NULL)
        base_url = from_environment("BAROGRAPH_BASE_URL", "WANDB_BASE_URL");
    if (api_key == NULL)
        api_key = from_environment("BAROGRAPH_API_KEY", "WANDB_API_KEY");
    json_writer_init(&writer, out, JSON_STRICT);
    json_object_begin(&writer);
    json_key(&writer, STR("base_url"));
    json_string(&writer, str_from_c(base_url == NULL ? "http://127.0.0.1:8080" : base_url));
    json_key(&writer, STR("api_key"));
    json_string(&writer, str_from_c(api_key));
    json_key(&writer, STR("is_offline"));
    json_bool(&writer, settings->mode == BARO_OFFLINE);
    json_key(&writer, STR("stats_interval_s"));
    json_double(&writer, settings->stats_interval_s);
    json_key(&writer, STR("resume"));
    json_int(&writer, settings->mode == BARO_OFFLINE ? BARO_ADDS : (int)settings->resume);
    json_key(&writer, STR("rewind_step"));
    json_double(&writer, settings->rewind_step);
    json_key(&writer, STR("client_id"));
    json_string(&writer, str_from_c(settings->client_id));
    json_key(&writer, STR("label"));
    json_string(&writer, str_from_c(settings->label));
    json_key(&writer, STR("wants_git"));
    json_bool(&writer, settings->wants_git != 0);
    json_key(&writer, STR("wants_history"));
    json_bool(&writer, settings->wants_history != 0);
    json_key(&writer, STR("stops_owner"));
    json_bool(&writer, settings->stops_by_signal != 0);
    json_key(&writer, STR("package_folders"));
    json_string(&writer, str_from_c(settings->package_folders));
    json_key(&writer, STR("is_secondary"));
    json_bool(&writer, settings->is_secondary != 0);
    json_object_end(&writer);
}

/* What the sender learnt of the run that is gone on with; see sender_past.c. */
static void take_past(struct baro_run *run) {
    char path[4096];
    struct buf text = BUF_INIT(RECORD_MAX_BYTES);
    struct stat stat;
    struct str summary;
    (void)snprintf(path, sizeof path, "%s.past", run->log_path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    char *room = fstat(fd, &stat) == 0 && stat.st_size < RECORD_MAX_BYTES ? buf_reserve(&text, (size_t)stat.st_size + 1) : NULL;
    ssize_t len = room == NULL ? -1 : read(fd, room, (size_t)stat.st_size);
    close(fd);
    (void)unlink(path);
    if (len > 0)
        buf_commit(&text, (size_t)len);
    buf_append_char(&text, '\0');
    if (len > 0 && !text.failed) {
        text.len--;
        if (answer_find(buf_str(&text), &summary, "summary", NULL))
            summary_keep(&run->summary, summary);
        run->past_json = text.ptr;
        return;
    }
    buf_finish(&text);
}

static enum err_code judge_answer(struct baro_run *run, const struct baro_settings *settings, struct err *err) {
    const char *problem = run->link.problem != NULL ? run->link.problem : "the server did not answer";
    if (run->link.is_refused)
        return err_set(err, ERR_FORBIDDEN, "%s", problem);
    if (run->link.knows_run || settings->resume == BARO_ADDS)
        return OK;
    return err_set(err, ERR_TIMEOUT, "%s; a run that is gone on with needs the server at its start", problem);
}

static enum err_code start_sender(struct baro_run *run, const struct baro_settings *settings, struct err *err) {
    struct buf greeting = BUF_INIT(GREETING_MAX);
    write_greeting(&greeting, settings);
    enum err_code code = buf_check(&greeting, "the settings", err);
    if (code == OK)
        code = sender_link_start(&run->link, settings->sender_path, run->log_path, buf_str(&greeting), err);
    buf_finish(&greeting);
    if (code != OK || settings->mode == BARO_OFFLINE)
        return code;
    int timeout_ms = settings->init_timeout_ms > 0 ? settings->init_timeout_ms : INIT_TIMEOUT_MS;
    run->link.insists = settings->resume != BARO_ADDS;
    sender_link_wait_for_run(&run->link, timeout_ms);
    TRY(judge_answer(run, settings, err));
    if (run->link.is_resumed)
        take_past(run);
    return OK;
}

static bool copy_tags(struct baro_run *run, const char *const *tags, size_t count) {
    char **copies = calloc(count + 1, sizeof *copies);
    if (copies == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        copies[i] = strdup(tags[i] == NULL ? "" : tags[i]);
    for (size_t i = 0; i < run->tag_count; i++)
        free(run->tags[i]);
    free(run->tags);
    run->tags = copies;
    run->tag_count = count;
    for (size_t i = 0; i < count; i++)
        if (copies[i] == NULL)
            return false;
    return true;
}

static enum err_code take_settings(struct baro_run *run, const struct baro_settings *settings, struct err *err) {
    char host[256] = "";
    (void)gethostname(host, sizeof host - 1);
    TRY(choose_run_id(run, settings->run_id, err));
    if (settings->tag_count > RECORD_TAGS_MAX)
        return err_set(err, ERR_BAD_INPUT, "a run has at most %d tags, got %zu", RECORD_TAGS_MAX, settings->tag_count);
    bool is_copied = copy_text(&run->entity, settings->entity) && copy_text(&run->project, settings->project) &&
                     copy_text(&run->name, settings->name) && copy_text(&run->notes, settings->notes) &&
                     copy_text(&run->group, settings->group) && copy_text(&run->job_type, settings->job_type) &&
                     copy_text(&run->sweep_id, settings->sweep_id) && copy_text(&run->host, host) &&
                     copy_text(&run->git_remote, settings->git_remote) &&
                     copy_text(&run->git_commit, settings->git_commit) && copy_text(&run->fork_run, settings->fork_run) &&
                     copy_tags(run, settings->tags, settings->tag_count);
    run->fork_step = settings->fork_step;
    run->continues = settings->resume != BARO_ADDS;
    return is_copied ? OK : err_set(err, ERR_FULL, "out of memory");
}

static struct baro_run *run_new(void) {
    struct baro_run *run = calloc(1, sizeof *run);
    if (run == NULL)
        return NULL;
    sender_link_init(&run->link);
    buf_init(&run->record, RECORD_ROOM_BYTES);
    buf_init(&run->merged, RECORD_ROOM_BYTES);
    buf_init(&run->synced, RECORD_ROOM_BYTES);
    buf_init(&run->waiting, WAITING_MAX_BYTES);
    run->owner = getpid();
    run->start_wall_ns = run_wall_ns();
    return run;
}

static void run_destroy(struct baro_run *run) {
    char *const texts[] = { run->run_id, run->dir,      run->log_path, run->entity,     run->project,   run->name, run->notes,
                            run->group,  run->job_type, run->sweep_id, run->host, run->git_remote, run->git_commit,
                            run->fork_run, run->past_json, run->told_entity, run->told_project, run->told_name,
                            run->told_problem };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free(texts[i]);
    for (size_t i = 0; i < run->tag_count; i++)
        free(run->tags[i]);
    free(run->tags);
    struct baro_row *spare = atomic_exchange(&run->spare_row, NULL);
    if (spare != NULL) {
        buf_finish(&spare->items);
        buf_finish(&spare->names);
        free(spare);
    }
    summary_finish(&run->summary);
    buf_finish(&run->record);
    buf_finish(&run->merged);
    buf_finish(&run->synced);
    buf_finish(&run->waiting);
    sender_link_finish(&run->link);
    shared_log_close(run->log);
    free(run);
}

static enum err_code open_run(struct baro_run *run, const struct baro_settings *settings, struct err *err) {
    TRY(take_settings(run, settings, err));
    if (!summary_init(&run->summary))
        return err_set(err, ERR_FULL, "out of memory");
    TRY(make_run_folder(run, settings->dir == NULL ? "." : settings->dir, settings->mode == BARO_OFFLINE, err));
    TRY(shared_log_create(&run->log, run->log_path, err));
    TRY(write_first_records(run, settings->python_version, err));
    run->finish_timeout_ms = settings->finish_timeout_ms;
    return start_sender(run, settings, err);
}

int baro_open(struct baro_run **out, const struct baro_settings *settings, struct baro_error *error) {
    struct err err = { 0 };
    struct baro_run *run = run_new();
    if (run == NULL) {
        err_set_message(&err, ERR_FULL, "out of memory");
        return run_report(error, &err);
    }
    if (open_run(run, settings, &err) != OK) {
        run_destroy(run);
        return run_report(error, &err);
    }
    run_fork_guard_add(run);
    *out = run;
    return BARO_OK;
}

static enum err_code attach(struct baro_run *run, const char *log_path, struct err *err) {
    const char *slash = strrchr(log_path, '/');
    const char *name = slash == NULL ? log_path : slash + 1;
    size_t name_len = strlen(name);
    if (!str_starts_with(str_from_c(name), STR("run-")) || !str_ends_with(str_from_c(name), STR(".wandb")))
        return err_set(err, ERR_BAD_INPUT, "'%s' is no run's log", log_path);
    run->owner = 0;
    run->log_path = strdup(log_path);
    run->run_id = strndup(name + 4, name_len - 10);
    run->dir = slash == NULL ? strdup(".") : strndup(log_path, (size_t)(slash - log_path));
    if (run->log_path == NULL || run->run_id == NULL || run->dir == NULL || !summary_init(&run->summary))
        return err_set(err, ERR_FULL, "out of memory");
    TRY(shared_log_open(&run->log, log_path, err));
    run->start_wall_ns = run->log->control->start_wall_ns;
    return OK;
}

int baro_attach(struct baro_run **out, const char *log_path, struct baro_error *error) {
    struct err err = { 0 };
    struct baro_run *run = run_new();
    if (run == NULL) {
        err_set_message(&err, ERR_FULL, "out of memory");
        return run_report(error, &err);
    }
    if (attach(run, log_path, &err) != OK) {
        run_destroy(run);
        return run_report(error, &err);
    }
    run_fork_guard_add(run);
    *out = run;
    return BARO_OK;
}

/* ---- facts ---- */

static const char *first_of(const char *a, const char *b) {
    return a != NULL ? a : b != NULL ? b : "";
}

int baro_is_resumed(const struct baro_run *run) {
    return run->link.is_resumed;
}

int baro_is_refused(const struct baro_run *run) {
    return run->link.is_refused;
}

char *baro_history_json(const struct baro_run *run) {
    return run->link.history == NULL ? NULL : strdup(run->link.history);
}

char *baro_past_json(const struct baro_run *run) {
    return run->past_json == NULL ? NULL : strdup(run->past_json);
}

/* A copy: the link's own text may change while another thread waits for the sender. */
static const char *told(struct baro_run *run, char *const *text, char **copy) {
    pthread_mutex_lock(&run->link.mutex);
    bool is_new = *text != NULL && (*copy == NULL || strcmp(*text, *copy) != 0);
    char *fresh = is_new ? strdup(*text) : NULL;
    pthread_mutex_unlock(&run->link.mutex);
    if (fresh == NULL)
        return *copy;
    free(*copy);
    *copy = fresh;
    return fresh;
}

/* A server that answered after init had gone on is heard here. */
static void hear_late_answer(struct baro_run *run) {
    if (run->owner == getpid() && !run->link.knows_run)
        sender_link_wait_for_run(&run->link, 0);
}

const char *baro_get(struct baro_run *run, enum baro_fact fact) {
    struct sender_link *link = &run->link;
    hear_late_answer(run);
    switch (fact) {
    case BARO_RUN_ID: return run->run_id;
    case BARO_ENTITY: return first_of(told(run, &link->entity, &run->told_entity), run->entity);
    case BARO_PROJECT: return first_of(told(run, &link->project, &run->told_project), run->project);
    case BARO_NAME: return first_of(run->name, told(run, &link->name, &run->told_name));
    case BARO_NOTES: return first_of(run->notes, NULL);
    case BARO_DIR: return run->dir;
    case BARO_LOG_PATH: return run->log_path;
    case BARO_PROBLEM: return first_of(told(run, &link->problem, &run->told_problem), NULL);
    default: return "";
    }
}

double baro_start_time(const struct baro_run *run) {
    return (double)run->start_wall_ns / 1e9;
}

int64_t baro_next_step(struct baro_run *run) {
    shared_log_lock(run->log);
    int64_t step = run->log->control->next_step;
    shared_log_unlock(run->log);
    return step;
}

uint64_t baro_dropped_rows(struct baro_run *run) {
    shared_log_lock(run->log);
    uint64_t count = run->dropped_rows;
    shared_log_unlock(run->log);
    return count;
}

char *baro_summary_json(struct baro_run *run, size_t *len) {
    struct buf out = BUF_INIT(RECORD_MAX_BYTES);
    shared_log_lock(run->log);
    summary_write(&run->summary, &out);
    shared_log_unlock(run->log);
    buf_append_char(&out, '\0');
    if (out.failed) {
        buf_finish(&out);
        return NULL;
    }
    *len = out.len - 1;
    return out.ptr;
}

int baro_summary_remove(struct baro_run *run, const char *const *path, size_t path_len, struct baro_error *error) {
    struct str parts[TREE_DEPTH_MAX];
    struct err err = { 0 };
    if (path_len == 0 || path_len > TREE_DEPTH_MAX) {
        err_set_message(&err, ERR_BAD_INPUT, "a summary's key has 1 to %d parts", TREE_DEPTH_MAX);
        return run_report(error, &err);
    }
    for (size_t i = 0; i < path_len; i++)
        parts[i] = str_from_c(path[i]);
    shared_log_lock(run->log);
    summary_remove(&run->summary, parts, path_len);
    buf_reset(&run->record);
    protobuf_put_i64(&run->record, 1, run_next_record(run));
    size_t begin = protobuf_begin(&run->record, RECORD_SUMMARY);
    record_put_item(&run->record, 2, parts, path_len, STR_EMPTY);
    protobuf_end(&run->record, begin);
    enum err_code code = run_append(run, &err);
    shared_log_unlock(run->log);
    return code == OK ? BARO_OK : run_report(error, &err);
}

void baro_free(void *memory) {
    free(memory);
}

/* ---- records beside the rows ---- */

/* Appends run->record, unlocks and reports. */
static int append_and_unlock(struct baro_run *run, struct baro_error *error) {
    struct err err = { 0 };
    enum err_code code = run_append(run, &err);
    shared_log_unlock(run->log);
    return code == OK ? BARO_OK : run_report(error, &err);
}

static int report_misuse(struct baro_error *error, const char *message) {
    struct err err = { 0 };
    err_set_message(&err, ERR_BAD_INPUT, "%s", message);
    return run_report(error, &err);
}

int baro_define_metric(struct baro_run *run, const struct baro_metric *metric, struct baro_error *error) {
    struct str name = str_from_c(metric->name);
    bool is_glob = str_ends_with(name, STR("*"));
    struct record_metric record = {
        .name = is_glob ? STR_EMPTY : name,
        .glob_name = is_glob ? name : STR_EMPTY,
        .step_metric = str_from_c(metric->step_metric),
        .step_sync = metric->step_sync,
        .is_hidden = metric->is_hidden,
        .is_defined = true,
        .overwrites = metric->overwrites,
        .modes = metric->summary,
        .goal = (enum metric_goal)metric->goal,
    };
    if (name.len == 0)
        return report_misuse(error, "a metric needs a name");
    if (metric->summary > 63 || metric->goal > BARO_MAXIMIZE)
        return report_misuse(error, "a summary or goal of a metric is unknown");
    shared_log_lock(run->log);
    bool is_defined = summary_define(&run->summary, &record);
    buf_reset(&run->record);
    record_put_metric(&run->record, run_next_record(run), &record);
    int code = append_and_unlock(run, error);
    return is_defined ? code : report_misuse(error, "out of memory");
}

int baro_describe(struct baro_run *run, const struct baro_description *description, struct baro_error *error) {
    if (description->has_tags && description->tag_count > RECORD_TAGS_MAX)
        return report_misuse(error, "a run has at most 256 tags");
    shared_log_lock(run->log);
    bool is_copied = copy_text(&run->name, description->name) && copy_text(&run->notes, description->notes) &&
                     copy_text(&run->group, description->group) && copy_text(&run->job_type, description->job_type) &&
                     (!description->has_tags || copy_tags(run, description->tags, description->tag_count));
    if (!is_copied) {
        shared_log_unlock(run->log);
        return report_misuse(error, "out of memory");
    }
    buf_reset(&run->record);
    put_run(run, &run->record);
    return append_and_unlock(run, error);
}

int baro_output(struct baro_run *run, int is_stderr, const char *text, size_t len, struct baro_error *error) {
    const struct record_output output = { .is_stderr = is_stderr, .time = time_of(run_wall_ns()), .line = { text, len } };
    shared_log_lock(run->log);
    buf_reset(&run->record);
    record_put_output(&run->record, run_next_record(run), &output);
    return append_and_unlock(run, error);
}

int baro_save(struct baro_run *run, const char *path, enum baro_policy policy, struct baro_error *error) {
    if (policy > BARO_LIVE)
        return report_misuse(error, "a policy is now, end or live");
    shared_log_lock(run->log);
    buf_reset(&run->record);
    record_put_file(&run->record, run_next_record(run), str_from_c(path), (enum record_policy)policy);
    return append_and_unlock(run, error);
}

int baro_append_record(struct baro_run *run, const void *record, size_t len, struct baro_error *error) {
    struct record parsed;
    struct err err = { 0 };
    if (record_parse(&parsed, (struct str){ record, len }, &err) != OK)
        return run_report(error, &err);
    shared_log_lock(run->log);
    buf_reset(&run->record);
    protobuf_put_i64(&run->record, 1, run_next_record(run));
    buf_append(&run->record, record, len);
    return append_and_unlock(run, error);
}

int baro_ask(struct baro_run *run, const char *kind, const char *payload_json, int timeout_ms, char **answer,
             struct baro_error *error) {
    struct err err = { 0 };
    if (run->owner != getpid())
        return report_misuse(error, "only the process that opened a run asks its sender");
    if (sender_link_ask(&run->link, kind, payload_json, timeout_ms, answer, &err) != OK)
        return run_report(error, &err);
    return BARO_OK;
}

/* ---- the end ---- */

void baro_abandon(struct baro_run *run) {
    if (run == NULL)
        return;
    run_fork_guard_remove(run);
    run_destroy(run);
}

static enum err_code write_end(struct baro_run *run, int exit_code, struct err *err) {
    enum err_code code;
    TRY(run_close_open_row(run, err));
    run_write_summary(run);
    buf_reset(&run->record);
    record_put_exit(&run->record, run_next_record(run), exit_code,
                    (int)((run_wall_ns() - run->start_wall_ns) / 1000000000));
    run->last_try_ms = 0;
    code = run_append(run, err);
    if (code != OK)
        return code;
    if (run->waiting.len > 0)
        return err_set(err, ERR_FULL, "the disk is full; %zu bytes of '%s' are lost", run->waiting.len, run->log_path);
    shared_log_trim(run->log);
    atomic_store(&run->log->control->is_ended, 1);
    return OK;
}

/* A forked child has no end to write; what it left open and its summary belong to the run all the same. */
static void finish_child(struct baro_run *run) {
    shared_log_lock(run->log);
    run_write_summary(run);
    shared_log_unlock(run->log);
}

int baro_end(struct baro_run *run, int exit_code, struct baro_error *error) {
    struct err err = { 0 };
    if (run->owner != getpid()) {
        finish_child(run);
        return BARO_OK;
    }
    shared_log_lock(run->log);
    enum err_code code = write_end(run, exit_code, &err);
    shared_log_unlock(run->log);
    if (code != OK)
        return run_report(error, &err);
    sender_link_say(&run->link, STR("{\"type\":\"finish\"}"));
    return BARO_OK;
}

void baro_wait(struct baro_run *run, int timeout_ms, struct baro_progress *progress) {
    const struct sender_link *link = &run->link;
    if (run->owner == getpid())
        sender_link_wait_for_end(&run->link, timeout_ms);
    *progress = (struct baro_progress){ .is_done = link->is_done || run->owner != getpid(),
                                        .is_gone = link->fd < 0,
                                        .sent_bytes = link->sent_bytes,
                                        .total_bytes = link->total_bytes,
                                        .unsent_bytes = link->unsent_bytes,
                                        .problem = told(run, &run->link.problem, &run->told_problem) };
}

int baro_finish(struct baro_run *run, int exit_code, struct baro_error *error) {
    struct err err = { 0 };
    struct baro_progress progress = { 0 };
    int code = baro_end(run, exit_code, error);
    if (code == BARO_OK) {
        baro_wait(run, run->finish_timeout_ms > 0 ? run->finish_timeout_ms : -1, &progress);
        if (!progress.is_done && progress.problem != NULL)
            err_set_message(&err, ERR_IO, "%s; send it later with `barograph sync %s`", progress.problem, run->dir);
        else if (!progress.is_done)
            err_set_message(&err, ERR_TIMEOUT, "not all is sent yet; `barograph sync %s` sends what is left", run->dir);
        if (!progress.is_done)
            code = run_report(error, &err);
    }
    baro_abandon(run);
    return code;
}

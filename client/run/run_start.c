/* run_start.c - how a run begins: its first records, its sender, and what that learnt of a run that is gone on with. */
#include "client/run/run.h"

#include "base/json.h"
#include "base/protobuf.h"
#include "client/uplink/answer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INIT_TIMEOUT_MS = 90000, GREETING_MAX = 60 << 10 };

#define PRODUCER "barograph " BAROGRAPH_VERSION

/* Names this client: a server takes a run for one that can be resumed when its config has this. */
static void put_telemetry(struct baro_run *run, const char *python_version, struct buf *out) {
    protobuf_put_i64(out, 1, run_next_record(run));
    size_t telemetry = protobuf_begin(out, RECORD_TELEMETRY);
    if (python_version != NULL)
        protobuf_put_bytes(out, 4, str_from_c(python_version));
    protobuf_put_bytes(out, 5, STR(PRODUCER));
    protobuf_end(out, telemetry);
}

/* An object's members as the items of a config record. */
static enum err_code put_config(struct baro_run *run, struct str json, struct buf *out, struct err *err) {
    struct buf items = BUF_INIT(RUN_RECORD_MAX_BYTES), value = BUF_INIT(RUN_RECORD_MAX_BYTES);
    struct tree config;
    if (!tree_init(&config))
        return err_set(err, ERR_FULL, "out of memory");
    bool is_object = tree_keep(&config, json);
    for (const struct tree_node *node = config.root->first; node != NULL; node = node->next) {
        const struct str name = { node->name, node->name_len };
        buf_reset(&value);
        tree_write(&config, node, &value);
        record_put_item(&items, 1, &name, 1, buf_str(&value));
    }
    enum err_code code = is_object ? buf_check(&items, "the config", err) : err_set(err, ERR_BAD_INPUT, "the config is no JSON object");
    record_put_body(out, run_next_record(run), RECORD_CONFIG, buf_str(&items));
    tree_finish(&config);
    buf_finish(&items);
    buf_finish(&value);
    return code;
}

enum err_code run_write_first_records(struct baro_run *run, const struct baro_settings *settings, struct err *err) {
    enum err_code code;
    shared_log_lock(run->log);
    run->log->control->start_wall_ns = run->start_wall_ns;
    if (run->fork_run != NULL && run->fork_step >= 0 && run->fork_step < 9e15)
        run->log->control->next_step = (int64_t)run->fork_step + 1;
    buf_reset(&run->record);
    record_put_header(&run->record, run_next_record(run), STR(PRODUCER));
    code = run_append(run, err);
    buf_reset(&run->record);
    run_put(run, &run->record);
    if (code == OK)
        code = run_append(run, err);
    buf_reset(&run->record);
    put_telemetry(run, settings->python_version, &run->record);
    if (code == OK)
        code = run_append(run, err);
    buf_reset(&run->record);
    if (code == OK && settings->config_json != NULL)
        code = put_config(run, str_from_c(settings->config_json), &run->record, err);
    if (code == OK && settings->config_json != NULL)
        code = run_append(run, err);
    shared_log_unlock(run->log);
    return code;
}

static const char *from_environment(const char *barograph_name, const char *wandb_name) {
    const char *value = getenv(barograph_name);
    if (value == NULL || value[0] == '\0')
        value = getenv(wandb_name);
    return value != NULL && value[0] != '\0' ? value : NULL;
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

enum err_code run_start_sender(struct baro_run *run, const struct baro_settings *settings, struct err *err) {
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

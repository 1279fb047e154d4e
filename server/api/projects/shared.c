/* shared.c - see shared.h. */
#include "server/api/projects/shared.h"

#include "server/api/identity.h"
#include "server/api/json_pair.h"
#include "server/api/node_id.h"
#include "server/api/runs/run_type.h"
#include "server/history/history.h"
#include "server/store/projects/view.h"
#include "server/store/runs/run_table.h"

enum { BRIEF_MS = 3600 * 1000, PAGE_DEFAULT = 50 };

/* ---- finding ---- */

static enum err_code is_gone(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "this link does not exist, was revoked, or has expired");
}

static struct str path_of_run(int64_t run_id, struct arena *arena) {
    return arena_printf(arena, "/shared/runs/%lld", (long long)run_id);
}

struct str shared_sign(const struct identity *identity, const struct run *run) {
    const struct signed_link link = {
        .method = LINK_GET,
        .path = path_of_run(run->id, identity->arena),
        .expires_at = clock_wall_ms() + BRIEF_MS,
        .user_id = identity->user_id,
        .key_id = identity->key_id,
        .session_id = identity->session_id,
    };
    struct str query = secrets_sign_link(identity->app->secrets, &link, identity->arena);
    return arena_printf(identity->arena, "%lld.%.*s", (long long)run->id, STR_ARG(str_from(query, strlen("sig="))));
}

static enum err_code find_brief(struct db_tx *tx, struct http_call *call, int64_t run_id, struct str signature, struct share **out,
                                struct err *err) {
    struct signed_link link = { .method = LINK_GET, .path = path_of_run(run_id, call->arena) };
    struct identity maker = { .app = call->app, .arena = call->arena };
    struct err ignored;
    struct run *run;
    if (secrets_check_link(maker.app->secrets, &link, signature, clock_wall_ms(), &ignored) != OK)
        return is_gone(err);
    TRY(identity_from_link(&maker, link.user_id, link.key_id, link.session_id, err));
    TRY(run_find_by_id(tx, run_id, 0, call->arena, &run, err));
    TRY(access_check_in(tx, &maker, &run->owner, CAN_READ, err));
    *out = ARENA_NEW(call->arena, struct share);
    **out = (struct share){ .owner = run->owner, .run_ids = ARENA_ARRAY(call->arena, int64_t, 1), .run_count = 1,
                            .expires_at = link.expires_at };
    (*out)->run_ids[0] = run_id;
    return OK;
}

/* A report that was deleted, moved to another project or made private is not shown. */
static enum err_code find_kept(struct db_tx *tx, struct http_call *call, struct str token, struct share **out, struct err *err) {
    struct app *app = call->app;
    struct view *view;
    TRY(share_follow(tx, app->secrets, token, clock_wall_ms(), call->arena, out, err));
    if ((*out)->view_id == 0)
        return OK;
    TRY(view_find(tx, (*out)->view_id, call->arena, &view, err));
    bool is_there = view->owner.project_id == (*out)->owner.project_id && str_eq_c(view->type, VIEW_TYPE_REPORT);
    return is_there && !view->is_private ? OK : is_gone(err);
}

enum err_code shared_find(struct db_tx *tx, struct http_call *call, struct str token, struct share **out, struct err *err) {
    struct str number, signature;
    int64_t run_id = 0;
    bool is_brief = str_cut(token, '.', &number, &signature);
    if (is_brief && !str_to_i64(number, &run_id))
        return is_gone(err);
    enum err_code code = is_brief ? find_brief(tx, call, run_id, signature, out, err) : find_kept(tx, call, token, out, err);
    return code == ERR_NOT_FOUND || code == ERR_GONE ? is_gone(err) : code;
}

enum err_code shared_find_project(struct db_tx *tx, const struct share *share, struct str entity_name, struct str project_name,
                                  struct arena *arena, struct project **out, struct err *err) {
    struct project *project = NULL;
    if (share->view_id == 0)
        return project_find_by_id(tx, share->owner.project_id, arena, out, err);
    enum err_code code = project_find_by_names(tx, entity_name, project_name, arena, &project, err);
    if (code != OK && code != ERR_NOT_FOUND && code != ERR_GONE)
        return code;
    for (size_t i = 0; code == OK && i < share->project_count; i++)
        if (share->project_ids[i] == project->id) {
            *out = project;
            return OK;
        }
    return err_set(err, ERR_NOT_FOUND, "the link shows no runs of that project");
}

/* A run that was moved elsewhere is not this project's to show. */
bool shared_shows(const struct share *share, const struct run *run) {
    if (share->view_id != 0) {
        for (size_t i = 0; i < share->project_count; i++)
            if (share->project_ids[i] == run->owner.project_id)
                return true;
        return false;
    }
    for (size_t i = 0; run->owner.project_id == share->owner.project_id && i < share->run_count; i++)
        if (share->run_ids[i] == run->id)
            return true;
    return false;
}

/* ---- writing ---- */

static void write_keys(struct json_writer *json, const struct history_keys *keys) {
    json_object_begin(json);
    json_key(json, STR("keys"));
    json_object_begin(json);
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->keys[i].numbers == 0)
            continue; /* what is no line is not shown */
        json_key(json, keys->keys[i].name);
        json_raw(json, STR("{\"typeCounts\":[{\"type\":\"number\",\"count\":"));
        buf_printf(json->out, "%lld}]}", (long long)keys->keys[i].numbers);
    }
    json_object_end(json);
    json_object_end(json);
}

static enum err_code write_run(struct json_writer *json, struct http_call *call, const struct run *run, struct err *err) {
    struct app *app = call->app;
    struct history_keys keys;
    TRY(history_read_keys(app->history, run->id, HISTORY_ROWS, &keys, call->arena, err));
    json_object_begin(json);
    json_pair_text(json, STR("id"), run->name);
    json_pair_text(json, STR("name"), run->name);
    json_pair_text(json, STR("displayName"), run->display_name);
    json_pair_text(json, STR("state"), str_from_c(run_state_name(run->state)));
    json_pair_text(json, STR("group"), run->group);
    json_pair_text(json, STR("jobType"), run->job_type);
    json_pair_time(json, STR("createdAt"), run->created_at);
    json_pair_time(json, STR("heartbeatAt"), run->heartbeat_at);
    json_pair_text(json, STR("config"), run_config_of_link(run->config, call->arena));
    json_pair_text(json, STR("summaryMetrics"), run->summary);
    json_key(json, STR("historyLineCount"));
    json_int(json, keys.last_step + 1);
    json_key(json, STR("historyKeys"));
    write_keys(json, &keys);
    json_object_end(json);
    return OK;
}

/* ---- what a link shows ---- */

struct following {
    struct http_call *call;
    struct share *share;
    struct project *project; /* of the link; of the runs that are asked for */
    struct run **runs;
    size_t run_count;
    struct view *view; /* NULL: it names runs */
    struct str spec;
    struct project **projects;
    const struct json_value *input;
    struct run_page page;
};

static enum err_code load_report(struct db_tx *tx, struct following *f, struct err *err) {
    struct arena *arena = f->call->arena;
    TRY(view_find(tx, f->share->view_id, arena, &f->view, err));
    TRY(view_load_spec(tx, f->view->id, arena, &f->spec, err));
    f->projects = ARENA_ARRAY(arena, struct project *, f->share->project_count);
    for (size_t i = 0; i < f->share->project_count; i++)
        TRY(project_find_by_id(tx, f->share->project_ids[i], arena, &f->projects[i], err));
    return OK;
}

static enum err_code load(struct db_tx *tx, void *context, struct err *err) {
    struct following *f = context;
    struct arena *arena = f->call->arena;
    size_t kept = 0;
    f->view = NULL;
    TRY(shared_find(tx, f->call, f->call->params[0], &f->share, err));
    TRY(project_find_by_id(tx, f->share->owner.project_id, arena, &f->project, err));
    if (f->share->view_id != 0)
        return load_report(tx, f, err);
    TRY(run_find_many(tx, f->share->run_ids, f->share->run_count, RUN_CONFIG | RUN_SUMMARY, arena, &f->runs, &f->run_count, err));
    for (size_t i = 0; i < f->run_count; i++)
        if (shared_shows(f->share, f->runs[i]))
            f->runs[kept++] = f->runs[i];
    f->run_count = kept;
    return OK;
}

/* Without what is said about it: that is among those who may read the project. */
static void write_report(struct json_writer *json, const struct following *f) {
    json_key(json, STR("report"));
    json_object_begin(json);
    json_pair_text(json, STR("id"), node_id_make("View", f->view->id, f->call->arena));
    json_pair_text(json, STR("displayName"), f->view->display_name);
    json_pair_text(json, STR("description"), f->view->description);
    json_pair_text(json, STR("spec"), f->spec);
    json_pair_time(json, STR("createdAt"), f->view->created_at);
    json_pair_time(json, STR("updatedAt"), f->view->updated_at);
    json_object_end(json);
    json_key(json, STR("projects"));
    json_array_begin(json);
    for (size_t i = 0; i < f->share->project_count; i++) {
        json_object_begin(json);
        json_pair_text(json, STR("entityName"), f->projects[i]->entity_name);
        json_pair_text(json, STR("name"), f->projects[i]->name);
        json_object_end(json);
    }
    json_array_end(json);
}

static enum err_code write_runs(struct json_writer *json, const struct following *f, struct err *err) {
    json_key(json, STR("runs"));
    json_array_begin(json);
    for (size_t i = 0; i < f->run_count; i++)
        TRY(write_run(json, f->call, f->runs[i], err));
    json_array_end(json);
    return OK;
}

enum err_code shared_answer(struct http_call *call, struct err *err) {
    struct app *app = call->app;
    struct following f = { .call = call };
    struct json_writer json;

    http_add_header(call, STR("Cache-Control"), STR("no-store"));
    TRY(db_read(app->db, load, &f, err));
    json_writer_init(&json, http_body(call), JSON_STRICT);
    json_object_begin(&json);
    json_pair_text(&json, STR("project"), f.project->name);
    json_pair_time(&json, STR("expiresAt"), f.share->expires_at);
    if (f.view != NULL)
        write_report(&json, &f);
    TRY(write_runs(&json, &f, err));
    json_object_end(&json);
    return OK;
}

/* ---- runs of a report ---- */

static enum err_code find_asked_project(struct db_tx *tx, void *context, struct err *err) {
    struct following *f = context;
    TRY(shared_find(tx, f->call, f->call->params[0], &f->share, err));
    if (f->share->view_id == 0)
        return err_set(err, ERR_NOT_FOUND, "the link shows no report");
    return shared_find_project(tx, f->share, json_get_str(f->input, STR("entity")), json_get_str(f->input, STR("project")),
                               f->call->arena, &f->project, err);
}

static enum err_code load_page(struct db_tx *tx, void *context, struct err *err) {
    struct following *f = context;
    struct arena *arena = f->call->arena;
    struct run **found;
    size_t count;
    TRY(run_find_many(tx, f->page.ids, f->page.count, RUN_CONFIG | RUN_SUMMARY, arena, &found, &count, err));
    f->runs = ARENA_ARRAY(arena, struct run *, count);
    f->run_count = 0;
    for (size_t i = 0; i < f->page.count; i++) /* as they were asked for, not as they were found */
        for (size_t k = 0; k < count; k++)
            if (found[k]->id == f->page.ids[i] && found[k]->owner.project_id == f->project->id)
                f->runs[f->run_count++] = found[k];
    return OK;
}

static enum err_code query_page(struct following *f, struct err *err) {
    struct app *app = f->call->app;
    int64_t first = json_get_int(f->input, STR("first"), PAGE_DEFAULT);
    if (first < 1 || first > SHARED_PAGE_MAX)
        return err_set(err, ERR_BAD_INPUT, "'first' must be from 1 to %d, got %lld", SHARED_PAGE_MAX, (long long)first);
    const struct run_query query = { .project_id = f->project->id,
                                     .filters = json_get_str(f->input, STR("filters")),
                                     .order = json_get_str(f->input, STR("order")),
                                     .after = json_get_str(f->input, STR("after")),
                                     .first = (size_t)first,
                                     .is_of_link = true };
    return run_tables_query(app->run_tables, &query, f->call->arena, &f->page, err);
}

enum err_code shared_answer_runs(struct http_call *call, struct err *err) {
    struct app *app = call->app;
    struct following f = { .call = call };
    struct json_writer json;
    struct json_value *input;

    http_add_header(call, STR("Cache-Control"), STR("no-store"));
    TRY(json_parse(&input, call->body, JSON_STRICT, call->arena, err));
    f.input = input;
    TRY(db_read(app->db, find_asked_project, &f, err));
    TRY(query_page(&f, err));
    TRY(db_read(app->db, load_page, &f, err));
    json_writer_init(&json, http_body(call), JSON_STRICT);
    json_object_begin(&json);
    json_key(&json, STR("totalCount"));
    json_uint(&json, f.page.match_count);
    json_pair_text(&json, STR("endCursor"), f.page.has_more ? f.page.cursors[f.page.count - 1] : (struct str){ NULL, 0 });
    TRY(write_runs(&json, &f, err));
    json_object_end(&json);
    return OK;
}

/* ---- the page ---- */

struct page_question {
    struct http_call *call;
    struct str token;
};

static enum err_code find_link(struct db_tx *tx, void *context, struct err *err) {
    struct page_question *question = context;
    struct share *share;
    return shared_find(tx, question->call, question->token, &share, err);
}

/* "/alice/mnist/reports/Title--Vmlldzox" */
static bool is_report_page(struct str path) {
    struct str entity, project, kind, rest;
    return str_cut(str_from(path, 1), '/', &entity, &rest) && str_cut(rest, '/', &project, &rest) && str_cut(rest, '/', &kind, &rest) &&
           str_eq(kind, STR("reports"));
}

enum err_code shared_answer_page(struct http_call *call, bool *is_sent, struct err *err) {
    struct app *app = call->app;
    struct page_question question = { call, http_query(call, STR("accessToken")) };
    *is_sent = false;
    if (question.token.len == 0 || str_contains(question.token, STR("/")) || !is_report_page(call->path))
        return OK;
    enum err_code code = db_read(app->db, find_link, &question, err);
    if (code == ERR_NOT_FOUND)
        return OK; /* the page itself says what is to be said, to whoever is logged in too */
    TRY(code);
    http_set_status(call, 303);
    http_add_header(call, STR("Cache-Control"), STR("no-store"));
    http_add_header(call, STR("Location"), arena_printf(call->arena, "/shared/%.*s", STR_ARG(question.token)));
    *is_sent = true;
    return OK;
}

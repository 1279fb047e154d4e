/* sweep_agent.c - see sweep_agent.h. */
#include "server/store/sweeps/sweep_agent.h"

#include "server/store/projects/names.h"
#include "server/store/sweeps/sweep.h"

#define AGENT_COLUMNS                                                                                                    \
    "select a.id, a.sweep_id, s.project_id, p.entity_id, a.name, a.host, a.user_id, a.created_at, a.heartbeat_at,"       \
    " a.exited_at, (select count(*) from sweep_runs r where r.agent_id = a.id)"                                          \
    " from sweep_agents a join sweeps s on s.id = a.sweep_id join projects p on p.id = s.project_id "

static struct sweep_agent *read_agent(const struct db_rows *rows, struct arena *arena) {
    struct sweep_agent *agent = ARENA_NEW(arena, struct sweep_agent);
    agent->id = db_int(rows, 0);
    agent->sweep_id = db_int(rows, 1);
    agent->owner = (struct owner){ .project_id = db_int(rows, 2), .entity_id = db_int(rows, 3) };
    agent->name = db_str(rows, 4, arena);
    agent->host = db_str(rows, 5, arena);
    agent->user_id = db_int(rows, 6);
    agent->created_at = db_int(rows, 7);
    agent->heartbeat_at = db_int(rows, 8);
    agent->exited_at = db_int(rows, 9);
    agent->run_count = db_int(rows, 10);
    return agent;
}

static enum err_code take_one(struct db_rows *rows, struct arena *arena, struct sweep_agent **out, struct err *err) {
    *out = NULL;
    while (db_next(rows))
        *out = read_agent(rows, arena);
    TRY(db_end(rows, err));
    return *out != NULL ? OK : err_set(err, ERR_NOT_FOUND, "agent not found");
}

enum err_code sweep_agent_find_by_id(struct db_tx *tx, int64_t id, struct arena *arena, struct sweep_agent **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), AGENT_COLUMNS "where a.id = $1 and p.deleted_at is null", err));
    return take_one(rows, arena, out, err);
}

enum err_code sweep_agent_find(struct db_tx *tx, int64_t sweep_id, struct str name, struct arena *arena, struct sweep_agent **out,
                               struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(sweep_id), DB_TEXT(name)), AGENT_COLUMNS "where a.sweep_id = $1 and a.name = $2", err));
    return take_one(rows, arena, out, err);
}

enum err_code sweep_agent_create(struct db_tx *tx, int64_t sweep_id, struct str host, int64_t user_id, int64_t now_ms, struct arena *arena,
                                 struct sweep_agent **out, struct err *err) {
    struct str name = sweep_make_up_name(arena);

    TRY(name_check_text(host, "the agent's host", SWEEP_AGENT_HOST_MAX, err));
    TRY(db_exec(tx, DB_ARGS(DB_INT(sweep_id), DB_TEXT(name), DB_TEXT(host), user_id > 0 ? DB_INT(user_id) : DB_NULL, DB_INT(now_ms)),
                "insert into sweep_agents (sweep_id, name, host, user_id, created_at, heartbeat_at) values ($1, $2, $3, $4, $5, $5)", err));
    return sweep_agent_find(tx, sweep_id, name, arena, out, err);
}

enum err_code sweep_agent_list(struct db_tx *tx, int64_t sweep_id, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(sweep_id)), AGENT_COLUMNS "where a.sweep_id = $1 order by a.id", err));
    while (db_next(rows))
        list_add(out, read_agent(rows, arena), arena);
    return db_end(rows, err);
}

enum err_code sweep_agent_touch(struct db_tx *tx, int64_t id, bool is_exiting, int64_t now_ms, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(id), DB_INT(now_ms), is_exiting ? DB_INT(now_ms) : DB_NULL),
                   "update sweep_agents set heartbeat_at = $2, exited_at = $3 where id = $1", err);
}

const char *sweep_agent_state(const struct sweep_agent *agent, int64_t now_ms) {
    if (agent->exited_at != 0)
        return "FINISHED";
    return now_ms - agent->heartbeat_at > SWEEP_AGENT_SILENT_MS ? "LOST" : "RUNNING";
}

/* run_fixture.h - a store with a user, an entity and a project, for the tests of runs. */
#ifndef TESTS_UNIT_SERVER_STORE_RUN_FIXTURE_H
#define TESTS_UNIT_SERVER_STORE_RUN_FIXTURE_H

#include "server/store/projects/project.h"
#include "server/store/runs/run.h"
#include "tests/unit/server/store/db_fixture.h"

/* One step of a test, as a work of its own. */
struct step {
    struct fixture *f;
    enum err_code (*run)(struct db_tx *tx, struct fixture *f, void *context, struct err *err);
    void *context;
};

static inline enum err_code do_step(struct db_tx *tx, void *context, struct err *err) {
    struct step *step = context;
    return step->run(tx, step->f, step->context, err);
}

/* Runs the function inside a transaction that writes. */
static inline enum err_code
in_tx(struct fixture *f, enum err_code (*run)(struct db_tx *, struct fixture *, void *, struct err *),
      void *context) {
    struct step step = { f, run, context };
    return db_write(f->db, do_step, &step, &f->err);
}

static inline enum err_code add_people(struct db_tx *tx, struct fixture *f, void *context, struct err *err) {
    struct project *project;
    bool is_inserted;
    (void)context;
    TRY(db_exec(
        tx, DB_NO_ARGS,
        "insert into entities (name, kind, created_at) values ('alice', 'personal', 1), ('lab', 'team', 1)",
        err));
    TRY(db_exec(tx, DB_NO_ARGS,
                "insert into users (entity_id, username, name, is_admin, kind, created_at) values (1, "
                "'alice', 'Alice', 0, 'user', 1)",
                err));
    TRY(project_ensure(tx, 1, STR("p1"), 1, 1000, f->arena, &project, &is_inserted, err));
    return project_ensure(tx, 2, STR("p2"), 1, 1000, f->arena, &project, &is_inserted, err);
}

#endif

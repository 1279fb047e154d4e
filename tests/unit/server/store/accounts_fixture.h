/* accounts_fixture.h - people to test with. */
#ifndef TESTS_ACCOUNTS_FIXTURE_H
#define TESTS_ACCOUNTS_FIXTURE_H

#include "tests/unit/server/store/db_fixture.h"

#include "server/store/accounts/audit.h"
#include "server/store/accounts/entity.h"
#include "server/store/accounts/member.h"
#include "server/store/accounts/secrets.h"
#include "server/store/accounts/user.h"

static const struct actor nobody = { 0, 0, STR_INIT("local") };

static inline enum err_code add_user(struct db_tx *tx, struct fixture *f, const char *username, struct user **out,
                                     struct err *err) {
    struct new_user wanted = { .username = str_from_c(username) };
    return user_create(tx, &wanted, &nobody, f->arena, out, err);
}

static inline enum err_code count_rows(struct db_tx *tx, const char *sql, int64_t *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_NO_ARGS, sql, err));
    *out = db_next(rows) ? db_int(rows, 0) : -1;
    return db_end(rows, err);
}

#endif

/* test_artifact_reference.c - references between versions, which never lead back. */
#include "server/store/artifacts/artifact_reference.h"
#include "tests/unit/server/store/run_fixture.h"

static enum err_code refer(struct db_tx *tx, int64_t from, int64_t to, struct err *err) {
    return artifact_reference_add_all(tx, from, &to, 1, err);
}

WORK_TEST(artifact_reference__leads_on_to_others) {
    (void)context;
    TRY(refer(tx, 2, 1, err));
    TRY(refer(tx, 3, 2, err));
    TRY(refer(tx, 3, 1, err));
    return refer(tx, 3, 1, err);
}

WORK_TEST(artifact_reference__is_not_to_the_version_itself) {
    const int64_t targets[] = { 5, 7 };
    (void)context;
    EXPECT_ERROR(artifact_reference_add_all(tx, 7, targets, 2, err), ERR_BAD_INPUT, "the artifact refers to itself: that would be a circle");
    return OK;
}

WORK_TEST(artifact_reference__leads_back_through_none) {
    (void)context;
    TRY(refer(tx, 1, 2, err));
    TRY(refer(tx, 2, 3, err));
    TRY(refer(tx, 3, 4, err));
    EXPECT_ERROR(refer(tx, 4, 1, err), ERR_BAD_INPUT, "the artifact's references lead back to itself: that would be a circle");
    return refer(tx, 4, 5, err);
}

WORK_TEST(artifact_reference__walks_a_circle_of_others_to_its_end) {
    (void)context;
    /* As versions that were there before references were noted might be. */
    TRY(db_exec(tx, DB_NO_ARGS, "insert into artifact_references (artifact_id, target_id) values (1, 2), (2, 1), (9, 3)", err));
    return refer(tx, 3, 1, err);
}

WORK_TEST(artifact_reference__is_refused_when_too_many_are_between) {
    (void)context;
    TRY(db_exec(tx, DB_ARGS(DB_INT(ARTIFACT_CIRCLE_MAX + 10)),
                "insert into artifact_references (artifact_id, target_id) with recursive n(i) as"
                " (select 1 union all select i + 1 from n where i < $1) select i, i + 1 from n",
                err));
    EXPECT_ERROR(refer(tx, ARTIFACT_CIRCLE_MAX + 11, 1, err), ERR_BAD_INPUT, "the artifact's references lead through more than 10000 versions");
    return OK;
}

/* A few versions that all refer to each other: nobody else writes meanwhile. */
WORK_TEST(artifact_reference__is_refused_when_too_many_references_are_between) {
    (void)context;
    TRY(db_exec(tx, DB_NO_ARGS,
                "insert into artifact_references (artifact_id, target_id) with recursive n(i) as"
                " (select 1 union all select i + 1 from n where i < 330) select a.i, b.i from n a, n b",
                err));
    TRY(refer(tx, 1000, 1001, err));
    EXPECT_ERROR(refer(tx, 1001, 1, err), ERR_BAD_INPUT, "the artifact's references lead through more than 100000 others");
    return OK;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DB_TEST(artifact_reference__leads_on_to_others),
        DB_TEST(artifact_reference__is_not_to_the_version_itself),
        DB_TEST(artifact_reference__leads_back_through_none),
        DB_TEST(artifact_reference__walks_a_circle_of_others_to_its_end),
        DB_TEST(artifact_reference__is_refused_when_too_many_are_between),
        DB_TEST(artifact_reference__is_refused_when_too_many_references_are_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

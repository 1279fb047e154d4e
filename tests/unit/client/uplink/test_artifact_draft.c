/* test_artifact_draft.c - what is remembered of an attempt to send an artifact. */
#include "client/uplink/artifact_draft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void artifact_draft__belongs_to_one_artifact(void **unused) {
    struct artifact_draft *draft = artifact_draft_create(STR("client"), STR("id"), STR_EMPTY, STR("m"), 2);
    (void)unused;
    assert_true(artifact_draft_is_of(draft, STR("client"), 2));
    assert_false(artifact_draft_is_of(draft, STR("other"), 2));
    assert_false(artifact_draft_is_of(draft, STR("client"), 3));
    assert_false(artifact_draft_is_of(NULL, STR("client"), 2));
    artifact_draft_destroy(draft);
}

/* Those without a client's id cannot be told from each other. */
static void artifact_draft__is_nobodys_without_a_client_id(void **unused) {
    struct artifact_draft *draft = artifact_draft_create(STR_EMPTY, STR("id"), STR_EMPTY, STR("m"), 0);
    (void)unused;
    assert_non_null(draft);
    assert_false(artifact_draft_is_of(draft, STR_EMPTY, 0));
    artifact_draft_destroy(draft);
}

static void artifact_draft__knows_what_was_sent_and_whose_the_bytes_are(void **unused) {
    struct artifact_draft *draft = artifact_draft_create(STR("client"), STR("id"), STR("base"), STR("m"), 3);
    (void)unused;
    assert_null(artifact_draft_birth(draft, 0));
    artifact_draft_note_sent(draft, 0, STR("id"));
    artifact_draft_note_sent(draft, 2, STR("older"));
    assert_string_equal(artifact_draft_birth(draft, 0), "id");
    assert_null(artifact_draft_birth(draft, 1));
    assert_string_equal(artifact_draft_birth(draft, 2), "older");
    assert_null(artifact_draft_birth(NULL, 0));
    artifact_draft_note_sent(NULL, 0, STR("id"));
    artifact_draft_destroy(draft);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(artifact_draft__belongs_to_one_artifact),
        cmocka_unit_test(artifact_draft__is_nobodys_without_a_client_id),
        cmocka_unit_test(artifact_draft__knows_what_was_sent_and_whose_the_bytes_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

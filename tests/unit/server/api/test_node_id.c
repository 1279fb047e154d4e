/* test_node_id.c */
#include "server/api/node_id.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void node_id__is_what_clients_have_seen_before(void **state) {
    struct arena *arena = arena_create();
    (void)state;
    assert_string_equal(node_id_make("User", 1, arena).ptr, "VXNlcjox");
    arena_destroy(arena);
}

static void node_id__is_read_only_as_its_own_kind(void **state) {
    static const char *const wrong[] = { "", "!", "VXNlcg==", "VXNlcjo=", "VXNlcjp4", "RW50aXR5OjE=" };
    struct arena *arena = arena_create();
    int64_t number = 0;
    (void)state;
    assert_true(node_id_parse(node_id_make("User", INT64_MAX, arena), "User", &number, arena));
    assert_int_equal(number, INT64_MAX);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(node_id_parse(str_from_c(wrong[i]), "User", &number, arena));
    assert_false(node_id_parse((struct str){ NULL, 0 }, "User", &number, arena));
    arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(node_id__is_what_clients_have_seen_before),
        cmocka_unit_test(node_id__is_read_only_as_its_own_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

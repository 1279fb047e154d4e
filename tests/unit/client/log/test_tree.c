/* test_tree.c - values by path: what was said last holds. */
#include "client/log/tree.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { TEXT_MAX = 4096 };

static struct tree_node *at(struct tree *tree, const char *first, const char *second) {
    struct str path[2] = { str_from_c(first), str_from_c(second) };
    struct tree_node *node = tree_at(tree, path, second == NULL ? 1 : 2);
    assert_non_null(node);
    return node;
}

static void assert_is(const struct tree *tree, const char *expected) {
    struct buf out = BUF_INIT(TEXT_MAX);
    tree_write(tree, tree->root, &out);
    buf_append_char(&out, '\0');
    assert_string_equal(out.ptr, expected);
    buf_finish(&out);
}

static void tree__keeps_values_by_their_path(void **state) {
    (void)state;
    struct tree tree;
    assert_true(tree_init(&tree));
    assert_is(&tree, "{}");
    assert_true(tree_set_json(&tree, at(&tree, "n", "a"), STR("1")));
    tree_set_number(&tree, at(&tree, "x\"", NULL), 0.5);
    assert_true(tree_set_json(&tree, at(&tree, "n", "b"), STR("[2]")));
    assert_is(&tree, "{\"n\":{\"a\":1,\"b\":[2]},\"x\\\"\":0.5}");
    tree_finish(&tree);
}

static void tree__lets_a_value_replace_an_object_and_back(void **state) {
    (void)state;
    struct tree tree;
    assert_true(tree_init(&tree));
    assert_true(tree_set_json(&tree, at(&tree, "n", "a"), STR("1")));
    assert_true(tree_set_json(&tree, at(&tree, "n", NULL), STR("2")));
    assert_is(&tree, "{\"n\":2}");
    assert_true(tree_set_json(&tree, at(&tree, "n", "b"), STR("3")));
    assert_is(&tree, "{\"n\":{\"b\":3}}");
    tree_finish(&tree);
}

static void tree__forgets_what_was_before_it_began(void **state) {
    (void)state;
    struct tree tree;
    struct str path[1] = { STR_INIT("a") };
    assert_true(tree_init(&tree));
    assert_true(tree_set_json(&tree, at(&tree, "a", NULL), STR("1")));
    assert_non_null(tree_find(&tree, path, 1));
    assert_true(tree_begin(&tree));
    assert_null(tree_find(&tree, path, 1));
    assert_true(tree_set_json(&tree, at(&tree, "b", NULL), STR("2")));
    assert_is(&tree, "{\"b\":2}");
    tree_remove(at(&tree, "b", NULL));
    assert_is(&tree, "{}");
    tree_finish(&tree);
}

static void tree__finds_thousands_of_keys(void **state) {
    (void)state;
    struct tree tree;
    char name[16];
    assert_true(tree_init(&tree));
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(name, sizeof name, "k%d", i);
        tree_set_number(&tree, at(&tree, name, NULL), i);
    }
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(name, sizeof name, "k%d", i);
        assert_true(at(&tree, name, NULL)->number == i);
    }
    assert_int_equal(tree.node_count, 5000);
    tree_finish(&tree);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree__keeps_values_by_their_path),
        cmocka_unit_test(tree__lets_a_value_replace_an_object_and_back),
        cmocka_unit_test(tree__forgets_what_was_before_it_began),
        cmocka_unit_test(tree__finds_thousands_of_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

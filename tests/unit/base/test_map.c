/* test_map.c - the map against a plain array that does the same slowly. */
#include "base/hash.h"
#include "base/map.h"
#include "tests/unit/base/fixture.h"

static void map__finds_what_was_put_and_nothing_else(void **state) {
    struct map *map = map_create(*state);
    int one = 1, two = 2;

    map_put(map, STR("a"), &one);
    map_put(map, STR(""), &two);
    assert_ptr_equal(map_find(map, STR("a")), &one);
    assert_ptr_equal(map_find(map, STR_EMPTY), &two);
    assert_null(map_find(map, STR("b")));
    map_put(map, STR("a"), &two);
    assert_ptr_equal(map_find(map, STR("a")), &two);
    assert_int_equal(map_count(map), 2);
    map_destroy(map);
}

static void map__copies_keys_into_its_arena(void **state) {
    char key[] = "key";
    int value;
    struct map *copying = map_create(*state), *borrowing = map_create(NULL);
    map_put(copying, str_from_c(key), &value);
    map_put(borrowing, str_from_c(key), &value);
    key[0] = 'x';
    assert_ptr_equal(map_find(copying, STR("key")), &value);
    assert_null(map_find(borrowing, STR("key")));
    map_destroy(copying);
    map_destroy(borrowing);
}

static void map__borrows_the_newest_key(void **state) {
    char old_key[] = "key", new_key[] = "key";
    int value;
    struct map *map = map_create(NULL);
    (void)state;
    map_put(map, str_from_c(old_key), &value);
    map_put(map, str_from_c(new_key), &value);
    memset(old_key, 'x', 3);
    assert_ptr_equal(map_find(map, STR("key")), &value);
    map_destroy(map);
}

static void map__agrees_with_an_array_through_random_changes(void **state) {
    enum { KEY_COUNT = 700, CHANGE_COUNT = 30000 };
    static char expected[KEY_COUNT];
    struct map *map = map_create(*state);
    uint64_t random = 12345;
    size_t present = 0;

    for (size_t i = 0; i < CHANGE_COUNT; i++) {
        char text[16];
        random = random * 6364136223846793005U + 1442695040888963407U;
        size_t key_index = (size_t)(random >> 33) % KEY_COUNT;
        (void)snprintf(text, sizeof text, "k%zu", key_index);
        struct str key = str_from_c(text);
        /* More puts at first, more removals later. */
        if ((random >> 20) % 100 < (i < CHANGE_COUNT / 2 ? 70 : 35)) {
            present += map_find(map, key) == NULL;
            map_put(map, key, &expected[key_index]);
            expected[key_index] = 1;
        } else {
            void *removed = map_remove(map, key);
            assert_ptr_equal(removed, expected[key_index] != 0 ? &expected[key_index] : NULL);
            present -= removed != NULL;
            expected[key_index] = 0;
        }
        assert_int_equal(map_count(map), present);
    }
    for (size_t i = 0; i < KEY_COUNT; i++) {
        struct str key = arena_printf(*state, "k%zu", i);
        assert_ptr_equal(map_find(map, key), expected[i] != 0 ? &expected[i] : NULL);
    }
    map_destroy(map);
}

static void map__walks_every_entry_once(void **state) {
    enum { COUNT = 100 };
    int seen[COUNT] = { 0 };
    struct map *map = map_create(*state);
    size_t position = 0, walked = 0;
    struct str key;
    void *value;

    for (int i = 0; i < COUNT; i++)
        map_put(map, arena_printf(*state, "%d", i), &seen[i]);
    for (; map_next(map, &position, &key, &value); walked++) {
        uint64_t i;
        assert_true(str_to_u64(key, &i));
        assert_ptr_equal(value, &seen[i]);
        assert_int_equal(seen[i]++, 0);
    }
    assert_int_equal(walked, COUNT);
    map_destroy(map);
}

static void map__ends_when_null(void **state) {
    (void)state;
    map_destroy(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(map__finds_what_was_put_and_nothing_else),
        TEST(map__copies_keys_into_its_arena),
        TEST(map__borrows_the_newest_key),
        TEST(map__agrees_with_an_array_through_random_changes),
        TEST(map__walks_every_entry_once),
        TEST(map__ends_when_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

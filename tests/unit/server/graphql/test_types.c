/* test_types.c */
#include "server/graphql/types.h"
#include "tests/unit/server/graphql/fixture.h"

static const struct gql_named *type(const struct gql_schema *schema, const char *name) {
    const struct gql_named *found = gql_type_find(schema, str_from_c(name));
    assert_non_null(found);
    return found;
}

static void types__find_fields_and_the_language_s_own(void **state) {
    struct gql_schema *schema = world_schema();

    (void)state;
    for (size_t i = 0; i < type(schema, "Dog")->field_count; i++)
        assert_ptr_equal(gql_type_field(schema, type(schema, "Dog"), type(schema, "Dog")->fields[i].name),
                         &type(schema, "Dog")->fields[i]);
    assert_null(gql_type_field(schema, type(schema, "Dog"), STR("aaa")));
    assert_null(gql_type_field(schema, type(schema, "Dog"), STR("zzz")));
    assert_non_null(gql_type_field(schema, type(schema, "CatOrDog"), STR("__typename")));
    assert_null(gql_type_field(schema, type(schema, "Dog"), STR("__schema")));
    assert_non_null(gql_type_field(schema, type(schema, "Query"), STR("__schema")));
    assert_null(gql_type_field(schema, type(schema, "Query"), STR("__nope")));
    assert_null(gql_type_find(schema, STR("Nope")));
    gql_schema_destroy(schema);
}

static void types__know_what_includes_and_overlaps(void **state) {
    struct gql_schema *schema = world_schema();
    const struct gql_named *dog = type(schema, "Dog"), *cat = type(schema, "Cat"),
                           *human = type(schema, "Human");
    const struct gql_named *pet = type(schema, "Pet"), *either = type(schema, "CatOrDog");

    (void)state;
    assert_true(gql_type_includes(dog, dog) && gql_type_includes(pet, dog) && gql_type_includes(either, cat));
    assert_false(gql_type_includes(dog, cat) || gql_type_includes(pet, human) || gql_type_includes(dog, pet));
    assert_true(gql_types_overlap(pet, either) && gql_types_overlap(dog, pet) && gql_types_overlap(pet, dog));
    assert_false(gql_types_overlap(dog, cat) || gql_types_overlap(human, pet) ||
                 gql_types_overlap(pet, human));
    assert_true(gql_type_is_composite(either) && !gql_type_is_composite(type(schema, "Int")));
    assert_true(gql_type_is_input(type(schema, "Point")) && !gql_type_is_input(pet));
    gql_schema_destroy(schema);
}

static void types__write_references_as_they_are_read(void **state) {
    struct gql_schema *schema = world_schema();
    const struct gql_type_ref *pets = gql_type_field(schema, type(schema, "Query"), STR("pets"))->type;
    const struct gql_type_ref *friends = gql_type_field(schema, type(schema, "Dog"), STR("friends"))->type;

    assert_str(gql_type_ref_text(pets, *state), "[Pet!]!");
    assert_ptr_equal(gql_innermost(pets), type(schema, "Pet"));
    assert_true(gql_type_ref_equal(pets, pets));
    assert_false(gql_type_ref_equal(pets, friends));
    gql_schema_destroy(schema);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(types__find_fields_and_the_language_s_own),
        TEST(types__know_what_includes_and_overlaps),
        TEST(types__write_references_as_they_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

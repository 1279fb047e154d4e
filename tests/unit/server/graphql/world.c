/* world.c - see world.h. tests/api/test_graphql_oracle.py knows the same world in Python. */
#include "tests/unit/server/graphql/world.h"

#include "base/log.h"

#define ROW(name, args, type, answer) { name, args, type, WORLD_ANYONE, answer, NULL }

struct creature {
    const char *type, *id, *name, *nickname;
    int volume;
    const char *friends[4]; /* ids */
};

static const struct creature creatures[] = {
    { "Dog", "1", "Rex", "Rexy", 7, { "2", "3" } },
    { "Dog", "2", "Ada", NULL, 3, { "1" } },
    { "Cat", "3", "Tom \"the cat\"", NULL, 5, { "1", "2", "4" } },
    { "Cat", "4", "M\xC3\xBCsli", "Mu", 1, { NULL } },
};
static const struct creature *const first_creature = &creatures[0];

static const struct creature *find(const char *id) {
    for (size_t i = 0; i < sizeof creatures / sizeof creatures[0]; i++)
        if (strcmp(creatures[i].id, id) == 0)
            return &creatures[i];
    return NULL;
}

/* ---- pets ---- */

static enum err_code answer_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, str_from_c(((const struct creature *)call->parent)->id));
    return OK;
}

static enum err_code answer_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, str_from_c(((const struct creature *)call->parent)->name));
    return OK;
}

static enum err_code answer_nickname(struct gql_call *call, struct err *err) {
    const char *nickname = ((const struct creature *)call->parent)->nickname;
    (void)err;
    gql_str(call, (struct str){ nickname, nickname == NULL ? 0 : strlen(nickname) });
    return OK;
}

static enum err_code answer_volume(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, ((const struct creature *)call->parent)->volume);
    return OK;
}

static enum err_code answer_friends(struct gql_call *call, struct err *err) {
    const struct creature *creature = call->parent;
    int64_t first = gql_arg_int(call, "first", 0);

    if (first < 0)
        return err_set(err, ERR_BAD_INPUT, "first must not be negative, got %lld", (long long)first);
    gql_list_begin(call);
    for (int64_t i = 0; i < first && i < 4 && creature->friends[i] != NULL; i++) {
        const struct creature *friend = find(creature->friends[i]);
        gql_list_add_of(call, friend->type, friend);
    }
    return OK;
}

static enum err_code answer_knows(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, str_eq(gql_arg_str(call, "command"), STR("SIT")));
    return OK;
}

static enum err_code answer_owner(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, ((const struct creature *)call->parent)->nickname != NULL ? first_creature : NULL);
    return OK;
}

#define PET_FRIENDS ROW("friends", "first: Int = 10", "[Pet!]", answer_friends)

static const struct gql_field pet_fields[] = {
    PET_FRIENDS,
    ROW("id", "", "ID!", answer_id),
    ROW("name", "", "String!", answer_name),
};
static const struct gql_type pet_type = GQL_INTERFACE_TYPE("Pet", pet_fields);

static const struct gql_field dog_fields[] = {
    ROW("barkVolume", "", "Int", answer_volume),
    PET_FRIENDS,
    ROW("id", "", "ID!", answer_id),
    ROW("knows", "command: DogCommand!", "Boolean!", answer_knows),
    ROW("name", "", "String!", answer_name),
    ROW("nickname", "", "String", answer_nickname),
    ROW("owner", "", "Human", answer_owner),
};
static const struct gql_type dog_type = GQL_TYPE_IMPLEMENTS("Dog", dog_fields, "Pet");

static const struct gql_field cat_fields[] = {
    ROW("friends", "first: Int = 2, \"Only these.\" kind: String", "[Pet!]", answer_friends),
    ROW("id", "", "ID!", answer_id),
    ROW("meowVolume", "", "Int", answer_volume),
    ROW("name", "", "String!", answer_name),
    ROW("nickname", "", "String!", answer_nickname),
};
static const struct gql_type cat_type = GQL_TYPE_IMPLEMENTS("Cat", cat_fields, "Pet");

/* ---- people ---- */

static enum err_code answer_failure(struct gql_call *call, struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "\"%s\" is lost", call->field->name);
}

static enum err_code answer_internal_failure(struct gql_call *call, struct err *err) {
    json_string(call->out, STR("half an answer"));
    return err_set(err, ERR_INTERNAL, "the secret of \"%s\"", call->field->name);
}

static enum err_code answer_busy(struct gql_call *call, struct err *err) {
    (void)call;
    return err_set(err, ERR_BUSY, "the store is busy");
}

static enum err_code answer_null(struct gql_call *call, struct err *err) {
    (void)call;
    (void)err;
    return OK;
}

static enum err_code answer_human_name(struct gql_call *call, struct err *err) {
    (void)err;
    json_string(call->out, STR("Eva"));
    return OK;
}

static enum err_code answer_pets(struct gql_call *call, struct err *err) {
    int64_t first = gql_arg_int(call, "first", 0);

    (void)err;
    gql_list_begin(call);
    for (int64_t i = 0; i < first && i < 4; i++)
        gql_list_add_of(call, creatures[i].type, &creatures[i]);
    return OK;
}

static enum err_code answer_self(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, call->parent);
    return OK;
}

static const struct gql_field human_fields[] = {
    ROW("broken", "", "String", answer_failure),
    ROW("brokenHard", "", "String!", answer_failure),
    ROW("internal", "", "String", answer_internal_failure),
    ROW("name", "", "String!", answer_human_name),
    ROW("pets", "first: Int = 2", "[Pet]", answer_pets),
    ROW("self", "", "Human", answer_self),
    ROW("selfHard", "", "Human!", answer_self),
};
static const struct gql_type human_type = GQL_TYPE("Human", human_fields);

/* ---- roots ---- */

static enum err_code answer_dog(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, first_creature);
    return OK;
}

static enum err_code answer_pet(struct gql_call *call, struct err *err) {
    const struct creature *creature = find(arena_copy_c(call->arena, gql_arg_str(call, "id")));
    (void)err;
    if (creature != NULL)
        gql_object_of(call, creature->type, creature);
    return OK;
}

static enum err_code answer_people(struct gql_call *call, struct err *err) {
    (void)err;
    gql_list_begin(call);
    gql_list_add(call, first_creature);
    gql_list_add(call, NULL);
    gql_list_add(call, first_creature);
    return OK;
}

static enum err_code answer_half(struct gql_call *call, struct err *err) {
    gql_list_begin(call);
    gql_list_add(call, first_creature);
    return answer_failure(call, err);
}

static enum err_code answer_numbers(struct gql_call *call, struct err *err) {
    (void)err;
    json_raw(call->out, STR("[1,null,[2.5]]"));
    return OK;
}

/* All arguments that were given or have a default, as they were understood. */
static enum err_code answer_echo(struct gql_call *call, struct err *err) {
    static const char *const names[] = { "any",    "big",  "choice", "choices", "fraction", "id",    "input",
                                         "inputs", "json", "matrix", "number",  "text",     "texts", "yes" };
    (void)err;
    json_object_begin(call->out);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct json_value *value = gql_arg(call, names[i]);
        if (value == NULL)
            continue;
        json_key(call->out, str_from_c(names[i]));
        json_value_write(call->out, value);
    }
    json_object_end(call->out);
    return OK;
}

static enum err_code answer_need(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, gql_arg_int(call, "number", 0));
    return OK;
}

static enum err_code answer_selects(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, gql_selects(call, "pets.name") ? first_creature : NULL);
    return OK;
}

static const struct gql_field query_fields[] = {
    ROW("busy", "", "String", answer_busy),
    ROW("catOrDog", "id: ID!", "CatOrDog", answer_pet),
    ROW("dog", "", "Dog", answer_dog),
    ROW("echo",
        "any: JSON, big: Int64, choice: DogCommand = HEEL, choices: [DogCommand!] = [SIT], fraction: Float, "
        "id: ID, "
        "input: Point, inputs: [Point!], json: JSONString, matrix: [[Int]], number: Int, text: String, "
        "texts: [String!], yes: Boolean",
        "JSON", answer_echo),
    { "forbidden", "", "String", WORLD_NOBODY, answer_human_name, NULL },
    ROW("halfPeople", "", "[Human]", answer_half),
    ROW("human", "", "Human", answer_dog),
    ROW("humanHard", "", "Human!", answer_dog),
    ROW("need", "number: Int! = 4, other: Int", "Int!", answer_need),
    ROW("nothingHard", "", "Int!", answer_null),
    ROW("numbers", "", "[JSON]", answer_numbers),
    ROW("people", "", "[Human]", answer_people),
    ROW("peopleHard", "", "[Human!]", answer_people),
    { "pet", "\"Which.\" id: ID!", "Pet", WORLD_ANYONE, answer_pet, "One pet, by its id." },
    ROW("pets", "first: Int = 2", "[Pet!]!", answer_pets),
    ROW("whoIfPets", "", "Human", answer_selects),
};
static const struct gql_type query_type = GQL_TYPE("Query", query_fields);

static enum err_code answer_make(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, gql_input_str(call, "label"));
    return OK;
}

static const struct gql_field mutation_fields[] = {
    ROW("make", "input: Point!", "String", answer_make),
};
static const struct gql_type mutation_type = GQL_TYPE("Mutation", mutation_fields);

static enum err_code may_ask(struct gql_call *call, int who, const struct gql_type *type, struct err *err) {
    if (who == WORLD_NOBODY)
        return err_set(err, ERR_FORBIDDEN, "nobody may ask for \"%s.%s\"", type->name, call->field->name);
    return OK;
}

static const struct gql_type *const types[] = { &cat_type,      &dog_type, &human_type,
                                                &mutation_type, &pet_type, &query_type };

const struct gql_schema_parts world_parts = {
    .types = types,
    .type_count = sizeof types / sizeof types[0],
    .sdl = "scalar JSON scalar JSONString scalar Int64 "
           "\"What a dog may know.\" enum DogCommand { SIT \"Lie down.\" DOWN HEEL ROLL @deprecated(reason: "
           "\"undignified\") } "
           "input Point { x: Int!, y: Int = 7, label: String, tags: [String!], inner: Point, command: "
           "DogCommand = SIT, "
           "old: Int @deprecated } "
           "union CatOrDog = | Dog | Cat",
    .may_ask = may_ask,
};

struct gql_schema *world_schema(void) {
    struct gql_schema *schema;
    struct err err = { 0 };

    if (gql_schema_create(&schema, &world_parts, &err) != OK)
        log_fatal("%s", err.message);
    return schema;
}

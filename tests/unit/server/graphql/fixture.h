/* fixture.h - what the tests of server/graphql share: an arena in *state, and questions to the toy world. */
#ifndef TESTS_GRAPHQL_FIXTURE_H
#define TESTS_GRAPHQL_FIXTURE_H

#include "tests/unit/base/fixture.h"
#include "tests/unit/server/graphql/world.h"

/* "STATUS ANSWER", terminated. variables: JSON, or NULL. */
const char *world_ask(const char *query, const char *variables, struct arena *arena);
const char *world_ask_within(const char *query, const char *variables, const struct gql_limits *limits,
                             struct arena *arena);

/* The message of the first error, or "" when there is none. */
const char *world_error(const char *query, struct arena *arena);

#define assert_data(query, variables, data)                                                                  \
    assert_string_equal(world_ask(query, variables, *state), "200 {\"data\":" data "}")

#define assert_refused(query, message) assert_string_equal(world_error(query, *state), message)
#define assert_accepted(query) assert_string_equal(world_error(query, *state), "")

#endif

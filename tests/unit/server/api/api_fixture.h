/* api_fixture.h - the account part of the API on a real server, a real database and a real client. */
#ifndef TESTS_API_FIXTURE_H
#define TESTS_API_FIXTURE_H

#include "base/json.h"
#include "server/api/access.h"
#include "server/store/accounts/api_key.h"
#include "server/store/accounts/entity.h"
#include "server/store/accounts/member.h"
#include "server/store/accounts/user.h"
#include "server/store/projects/project.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ADMIN, ALICE, BOB, CAROL, PERSON_COUNT };

struct person {
    struct user *user;
    struct str key;
    int64_t key_id;
};

struct fixture {
    struct app app;
    struct arena *arena;
    char folder[64];
    struct person people[PERSON_COUNT];
    int64_t organization, team; /* acme: alice administers; vision of acme: bob is a member, carol is not */
    int64_t project;            /* vision/cats, private */
    struct err err;
    struct http_app http_app;
    struct http_server *server;
    pthread_t thread;
    struct str base_url;
};

int api_set_up(void **state);
int api_tear_down(void **state);
#define API_TEST(function) cmocka_unit_test_setup_teardown(function, api_set_up, api_tear_down)

struct reply {
    int status;
    struct str body, cookie, retry_after, authenticate;
    struct json_value *json; /* NULL when the body is none */
};

struct wish {
    const char *method, *path;
    struct str body;
    struct str key;           /* sent as Basic; empty: none */
    struct str authorization; /* instead of key */
    struct str cookie, origin, type;
};

struct reply api_send(struct fixture *f, const struct wish *wish);
/* With the person's key; -1 for none. */
struct reply api_ask(struct fixture *f, int person, const char *method, const char *path, const char *body);
/* The data of a query; the message of the first error is put into f->err. NULL when data is null. */
const struct json_value *api_graphql(struct fixture *f, int person, const char *query);
/* api_graphql's data as text. */
void assert_data(struct fixture *f, int person, const char *query, const char *expected);
/* The query fails with this message. */
void assert_refused(struct fixture *f, int person, const char *query, const char *message);
/* An identity as access_authorize would make it. */
struct identity *api_identity(struct fixture *f, int person);
int64_t api_count(struct fixture *f, const char *sql);
void api_execute(struct fixture *f, const char *sql);

#endif

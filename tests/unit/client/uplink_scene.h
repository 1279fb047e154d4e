/* uplink_scene.h - an uplink whose run is on a server that a test plays: it keeps what came, and answers as the test says.
 *
 * Memory: uplink_scene_end.
 */
#ifndef TESTS_UNIT_CLIENT_UPLINK_SCENE_H
#define TESTS_UNIT_CLIENT_UPLINK_SCENE_H

#include "client/uplink/uplink.h"
#include "tests/unit/client/fake_server.h"

struct uplink_scene {
    struct fake_server *server;
    struct uplink *uplink;
    struct run_state state;
    char folder[64]; /* empty, for the run's files */
    char *seen;      /* all requests, one behind the other */
    size_t seen_len;
    const char *stream_answer, *files_answer, *put_answer; /* "STATUS\nHEADER\nBODY" */
};

/* For cmocka: setup, teardown. */
int uplink_scene_begin(void **state);
int uplink_scene_end(void **state);

/* Once more, as the second writer of a shared run. */
void uplink_scene_become_secondary(struct uplink_scene *scene);
/* A record into the run's state. */
void uplink_scene_take(struct uplink_scene *scene, enum record_kind kind, const char *key, const char *json);
void uplink_scene_print(struct uplink_scene *scene, const char *text);

bool uplink_scene_has_seen(const struct uplink_scene *scene, const char *text);
void uplink_scene_forget(struct uplink_scene *scene);

#endif

/* uplink_scene.c - see uplink_scene.h. */
#include "tests/unit/client/uplink_scene.h"

#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEEN_MAX = 1 << 20 };

#define BUCKET                                                                                                          \
    "200\n\n{\"data\":{\"upsertBucket\":{\"bucket\":{\"id\":\"ID\",\"name\":\"r1\",\"displayName\":\"n\",\"project\":{\"name\":"  \
    "\"p\",\"entity\":{\"name\":\"e\"}},\"historyLineCount\":0},\"inserted\":true}}}"

static const char *answer_request(void *context, struct str request, struct str body) {
    struct uplink_scene *scene = context;
    size_t room = SEEN_MAX - scene->seen_len, len = request.len < room ? request.len : room;
    memcpy(scene->seen + scene->seen_len, request.ptr, len);
    scene->seen_len += len;
    if (str_starts_with(request, STR("PUT ")))
        return scene->put_answer;
    if (str_contains(body, STR("upsertBucket")))
        return BUCKET;
    return str_contains(body, STR("createRunFiles")) ? scene->files_answer : scene->stream_answer;
}

static void connect_uplink(struct uplink_scene *scene, bool is_secondary) {
    struct err err = { 0 };
    const struct uplink_options options = { .base_url = str_from_c(fake_server_url(scene->server)),
                                            .api_key = STR_INIT("key"),
                                            .files_dir = str_from_c(scene->folder),
                                            .is_secondary = is_secondary,
                                            .owner = -1 };
    enum err_code code = uplink_create(&scene->uplink, &options, &err);
    assert(code == OK);
    (void)code;
    enum uplink_result result = uplink_send_run(scene->uplink, &scene->state);
    assert(result == UPLINK_SENT);
    (void)result;
    uplink_scene_forget(scene);
}

int uplink_scene_begin(void **state) {
    struct uplink_scene *scene = calloc(1, sizeof *scene);
    struct buf record = BUF_INIT(4096);
    struct err err;
    const struct record_run run = { .run_id = STR_INIT("r1"), .project = STR_INIT("p") };
    (void)snprintf(scene->folder, sizeof scene->folder, "/tmp/uplink.XXXXXX");
    scene->seen = malloc(SEEN_MAX);
    scene->stream_answer = scene->put_answer = scene->files_answer = "200\n\n{}";
    scene->server = fake_server_start(answer_request, scene);
    if (scene->server == NULL || scene->seen == NULL || mkdtemp(scene->folder) == NULL || run_state_init(&scene->state, &err) != OK)
        return -1;
    record_put_run(&record, 1, &run);
    run_state_take(&scene->state, buf_str(&record));
    buf_finish(&record);
    connect_uplink(scene, false);
    *state = scene;
    return 0;
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *place) {
    (void)stat, (void)kind, (void)place;
    return remove(path);
}

int uplink_scene_end(void **state) {
    struct uplink_scene *scene = *state;
    uplink_destroy(scene->uplink);
    fake_server_stop(scene->server);
    run_state_finish(&scene->state);
    (void)nftw(scene->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(scene->seen);
    free(scene);
    return 0;
}

void uplink_scene_become_secondary(struct uplink_scene *scene) {
    uplink_destroy(scene->uplink);
    connect_uplink(scene, true);
}

void uplink_scene_take(struct uplink_scene *scene, enum record_kind kind, const char *key, const char *json) {
    struct buf record = BUF_INIT(64 << 10), body = BUF_INIT(64 << 10);
    const struct str name = str_from_c(key);
    record_put_item(&body, 1, &name, 1, str_from_c(json));
    record_put_body(&record, 2, kind, buf_str(&body));
    run_state_take(&scene->state, buf_str(&record));
    buf_finish(&body);
    buf_finish(&record);
}

void uplink_scene_print(struct uplink_scene *scene, const char *text) {
    struct buf record = BUF_INIT(64 << 10);
    const struct record_output output = { .line = str_from_c(text), .time = { 1700000000, 0 } };
    record_put_output(&record, 3, &output);
    run_state_take(&scene->state, buf_str(&record));
    buf_finish(&record);
}

bool uplink_scene_has_seen(const struct uplink_scene *scene, const char *text) {
    return str_contains((struct str){ scene->seen, scene->seen_len }, str_from_c(text));
}

void uplink_scene_forget(struct uplink_scene *scene) {
    scene->seen_len = 0;
}

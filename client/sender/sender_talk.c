/* sender_talk.c - the sender's end of the link: what it says, and what it answers when it is asked. */
#include "client/sender/sender_parts.h"

#include "base/clock.h"
#include "base/json.h"
#include "client/sender/sender_link.h"
#include "client/uplink/answer.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

enum { POLL_MS = 100, OFFLINE_POLL_MS = 1000, MESSAGES_A_TURN = 64, PROGRESS_MS = 200, DELIVERY_POLL_MS = 10 };

void sender_say(const struct sender *sender, struct str message) {
    if (sender->options->link_fd >= 0)
        (void)send(sender->options->link_fd, message.ptr, message.len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void put_text(struct json_writer *writer, const char *key, struct str text) {
    json_key(writer, str_from_c(key));
    json_string(writer, text);
}

void sender_say_run(const struct sender *sender) {
    struct buf message = BUF_INIT(SENDER_LINK_MESSAGE_MAX);
    struct json_writer writer;
    json_writer_init(&writer, &message, JSON_STRICT);
    json_object_begin(&writer);
    put_text(&writer, "type", STR("run"));
    put_text(&writer, "entity", uplink_entity(sender->uplink));
    put_text(&writer, "project", uplink_project(sender->uplink));
    put_text(&writer, "name", uplink_run_name(sender->uplink));
    json_key(&writer, STR("is_resumed"));
    json_bool(&writer, sender->past.is_there);
    json_object_end(&writer);
    sender_say(sender, buf_str(&message));
    buf_finish(&message);
}

void sender_say_problem(const struct sender *sender) {
    struct buf message = BUF_INIT(SENDER_LINK_MESSAGE_MAX);
    struct json_writer writer;
    json_writer_init(&writer, &message, JSON_STRICT);
    json_object_begin(&writer);
    put_text(&writer, "type", STR("problem"));
    put_text(&writer, "message", str_from_c(uplink_problem(sender->uplink)));
    json_key(&writer, STR("is_refused"));
    json_bool(&writer, sender->is_refused);
    json_object_end(&writer);
    sender_say(sender, buf_str(&message));
    buf_finish(&message);
}

void sender_say_history(const struct sender *sender) {
    struct buf message = BUF_INIT(SENDER_LINK_MESSAGE_MAX), history = BUF_INIT(SENDER_LINK_MESSAGE_MAX);
    struct json_writer writer;
    if (!sender->options->wants_history)
        return;
    sparks_write(&sender->state.sparks, &history);
    json_writer_init(&writer, &message, JSON_STRICT);
    json_object_begin(&writer);
    put_text(&writer, "type", STR("history"));
    put_text(&writer, "history", buf_str(&history));
    json_object_end(&writer);
    if (!message.failed && !history.failed)
        sender_say(sender, buf_str(&message));
    buf_finish(&history);
    buf_finish(&message);
}

void sender_say_progress(struct sender *sender) {
    struct buf message = BUF_INIT(4096);
    struct transfers_progress progress = { 0 };
    struct json_writer writer;
    int64_t now_ms = clock_mono_ms();
    if (!sender->is_finishing || sender->options->link_fd < 0 || now_ms - sender->said_progress_ms < PROGRESS_MS)
        return;
    sender->said_progress_ms = now_ms;
    if (sender->transfers != NULL)
        transfers_progress(sender->transfers, &progress);
    json_writer_init(&writer, &message, JSON_STRICT);
    json_object_begin(&writer);
    put_text(&writer, "type", STR("progress"));
    json_key(&writer, STR("sent_bytes"));
    json_uint(&writer, progress.sent_bytes);
    json_key(&writer, STR("total_bytes"));
    json_uint(&writer, progress.total_bytes);
    json_key(&writer, STR("unsent_bytes"));
    json_uint(&writer, sender_unread_bytes(sender) + run_state_pending_bytes(&sender->state));
    json_object_end(&writer);
    sender_say(sender, buf_str(&message));
    buf_finish(&message);
}

/* ---- answers ---- */

/* value is JSON; with a problem it does not count. */
static void answer(const struct sender *sender, int64_t id, struct str value, const char *problem) {
    struct buf message = BUF_INIT(SENDER_LINK_MESSAGE_MAX);
    struct json_writer writer;
    json_writer_init(&writer, &message, JSON_STRICT);
    json_object_begin(&writer);
    put_text(&writer, "type", STR("answer"));
    json_key(&writer, STR("id"));
    json_int(&writer, id);
    if (problem != NULL) {
        put_text(&writer, "error", str_from_c(problem));
    } else {
        json_key(&writer, STR("value"));
        json_raw(&writer, value);
    }
    json_object_end(&writer);
    if (!message.failed)
        sender_say(sender, buf_str(&message));
    buf_finish(&message);
}

static void keep_question(struct sender *sender, int64_t id, struct str client_id) {
    for (size_t i = 0; i < SENDER_LINK_ASKS_MAX; i++) {
        struct sender_question *question = &sender->questions[i];
        if (question->id != 0)
            continue;
        question->client_id = strndup(client_id.ptr, client_id.len);
        question->id = question->client_id == NULL ? 0 : id;
        return;
    }
}

static void answer_status(struct sender *sender, int64_t id, struct str payload) {
    struct buf value = BUF_INIT(SENDER_LINK_MESSAGE_MAX);
    struct json_writer writer;
    (void)payload;
    json_writer_init(&writer, &value, JSON_STRICT);
    json_object_begin(&writer);
    json_key(&writer, STR("is_on_server"));
    json_bool(&writer, sender->is_on_server);
    json_key(&writer, STR("is_stopped"));
    json_bool(&writer, sender->uplink != NULL && uplink_was_stopped(sender->uplink));
    json_key(&writer, STR("unsent_bytes"));
    json_uint(&writer, sender_unread_bytes(sender) + run_state_pending_bytes(&sender->state));
    json_key(&writer, STR("log_bytes"));
    json_uint(&writer, sender->reader.offset + sender_unread_bytes(sender));
    json_key(&writer, STR("last_sent_ms_ago"));
    json_int(&writer, sender->transmitted_ms == 0 ? -1 : clock_mono_ms() - sender->transmitted_ms);
    if (sender->failing_since_ms > 0)
        put_text(&writer, "problem", str_from_c(uplink_problem(sender->uplink)));
    json_object_end(&writer);
    answer(sender, id, buf_str(&value), NULL);
    buf_finish(&value);
}

/* An artifact's answer comes when it is there; until then the question is kept. */
static void answer_artifact(struct sender *sender, int64_t id, struct str payload) {
    struct buf client_id = BUF_INIT(4096), value = BUF_INIT(SENDER_LINK_MESSAGE_MAX);
    struct str raw;
    enum artifact_state state = ARTIFACT_UNKNOWN;
    bool is_named = answer_find(payload, &raw, "client_id", NULL) && answer_text(raw, &client_id);
    if (is_named && sender->transfers != NULL)
        state = transfers_find_artifact(sender->transfers, buf_str(&client_id), &value);
    if (state == ARTIFACT_DONE)
        answer(sender, id, buf_str(&value), NULL);
    else if (!is_named || sender->uplink == NULL)
        answer(sender, id, STR_EMPTY, is_named ? "the run is offline: `barograph sync` sends the artifact" : "an artifact has a client_id");
    else if (sender->is_refused)
        answer(sender, id, STR_EMPTY, uplink_problem(sender->uplink));
    else
        keep_question(sender, id, buf_str(&client_id));
    buf_finish(&client_id);
    buf_finish(&value);
}

/* Sorted by kind. */
static const struct {
    const char *kind;
    void (*answer)(struct sender *sender, int64_t id, struct str payload);
} answers[] = {
    { "\"artifact\"", answer_artifact },
    { "\"status\"", answer_status },
};

static void answer_kept(struct sender *sender) {
    for (size_t i = 0; i < SENDER_LINK_ASKS_MAX; i++) {
        struct sender_question *question = &sender->questions[i];
        struct buf value = BUF_INIT(SENDER_LINK_MESSAGE_MAX);
        if (question->id == 0)
            continue;
        bool is_done = sender->transfers != NULL && transfers_find_artifact(sender->transfers, str_from_c(question->client_id),
                                                                            &value) == ARTIFACT_DONE;
        if (is_done || sender->is_refused) {
            answer(sender, question->id, buf_str(&value), is_done ? NULL : uplink_problem(sender->uplink));
            free(question->client_id);
            *question = (struct sender_question){ 0 };
        }
        buf_finish(&value);
    }
}

static void take_ask(struct sender *sender, struct str message) {
    struct str raw, payload;
    int64_t id;
    if (!answer_find(message, &raw, "id", NULL) || !answer_int(raw, &id))
        return;
    if (!answer_find(message, &payload, "payload", NULL))
        payload = STR("{}");
    if (answer_find(message, &raw, "kind", NULL))
        for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
            if (str_eq_c(raw, answers[i].kind)) {
                answers[i].answer(sender, id, payload);
                return;
            }
    answer(sender, id, STR_EMPTY, "the sender does not know what is asked");
}

static void take_message(struct sender *sender, struct str message) {
    struct str type;
    if (answer_find(message, &type, "type", NULL) && str_eq_c(type, "\"ask\""))
        take_ask(sender, message);
    else
        sender->is_finishing = true;
}

static void take_messages(struct sender *sender) {
    char *room = malloc(SENDER_LINK_MESSAGE_MAX);
    for (int i = 0; room != NULL && i < MESSAGES_A_TURN; i++) {
        ssize_t len = recv(sender->options->link_fd, room, SENDER_LINK_MESSAGE_MAX, MSG_DONTWAIT);
        if (len > 0) {
            take_message(sender, (struct str){ room, (size_t)len });
            continue;
        }
        sender->link_is_closed = len == 0 || (errno != EAGAIN && errno != EINTR);
        if (sender->owner_fd < 0 && sender->link_is_closed)
            sender->owner_is_gone = true;
        break;
    }
    free(room);
}

void sender_hear_owner(struct sender *sender) {
    /* Both would be readable for ever once the owner is gone, and a pause before the next try none. */
    bool is_alone = sender->owner_is_gone;
    struct pollfd fds[2] = { { .fd = is_alone || sender->link_is_closed ? -1 : sender->options->link_fd, .events = POLLIN },
                             { .fd = is_alone ? -1 : sender->owner_fd, .events = POLLIN } };
    bool has_records = !sender->is_at_end;
    int wait_ms = sender->is_finishing || has_records ? 0 : sender->options->is_offline ? OFFLINE_POLL_MS : POLL_MS;
    bool is_paused = sender->not_before_ms > clock_mono_ms();
    if (is_paused)
        wait_ms = POLL_MS;
    else if (sender->is_finishing && sender->is_at_end && sender->transfers != NULL)
        transfers_wait(sender->transfers, DELIVERY_POLL_MS);
    (void)poll(fds, 2, wait_ms);
    if (fds[0].revents != 0)
        take_messages(sender);
    if (fds[1].revents != 0)
        sender->owner_is_gone = true;
    answer_kept(sender);
}

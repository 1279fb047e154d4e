/* sender_talk.c - the sender's end of the link: what it says, and what it answers when it is asked. */
#include "client/sender_parts.h"

#include "base/clock.h"
#include "base/json.h"
#include "client/answer.h"
#include "client/sender_link.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

enum { POLL_MS = 100, OFFLINE_POLL_MS = 1000, MESSAGES_A_TURN = 64 };

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
    json_key(&writer, STR("last_sent_ms_ago"));
    json_int(&writer, sender->transmitted_ms == 0 ? -1 : clock_mono_ms() - sender->transmitted_ms);
    if (sender->failing_since_ms > 0)
        put_text(&writer, "problem", str_from_c(uplink_problem(sender->uplink)));
    json_object_end(&writer);
    answer(sender, id, buf_str(&value), NULL);
    buf_finish(&value);
}

/* Sorted by kind. */
static const struct {
    const char *kind;
    void (*answer)(struct sender *sender, int64_t id, struct str payload);
} answers[] = {
    { "\"status\"", answer_status },
};

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
        if (sender->pidfd < 0 && (len == 0 || errno != EAGAIN))
            sender->owner_is_gone = true;
        break;
    }
    free(room);
}

void sender_hear_owner(struct sender *sender) {
    struct pollfd fds[2] = { { .fd = sender->options->link_fd, .events = POLLIN }, { .fd = sender->pidfd, .events = POLLIN } };
    bool has_records = !sender->is_at_end;
    int wait_ms = sender->is_finishing || has_records ? 0 : sender->options->is_offline ? OFFLINE_POLL_MS : POLL_MS;
    if (sender->not_before_ms > clock_mono_ms())
        wait_ms = POLL_MS;
    (void)poll(fds, 2, wait_ms);
    if (fds[0].revents != 0)
        take_messages(sender);
    if (fds[1].revents != 0)
        sender->owner_is_gone = true;
}

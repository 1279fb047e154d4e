/* sender_link.c - see sender_link.h. */
#include "client/sender/sender_link.h"

#include "base/clock.h"
#include "base/json.h"
#include "client/os.h"
#include "client/uplink/answer.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { WAIT_SLICE_MS = 20 };

void sender_link_init(struct sender_link *link) {
    *link = (struct sender_link){ .fd = -1 };
    sender_link_renew_locks(link);
}

void sender_link_renew_locks(struct sender_link *link) {
    pthread_mutex_init(&link->mutex, NULL);
    os_cond_init(&link->heard);
    link->is_read = false;
}

void sender_link_finish(struct sender_link *link) {
    if (link->fd >= 0)
        close(link->fd);
    free(link->entity);
    free(link->project);
    free(link->name);
    free(link->problem);
    free(link->history);
    for (size_t i = 0; i < SENDER_LINK_ASKS_MAX; i++)
        free(link->asks[i].answer);
    pthread_cond_destroy(&link->heard);
    pthread_mutex_destroy(&link->mutex);
}

/* ---- starting it ---- */

static bool is_program(const char *path) {
    return access(path, X_OK) == 0;
}

/* Beside this library, or this program when it is linked into one. */
static char *beside_us(void) {
    Dl_info info;
    char *path = NULL;
    if (dladdr((void *)(uintptr_t)&sender_link_start, &info) == 0 || info.dli_fname == NULL)
        return NULL;
    const char *slash = strrchr(info.dli_fname, '/');
    int folder_len = slash == NULL ? 0 : (int)(slash - info.dli_fname) + 1;
    if (asprintf(&path, "%.*sbarograph-sender", folder_len, info.dli_fname) < 0)
        return NULL;
    if (slash != NULL && is_program(path))
        return path;
    free(path);
    return NULL;
}

static char *find_sender(const char *given) {
    const char *from_environment = getenv("BAROGRAPH_SENDER");
    if (given != NULL)
        return strdup(given);
    if (from_environment != NULL && from_environment[0] != '\0')
        return strdup(from_environment);
    char *path = beside_us();
    return path == NULL ? strdup("barograph-sender") : path;
}

/* The program forks once more and this child ends at once, so that nobody waits for the sender but init. */
static enum err_code spawn(const char *path, const char *log_path, int fd, struct err *err) {
    posix_spawn_file_actions_t actions;
    char *argv[] = { (char *)(uintptr_t)"barograph-sender", (char *)(uintptr_t)log_path, NULL };
    pid_t pid;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int failure = posix_spawnp(&pid, path, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0)
        return err_set_errno(err, failure, "cannot start the sender '%s'", path);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    return OK;
}

enum err_code sender_link_start(struct sender_link *link, const char *sender_path, const char *log_path,
                                struct str greeting, struct err *err) {
    int fds[2];
    char *path = find_sender(sender_path);
    if (path == NULL)
        return err_set(err, ERR_FULL, "out of memory");
    if (os_message_pair(fds) != 0) {
        free(path);
        return err_set_errno(err, errno, "cannot make a socket pair");
    }
    enum err_code code = spawn(path, log_path, fds[1], err);
    close(fds[1]);
    free(path);
    if (code != OK) {
        close(fds[0]);
        return code;
    }
    link->fd = fds[0];
    sender_link_say(link, greeting);
    return OK;
}

void sender_link_say(struct sender_link *link, struct str message) {
    if (link->fd >= 0)
        (void)send(link->fd, message.ptr, message.len, MSG_NOSIGNAL);
}

/* ---- hearing it ---- */

static void keep(char **to, struct str text, bool has_escapes) {
    char *copy = malloc(text.len + 1);
    if (copy == NULL)
        return;
    size_t len = text.len;
    if (has_escapes)
        len = json_unescape(text, copy);
    else
        memcpy(copy, text.ptr, text.len);
    copy[len] = '\0';
    free(*to);
    *to = copy;
}

static char **field_of(struct sender_link *link, struct str key) {
    if (str_eq_c(key, "entity"))
        return &link->entity;
    if (str_eq_c(key, "project"))
        return &link->project;
    if (str_eq_c(key, "name"))
        return &link->name;
    if (str_eq_c(key, "history"))
        return &link->history;
    return str_eq_c(key, "message") ? &link->problem : NULL;
}

static struct sender_link_ask *find_ask(struct sender_link *link, int64_t id) {
    for (size_t i = 0; i < SENDER_LINK_ASKS_MAX; i++)
        if (link->asks[i].id == id)
            return &link->asks[i];
    return NULL;
}

/* True when the message is an answer. One that nobody waits for any more is let go. */
static bool take_answer(struct sender_link *link, struct str message) {
    struct str raw;
    int64_t id;
    if (!answer_find(message, &raw, "type", NULL) || !str_eq_c(raw, "\"answer\""))
        return false;
    if (!answer_find(message, &raw, "id", NULL) || !answer_int(raw, &id) || id <= 0)
        return true;
    struct sender_link_ask *ask = find_ask(link, id);
    if (ask != NULL)
        keep(&ask->answer, message, false);
    return true;
}

static void take_flag(struct sender_link *link, struct str key) {
    if (str_eq_c(key, "is_resumed"))
        link->is_resumed = true;
    else if (str_eq_c(key, "is_refused"))
        link->is_refused = true;
}

static void take_count(struct sender_link *link, struct str key, struct str text) {
    uint64_t count;
    if (!str_to_u64(text, &count))
        return;
    if (str_eq_c(key, "sent_bytes"))
        link->sent_bytes = count;
    else if (str_eq_c(key, "total_bytes"))
        link->total_bytes = count;
    else if (str_eq_c(key, "unsent_bytes"))
        link->unsent_bytes = count;
}

static void take_text(struct sender_link *link, struct str key, const struct json_reader *reader) {
    char **field = field_of(link, key);
    if (field != NULL) {
        keep(field, reader->text, reader->has_escapes);
    } else if (str_eq_c(key, "type")) {
        link->knows_run = link->knows_run || str_eq_c(reader->text, "run");
        link->is_done = link->is_done || str_eq_c(reader->text, "done");
    }
}

static void hear(struct sender_link *link, struct str message) {
    struct json_reader reader;
    struct str key = STR_EMPTY;
    enum json_token token;

    if (take_answer(link, message))
        return;
    json_reader_init(&reader, message, JSON_STRICT);
    while ((token = json_next(&reader)) != JSON_END && token != JSON_ERROR)
        switch (token) {
        case JSON_KEY: key = reader.text; break;
        case JSON_STRING: take_text(link, key, &reader); break;
        case JSON_TRUE: take_flag(link, key); break;
        case JSON_NUMBER: take_count(link, key, reader.text); break;
        default: break;
        }
    /* What was wrong before is right now. */
    if (link->knows_run && !link->is_refused && str_starts_with(message, STR("{\"type\":\"run\""))) {
        free(link->problem);
        link->problem = NULL;
    }
}

static bool has_heard(const struct sender_link *link, bool waits_for_end) {
    return link->fd < 0 || link->is_done || (!waits_for_end && (link->knows_run || link->is_refused || (link->problem != NULL && !link->insists)));
}

static void take_in(struct sender_link *link, char *room) {
    ssize_t len = recv(link->fd, room, SENDER_LINK_MESSAGE_MAX, 0);
    if (len > 0) {
        hear(link, (struct str){ room, (size_t)len });
    } else if (len == 0 || (errno != EINTR && errno != ECONNRESET)) {
        /* A reset is told once, before what the sender had said until then: it left with a message of ours unread. */
        close(link->fd);
        link->fd = -1;
    }
}

/* One message, or the end; false when the time is over. One thread at a time listens, without the lock, so that others
 * ask, and a fork finds it free; they are woken by whatever it hears. */
static bool take_message(struct sender_link *link, char *room, int timeout_ms) {
    if (link->is_read)
        return os_cond_wait_until(&link->heard, &link->mutex, clock_mono_ms() + timeout_ms) == 0;
    struct pollfd poll_fd = { .fd = link->fd, .events = POLLIN };
    link->is_read = true;
    pthread_mutex_unlock(&link->mutex);
    int count = poll(&poll_fd, 1, timeout_ms);
    bool is_interrupted = count < 0 && errno == EINTR;
    pthread_mutex_lock(&link->mutex);
    link->is_read = false;
    if (count > 0)
        take_in(link, room);
    pthread_cond_broadcast(&link->heard);
    return count > 0 || is_interrupted;
}

static void wait_until(struct sender_link *link, bool waits_for_end, int timeout_ms) {
    int64_t limit = clock_mono_ms() + timeout_ms;
    char *room = malloc(SENDER_LINK_MESSAGE_MAX);
    bool is_over = room == NULL;
    while (!is_over) {
        int64_t left = timeout_ms < 0 ? INT64_MAX : limit - clock_mono_ms();
        int slice = left <= 0 ? 0 : left < WAIT_SLICE_MS ? (int)left : WAIT_SLICE_MS;
        pthread_mutex_lock(&link->mutex);
        /* Asked for what is there, it takes that in, whatever was heard before. */
        bool looks = timeout_ms == 0 && link->fd >= 0;
        bool has_more = (looks || !has_heard(link, waits_for_end)) && take_message(link, room, slice);
        is_over = looks ? !has_more : has_heard(link, waits_for_end) || (!has_more && left <= slice);
        pthread_mutex_unlock(&link->mutex);
    }
    free(room);
}

void sender_link_wait_for_run(struct sender_link *link, int timeout_ms) {
    wait_until(link, false, timeout_ms);
}

void sender_link_wait_for_end(struct sender_link *link, int timeout_ms) {
    wait_until(link, true, timeout_ms);
}

/* ---- asking ---- */

static bool send_ask(struct sender_link *link, int64_t id, const char *kind, const char *payload_json) {
    struct buf message = BUF_INIT(SENDER_LINK_MESSAGE_MAX);
    struct json_writer writer;
    json_writer_init(&writer, &message, JSON_STRICT);
    json_object_begin(&writer);
    json_key(&writer, STR("type"));
    json_string(&writer, STR("ask"));
    json_key(&writer, STR("id"));
    json_int(&writer, id);
    json_key(&writer, STR("kind"));
    json_string(&writer, str_from_c(kind));
    json_key(&writer, STR("payload"));
    json_raw(&writer, str_from_c(payload_json));
    json_object_end(&writer);
    bool is_sent = !message.failed && link->fd >= 0 &&
                   send(link->fd, message.ptr, message.len, MSG_NOSIGNAL) == (ssize_t)message.len;
    buf_finish(&message);
    return is_sent;
}

/* Threads take turns in reading: what is for another one is kept for it. */
static enum err_code wait_for_answer(struct sender_link *link, int64_t id, int timeout_ms, char **message, struct err *err) {
    int64_t limit = clock_mono_ms() + timeout_ms;
    char *room = malloc(SENDER_LINK_MESSAGE_MAX);
    enum err_code code = OK;
    if (room == NULL)
        return err_set(err, ERR_FULL, "out of memory");
    for (*message = NULL; *message == NULL && code == OK;) {
        pthread_mutex_lock(&link->mutex);
        struct sender_link_ask *ask = find_ask(link, id);
        if (ask->answer == NULL && link->fd >= 0)
            (void)take_message(link, room, WAIT_SLICE_MS);
        *message = ask->answer;
        ask->answer = NULL;
        bool is_gone = link->fd < 0;
        pthread_mutex_unlock(&link->mutex);
        if (*message == NULL && is_gone)
            code = err_set(err, ERR_IO, "the sender is gone; `barograph sync` sends what is left");
        else if (*message == NULL && timeout_ms > 0 && clock_mono_ms() >= limit)
            code = err_set(err, ERR_TIMEOUT, "no answer within %d ms", timeout_ms);
    }
    free(room);
    return code;
}

static enum err_code value_of(char *message, char **answer, struct err *err) {
    struct str raw, text = str_from_c(message);
    struct buf problem = BUF_INIT(ERR_MESSAGE_MAX);
    enum err_code code = OK;
    *answer = NULL;
    if (answer_find(text, &raw, "error", NULL)) {
        bool is_told = answer_text(raw, &problem);
        code = err_set(err, ERR_BAD_INPUT, "%.*s", STR_ARG(is_told ? buf_str(&problem) : STR("the sender refused")));
    } else if (!answer_find(text, &raw, "value", NULL)) {
        code = err_set(err, ERR_CORRUPT, "the sender's answer cannot be read");
    } else {
        *answer = strndup(raw.ptr, raw.len);
        code = *answer == NULL ? err_set(err, ERR_FULL, "out of memory") : OK;
    }
    buf_finish(&problem);
    return code;
}

enum err_code sender_link_ask(struct sender_link *link, const char *kind, const char *payload_json, int timeout_ms,
                              char **answer, struct err *err) {
    char *message = NULL;
    pthread_mutex_lock(&link->mutex);
    struct sender_link_ask *ask = find_ask(link, 0);
    int64_t id = ask == NULL ? 0 : ++link->last_ask;
    bool is_sent = ask != NULL && send_ask(link, id, kind, payload_json);
    if (is_sent)
        ask->id = id;
    pthread_mutex_unlock(&link->mutex);
    if (!is_sent)
        return err_set(err, ask == NULL ? ERR_TOO_MANY : ERR_IO, "the sender cannot be asked");
    enum err_code code = wait_for_answer(link, id, timeout_ms, &message, err);
    pthread_mutex_lock(&link->mutex);
    free(ask->answer);
    *ask = (struct sender_link_ask){ 0 };
    pthread_mutex_unlock(&link->mutex);
    if (code == OK)
        code = value_of(message, answer, err);
    free(message);
    return code;
}

/* sender_link.h - the training process's end of its sender: starting the process, and messages in both directions.
 *
 * Messages are JSON objects, one a datagram of a socket pair that closes when either end dies. The sender answers
 * {"type":"run",...} once the server knows the run, {"type":"problem","message":...} when it cannot go on, and
 * {"type":"done"} when all is sent. {"type":"ask","id":N,"kind":...,"payload":{...}} is answered, some time later, by
 * {"type":"answer","id":N,"value":{...}} or by {"type":"answer","id":N,"error":"..."}.
 *
 * Threads: its mutex guards it. Memory: sender_link_finish.
 */
#ifndef CLIENT_SENDER_LINK_H
#define CLIENT_SENDER_LINK_H

#include "base/buf.h"

#include <pthread.h>

enum { SENDER_LINK_MESSAGE_MAX = 128 << 10, SENDER_LINK_ASKS_MAX = 64 };

/* A question that somebody waits for. */
struct sender_link_ask {
    int64_t id; /* 0: free */
    char *answer; /* the whole message, once it is here */
};

struct sender_link {
    pthread_mutex_t mutex;
    pthread_cond_t heard; /* a message was taken in, or nobody listens any more */
    bool is_read;         /* a thread listens */
    int fd; /* -1: no sender, or it is gone */
    bool knows_run, is_done, is_resumed, is_refused;
    bool insists; /* a run that is gone on with: a server that is away is waited for */
    uint64_t sent_bytes, total_bytes, unsent_bytes;
    char *entity, *project, *name, *problem, *history; /* NULL until told */
    int64_t last_ask;
    struct sender_link_ask asks[SENDER_LINK_ASKS_MAX];
};

void sender_link_init(struct sender_link *link);
void sender_link_finish(struct sender_link *link);
/* In the child of a fork: threads that listened or waited are not here. */
void sender_link_renew_locks(struct sender_link *link);

/* greeting: the first message. */
MUST_CHECK enum err_code sender_link_start(struct sender_link *link, const char *sender_path, const char *log_path,
                                           struct str greeting, struct err *err);
void sender_link_say(struct sender_link *link, struct str message);

/* Takes in what has arrived; waits for the run's answer or the end, at most so long (0: does not wait, -1: ever). */
void sender_link_wait_for_run(struct sender_link *link, int timeout_ms);
void sender_link_wait_for_end(struct sender_link *link, int timeout_ms);

/* timeout_ms 0: as long as the sender lives. *answer is the value's JSON, to be freed. ERR_TIMEOUT; ERR_IO when there
 * is no sender any more; ERR_BAD_INPUT with what the sender says against it. */
MUST_CHECK enum err_code sender_link_ask(struct sender_link *link, const char *kind, const char *payload_json,
                                         int timeout_ms, char **answer, struct err *err);

#endif

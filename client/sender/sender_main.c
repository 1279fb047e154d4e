/* sender_main.c - the sender's process: barograph-sender LOG, with its socket to the training process as standard
 * input. It ends when all is sent, or when it has waited long enough for a server.
 */
#include "base/json.h"
#include "client/uplink/answer.h"
#include "client/os.h"
#include "client/sender/orphans.h"
#include "client/sender/sender.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

enum { GREETING_MAX = 64 << 10, LINK_FD = 0, PATIENCE_MS = 30000, STATS_INTERVAL_S = 15 };

/* Out of the training process' group and session: what ends those shall not end this. */
static bool become_background(void) {
    static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT };
    pid_t pid = fork();
    if (pid > 0)
        _exit(0);
    if (pid < 0 || setsid() < 0)
        return false;
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        (void)signal(ignored[i], SIG_IGN);
    /* Descriptors of the training process that were not closed on exec would stay open as long as we live. */
    return os_close_from(3);
}

/* A text of the greeting, behind those that texts holds already; there is room for all of them. */
static struct str text_in(struct str greeting, const char *key, struct buf *texts) {
    struct str raw;
    size_t begin = texts->len;
    if (!answer_find(greeting, &raw, key, NULL) || !answer_text(raw, texts))
        return STR_EMPTY;
    return (struct str){ texts->ptr + begin, texts->len - begin };
}

static double number_in(struct str greeting, const char *key) {
    struct str raw;
    return answer_find(greeting, &raw, key, NULL) ? strtod(raw.ptr, NULL) : 0;
}

static void take_greeting(struct str greeting, struct sender_options *options, struct buf *texts) {
    struct str raw;
    options->base_url = text_in(greeting, "base_url", texts);
    options->api_key = text_in(greeting, "api_key", texts);
    options->client_id = text_in(greeting, "client_id", texts);
    options->label = text_in(greeting, "label", texts);
    int resume = (int)number_in(greeting, "resume");
    options->resume = resume > SENDER_ADDS && resume <= SENDER_REWIND ? (enum sender_resume)resume : SENDER_ADDS;
    options->rewind_step = number_in(greeting, "rewind_step");
    options->package_folders = text_in(greeting, "package_folders", texts);
    options->wants_git = answer_find(greeting, &raw, "wants_git", NULL) && str_eq_c(raw, "true");
    options->wants_history = answer_find(greeting, &raw, "wants_history", NULL) && str_eq_c(raw, "true");
    options->stops_owner = answer_find(greeting, &raw, "stops_owner", NULL) && str_eq_c(raw, "true");
    options->is_secondary = answer_find(greeting, &raw, "is_secondary", NULL) && str_eq_c(raw, "true");
    options->is_offline = answer_find(greeting, &raw, "is_offline", NULL) && str_eq_c(raw, "true");
    double interval_s = number_in(greeting, "stats_interval_s");
    options->stats_interval_s = interval_s == 0 ? STATS_INTERVAL_S : interval_s > 0 ? interval_s : 0;
}

int main(int argc, char **argv) {
    struct buf greeting = BUF_INIT(GREETING_MAX), texts = BUF_INIT(GREETING_MAX);
    struct sender_options options = { .follows = true, .follows_links = true, .link_fd = LINK_FD };
    struct sender_result result;
    struct err err = { 0 };

    if (argc != 2) {
        fputs("usage: barograph-sender LOG, started by the barograph library\n", stderr);
        return 2;
    }
    options.owner = os_peer_of(LINK_FD);
    if (options.owner == 0 || !become_background())
        return 1;
    options.log_path = argv[1];
    char *room = buf_reserve(&greeting, GREETING_MAX - 1);
    ssize_t len = room == NULL ? -1 : recv(LINK_FD, room, GREETING_MAX - 1, 0);
    if (len <= 0 || buf_reserve(&texts, GREETING_MAX) == NULL)
        return 1;
    room[len] = '\0';
    take_greeting((struct str){ room, (size_t)len }, &options, &texts);
    options.patience_ms = PATIENCE_MS;
    options.has_begun = orphans_finish; /* init does not wait for it */
    enum err_code code = sender_run(&options, &result, &err);
    buf_finish(&greeting);
    buf_finish(&texts);
    return code == OK ? 0 : 1;
}

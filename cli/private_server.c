/* private_server.c - see private_server.h. */
#include "cli/private_server.h"

#include "cli/command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern const struct command server_command;
extern char **environ;

enum { WORDS_MAX = 20 };

/* A century: runs that were running stay so, and the trash stays full. */
#define NEVER_S "3153600000"
#define NEVER_DAYS "36500"

/* What a service is told of its addresses, certificates and mails is not meant for this server; its stores and secret are. */
static bool is_kept(const char *variable) {
    static const char *const kept[] = { "BAROGRAPH_BLOBS=", "BAROGRAPH_DATABASE=", "BAROGRAPH_FORCE=", "BAROGRAPH_SECRET=", "BAROGRAPH_SECRET_FILE=" };
    if (strncmp(variable, "BAROGRAPH_", strlen("BAROGRAPH_")) != 0 && strncmp(variable, "WANDB_", strlen("WANDB_")) != 0)
        return true;
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (strncmp(variable, kept[i], strlen(kept[i])) == 0)
            return true;
    return false;
}

static void leave_out_variables(void) {
    size_t count = 0;
    for (size_t i = 0; environ[i] != NULL; i++)
        if (is_kept(environ[i]))
            environ[count++] = environ[i];
    environ[count] = NULL;
}

static void add_word(char *words[WORDS_MAX], int *count, const char *name, const char *value) {
    if (value == NULL)
        return;
    words[(*count)++] = strdup(name);
    words[(*count)++] = strdup(value);
}

/* In the new process. */
static int serve(const struct private_server_options *options, int out) {
    char *words[WORDS_MAX] = { strdup("server") };
    int count = 1;

    leave_out_variables();
    add_word(words, &count, "--data", options->data);
    add_word(words, &count, "--database", options->database);
    add_word(words, &count, "--blobs", options->blobs);
    add_word(words, &count, "--listen", "127.0.0.1:0");
    add_word(words, &count, "--log-level", "error");
    add_word(words, &count, "--crash-after-s", NEVER_S);
    add_word(words, &count, "--trash-days", NEVER_DAYS);
    if (dup2(out, STDOUT_FILENO) < 0)
        return EXIT_FAILED;
    (void)close(out);
    return server_command.run(&server_command, count, words);
}

/* Its first line says where it listens; without one it has ended. */
static enum err_code read_url(struct private_server *server, int in, struct err *err) {
    FILE *said = fdopen(in, "r");
    char line[128] = "";
    bool is_told = said != NULL && fgets(line, sizeof line, said) != NULL && sscanf(line, "listening on %63s", server->url) == 1;
    if (said != NULL)
        (void)fclose(said);
    else
        (void)close(in);
    return is_told ? OK : err_set(err, ERR_CONFLICT, "no server could be started on the folder");
}

enum err_code private_server_start(struct private_server *server, const struct private_server_options *options, struct err *err) {
    int ends[2];
    pid_t parent = getpid();

    *server = (struct private_server){ 0 };
    if (pipe(ends) != 0)
        return err_set_errno(err, errno, "cannot start a server");
    server->pid = fork();
    if (server->pid < 0) {
        server->pid = 0;
        (void)close(ends[0]);
        (void)close(ends[1]);
        return err_set_errno(err, errno, "cannot start a server");
    }
    if (server->pid == 0) {
        (void)close(ends[0]);
        (void)setpgid(0, 0); /* an interrupt ends the command, which ends this */
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        _exit(getppid() == parent ? serve(options, ends[1]) : EXIT_FAILED);
    }
    (void)close(ends[1]);
    enum err_code code = read_url(server, ends[0], err);
    if (code != OK)
        private_server_stop(server);
    return code;
}

void private_server_stop(struct private_server *server) {
    if (server->pid == 0)
        return;
    (void)kill(server->pid, SIGTERM);
    while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    server->pid = 0;
}

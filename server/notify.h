/* notify.h - tells the service manager how the server is: systemd's protocol of datagrams to $NOTIFY_SOCKET. */
#ifndef SERVER_NOTIFY_H
#define SERVER_NOTIFY_H

/* "READY=1", "STOPPING=1". Without a manager that listens nothing happens; what it cannot be told is logged. */
void notify_manager(const char *state);

#endif

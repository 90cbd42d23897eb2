/* input.c - a URL from standard input */
#include "camctl/input.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/secret.h"
#include "config/config.h"

static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};

enum { ENDING = sizeof(ending) / sizeof(ending[0]) };

/* As the terminal was before it stopped to show what is typed: what ends camctl then puts it back. */
static struct termios shown;

static void show_and_end(int signal_number)
{
    tcsetattr(STDIN_FILENO, TCSANOW, &shown);
    signal(signal_number, SIG_DFL);
    raise(signal_number); /* which comes when this returns */
}

/* getpass(3) makes Ctrl-C a character of what is typed. */
static ssize_t ask(char **text, size_t *room)
{
    sighandler_t before[ENDING];
    struct termios unseen;
    if (tcgetattr(STDIN_FILENO, &shown) < 0)
        return -1;
    unseen = shown;
    unseen.c_lflag &= ~(tcflag_t)ECHO;
    unseen.c_lflag |= ECHONL;
    unseen.c_cc[VSUSP] = _POSIX_VDISABLE; /* a shell would find the terminal so */
    for (size_t i = 0; i < ENDING; i++) {
        before[i] = signal(ending[i], show_and_end);
        if (before[i] == SIG_IGN)
            signal(ending[i], SIG_IGN);
    }
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen);
    fputs("URL (it is not shown): ", stderr);
    fflush(stderr);
    setvbuf(stdin, NULL, _IONBF, 0); /* no other copy of it stays */
    const ssize_t length = getline(text, room, stdin);
    tcsetattr(STDIN_FILENO, TCSANOW, &shown);
    for (size_t i = 0; i < ENDING; i++)
        signal(ending[i], before[i]);
    return length;
}

enum status input_read(char **line, json_t **error)
{
    char *text = NULL;
    size_t room = 0;
    ssize_t length = isatty(STDIN_FILENO) ? ask(&text, &room) : getline(&text, &room, stdin);
    if (length > 0 && text[length - 1] == '\n')
        text[--length] = '\0';
    if (length > 0 && (size_t)length == strlen(text) && length < CONFIG_VALUE_BYTES) {
        *line = text;
        return STATUS_DONE;
    }
    if (length < 0 && room > 0) { /* getline has made room, which ends nowhere */
        explicit_bzero(text, room);
        free(text);
        text = NULL;
    }
    secret_free(text);
    return status_fail(error, "usage", "give it one, for example: printf '%s\\n' URL | camctl ... input=-",
                       "standard input has no URL of at most %d bytes", CONFIG_VALUE_BYTES - 1);
}

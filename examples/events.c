/*
 * events.c - prints what happens, and where to go on: events [CAMERA [EPOCH SEQ]]
 *
 *     cc events.c $(pkg-config --cflags --libs camd) -o events
 *
 * The loop is poll(2)'s, of a program that has other things to do as well: here, to end when its input does.
 */
#include <camd/client.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void show(const struct camd_reply *reply)
{
    switch (reply->kind) {
    case CAMD_REPLY_EVENT:
        printf("%s %s %s\n", reply->event, reply->camera, reply->text);
        break;
    case CAMD_REPLY_SNAPSHOT:
        printf("connected %s\n", reply->text);
        break;
    case CAMD_REPLY_MISSED:
        printf("missed %s\n", reply->text);
        break;
    default: /* lost, or refused */
        printf("%s %s\n", reply->reason, reply->hint);
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct camd_connection *camd = NULL;
    const struct camd_reply *reply = NULL;
    struct camd_place from = {0, 0};
    char filter[80] = "{}"; /* the name of a camera needs no escaping */
    int result = camd_connection_new(&camd, NULL);
    if (argc > 1)
        snprintf(filter, sizeof(filter), "{\"name\": \"%s\"}", argv[1]);
    if (argc > 3) {
        from = (struct camd_place){strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10)};
    }
    if (result == 0)
        result = camd_connection_subscribe(camd, filter, argc > 3 ? &from : NULL);
    while (result == 0) {
        struct pollfd watched[] = {
            {.fd = camd_connection_descriptor(camd), .events = POLLIN},
            {.fd = 0, .events = POLLIN},
        };
        poll(watched, 2, -1);
        while ((result = camd_connection_receive(camd, 0, &reply)) == 1)
            show(reply);
        if (watched[1].revents != 0 && getchar() == EOF)
            break;
    }
    if (result < 0) { /* the subscription was refused, which is shown already, or there is no memory */
        fprintf(stderr, "events: %s\n", camd_connection_strerror(result));
    } else {
        from = camd_connection_place(camd);
        printf("go on with %llu %llu\n", (unsigned long long)from.epoch, (unsigned long long)from.seq);
    }
    camd_connection_free(camd);
    return result < 0;
}

/* Connects, asks, prints the answer: the least that a run of camctl can be.   ask-once SOCKET REQUEST */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static const char part[] = "{\"id\":1,\"part\"";
    static char text[1 << 16];
    size_t length = 0;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (argc != 3)
        return 2;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[1]);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        read(fd, text, sizeof(text)) <= 0 || write(fd, argv[2], strlen(argv[2])) < 0 ||
        write(fd, "\n", 1) < 0)
        return 1;
    for (;;) {
        const ssize_t got = read(fd, text + length, sizeof(text) - length);
        if (got <= 0)
            return 1;
        length += (size_t)got;
        const char *before = memrchr(text, '\n', length - 1);
        if (text[length - 1] == '\n' && strncmp(before ? before + 1 : text, part, sizeof(part) - 1) != 0)
            return write(STDOUT_FILENO, text, length) != (ssize_t)length;
    }
}

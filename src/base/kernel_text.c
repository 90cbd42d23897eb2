#include "base/kernel_text.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/sys.h"

int kernel_text_open(const char *path)
{
    return sys_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
}

bool kernel_text_read(int fd, char *text, size_t size)
{
    const ssize_t length = sys_pread(fd, text, size - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    return length > 0;
}

bool kernel_text_of(const char *path, char *text, size_t size)
{
    int fd = kernel_text_open(path);
    text[0] = '\0';
    const bool is_read = fd >= 0 && kernel_text_read(fd, text, size);
    sys_close(&fd);
    return is_read;
}

bool kernel_text_number(const char *text, const char *word, uint64_t *number)
{
    const size_t length = strlen(word);
    while (text[0] != '\0') {
        if (strncmp(text, word, length) == 0 && (text[length] == ' ' || text[length] == ':'))
            return sscanf(text + length + 1, "%" SCNu64, number) == 1;
        text += strcspn(text, "\n");
        text += text[0] == '\n';
    }
    return false;
}

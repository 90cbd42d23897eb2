/* Files read and written whole: limits, what is no file, every failing call. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sys.h"
#include "base/whole_file.h"

static char directory[64], path[96];

static int set_up(void **state)
{
    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/camd-test-whole.XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof(path), "%s/file", directory);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory);
}

static void write_file(size_t size)
{
    char *data = malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        data[i] = (char)('a' + i % 26);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(whole_file_write_to(fd, data, size), 0);
    close(fd);
    free(data);
}

static void test_reads_what_was_written_whatever_its_size(void **state)
{
    static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 100000};
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char *text = NULL;
        size_t length = SIZE_MAX;
        write_file(sizes[i]);
        assert_int_equal(whole_file_read(path, sizes[i], &text, &length), 0);
        assert_int_equal(length, sizes[i]);
        assert_int_equal(strlen(text), sizes[i]);
        free(text);
        if (sizes[i] > 0)
            assert_int_equal(whole_file_read(path, sizes[i] - 1, &text, &length), -EFBIG);
    }
}

static void test_what_is_no_regular_file_is_refused_at_once(void **state)
{
    char *text = NULL;
    size_t length = 0;
    (void)state;
    assert_int_equal(whole_file_read(path, 10, &text, &length), -ENOENT);
    assert_int_equal(whole_file_read(directory, 10, &text, &length), -EINVAL);
    assert_int_equal(mkfifo(path, 0600), 0); /* to open it for reading would wait for a writer */
    assert_int_equal(whole_file_read(path, 10, &text, &length), -EINVAL);
    assert_null(text);
}

static void test_what_leads_nowhere_may_be_there(void **state)
{
    char beside[sizeof(path) + 8];
    (void)state;
    assert_false(whole_file_may_be_there(path));
    assert_int_equal(symlink("nowhere", path), 0);
    assert_true(whole_file_may_be_there(path));
    assert_int_equal(unlink(path), 0);
    write_file(1);
    assert_true(whole_file_may_be_there(path));
    snprintf(beside, sizeof(beside), "%s/below", path);
    assert_false(whole_file_may_be_there(beside));
}

static void test_every_call_can_fail(void **state)
{
    (void)state;
    write_file(10000);
    for (unsigned int n = 1;; n++) {
        char *text = NULL;
        size_t length = 0;
        sys_fault_at(n, EIO);
        int result = whole_file_read(path, 20000, &text, &length);
        bool happened = sys_fault_happened();
        sys_fault_at(0, 0);
        if (!happened) {
            assert_int_equal(result, 0);
            free(text);
            break;
        }
        assert_int_equal(result, -EIO);
        assert_null(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reads_what_was_written_whatever_its_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_no_regular_file_is_refused_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_leads_nowhere_may_be_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_call_can_fail, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

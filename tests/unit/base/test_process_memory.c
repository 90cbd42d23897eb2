/* Memory of a process's own, as the kernel counts it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/process_memory.h"

enum { KB = 32 * 1024 };

static void *map(int flags)
{
    void *memory = mmap(NULL, (size_t)KB * 1024, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    return memory;
}

static void test_what_is_written_to_counts_and_what_is_shared_does_not(void **state)
{
    (void)state;
    const int fd = process_memory_open(0);
    assert_true(fd >= 0);
    const int64_t before = process_memory_kb(fd);
    assert_true(before > 0);
    char *shared = map(MAP_SHARED), *own = map(MAP_PRIVATE);
    memset(shared, 1, (size_t)KB * 1024);
    assert_in_range(process_memory_kb(fd), before, before + KB / 4);
    memset(own, 1, (size_t)KB * 1024);
    assert_in_range(process_memory_kb(fd), before + KB * 3 / 4, before + KB * 5 / 4);
    munmap(shared, (size_t)KB * 1024);
    munmap(own, (size_t)KB * 1024);
    close(fd);
}

static void test_of_another_process(void **state)
{
    (void)state;
    const int fd = process_memory_open(getpid());
    assert_true(process_memory_kb(fd) > 0);
    close(fd);
    assert_int_equal(process_memory_open(0x7ffffff0), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_to_counts_and_what_is_shared_does_not),
        cmocka_unit_test(test_of_another_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

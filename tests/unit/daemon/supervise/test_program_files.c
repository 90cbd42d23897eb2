/* When the files of a program have changed last: its own, and the libraries that its processes tell of. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/supervise/program_files.h"

static char directory[] = "/tmp/camd-program-files-XXXXXX";

static void path_of(const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", directory, name);
}

/* A file of that name, another one than before; when it was put there. */
static int64_t install(const char *name)
{
    char made[128], path[128];
    struct stat status;
    path_of("new", made);
    path_of(name, path);
    int fd = open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(rename(made, path), 0);
    assert_int_equal(stat(path, &status), 0);
    return (int64_t)status.st_ctim.tv_sec * 1000 + status.st_ctim.tv_nsec / 1000000;
}

static void test_the_newest_of_program_and_libraries_counts(void **state)
{
    struct program_files *files, *next;
    char program[128], library[128];
    (void)state;
    path_of("program", program);
    path_of("library", library);
    assert_int_equal(program_files_new(&files), 0);
    assert_int_equal(program_files_new(&next), 0);
    assert_int_equal(program_files_changed_ms(files, program, 1), 0);
    const int64_t first = install("program");
    assert_int_equal(program_files_changed_ms(files, program, 1 + PROGRAM_FILES_LOOK_MS), first);
    usleep(3000); /* a clock of milliseconds has to go on */
    const int64_t second = install("library");
    json_t *paths = json_pack("[s, s, i, s]", "linux-vdso.so.1", library, 7, "/nonexistent.so");
    program_files_note(files, program, paths);
    json_decref(paths);
    assert_int_equal(program_files_changed_ms(files, program, 1 + PROGRAM_FILES_LOOK_MS), second);

    /* what is known goes over in an upgrade */
    json_t *record = program_files_hand_over(files);
    program_files_take_over(next, record);
    json_decref(record);
    assert_int_equal(program_files_changed_ms(next, program, 5), second);
    program_files_free(next);

    usleep(3000);
    const int64_t third = install("library");
    assert_int_equal(program_files_changed_ms(files, program, 2 + PROGRAM_FILES_LOOK_MS), second);
    program_files_look_again(files);
    assert_int_equal(program_files_changed_ms(files, program, 2 + PROGRAM_FILES_LOOK_MS), third);
    unlink(program);
    unlink(library);
    program_files_free(files);
}

/* A backup of hard links is no upgrade of all workers, whichever camd asks. */
static void test_one_more_name_of_a_file_is_no_change(void **state)
{
    struct program_files *files, *next;
    char program[128], library[128], backup[128];
    (void)state;
    path_of("program", program);
    path_of("library", library);
    path_of("backup", backup);
    assert_int_equal(program_files_new(&files), 0);
    assert_int_equal(program_files_new(&next), 0);
    install("program");
    usleep(3000); /* a clock of milliseconds has to go on */
    const int64_t installed = install("library");
    json_t *paths = json_pack("[s]", library);
    program_files_note(files, program, paths);
    usleep(3000);
    assert_int_equal(link(program, backup), 0);
    assert_int_equal(chmod(library, 0640), 0);
    assert_int_equal(program_files_changed_ms(files, program, 1), installed);
    program_files_note(files, program, paths); /* by its next process */
    json_decref(paths);
    assert_int_equal(program_files_changed_ms(files, program, 2), installed);

    json_t *record = program_files_hand_over(files);
    program_files_take_over(next, record);
    json_decref(record);
    assert_int_equal(program_files_changed_ms(next, program, 3), installed);

    const int64_t replaced = install("program");
    assert_int_equal(program_files_changed_ms(next, program, 3 + PROGRAM_FILES_LOOK_MS), replaced);
    unlink(program);
    unlink(library);
    unlink(backup);
    program_files_free(files);
    program_files_free(next);
}

static void test_more_programs_than_are_kept_have_their_own_file(void **state)
{
    struct program_files *files;
    char name[16], program[128];
    (void)state;
    assert_int_equal(program_files_new(&files), 0);
    for (int i = 0; i < 2 * PROGRAM_FILES_MAX; i++) {
        snprintf(name, sizeof(name), "p%d", i);
        path_of(name, program);
        const int64_t installed = install(name);
        assert_int_equal(program_files_changed_ms(files, program, 1), installed);
        unlink(program);
    }
    program_files_free(files);
}

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_newest_of_program_and_libraries_counts),
        cmocka_unit_test(test_one_more_name_of_a_file_is_no_change),
        cmocka_unit_test(test_more_programs_than_are_kept_have_their_own_file),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}

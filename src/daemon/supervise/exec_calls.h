/*
 * exec_calls.h - system calls without a C library, for camd-exec alone
 *
 * A C library's own start takes longer than all that camd-exec does: glibc's asks the processor for its features
 * some fifteen times, which in a virtual machine is an exit to the hypervisor each (measured: 17 us). On machines
 * that are not named here camd-exec has a C library and is slower.
 */
#ifndef CAMD_DAEMON_SUPERVISE_EXEC_CALLS_H
#define CAMD_DAEMON_SUPERVISE_EXEC_CALLS_H

#include <sys/syscall.h>

/* The program, called by what is below; its value is the exit status. */
static int run(char **argv, char **environment);

#if defined(__x86_64__)

/* The value, or -errno. */
static inline long call(long number, long a, long b, long c, long d)
{
    register long fourth __asm__("r10") = d;
    register long fifth __asm__("r8") = 0; /* prctl insists on it */
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth)
                     : "rcx", "r11", "memory");
    return result;
}

__asm__(".globl _start\n"
        "_start:\n"
        "    xorl %ebp, %ebp\n"
        "    movq %rsp, %rdi\n"
        "    andq $-16, %rsp\n"
        "    call begin\n"
        "    hlt\n");
#define CALLS_WITHOUT_LIBRARY

#elif defined(__aarch64__)

static inline long call(long number, long a, long b, long c, long d)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = 0; /* prctl insists on it */
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return x0;
}

__asm__(".globl _start\n"
        "_start:\n"
        "    mov x29, #0\n"
        "    mov x30, #0\n"
        "    mov x0, sp\n"
        "    bl begin\n");
#define CALLS_WITHOUT_LIBRARY

#else

#include <errno.h>
#include <unistd.h>

static inline long call(long number, long a, long b, long c, long d)
{
    const long result = syscall(number, a, b, c, d, 0L);
    return result < 0 ? -errno : result;
}

int main(int argc, char **argv, char **environment)
{
    (void)argc;
    return run(argv, environment);
}

#endif

/* Older machines have calls for ids of 16 bits, and others for those of today. */
#ifdef SYS_setresuid32
#undef SYS_setgroups
#undef SYS_setresgid
#undef SYS_setresuid
#undef SYS_setuid
#define SYS_setgroups SYS_setgroups32
#define SYS_setresgid SYS_setresgid32
#define SYS_setresuid SYS_setresuid32
#define SYS_setuid    SYS_setuid32
#endif

#ifdef CALLS_WITHOUT_LIBRARY

void begin(long *stack);

/* The kernel leaves argc, the arguments, NULL, the environment and NULL on the stack. */
__attribute__((noreturn, used)) void begin(long *stack)
{
    char **argv = (char **)(stack + 1);
    const int status = run(argv, argv + stack[0] + 1);
    for (;;)
        call(SYS_exit_group, status, 0, 0, 0);
}

#endif

#endif

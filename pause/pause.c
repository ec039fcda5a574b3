/*
 * pause: the program of a pod's infra container.
 *
 * It holds the pod's namespaces by staying alive. Where the pod shares its PID namespace it is
 * PID 1 there and reaps the orphans that fall to it. What it says and does is what Kubernetes'
 * own pause does (kubernetes/build/pause/linux/pause.c): -v, the warning when it is not PID 1,
 * INT and TERM end it with 0, CHLD makes it wait. It forwards no signal: when PID 1 ends, the
 * kernel kills the other members by itself, pid_namespaces(7).
 *
 * There is no libc in it, nor any header: a C compiler and a linker are all it takes.
 *
 *     cc @cflags -o pause pause.c
 *
 * is the whole build, here, in the Dockerfile and in pausedemo's recipe. A response file holds no
 * comments, so the reasons for cflags stand here, and those for the layout in pause.ld:
 *   -Os -ffreestanding -nostdlib -static   small, and nothing but this file in it
 *   -fno-pie -Wl,--no-pie                  no relocations: nobody is here to apply them
 *   -fno-stack-protector                   its canary is set up by a libc
 *   -Wl,--build-id=none -s                 no notes, no symbols
 */

#define NAME_AND_VERSION "pause.c pausedemo-1.0\n"

/* One copy of the small functions, not one at each use: half of the code. */
#define APART __attribute__((noinline))

/* System call numbers and registers: syscall(2), the kernel's syscall tables. */
#if defined(__x86_64__) && defined(__LP64__)

enum { SYS_WRITE = 1, SYS_SIGPROCMASK = 14, SYS_GETPID = 39, SYS_WAIT4 = 61,
       SYS_SIGTIMEDWAIT = 128, SYS_EXIT_GROUP = 231 };

static APART long call(long a, long b, long c, long d, long number)
{
    register long r10 __asm__("r10") = d;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
}

/* The ABI asks that the outermost frame be marked, and gives a stack aligned to 16 bytes. */
__asm__(".text\n"
        ".globl _start\n"
        ".type _start, %function\n"
        "_start:\n"
        "  xor %ebp, %ebp\n"
        "  mov %rsp, %rdi\n"
        "  call hold\n");

#elif defined(__aarch64__) && defined(__LP64__)

enum { SYS_WRITE = 64, SYS_SIGPROCMASK = 135, SYS_GETPID = 172, SYS_WAIT4 = 260,
       SYS_SIGTIMEDWAIT = 137, SYS_EXIT_GROUP = 94 };

static APART long call(long a, long b, long c, long d, long number)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
    return x0;
}

__asm__(".text\n"
        ".globl _start\n"
        ".type _start, %function\n"
        "_start:\n"
        "  mov x29, xzr\n"
        "  mov x30, xzr\n"
        "  mov x0, sp\n"
        "  bl hold\n");

#else
#error "pause.c knows the system calls of x86_64 and aarch64 only"
#endif

/* The same on both architectures: signal(7), wait(2), sigprocmask(2), errno(3). */
enum { SIGINT = 2, SIGTERM = 15, SIGCHLD = 17 };
enum { SIG_BLOCK = 0, WNOHANG = 1, EINTR = 4 };
enum { STDOUT = 1, STDERR = 2 };

/* The kernel's own set is one bit per signal, 64 of them; glibc's is longer. */
typedef unsigned long signal_set;
#define BIT(signal) (1UL << ((signal) - 1))

/* A literal goes out whole in one call; when nobody can read it there is nobody to tell. */
static APART void say(int fd, const char *text, long size)
{
    call(fd, (long)text, size, 0, SYS_WRITE);
}

static APART __attribute__((noreturn)) void leave(int fd, const char *text, long size, int code)
{
    say(fd, text, size);
    for (;;)
        call(code, 0, 0, 0, SYS_EXIT_GROUP);
}

/* A literal and its length. */
#define TEXT(literal) literal, sizeof(literal) - 1

/* Standard signals do not queue: one CHLD may stand for many children, signal(7). */
static void reap(void)
{
    while (call(-1, 0, WNOHANG, 0, SYS_WAIT4) > 0)
        ;
}

static int asks_version(const char *argument)
{
    return argument[0] == '-' && (argument[1] | 0x20) == 'v' && argument[2] == '\0';
}

/* stack: argc, argv[0..argc-1], NULL: what execve(2) leaves to a new program. */
__attribute__((noreturn, used)) void hold(const long *stack)
{
    const char *const *argument = (const char *const *)(stack + 1);
    const signal_set ours = BIT(SIGINT) | BIT(SIGTERM) | BIT(SIGCHLD);

    for (; *argument; argument++)
        if (asks_version(*argument))
            leave(STDOUT, TEXT(NAME_AND_VERSION), 0);

    /*
     * Blocked and waited for, not handled. Nothing can get lost between looking and sleeping: a
     * blocked signal stays pending until the next wait, sigwaitinfo(2). PID 1 is not sent what
     * it leaves at its default, pid_namespaces(7), but a blocked signal is never dropped, nor is
     * one that the parent left ignored (sig_ignored() in kernel/signal.c). And where there is no
     * handler there is no restorer to write, and no code that runs in the middle of other code.
     */
    if (call(SIG_BLOCK, (long)&ours, 0, sizeof ours, SYS_SIGPROCMASK) < 0)
        leave(STDERR, TEXT("Error: cannot wait for signals\n"), 1);

    /* After the block: who reads this may send signals. No error, it is of use elsewhere too. */
    if (call(0, 0, 0, 0, SYS_GETPID) != 1)
        say(STDERR, TEXT("Warning: pause should be the first process\n"));

    for (;;) {
        /* First, too: children that died before the block left no signal behind. */
        reap();
        switch (call((long)&ours, 0, 0, sizeof ours, SYS_SIGTIMEDWAIT)) {
        case SIGINT:
            leave(STDERR, TEXT("Shutting down, got signal: Interrupt\n"), 0);
        case SIGTERM:
            leave(STDERR, TEXT("Shutting down, got signal: Terminated\n"), 0);
        case SIGCHLD:
        case -EINTR: /* stopped and continued, or traced: signal(7) */
            continue;
        default:
            /* Only a filter that forbids the call; better gone than busy for ever. */
            leave(STDERR, TEXT("Error: cannot wait for signals\n"), 2);
        }
    }
}

/* SPDX-License-Identifier: MIT */
/*
 * The part of hotsplice that lives in a process: linked in, or brought by LD_PRELOAD.
 *
 * It owns memory within reach of the program's code, and one thread. All thinking is done by the tool outside, which
 * writes payloads and work into that memory through /proc/PID/mem; the thread carries work out. It must be in here,
 * because the process has to go on, wholly patched or not at all, even if the tool dies at any moment.
 *
 * To quiesce the other threads it sends each a real-time signal that nobody uses; the handler writes down the
 * thread's registers and waits. Then no code of the program runs, and none of ours may take a lock, allocate, or use
 * stdio: a thread that stands may hold any lock.
 *
 * It uses no descriptor and no signal between actions, so a program that closes all its files does no harm.
 */
#define _GNU_SOURCE
#include "hotsplice-agent.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef __x86_64__
#error "the agent knows x86-64 only"
#endif

#define MIB (1024ull * 1024)
#define STATE_SIZE MIB
#define WORK_AT 65536u
#define HS_THREADS 4096u
#define REACH (2048 * MIB - 64 * MIB)
#define MILLISECOND 1000000ull
#define IDLE_NAP (20 * MILLISECOND)
#define BUSY_NAP (MILLISECOND / 2)
#define LONGEST_GATHER (50 * MILLISECOND)
#define LONGEST_HOOK (2000 * MILLISECOND)
#define WORKER_STACK (1024 * 1024)

static struct hs_state *state;
static int work_signal;

/* ---- small things ---- */

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static void nap(uint64_t nanoseconds)
{
    struct timespec t = {(time_t)(nanoseconds / 1000000000ull), (long)(nanoseconds % 1000000000ull)};
    nanosleep(&t, NULL);
}

static void futex_wait(_Atomic uint32_t *word, uint32_t value, uint64_t nanoseconds)
{
    struct timespec t = {(time_t)(nanoseconds / 1000000000ull), (long)(nanoseconds % 1000000000ull)};
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, &t, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 0x7fffffff, NULL, NULL, 0);
}

static uint64_t see(const uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void tell(uint64_t *word, uint64_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static struct hs_slot *slots(void)
{
    return (struct hs_slot *)((char *)state + state->slots_at);
}

static struct hs_work *work(void)
{
    return (struct hs_work *)((char *)state + state->work_at);
}

/* "/proc/self/task/TID/file" without stdio. */
static int open_task_file(int thread, const char *file)
{
    char path[64] = "/proc/self/task/", digits[12];
    int at = (int)strlen(path), count = 0;
    do digits[count++] = (char)('0' + thread % 10);
    while ((thread /= 10) > 0);
    while (count > 0) path[at++] = digits[--count];
    path[at++] = '/';
    strcpy(path + at, file);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* The file's text, at most `room` bytes with a NUL behind it; its length, or a negative errno. */
static long read_task_file(int thread, const char *file, char *text, size_t room)
{
    const int opened = open_task_file(thread, file);
    if (opened < 0) return -errno;
    const long length = read(opened, text, room - 1);
    const int failed = errno;
    close(opened);
    if (length < 0) return -failed;
    text[length] = 0;
    return length;
}

/* Leaves `text` behind the digits. */
static uint64_t read_hex(const char **text)
{
    uint64_t value = 0;
    for (;; (*text)++) {
        const char c = **text;
        if (c >= '0' && c <= '9') value = value * 16 + (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f') value = value * 16 + (uint64_t)(c - 'a' + 10);
        else return value;
    }
}

/* ---- seats: one for each thread that is to stand ---- */

enum { SEAT_FREE = 0, SEAT_CALLED = 1, SEAT_TAKING = 2, SEAT_TAKEN = 3 };

struct seat {
    _Atomic uint64_t claim; /* round * 4 + what it is */
    int thread;
    uint64_t top;           /* end of the stack's mapping; 0 until it is known */
    greg_t registers[NGREG];
    int odd_stack;          /* it was on an alternative stack already */
};

static struct seat *seats;
static unsigned seat_count;
static _Atomic uint32_t round_open; /* the number of the round, 0 when threads may go */
static _Atomic uint32_t arrivals;
static _Atomic uint64_t hook_end;   /* when standing threads lose patience with a hook; 0: no hook runs */
static _Atomic uint32_t overrun;
static uint32_t round_number;

static uint64_t claimed(uint32_t round, unsigned what)
{
    return (uint64_t)round * 4 + what;
}

static void stand(int signal, siginfo_t *info, void *context)
{
    const int saved = errno;
    const uint64_t value = (uint64_t)(uintptr_t)info->si_value.sival_ptr;
    const uint32_t round = (uint32_t)(value >> 32), index = (uint32_t)value;
    (void)signal;
    if (info->si_code != SI_QUEUE || info->si_pid != getpid() || index >= HS_THREADS || seats == NULL) return;

    struct seat *seat = &seats[index];
    uint64_t expected = claimed(round, SEAT_CALLED);
    /* Too late for the round: the seat may be another thread's by now. */
    if (!atomic_compare_exchange_strong(&seat->claim, &expected, claimed(round, SEAT_TAKING))) return;
    const ucontext_t *machine = context;
    memcpy(seat->registers, machine->uc_mcontext.gregs, sizeof seat->registers);
    seat->odd_stack = (machine->uc_stack.ss_flags & SS_ONSTACK) != 0;
    atomic_store(&seat->claim, claimed(round, SEAT_TAKEN));
    atomic_fetch_add(&arrivals, 1);
    futex_wake(&arrivals);

    while (atomic_load(&round_open) == round) {
        futex_wait(&round_open, round, 100 * MILLISECOND);
        const uint64_t end = atomic_load(&hook_end);
        if (end != 0 && now() > end) {
            atomic_store(&overrun, 1);
            break;
        }
    }
    /* Code may be other code now: throw away what the processor fetched in advance. */
    unsigned a = 0, b, c = 0, d;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d) : : "memory");
    atomic_store(&seat->claim, 0);
    errno = saved;
}

/* ---- which threads there are ---- */

struct directory_entry {
    uint64_t inode;
    int64_t next;
    unsigned short length;
    unsigned char type;
    char name[];
};

/* Calls `visit` with every thread but this one; returns a negative errno, or the sum of what `visit` returned. */
static int each_thread(int (*visit)(int thread))
{
    static char buffer[32768];
    const int self = (int)syscall(SYS_gettid), folder = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int sum = 0;
    if (folder < 0) return -errno;
    for (;;) {
        const long got = syscall(SYS_getdents64, folder, buffer, sizeof buffer);
        if (got < 0) sum = -errno;
        if (got <= 0) break;
        for (long at = 0; at < got;) {
            const struct directory_entry *entry = (void *)(buffer + at);
            int thread = 0;
            at += entry->length;
            for (const char *c = entry->name; *c >= '0' && *c <= '9'; c++) thread = thread * 10 + (*c - '0');
            if (thread == 0 || thread == self) continue;
            const int said = visit(thread);
            if (said < 0) {
                close(folder);
                return said;
            }
            sum += said;
        }
    }
    close(folder);
    return sum;
}

static int memory = -1; /* /proc/self/mem, during an action */
static uint64_t avoided; /* signals that some thread blocks or waits for; bit 0 is signal 1 */
static int avoider;      /* such a thread */

/*
 * 32 and 33 are the C library's own: it clears both from every mask that a program asks for, and blocks them itself
 * while a thread is born or dies, or waits for the lock of the stacks meanwhile. glibc 2.36 then leaves 33 open: so one
 * of them is enough to know such a thread, which goes on soon.
 */
#define LIBRARY_SIGNALS (3ull << 31)

/* What a thread waits for in sigwait() is not in its mask meanwhile; a signal of ours would end the wait. */
static uint64_t awaited(int thread)
{
    char text[256];
    uint64_t set = 0;
    if (read_task_file(thread, "syscall", text, sizeof text) <= 0) return 0;
    char *argument;
    if (strtol(text, &argument, 10) != SYS_rt_sigtimedwait || strncmp(argument, " 0x", 3) != 0) return 0;
    const char *address = argument + 3;
    return pread(memory, &set, sizeof set, (off_t)read_hex(&address)) == sizeof set ? set : 0;
}

static int note_avoided(int thread)
{
    static char text[4096];
    const uint64_t earlier = awaited(thread);
    if (read_task_file(thread, "status", text, sizeof text) <= 0 || strstr(text, "\nState:\tZ") != NULL) return 0;
    const char *line = strstr(text, "\nSigBlk:\t");
    if (line == NULL) return 0;
    line += strlen("\nSigBlk:\t");
    const uint64_t mask = read_hex(&line), passing = mask & LIBRARY_SIGNALS;
    const uint64_t mine = earlier | (passing ? 0 : mask) | awaited(thread);
    if (mine & ~avoided) avoider = thread;
    avoided |= mine;
    return 0;
}

/* Makes the signal ours; 0 when some thread blocks or waits for it, or the program uses it. */
static int take_signal(int number)
{
    struct sigaction ours, theirs;
    memset(&ours, 0, sizeof ours);
    ours.sa_sigaction = stand;
    ours.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
    sigfillset(&ours.sa_mask);
    if (avoided >> (number - 1) & 1 || sigaction(number, NULL, &theirs) != 0) return 0;
    if ((theirs.sa_flags & SA_SIGINFO) && theirs.sa_sigaction == stand) return 1;
    return theirs.sa_handler == SIG_DFL && sigaction(number, &ours, NULL) == 0;
}

/* A real-time signal that nobody uses, the one of the last action if it still is; 0 when there is none now. */
static int choose_signal(void)
{
    avoided = 0;
    each_thread(note_avoided);
    if (work_signal != 0 && take_signal(work_signal)) return work_signal;
    for (int number = SIGRTMAX - 3; number > SIGRTMIN; number--)
        if (take_signal(number)) return number;
    return 0;
}

/* ---- quiescing them ---- */

static int uncalled; /* the thread that could not be sent a signal */

static int call_thread(int thread)
{
    for (unsigned at = 0; at < seat_count; at++)
        if (seats[at].thread == thread) return 0;
    if (seat_count == HS_THREADS) return -E2BIG;
    siginfo_t info;
    struct seat *seat = &seats[seat_count];
    seat->thread = thread;
    seat->top = 0;
    atomic_store(&seat->claim, claimed(round_number, SEAT_CALLED));
    memset(&info, 0, sizeof info);
    info.si_signo = work_signal;
    info.si_code = SI_QUEUE;
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value.sival_ptr = (void *)(uintptr_t)((uint64_t)round_number << 32 | seat_count);
    seat_count++;
    if (syscall(SYS_rt_tgsigqueueinfo, getpid(), thread, work_signal, &info) == 0) return 1;
    const int failed = errno;
    atomic_store(&seat->claim, 0);
    if (failed == ESRCH) return 1; /* it has ended; any other failure leaves it running */
    uncalled = thread;
    return -EBUSY;
}

/* Whether the thread has ended, or is the first one and waits for the others to end. In doubt it has not. */
static int is_gone(int thread)
{
    char text[128];
    const long length = read_task_file(thread, "stat", text, sizeof text);
    if (length <= 0) return length == -ENOENT || length == -ESRCH;
    const char *end = strrchr(text, ')');
    return end != NULL && (end[2] == 'Z' || end[2] == 'X');
}

/* The first thread that was called and does not stand; -1 when all do. */
static int missing(int look_closer)
{
    for (unsigned at = 0; at < seat_count; at++) {
        const uint64_t claim = atomic_load(&seats[at].claim);
        if (claim == 0 || claim == claimed(round_number, SEAT_TAKEN)) continue;
        uint64_t expected = claimed(round_number, SEAT_CALLED);
        if (look_closer && is_gone(seats[at].thread) && atomic_compare_exchange_strong(&seats[at].claim, &expected, 0))
            continue;
        return (int)at;
    }
    return -1;
}

/* Lets the threads go on, and waits until each has left its seat. */
static void release(void)
{
    atomic_store(&round_open, 0);
    futex_wake(&round_open);
    for (unsigned at = 0; at < seat_count; at++) {
        uint64_t expected = claimed(round_number, SEAT_CALLED);
        atomic_compare_exchange_strong(&seats[at].claim, &expected, 0);
    }
    for (unsigned at = 0; at < seat_count; at++)
        while (atomic_load(&seats[at].claim) != 0) {
            nap(20000);
            if (is_gone(seats[at].thread)) break;
        }
}

/*
 * Calls every thread until all stand and no new one turns up. 0, or a negative errno after letting them go. Who stands
 * starts no thread: so only a list that is read after all stood can be the whole one.
 */
static int gather(struct hs_work *w, uint64_t end)
{
    const uint64_t begun = now();
    if (end > begun + LONGEST_GATHER) end = begun + LONGEST_GATHER;
    round_number = (round_number + 1) & 0x3fffffff;
    if (round_number == 0) round_number = 1;
    seat_count = 0;
    atomic_store(&overrun, 0);
    atomic_store(&round_open, round_number);
    for (;;) {
        const uint32_t seen = atomic_load(&arrivals);
        const int absent = missing(now() > begun + MILLISECOND);
        const int fresh = each_thread(call_thread);
        if (fresh < 0) {
            w->why = fresh == -E2BIG ? HS_WHY_MANY : fresh == -EBUSY ? HS_WHY_SIGNAL : HS_WHY_TASKS;
            w->thread = fresh == -EBUSY ? (uint32_t)uncalled : 0;
            release();
            return fresh;
        }
        const int late = now() >= end;
        if (absent < 0 && fresh == 0 && !late) break;
        if (late) {
            w->why = HS_WHY_LATE;
            w->thread = seat_count == 0 ? 0 : (uint32_t)seats[absent < 0 ? seat_count - 1 : (unsigned)absent].thread;
            release();
            return -EBUSY;
        }
        if (absent >= 0) futex_wait(&arrivals, seen, MILLISECOND);
    }
    w->threads = seat_count;
    return 0;
}

/* ---- what the standing threads are doing ---- */

/* What follows the addresses in a line of maps, ` rw-p 00000000 00:00 0 [stack]`: whether it is writable and no file's. */
static int is_anonymous(const char *rest)
{
    if (rest[2] != 'w' || rest[4] != 'p') return 0;
    for (int field = 0; field < 4; field++) {
        rest = strchr(rest, ' ');
        if (rest == NULL) return 0;
        rest++;
    }
    return rest[0] == '0' && (rest[1] == ' ' || rest[1] == 0);
}

/*
 * One line of /proc/self/maps: gives the stacks that lie in it their end. A stack can be several mappings, one upon
 * the other: mlock() or madvise() of a part makes that part a mapping of its own.
 */
static void note_mapping(const char *line)
{
    const uint64_t start = read_hex(&line);
    if (*line != '-') return;
    line++;
    const uint64_t end = read_hex(&line);
    if (line[0] != ' ' || line[1] != 'r') return;
    for (unsigned at = 0; at < seat_count; at++) {
        const uint64_t stack = (uint64_t)seats[at].registers[REG_RSP];
        const int goes_on = seats[at].top != 0 && seats[at].top == start && is_anonymous(line);
        if (goes_on || (stack >= start && stack < end)) seats[at].top = end;
    }
}

static int find_stacks(void)
{
    static char buffer[65536];
    const int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    size_t kept = 0;
    if (file < 0) return -errno;
    for (;;) {
        const long got = read(file, buffer + kept, sizeof buffer - 1 - kept);
        if (got <= 0) break;
        kept += (size_t)got;
        buffer[kept] = 0;
        char *line = buffer;
        for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
            *end = 0;
            note_mapping(line);
        }
        kept -= (size_t)(line - buffer);
        memmove(buffer, line, kept);
        if (kept == sizeof buffer - 1) kept = 0;
    }
    close(file);
    return 0;
}

static const struct hs_range *ranges(const struct hs_work *w)
{
    return (const struct hs_range *)((const char *)w + w->range_at);
}

/* Whether a return to `word` would lead into what is replaced; its first byte is a pointer to it, and no return. */
static int leads_inside(const struct hs_work *w, uint64_t word)
{
    const struct hs_range *range = ranges(w);
    for (uint32_t at = 0; at < w->ranges; at++)
        if (word > range[at].start && word < range[at].end) return 1;
    return 0;
}

static int is_inside(const struct hs_work *w, uint64_t place)
{
    const struct hs_range *range = ranges(w);
    for (uint32_t at = 0; at < w->ranges; at++)
        if (place >= range[at].start && place < range[at].end) return 1;
    return 0;
}

/* What held the address that is in the way. */
struct spot {
    uint32_t kind, held;
    uint64_t word;
};

static const struct spot NOWHERE = {HS_NOWHERE, 0, 0};
static uint32_t last_thread; /* the one that was in the way before; `same` counts how often in a row */

static int blocked_by(struct hs_work *w, const struct seat *seat, unsigned why, uint64_t place, struct spot spot)
{
    const int again = w->same != 0 && last_thread == (uint32_t)seat->thread && w->place == place &&
                      w->spot == spot.kind && w->held == spot.held && w->word == spot.word;
    w->same = again ? w->same + 1 : 1;
    last_thread = (uint32_t)seat->thread;
    w->why = why;
    w->thread = (uint32_t)seat->thread;
    w->place = place;
    w->spot = spot.kind;
    w->held = spot.held;
    w->word = spot.word;
    w->stack = (uint64_t)seat->registers[REG_RSP];
    return -EBUSY;
}

/*
 * Read as a file, because there can be memory above a stack, in the same mapping, that nobody may touch: pages that
 * guard another stack, or that lie behind the end of a file.
 */
static int look_at_stack(struct hs_work *w, const struct seat *seat)
{
    static uint64_t words[8192];
    for (uint64_t place = (uint64_t)seat->registers[REG_RSP] & ~7ull; place < seat->top;) {
        const uint64_t left = seat->top - place;
        const long got = pread(memory, words, left < sizeof words ? left : sizeof words, (off_t)place);
        if (got < 8) {
            /* The page that the thread works on can be read; if not, nothing is known. */
            const int first = place == ((uint64_t)seat->registers[REG_RSP] & ~7ull);
            return first ? blocked_by(w, seat, HS_WHY_STACK, place, NOWHERE) : 0;
        }
        for (long at = 0; at < got / 8; at++)
            if (leads_inside(w, words[at])) {
                const struct spot word = {HS_ON_STACK, 0, place + 8 * (uint64_t)at};
                return blocked_by(w, seat, HS_WHY_INSIDE, words[at], word);
            }
        place += (uint64_t)got & ~7ull;
    }
    return 0;
}

static int look_at(struct hs_work *w, const struct seat *seat)
{
    const uint64_t place = (uint64_t)seat->registers[REG_RIP];
    const struct spot here = {HS_AT_CODE, 0, 0};
    if (is_inside(w, place)) return blocked_by(w, seat, HS_WHY_INSIDE, place, here);
    if (seat->odd_stack || seat->top == 0) return blocked_by(w, seat, HS_WHY_STACK, place, NOWHERE);
    for (unsigned at = 0; at <= REG_RCX; at++) {
        const struct spot holder = {HS_IN_REGISTER, at, 0};
        if (leads_inside(w, (uint64_t)seat->registers[at]))
            return blocked_by(w, seat, HS_WHY_INSIDE, (uint64_t)seat->registers[at], holder);
    }
    return look_at_stack(w, seat);
}

static int look_around(struct hs_work *w)
{
    if (w->ranges == 0) return 0;
    const int failed = find_stacks();
    if (failed != 0) {
        w->why = HS_WHY_TASKS;
        return failed;
    }
    for (unsigned at = 0; at < seat_count; at++) {
        if (atomic_load(&seats[at].claim) == 0) continue;
        const int busy = look_at(w, &seats[at]);
        if (busy != 0) return busy;
    }
    return 0;
}

/* Quiesces the threads where none is in the way; tries until `end`. */
static int come_to_stand(struct hs_work *w, uint64_t end)
{
    uint64_t pause = MILLISECOND;
    w->same = 0;
    for (;;) {
        w->attempts++;
        w->phase = HS_GATHER;
        const uint64_t begun = now();
        const uint32_t why = w->why, thread = w->thread;
        int result = gather(w, end);
        /* The last attempt may have had hardly any time: what was in the way before says more. */
        if (result == -EBUSY && why != HS_WHY_NONE) {
            w->why = why;
            w->thread = thread;
        }
        if (result == 0) {
            w->why = HS_WHY_NONE;
            w->thread = 0;
            result = look_around(w);
            if (result == 0) {
                w->phase = HS_STAND;
                w->stood = begun; /* turned into a duration when they go on */
                return 0;
            }
            release();
            w->stood = now() - begun;
        }
        if (result != -EBUSY) return result;
        if (w->cancel != 0) {
            w->why = HS_WHY_CANCELLED;
            return -EINTR;
        }
        const uint64_t time = now();
        if (time >= end) return -EBUSY;
        nap(pause < end - time ? pause : end - time);
        if (pause < 16 * MILLISECOND) pause *= 2;
    }
}

/* Tries until `end`, because a thread may block all signals for a while only. */
static int agree_on_signal(struct hs_work *w, uint64_t end)
{
    for (;;) {
        w->phase = HS_GATHER;
        work_signal = choose_signal();
        w->signal = (uint32_t)work_signal;
        if (work_signal != 0) return 0;
        w->attempts++;
        w->why = w->cancel != 0 ? HS_WHY_CANCELLED : HS_WHY_LATE;
        w->thread = w->cancel != 0 ? 0 : (uint32_t)avoider;
        if (w->cancel != 0) return -EINTR;
        if (now() >= end) return -EBUSY;
        nap(2 * MILLISECOND);
    }
}

static void let_go(struct hs_work *w)
{
    release();
    w->stood = now() - w->stood;
}

/* ---- steps ---- */

static int put(uint64_t address, const uint8_t *bytes, uint32_t length)
{
    return pwrite(memory, bytes, length, (off_t)address) == (ssize_t)length ? 0 : -EFAULT;
}

static int failed_at(struct hs_work *w, unsigned why, uint64_t place, int result)
{
    w->why = why;
    w->place = place;
    return result;
}

static const void *bytes_at(uint64_t address)
{
    return (const void *)(uintptr_t)address;
}

static int holds(const struct hs_step *step)
{
    return memcmp(bytes_at(step->address), step->before, step->length) == 0;
}

/*
 * Before anybody stops: the bytes are as expected, and can be written, which is shown by writing them as they are. So
 * the writes that count do not fail, and find the page already private.
 */
static int prepare(struct hs_work *w, const struct hs_step *steps, uint32_t count)
{
    for (uint32_t at = 0; at < count; at++) {
        const struct hs_step *step = &steps[at];
        if (step->kind != HS_WRITE && step->kind != HS_CHECK) continue;
        if (!(step->flags & HS_CHAINED) && !holds(step)) return failed_at(w, HS_WHY_BYTES, step->address, -EINVAL);
        if (step->kind != HS_WRITE || (step->flags & HS_CHAINED)) continue;
        if (put(step->address, step->before, step->length) != 0)
            return failed_at(w, HS_WHY_WRITE, step->address, -EPERM);
    }
    return 0;
}

/* Calls a hook while others stand. They lose patience with one that does not end; then it must be done again. */
static int call_hook(struct hs_work *w, const struct hs_step *step)
{
    struct hs_slot *slot = &slots()[step->a < HS_SLOTS ? step->a : 0];
    const int standing = w->phase == HS_STAND;
    int result = 0;
    if (standing) atomic_store(&hook_end, now() + LONGEST_HOOK);
    if (step->kind == HS_VETO) result = ((int (*)(struct hs_slot *))bytes_at(step->address))(slot);
    else ((void (*)(struct hs_slot *))bytes_at(step->address))(slot);
    atomic_store(&hook_end, 0);
    if (result != 0) return failed_at(w, HS_WHY_HOOK, step->address, result < 0 ? result : -EINVAL);
    if (standing && atomic_load(&overrun)) return failed_at(w, HS_WHY_SLOW_HOOK, step->address, -ETIME);
    return 0;
}

static int do_step(struct hs_work *w, struct hs_step *step)
{
    switch (step->kind) {
    case HS_CHECK:
        return holds(step) ? 0 : failed_at(w, HS_WHY_BYTES, step->address, -EINVAL);
    case HS_WRITE:
        if (!holds(step)) return failed_at(w, HS_WHY_BYTES, step->address, -EINVAL);
        return put(step->address, step->after, step->length) == 0
                   ? 0
                   : failed_at(w, HS_WHY_WRITE, step->address, -EPERM);
    case HS_HOOK:
    case HS_VETO:
        return call_hook(w, step);
    case HS_FIND:
        step->argument = (uint64_t)(uintptr_t)dlsym(RTLD_DEFAULT, bytes_at(step->address));
        return 0;
    case HS_CALL:
        step->argument = ((uint64_t (*)(void))bytes_at(step->address))();
        return 0;
    case HS_SLOT: {
        struct hs_slot *slot = &slots()[step->a < HS_SLOTS ? step->a : 0];
        slot->order = (uint32_t)step->argument;
        slot->result = 0;
        if (step->b == HS_APPLIED) slot->applied++;
        __atomic_store_n(&slot->state, step->b, __ATOMIC_RELEASE);
        return 0;
    }
    case HS_WIPE: {
        struct hs_slot *slot = &slots()[step->a < HS_SLOTS ? step->a : 0];
        __atomic_store_n(&slot->state, HS_EMPTY, __ATOMIC_RELEASE);
        return 0;
    }
    default:
        return failed_at(w, HS_WHY_BYTES, step->kind, -EINVAL);
    }
}

static struct hs_step *steps_at(struct hs_work *w, uint32_t offset)
{
    return (struct hs_step *)((char *)w + offset);
}

/* All steps, or none of the writes. Slots change last, so they need no undoing. */
static int do_standing(struct hs_work *w)
{
    struct hs_step *steps = steps_at(w, w->stand_at);
    for (uint32_t at = 0; at < w->stand; at++) {
        const int result = do_step(w, &steps[at]);
        if (result == 0) continue;
        uint32_t writes = 0;
        for (uint32_t back = at; back-- > 0;) writes += steps[back].kind == HS_WRITE;
        /* The others ran off in the middle of a hook: nothing may be written before they stand again. */
        if (writes > 0 && atomic_load(&overrun)) {
            release();
            if (come_to_stand(w, now() + 10000 * MILLISECOND) != 0) {
                atomic_store(&round_open, 0);
                return -EIO;
            }
        }
        for (uint32_t back = at; back-- > 0;)
            if (steps[back].kind == HS_WRITE) put(steps[back].address, steps[back].before, steps[back].length);
        return result;
    }
    return 0;
}

static int do_running(struct hs_work *w, uint32_t offset, uint32_t count)
{
    struct hs_step *steps = steps_at(w, offset);
    for (uint32_t at = 0; at < count; at++) {
        const int result = do_step(w, &steps[at]);
        if (result != 0) return result;
    }
    return 0;
}

static int carry_out(struct hs_work *w)
{
    const uint64_t end = now() + w->timeout;
    int result;
    w->phase = HS_BEFORE;
    result = do_running(w, w->before_at, w->before);
    if (result != 0 || w->stand == 0) return result;
    memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
    if (memory < 0) return failed_at(w, HS_WHY_WRITE, 0, -errno);
    result = prepare(w, steps_at(w, w->stand_at), w->stand);
    if (result == 0) result = agree_on_signal(w, end);
    if (result == 0) {
        w->why = HS_WHY_NONE;
        w->thread = w->attempts = 0;
        result = come_to_stand(w, end);
    }
    if (result == 0) {
        result = do_standing(w);
        let_go(w);
    }
    close(memory);
    memory = -1;
    if (result != 0) return result;
    w->phase = HS_AFTER;
    do_running(w, w->after_at, w->after);
    return 0;
}

static int is_sound(const struct hs_work *w)
{
    const uint64_t room = state->work_size;
    const uint64_t ends[] = {
        w->range_at + (uint64_t)w->ranges * sizeof(struct hs_range),
        w->before_at + (uint64_t)w->before * sizeof(struct hs_step),
        w->stand_at + (uint64_t)w->stand * sizeof(struct hs_step),
        w->after_at + (uint64_t)w->after * sizeof(struct hs_step),
    };
    for (unsigned at = 0; at < 4; at++)
        if (ends[at] > room) return 0;
    return w->slot < HS_SLOTS;
}

static void *look_for_work(void *nothing)
{
    struct hs_work *w = work();
    uint64_t busy_until = 0;
    (void)nothing;
    prctl(PR_SET_NAME, "hotsplice");
    state->worker = (uint32_t)syscall(SYS_gettid);
    for (;;) {
        const uint64_t asked = see(&w->asked);
        if (asked == see(&w->done)) {
            nap(now() < busy_until ? BUSY_NAP : IDLE_NAP);
            tell(&state->beats, state->beats + 1);
            continue;
        }
        w->why = w->thread = w->attempts = w->threads = 0;
        w->place = w->stood = 0;
        w->result = -EAGAIN;
        tell(&w->taken, asked);
        const int result = is_sound(w) ? carry_out(w) : -EINVAL;
        w->result = result;
        if (w->action != 0 && slots()[w->slot].state != HS_EMPTY) slots()[w->slot].result = result;
        w->phase = HS_IDLE;
        tell(&w->done, asked);
        busy_until = now() + 1000 * MILLISECOND;
    }
    return NULL;
}

static void start_worker(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* the program's signals are not for this thread */
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, WORKER_STACK);
    if (pthread_create(&thread, &attributes, look_for_work, NULL) != 0) state->worker = 0;
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/*
 * A child has a copy of everything but the thread. Work that was under way is the parent's; its own begins when the
 * process's number is the child's, which the tool waits for.
 */
static void in_child(void)
{
    struct hs_work *w = work();
    state->worker = 0;
    atomic_store(&round_open, 0);
    memset(seats, 0, HS_THREADS * sizeof *seats);
    if (w->asked != w->done) {
        w->why = HS_WHY_FORKED;
        w->result = -EINTR;
        w->phase = HS_IDLE;
        w->done = w->asked;
    }
    __atomic_store_n(&state->process, (uint32_t)getpid(), __ATOMIC_RELEASE);
    start_worker();
}

/* ---- memory within reach ---- */

static int first_program(struct dl_phdr_info *info, size_t size, void *out)
{
    uint64_t *text = out;
    (void)size;
    for (int at = 0; at < info->dlpi_phnum; at++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[at];
        if (header->p_type != PT_LOAD) continue;
        const uint64_t start = info->dlpi_addr + header->p_vaddr, end = start + header->p_memsz;
        if (text[0] == 0 || start < text[0]) text[0] = start;
        if (end > text[1]) text[1] = end;
    }
    return 1;
}

static void *try_at(uint64_t address, uint64_t size)
{
    void *got = mmap((void *)(uintptr_t)address, size, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (got == MAP_FAILED) return NULL;
    if ((uint64_t)(uintptr_t)got == address) return got;
    munmap(got, size);
    return NULL;
}

/* Below the program where there is room, because its heap grows upwards from its end; else well above. */
static void *reserve(const uint64_t *text, uint64_t size)
{
    const uint64_t step = 16 * MIB, lowest = 64 * MIB;
    void *got;
    for (uint64_t away = step; away + size + (text[1] - text[0]) < REACH; away += step) {
        if (text[0] < away + size + lowest) break;
        if ((got = try_at((text[0] - away - size) & ~(MIB - 1), size)) != NULL) return got;
    }
    for (uint64_t away = REACH - size - (text[1] - text[0]); away > 256 * MIB; away -= step)
        if ((got = try_at((text[1] + away) & ~(MIB - 1), size)) != NULL) return got;
    return NULL;
}

static uint64_t pool_size(void)
{
    const char *wanted = getenv("HOTSPLICE_POOL_MIB");
    const unsigned long number = wanted == NULL ? 16 : strtoul(wanted, NULL, 10);
    return (number < 1 ? 1 : number > 512 ? 512 : number) * MIB;
}

static int lay_out(uint64_t *text)
{
    const uint64_t each = pool_size(), size = STATE_SIZE + 3 * each;
    const int kinds[] = {PROT_READ | PROT_EXEC, PROT_READ, PROT_READ | PROT_WRITE};
    const int file = (int)syscall(SYS_memfd_create, "hotsplice", 1u /* MFD_CLOEXEC */);
    if (file < 0) return 0;
    char *base = ftruncate(file, (off_t)size) == 0 ? reserve(text, size) : NULL;
    int good = base != NULL && mmap(base, STATE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file, 0) == base;
    for (unsigned at = 0; good && at < 3; at++) {
        char *to = base + STATE_SIZE + at * each;
        good = mmap(to, each, kinds[at], MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, file, (off_t)(STATE_SIZE + at * each)) == to;
    }
    close(file);
    if (!good) return 0;
    state = (struct hs_state *)base;
    for (unsigned at = 0; at < 3; at++) {
        state->pool[at][0] = (uint64_t)(uintptr_t)base + STATE_SIZE + at * each;
        state->pool[at][1] = each;
    }
    return 1;
}

__attribute__((constructor)) static void hotsplice_start(void)
{
    uint64_t text[2] = {0, 0};
    if (state != NULL) return;
    dl_iterate_phdr(first_program, text);
    if (text[0] == 0 || !lay_out(text)) return;
    seats = mmap(NULL, HS_THREADS * sizeof *seats, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (seats == MAP_FAILED) return;
    state->version = HS_VERSION;
    state->process = (uint32_t)getpid();
    state->base = (uint64_t)(uintptr_t)state;
    state->size = STATE_SIZE;
    state->slots = HS_SLOTS;
    state->slot_size = sizeof(struct hs_slot);
    state->slots_at = 4096;
    state->work_at = WORK_AT;
    state->work_size = (uint32_t)STATE_SIZE - WORK_AT;
    state->text[0] = text[0];
    state->text[1] = text[1];
    pthread_atfork(NULL, NULL, in_child);
    start_worker();
    tell(&state->magic, HS_MAGIC);
}

/* SPDX-License-Identifier: MIT */
/*
 * What the agent and the tool (src/hosts/process/layout.ts) agree on. All of it lies in the state block, a private
 * mapping of the process that /proc/PID/maps shows as "/memfd:hotsplice" at file offset 0; the pools follow in the
 * same file. Numbers are little-endian and naturally aligned; HS_VERSION changes with any of them,
 * but for one that was reserved before and where 0 says nothing.
 */
#ifndef HOTSPLICE_AGENT_H
#define HOTSPLICE_AGENT_H

#include <stdint.h>

#define HS_MAGIC 0x314543494c505348ull /* "HSPLICE1" */
#define HS_VERSION 1u
#define HS_SLOTS 64u
#define HS_NAME 128u

/* States of a slot: those of the interface, and two of its own. */
enum { HS_EMPTY = 0, HS_CHECKED = 1, HS_APPLIED = 2, HS_LOADING = 16 };

/* One payload. The tool writes it while it is empty or loading; state, result and order are then the agent's. */
struct hs_slot {
    char name[HS_NAME];
    uint32_t state;
    int32_t result;       /* of the last action */
    uint32_t order;       /* position in the stack, from 1; 0 when it is not applied */
    uint32_t applied;     /* how many times it was applied */
    uint64_t area[3][2];  /* address and length in the pools: code, read-only, writable */
    uint64_t about;       /* what the tool wrote down about the payload (JSON) */
    uint32_t about_length;
    uint32_t token;       /* who loads it; see the tool */
    uint8_t reserved[48];
};

enum {
    HS_WRITE = 1,   /* replace `length` bytes: `before` must be there, `after` gets there */
    HS_CHECK = 2,   /* the bytes must be there; up to 32 in before and after together */
    HS_HOOK = 3,    /* void (*)(struct hs_slot *) */
    HS_VETO = 4,    /* int (*)(struct hs_slot *); not 0 ends the action with that result */
    HS_SLOT = 5,    /* state and order of slot `a` become `b` and `argument` */
    HS_FIND = 6,    /* dlsym(RTLD_DEFAULT, name at address); the result goes to `argument`, 0 when not found */
    HS_CALL = 7,    /* uint64_t (*)(void); the result goes to `argument` */
    HS_WIPE = 8,    /* slot `a` becomes empty */
};
#define HS_CHAINED 1u /* flag: an earlier step changes these bytes, so they cannot be looked at in advance */
#define HS_PIECE 16u

struct hs_step {
    uint32_t kind;
    uint32_t length;
    uint64_t address;
    uint8_t before[HS_PIECE];
    uint8_t after[HS_PIECE];
    uint64_t argument;
    uint16_t a;
    uint16_t flags;
    uint32_t b;
};

struct hs_range {
    uint64_t start, end;
};

enum { HS_IDLE = 0, HS_BEFORE = 1, HS_GATHER = 2, HS_STAND = 3, HS_AFTER = 4 };

/*
 * One action. The tool fills it and then raises `asked`; the agent takes it, and raises `done` when it is over. From
 * `asked` on it goes to its end by itself, whether or not the tool lives.
 */
struct hs_work {
    uint64_t asked;
    uint64_t taken;
    uint64_t done;
    int32_t result;
    uint32_t phase;
    uint64_t timeout;        /* nanoseconds */
    uint32_t slot;
    uint32_t action;
    uint32_t ranges, range_at;  /* where no thread may be; offsets count from the work's start */
    uint32_t before, before_at; /* steps while the threads run */
    uint32_t stand, stand_at;   /* steps while they stand still; none: they are not stopped */
    uint32_t after, after_at;   /* steps when they run again */
    uint32_t cancel;            /* not 0: give up unless it is done already */
    uint32_t attempts;
    uint32_t why;               /* HS_WHY_ */
    uint32_t thread;            /* the thread that was in the way */
    uint64_t place;             /* where it was, or the step that failed */
    uint64_t stood;             /* nanoseconds of the last stand */
    uint32_t threads;           /* how many stood */
    uint32_t signal;
    uint64_t word;              /* the address of the word on the stack, where `spot` is HS_ON_STACK */
    uint64_t stack;             /* the thread's stack pointer */
    uint32_t spot;              /* HS_AT_ or HS_IN_ or HS_ON_: what held `place`; an older agent leaves 0 */
    uint32_t held;              /* of HS_IN_REGISTER, the number in gregs */
    uint32_t same;              /* how many attempts ended at the same word of the same thread, the last ones in a row */
    uint8_t reserved[108];
};

enum { HS_NOWHERE = 0, HS_AT_CODE = 1, HS_IN_REGISTER = 2, HS_ON_STACK = 3 };

enum {
    HS_WHY_NONE = 0,
    HS_WHY_INSIDE = 1,    /* the thread is or will return into a range */
    HS_WHY_LATE = 2,      /* the thread did not stop */
    HS_WHY_BYTES = 3,     /* bytes at `place` are not as expected */
    HS_WHY_WRITE = 4,     /* code cannot be written */
    HS_WHY_HOOK = 5,      /* a hook said no */
    HS_WHY_SLOW_HOOK = 6, /* a hook did not end while the threads stood */
    HS_WHY_TASKS = 7,     /* /proc/self cannot be read */
    HS_WHY_MANY = 8,      /* more threads than HS_THREADS */
    HS_WHY_CANCELLED = 9,
    HS_WHY_FORKED = 10,   /* the process forked meanwhile; this is the child */
    HS_WHY_STACK = 11,    /* a stack whose end is not known, a signal handler's own for example */
    HS_WHY_SIGNAL = 12,   /* the thread could not be sent a signal */
};

struct hs_state {
    uint64_t magic;
    uint32_t version;
    uint32_t process;      /* as the process itself sees its number */
    uint64_t base, size;   /* of this block */
    uint64_t pool[3][2];   /* address and size: code, read-only, writable */
    uint32_t slots, slot_size, slots_at;
    uint32_t work_at, work_size;
    uint32_t worker;       /* thread number; 0: there is none */
    uint64_t beats;        /* raised whenever the worker looks for work */
    uint64_t text[2];      /* the program's code: start and end */
    uint8_t reserved[128];
};

_Static_assert(sizeof(struct hs_slot) == 256, "slot");
_Static_assert(sizeof(struct hs_step) == 64, "step");
_Static_assert(sizeof(struct hs_work) == 256, "work");
_Static_assert(sizeof(struct hs_state) == 256, "state");

#endif

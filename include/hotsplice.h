/*
 * What a source of your own beside a patch may use (hotsplice build --with FILE.c): the same names for Xen, for Linux and
 * for programs.
 * `hotsplice assist` writes sources that use it; you may as well write them by hand. The build puts this text in place of
 * #include "hotsplice.h", so that no folder has to be named.
 *
 *   HOTSPLICE_RUNNING(here, "common/domain.c#limit")
 *       The running system's function or variable of that name, static ones of a file too, as bytes called `here`.
 *   HOTSPLICE_SETS(here, "common/domain.c#limit")
 *       Likewise, and a promise to the build: a hook of this source sets the initial value that the patch gives it. A patch
 *       that changes the value is refused without it, and so is a promise that no hook keeps.
 *   HOTSPLICE_NO_CALL("common/domain.c#tick", "note")
 *       The patch takes all calls of the second out of the first, and nothing else: the first is not replaced, and the calls are
 *       filled with no-operations where they stand. For a function that no jump can be written into, or that processors are in
 *       for ever. The build looks whether it is so, and refuses it else. On Xen, x86-64.
 *   HOTSPLICE_NUMBER, HOTSPLICE_ADDRESS, HOTSPLICE_BYTES(here, offset, …, old, new)
 *       A value to set, as an element of a `static const struct hotsplice_value …[]`.
 *   HOTSPLICE_SET(values, VETO), HOTSPLICE_SET(values, LEAVE)
 *       The hooks that write the new values and take them back. They write only where every old value is as expected. Where
 *       one is not, with VETO the payload is not applied; with LEAVE it is, and all values are left alone.
 *       VETO looks before the system is quiesced, since nothing can say no any more when the values are written. Where
 *       one changes in between, it is as with LEAVE: the payload is applied and all values are left alone, which the
 *       console of Xen says. A value that may not go unset needs code that can do without it.
 *       Either remembers whether it wrote, so that only what was written is taken back. What remembers is data, so that
 *       Xen wants the payload unloaded and uploaded again before it is applied a second time.
 *       A payload that vetoes cannot take the place of others (xen-livepatch replace).
 *       On Linux they are callbacks: VETO asks before the live patch is enabled, the values are written when all tasks are in the
 *       new code, and taken back before any is to leave it, so that the old code sees the old values only. Each value is
 *       written at once where it is a number of 1, 2, 4 or 8 bytes, and the values one after the other. Memory that may not be
 *       written is left alone. The kernel remembers what was written (klp_shadow_*): a live patch that takes the place of
 *       this one takes that for an old value, writes its own, and puts the old one back. One without the values leaves
 *       them as they are.
 *   HOTSPLICE_VETO(check)
 *       `static int check(void)` is asked before the payload is applied: 0, or an error (-EBUSY) with which it is not. All else
 *       still runs then, so that what it finds may be otherwise by the time that the patch is there; and it may not wait. A
 *       payload has one, HOTSPLICE_SET(values, VETO) among them: with values, let yours ask
 *       hotsplice_all_old(values, HOTSPLICE_COUNT(values)) as well, and use HOTSPLICE_SET(values, LEAVE).
 *   HOTSPLICE_SHADOW(tag, first, most)
 *       Room for new members of `struct tag`, whose objects have none: a `struct hotsplice_of_tag` for each object, kept in
 *       the payload by the object's address. It defines hotsplice_of_tag(object), which the patch's code calls, and
 *       hotsplice_end_of_tag(object), which belongs before whatever frees an object: its address may be another's next.
 *       `first(object, own)` fills in what an object has when it is first asked for, all zero before, be it older than the
 *       payload or new. It is called under the lock, so it may neither ask for another nor wait. `most`: how many objects
 *       there may be at once. There is room for these from the start, nothing is allocated, so that any code may ask,
 *       with interrupts off too; but no handler of a non-maskable interrupt. With one object more the system stops.
 *       In a program, signals wait while the lock is held, so that a handler may ask; and a child of fork has what its parent
 *       had, apart from then on. A child of vfork may not ask.
 *       When the payload is reverted, or another takes its place (replace), all are gone, and the console of Xen says how many
 *       there were. A payload upon this one (hotsplice build --on) is built without this source: it finds what is there.
 *       Below it: hotsplice_shadow_get, _get_or_alloc, _free and _free_all, for a store of your own.
 *       On Linux the kernel keeps the members (klp_shadow_*), and allocates them: hotsplice_of_tag(object) is NULL where it
 *       has no memory, and `most` is not looked at. They go when the live patch is disabled. Where another one takes its
 *       place, they stay; if that has the same HOTSPLICE_SHADOW, it finds them.
 *   HOTSPLICE_PRE_PATCH(fn), HOTSPLICE_POST_PATCH(fn), HOTSPLICE_PRE_UNPATCH(fn), HOTSPLICE_POST_UNPATCH(fn)
 *       On Linux: callbacks of the kernel, or of the module that the source is compiled for (@UNIT), with its
 *       `struct klp_object *`. The first is `static int`, and an error keeps the live patch, or that module, from being
 *       loaded; the others are `static void`. HOTSPLICE_VETO(check) is one of the first. A live patch has one of each. Where
 *       another takes its place, only the new one's are called.
 *   HOTSPLICE_STATE(name, id, version)
 *       On Linux: the live patch says that it has changed the state `id` (klp_state), which one that takes its place has to
 *       know in the same version or a later one. Callbacks find it by klp_get_state() and klp_get_prev_state().
 */
#ifndef HOTSPLICE_H
#define HOTSPLICE_H

#ifdef __XEN__

#include <xen/errno.h>
#include <xen/lib.h>
#include <xen/spinlock.h>
#include <xen/string.h>
#include <xen/livepatch_payload.h>

#define hotsplice_say(...) printk("hotsplice: " __VA_ARGS__)
#define hotsplice_stop(...) panic("hotsplice: " __VA_ARGS__)
typedef livepatch_payload_t hotsplice_payload;

typedef spinlock_t hotsplice_lock;
#define HOTSPLICE_UNLOCKED SPIN_LOCK_UNLOCKED
#define hotsplice_lock_it(lock, flags) spin_lock_irqsave(lock, flags)
#define hotsplice_unlock_it(lock, flags) spin_unlock_irqrestore(lock, flags)

#elif defined(__KERNEL__)

#include <linux/errno.h>
#include <linux/livepatch.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#define HOTSPLICE_LINUX
#define hotsplice_say(...) pr_info("hotsplice: " __VA_ARGS__)
typedef struct klp_object hotsplice_payload;

typedef void (*hotsplice_plain_hook)(struct klp_object *object);
typedef int (*hotsplice_asking_hook)(struct klp_object *object);
#define HOTSPLICE_HOOK(kind, type, fn) \
    static type const hotsplice_##kind##_##fn __attribute__((used, section(".livepatch.hooks." #kind))) = fn
#define LIVEPATCH_PREAPPLY_HOOK(fn) HOTSPLICE_HOOK(preapply, hotsplice_asking_hook, fn);
#define LIVEPATCH_POSTAPPLY_HOOK(fn) HOTSPLICE_HOOK(postapply, hotsplice_plain_hook, fn);
#define LIVEPATCH_PREREVERT_HOOK(fn) HOTSPLICE_HOOK(prerevert, hotsplice_plain_hook, fn);
#define LIVEPATCH_POSTREVERT_HOOK(fn) HOTSPLICE_HOOK(postrevert, hotsplice_plain_hook, fn);

#define HOTSPLICE_PRE_PATCH(fn) LIVEPATCH_PREAPPLY_HOOK(fn)
#define HOTSPLICE_POST_PATCH(fn) LIVEPATCH_POSTAPPLY_HOOK(fn)
#define HOTSPLICE_PRE_UNPATCH(fn) LIVEPATCH_PREREVERT_HOOK(fn)
#define HOTSPLICE_POST_UNPATCH(fn) LIVEPATCH_POSTREVERT_HOOK(fn)

#define HOTSPLICE_STATE(name, id, version) \
    static const unsigned long hotsplice_state_##name[2] \
        __attribute__((used, section(".livepatch.states"))) = { id, version };

#else

#include <errno.h>
#include <string.h>

#define hotsplice_say(...) ((void)0)
#define hotsplice_stop(...) __builtin_trap()
typedef void hotsplice_payload;

/*
 * The lock holds the process that has it. Signals wait meanwhile, since a handler on the same thread that asks would never
 * get it. A child of fork has none of the threads that had it then, so what another process has is free to take: lists
 * are whole at every moment, and at most a slot is lost. One of vfork shares the memory, and may not ask.
 */
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __x86_64__
static inline __attribute__((unused)) long hotsplice_call(long number, long a, long b, long c, long d)
{
    register long fourth __asm__("r10") = d;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
                     : "rcx", "r11", "memory");
    return result;
}
#else
extern long syscall(long number, ...);
#define hotsplice_call(number, a, b, c, d) syscall(number, a, b, c, d)
#endif

/* The kernel's SIG_SETMASK, and the size of its sets of signals. */
static inline __attribute__((unused)) unsigned long hotsplice_signals(unsigned long blocked)
{
    unsigned long before = 0;

    hotsplice_call(SYS_rt_sigprocmask, 2, (long)&blocked, (long)&before, sizeof(blocked));
    return before;
}

typedef int hotsplice_lock;
#define HOTSPLICE_UNLOCKED 0
static inline __attribute__((unused)) unsigned long hotsplice_take(hotsplice_lock *lock)
{
    unsigned long signals = hotsplice_signals(~0UL);
    int own = (int)hotsplice_call(SYS_getpid, 0, 0, 0, 0), holder = 0;

    while ( !__atomic_compare_exchange_n(lock, &holder, own, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED) )
        if ( holder == own )
        {
            hotsplice_call(SYS_sched_yield, 0, 0, 0, 0);
            holder = 0;
        }
    return signals;
}
#define hotsplice_lock_it(lock, flags) ((flags) = hotsplice_take(lock))
#define hotsplice_unlock_it(lock, flags) \
    do { \
        __atomic_store_n(lock, 0, __ATOMIC_RELEASE); \
        hotsplice_signals(flags); \
    } while ( 0 )

#define HOTSPLICE_HOOK(kind, type, fn) \
    static type const hotsplice_##kind##_##fn __attribute__((used, section(".livepatch.hooks." #kind))) = fn
#define LIVEPATCH_LOAD_HOOK(fn) HOTSPLICE_HOOK(load, hotsplice_plain_hook, fn);
#define LIVEPATCH_UNLOAD_HOOK(fn) HOTSPLICE_HOOK(unload, hotsplice_plain_hook, fn);
#define LIVEPATCH_PREAPPLY_HOOK(fn) HOTSPLICE_HOOK(preapply, hotsplice_asking_hook, fn);
typedef void (*hotsplice_plain_hook)(void);
typedef int (*hotsplice_asking_hook)(hotsplice_payload *payload);

#endif

/* Names of the running system have characters that C has not; the assembler takes them in quotes. */
#define HOTSPLICE_RUNNING(here, name) \
    extern unsigned char here[] __asm__("\"" name "\"") __attribute__((visibility("hidden")))

#define HOTSPLICE_SETS(here, name) \
    HOTSPLICE_RUNNING(here, name); \
    static const char *const hotsplice_sets_##here \
        __attribute__((used, section(".livepatch.ignore.data"))) = name

#define HOTSPLICE_NAMED(name, number) name##number
#define HOTSPLICE_NO_CALL_AS(number, caller, callee) \
    static const char *const HOTSPLICE_NAMED(hotsplice_no_call_, number)[2] \
        __attribute__((used, section(".livepatch.ignore.calls"))) = { caller, callee }
/* All calls of it. */
#define HOTSPLICE_NO_CALL(caller, callee) HOTSPLICE_NO_CALL_AS(__COUNTER__, caller, callee)

struct hotsplice_value {
    unsigned char *at;
    unsigned int size;
    unsigned int outside; /* whether old and new lead to the bytes, and are not these themselves */
    union {
        unsigned long number;
        const void *address;
    } old, new;
};

#define HOTSPLICE_NUMBER(here, offset, size, old, new) \
    { (here) + (offset), size, 0, { .number = old }, { .number = new } }
#define HOTSPLICE_ADDRESS(here, offset, old, new) \
    { (here) + (offset), sizeof(void *), 0, { .address = old }, { .address = new } }
#define HOTSPLICE_BYTES(here, offset, size, old, new) \
    { (here) + (offset), size, 1, { .address = old }, { .address = new } }

/* Numbers stand with their lowest byte first on every machine that there are payloads for. */
static inline __attribute__((unused)) const void *hotsplice_old(const struct hotsplice_value *value)
{
    return value->outside ? value->old.address : (const void *)&value->old;
}

static inline __attribute__((unused)) const void *hotsplice_new(const struct hotsplice_value *value)
{
    return value->outside ? value->new.address : (const void *)&value->new;
}

#ifdef HOTSPLICE_LINUX

/* What a live patch has written, kept by the value's address. */
struct hotsplice_written {
    unsigned int size;
    unsigned char bytes[];
};
#define HOTSPLICE_WRITTEN 0x686f7473706c6963UL

static inline __attribute__((unused)) int hotsplice_is_ours(const struct hotsplice_value *value)
{
    struct hotsplice_written *written = klp_shadow_get(value->at, HOTSPLICE_WRITTEN);

    return written && written->size == value->size && memcmp(value->at, written->bytes, value->size) == 0;
}

#else
#define hotsplice_is_ours(value) 0
#endif

/* Whether every value is the old one, or what a live patch has written whose place this one takes; says which is not. */
static inline __attribute__((unused)) int hotsplice_all_old(const struct hotsplice_value *values, unsigned int count)
{
    unsigned int i;

    for ( i = 0; i < count; i++ )
        if ( memcmp(values[i].at, hotsplice_old(&values[i]), values[i].size) != 0 && !hotsplice_is_ours(&values[i]) )
        {
            hotsplice_say("value %u is not the old one\n", i);
            return 0;
        }
    return 1;
}

#ifdef HOTSPLICE_LINUX

/* Room to remember what is written; all of it, or none. */
static inline __attribute__((unused)) int hotsplice_remember(const struct hotsplice_value *values, unsigned int count)
{
    unsigned int i;

    for ( i = 0; i < count; i++ )
    {
        struct hotsplice_written *had = klp_shadow_get(values[i].at, HOTSPLICE_WRITTEN);

        if ( had && had->size != values[i].size )
            klp_shadow_free(values[i].at, HOTSPLICE_WRITTEN, NULL);
        if ( !klp_shadow_get_or_alloc(values[i].at, HOTSPLICE_WRITTEN, sizeof(*had) + values[i].size, GFP_KERNEL, NULL, NULL) )
            return 0;
    }
    return 1;
}

/* All processors run meanwhile: each value is written at once where it is a number. */
static inline __attribute__((unused)) void hotsplice_put_new(const struct hotsplice_value *values, unsigned int count)
{
    unsigned int i, set = 0;

    for ( i = 0; i < count; i++ )
    {
        struct hotsplice_written *written = klp_shadow_get(values[i].at, HOTSPLICE_WRITTEN);

        if ( !written || copy_to_kernel_nofault(values[i].at, hotsplice_new(&values[i]), values[i].size) )
            continue;
        memcpy(written->bytes, hotsplice_new(&values[i]), values[i].size);
        written->size = values[i].size;
        set++;
    }
    hotsplice_say("%u values of %u set\n", set, count);
}

/* What has been written over since is not ours to take back. */
static inline __attribute__((unused)) void hotsplice_put_old(const struct hotsplice_value *values, unsigned int count)
{
    unsigned int i, back = 0;

    for ( i = 0; i < count; i++ )
    {
        if ( hotsplice_is_ours(&values[i]) )
            back += !copy_to_kernel_nofault(values[i].at, hotsplice_old(&values[i]), values[i].size);
        klp_shadow_free(values[i].at, HOTSPLICE_WRITTEN, NULL);
    }
    hotsplice_say("%u values of %u put back\n", back, count);
}

#else

static inline __attribute__((unused)) void hotsplice_put_new(const struct hotsplice_value *values, unsigned int count)
{
    unsigned int i;

    for ( i = 0; i < count; i++ )
        memcpy(values[i].at, hotsplice_new(&values[i]), values[i].size);
    hotsplice_say("%u values set\n", count);
}

/* What has been written over since is not ours to take back. */
static inline __attribute__((unused)) void hotsplice_put_old(const struct hotsplice_value *values, unsigned int count)
{
    unsigned int i, back = 0;

    for ( i = 0; i < count; i++ )
        if ( memcmp(values[i].at, hotsplice_new(&values[i]), values[i].size) == 0 )
        {
            memcpy(values[i].at, hotsplice_old(&values[i]), values[i].size);
            back++;
        }
    hotsplice_say("%u values of %u put back\n", back, count);
}

#endif

#define HOTSPLICE_COUNT(values) (sizeof(values) / sizeof((values)[0]))
#define HOTSPLICE_SET(values, otherwise) HOTSPLICE_SET_##otherwise(values)

#ifdef HOTSPLICE_LINUX

#define HOTSPLICE_SET_VETO(values) \
    static int values##_pre_patch(struct klp_object *object) \
    { \
        (void)object; \
        return hotsplice_all_old(values, HOTSPLICE_COUNT(values)) ? 0 : -EINVAL; \
    } \
    HOTSPLICE_PRE_PATCH(values##_pre_patch) \
    HOTSPLICE_SET_LEAVE(values)

#define HOTSPLICE_SET_LEAVE(values) \
    static void values##_post_patch(struct klp_object *object) \
    { \
        (void)object; \
        if ( hotsplice_all_old(values, HOTSPLICE_COUNT(values)) && hotsplice_remember(values, HOTSPLICE_COUNT(values)) ) \
            hotsplice_put_new(values, HOTSPLICE_COUNT(values)); \
        else \
            hotsplice_say("all values are left alone\n"); \
    } \
    static void values##_pre_unpatch(struct klp_object *object) \
    { \
        (void)object; \
        hotsplice_put_old(values, HOTSPLICE_COUNT(values)); \
    } \
    HOTSPLICE_POST_PATCH(values##_post_patch) \
    HOTSPLICE_PRE_UNPATCH(values##_pre_unpatch)

#else

/* The preapply hook may say no, but others run until the load hook does. */
#define HOTSPLICE_SET_VETO(values) \
    static int values##_preapply(hotsplice_payload *payload) \
    { \
        (void)payload; \
        return hotsplice_all_old(values, HOTSPLICE_COUNT(values)) ? 0 : -EINVAL; \
    } \
    LIVEPATCH_PREAPPLY_HOOK(values##_preapply) \
    HOTSPLICE_SET_LEAVE(values)

/* That a value is the new one by now does not say who wrote it. */
#define HOTSPLICE_SET_LEAVE(values) \
    static int values##_are_new; \
    static void values##_load(void) \
    { \
        values##_are_new = hotsplice_all_old(values, HOTSPLICE_COUNT(values)); \
        if ( values##_are_new ) \
            hotsplice_put_new(values, HOTSPLICE_COUNT(values)); \
        else \
            hotsplice_say("all values are left alone\n"); \
    } \
    static void values##_unload(void) \
    { \
        if ( values##_are_new ) \
            hotsplice_put_old(values, HOTSPLICE_COUNT(values)); \
        values##_are_new = 0; \
    } \
    LIVEPATCH_LOAD_HOOK(values##_load) \
    LIVEPATCH_UNLOAD_HOOK(values##_unload)

#endif

#define HOTSPLICE_VETO(check) \
    static int check##_preapply(hotsplice_payload *payload) \
    { \
        int error = check(); \
        (void)payload; \
        if ( error ) \
            hotsplice_say(#check ": not applied (%d)\n", error); \
        return error; \
    } \
    LIVEPATCH_PREAPPLY_HOOK(check##_preapply)

#define HOTSPLICE_SET_FILL_IN_VETO_OR_LEAVE(values) \
    _Static_assert(0, "fill in what is to happen where a value is another by now: VETO or LEAVE")

#ifdef HOTSPLICE_LINUX

/* What the kernel keeps the members of all objects of one type by: FNV-1a of the type's name. */
static __always_inline __attribute__((unused)) unsigned long hotsplice_id_of(const char *text, unsigned long size)
{
    unsigned long id = 14695981039346656037UL, at;

    for ( at = 0; at < size; at++ )
        id = (id ^ (unsigned char)text[at]) * 1099511628211UL;
    return id;
}

#define HOTSPLICE_SHADOW(tag, first_data, at_once) \
    static int hotsplice_first_of_##tag(void *object, void *own, void *unused) \
    { \
        first_data((const struct tag *)object, (struct hotsplice_of_##tag *)own); \
        return 0; \
    } \
    struct hotsplice_of_##tag *hotsplice_of_##tag(const struct tag *object) \
    { \
        return klp_shadow_get_or_alloc((void *)object, hotsplice_id_of(#tag, sizeof(#tag) - 1), \
                                       sizeof(struct hotsplice_of_##tag), GFP_ATOMIC, hotsplice_first_of_##tag, NULL); \
    } \
    void *hotsplice_end_of_##tag(const void *object) \
    { \
        klp_shadow_free((void *)object, hotsplice_id_of(#tag, sizeof(#tag) - 1), NULL); \
        return (void *)object; \
    } \
    static void hotsplice_revert_of_##tag(struct klp_object *object) \
    { \
        klp_shadow_free_all(hotsplice_id_of(#tag, sizeof(#tag) - 1), NULL); \
    } \
    LIVEPATCH_POSTREVERT_HOOK(hotsplice_revert_of_##tag)

#else

/* One object's data lies behind it, in the store's pool. */
struct hotsplice_slot {
    const void *object;
    struct hotsplice_slot *next;
};

struct hotsplice_shadow {
    const char *what;
    hotsplice_lock lock;
    unsigned char *pool;
    unsigned int slot_size, data_at, data_size;
    unsigned int most;
    struct hotsplice_slot **lists;
    unsigned int list_count;
    void (*first)(const void *object, void *data);
    /* Slots that were given back. */
    struct hotsplice_slot *spare;
    /* How many slots of the pool were ever used; how many objects were given one, and how many of these have ended. */
    unsigned int used;
    unsigned long given, ended;
};

static inline __attribute__((unused)) struct hotsplice_slot **hotsplice_list(
    const struct hotsplice_shadow *shadow, const void *object)
{
    /* Addresses are alike in their last bits; the factor is 2^64 by the golden ratio. */
    unsigned long mixed = ((unsigned long)object >> 4) * 0x9e3779b97f4a7c15UL;

    return &shadow->lists[(mixed >> 32) % shadow->list_count];
}

/* What leads to the object's slot, or to the end of its list. */
static inline __attribute__((unused)) struct hotsplice_slot **hotsplice_find(
    const struct hotsplice_shadow *shadow, const void *object)
{
    struct hotsplice_slot **at = hotsplice_list(shadow, object);

    while ( *at && (*at)->object != object )
        at = &(*at)->next;
    return at;
}

static inline __attribute__((unused)) void *hotsplice_data(
    const struct hotsplice_shadow *shadow, struct hotsplice_slot *slot)
{
    return slot ? (unsigned char *)slot + shadow->data_at : NULL;
}

/* What the object has; NULL where it has nothing. */
static inline __attribute__((unused)) void *hotsplice_shadow_get(struct hotsplice_shadow *shadow, const void *object)
{
    unsigned long flags;
    struct hotsplice_slot *slot;

    hotsplice_lock_it(&shadow->lock, flags);
    slot = *hotsplice_find(shadow, object);
    hotsplice_unlock_it(&shadow->lock, flags);
    return hotsplice_data(shadow, slot);
}

static inline __attribute__((unused)) struct hotsplice_slot *hotsplice_free_slot(struct hotsplice_shadow *shadow)
{
    struct hotsplice_slot *slot = shadow->spare;

    if ( slot )
        shadow->spare = slot->next;
    else if ( shadow->used < shadow->most )
        slot = (struct hotsplice_slot *)(shadow->pool + (unsigned long)shadow->slot_size * shadow->used++);
    return slot;
}

/* Likewise; an object that has nothing gets it. NULL where there is no room. */
static inline __attribute__((unused)) void *hotsplice_shadow_get_or_alloc(
    struct hotsplice_shadow *shadow, const void *object)
{
    unsigned long flags;
    struct hotsplice_slot **at, *slot;

    hotsplice_lock_it(&shadow->lock, flags);
    at = hotsplice_find(shadow, object);
    slot = *at;
    if ( !slot && (slot = hotsplice_free_slot(shadow)) )
    {
        slot->object = object;
        slot->next = NULL;
        memset(hotsplice_data(shadow, slot), 0, shadow->data_size);
        if ( shadow->first )
            shadow->first(object, hotsplice_data(shadow, slot));
        shadow->given++;
        /* A child of fork may have what is so far, and no more. */
        __atomic_thread_fence(__ATOMIC_RELEASE);
        *at = slot;
    }
    hotsplice_unlock_it(&shadow->lock, flags);
    return hotsplice_data(shadow, slot);
}

/* The object ends; it may have had nothing. */
static inline __attribute__((unused)) void hotsplice_shadow_free(struct hotsplice_shadow *shadow, const void *object)
{
    unsigned long flags;
    struct hotsplice_slot **at, *slot;

    hotsplice_lock_it(&shadow->lock, flags);
    at = hotsplice_find(shadow, object);
    slot = *at;
    if ( slot )
    {
        *at = slot->next;
        __atomic_thread_fence(__ATOMIC_RELEASE);
        slot->object = NULL;
        slot->next = shadow->spare;
        shadow->spare = slot;
        shadow->ended++;
    }
    hotsplice_unlock_it(&shadow->lock, flags);
}

/* Nobody has anything any more; how many had. */
static inline __attribute__((unused)) unsigned long hotsplice_shadow_free_all(struct hotsplice_shadow *shadow)
{
    unsigned long flags, left;
    unsigned int i;

    hotsplice_lock_it(&shadow->lock, flags);
    left = shadow->given - shadow->ended;
    for ( i = 0; i < shadow->list_count; i++ )
        shadow->lists[i] = NULL;
    shadow->spare = NULL;
    shadow->used = 0;
    shadow->ended = shadow->given;
    hotsplice_unlock_it(&shadow->lock, flags);
    return left;
}

#define HOTSPLICE_STORE(tag, data, first_data, at_once) \
    static struct hotsplice_store_slot_of_##tag { \
        struct hotsplice_slot slot; \
        data own; \
    } hotsplice_pool_of_##tag[at_once]; \
    static struct hotsplice_slot *hotsplice_lists_of_##tag[(at_once) / 4 + 1]; \
    static struct hotsplice_shadow hotsplice_store_of_##tag = { \
        .what = #tag, \
        .lock = HOTSPLICE_UNLOCKED, \
        .pool = (unsigned char *)hotsplice_pool_of_##tag, \
        .slot_size = sizeof(hotsplice_pool_of_##tag[0]), \
        .data_at = __builtin_offsetof(struct hotsplice_store_slot_of_##tag, own), \
        .data_size = sizeof(data), \
        .most = at_once, \
        .lists = hotsplice_lists_of_##tag, \
        .list_count = (at_once) / 4 + 1, \
        .first = first_data, \
    };

#define HOTSPLICE_SHADOW(tag, first_data, at_once) \
    static void hotsplice_first_of_##tag(const void *object, void *own) \
    { \
        first_data((const struct tag *)object, (struct hotsplice_of_##tag *)own); \
    } \
    HOTSPLICE_STORE(tag, struct hotsplice_of_##tag, hotsplice_first_of_##tag, at_once) \
    struct hotsplice_of_##tag *hotsplice_of_##tag(const struct tag *object) \
    { \
        void *own = hotsplice_shadow_get_or_alloc(&hotsplice_store_of_##tag, object); \
        if ( !own ) \
            hotsplice_stop("%u objects are fewer than there are of " #tag "\n", hotsplice_store_of_##tag.most); \
        return (struct hotsplice_of_##tag *)own; \
    } \
    void *hotsplice_end_of_##tag(const void *object) \
    { \
        hotsplice_shadow_free(&hotsplice_store_of_##tag, object); \
        return (void *)object; \
    } \
    static void hotsplice_revert_of_##tag(void) \
    { \
        const struct hotsplice_shadow *store = &hotsplice_store_of_##tag; \
        unsigned long given = store->given, ended = store->ended; \
        unsigned long left = hotsplice_shadow_free_all(&hotsplice_store_of_##tag); \
        (void)given; \
        (void)ended; \
        (void)left; \
        hotsplice_say("%s: %lu given, %lu ended, %lu left\n", store->what, given, ended, left); \
    } \
    LIVEPATCH_UNLOAD_HOOK(hotsplice_revert_of_##tag)

#endif

#endif

/*
 * What a source of your own beside a patch may use (hotsplice build --with FILE.c): the same names for Xen and for programs.
 * `hotsplice assist` writes sources that use it; you may as well write them by hand. The build puts this text in place of
 * #include "hotsplice.h", so that no folder has to be named.
 *
 *   HOTSPLICE_RUNNING(here, "common/domain.c#limit")
 *       The running system's function or variable of that name, static ones of a file too, as bytes called `here`.
 *   HOTSPLICE_SETS(here, "common/domain.c#limit")
 *       Likewise, and a promise to the build: a hook of this source sets the initial value that the patch gives it. A patch
 *       that changes the value is refused without it, and so is a promise that no hook keeps.
 *   HOTSPLICE_NUMBER, HOTSPLICE_ADDRESS, HOTSPLICE_BYTES(here, offset, …, old, new)
 *       A value to set, as an element of a `static const struct hotsplice_value …[]`.
 *   HOTSPLICE_SET(values, VETO), HOTSPLICE_SET(values, LEAVE)
 *       The hooks that write the new values and take them back. They write only where every old value is as expected. Where
 *       one is not, with VETO the payload is not applied; with LEAVE it is, and all values are left alone.
 *       VETO looks before the system stands still, since nothing can say no any more when the values are written. Where
 *       one changes in between, it is as with LEAVE: the payload is applied and all values are left alone, which the
 *       console of Xen says. A value that may not go unset needs code that can do without it.
 *       Either remembers whether it wrote, so that only what was written is taken back. What remembers is data, so that
 *       Xen wants the payload unloaded and uploaded again before it is applied a second time.
 *       A payload that vetoes cannot take the place of others (xen-livepatch replace).
 */
#ifndef HOTSPLICE_H
#define HOTSPLICE_H

#ifdef __XEN__

#include <xen/errno.h>
#include <xen/lib.h>
#include <xen/string.h>
#include <xen/livepatch_payload.h>

#define hotsplice_say(...) printk("hotsplice: " __VA_ARGS__)
typedef livepatch_payload_t hotsplice_payload;

#else

#include <errno.h>
#include <string.h>

#define hotsplice_say(...) ((void)0)
typedef void hotsplice_payload;

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

/* Whether every value is the old one; says which is not. */
static inline __attribute__((unused)) int hotsplice_all_old(const struct hotsplice_value *values, unsigned int count)
{
    unsigned int i;

    for ( i = 0; i < count; i++ )
        if ( memcmp(values[i].at, hotsplice_old(&values[i]), values[i].size) != 0 )
        {
            hotsplice_say("value %u is not the old one\n", i);
            return 0;
        }
    return 1;
}

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

#define HOTSPLICE_COUNT(values) (sizeof(values) / sizeof((values)[0]))

#define HOTSPLICE_SET(values, otherwise) HOTSPLICE_SET_##otherwise(values)

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

#define HOTSPLICE_SET_FILL_IN_VETO_OR_LEAVE(values) \
    _Static_assert(0, "fill in what is to happen where a value is another by now: VETO or LEAVE")

#endif

/**
 * The run-time table of line numbers: C text of a unit whose load hook sets the line numbers of functions that were not
 * replaced to the patched source's, and whose unload hook takes that back.
 *
 * A hook cannot say no: the functions beside it are replaced already. So it looks at every old value before it writes
 * any, and writes all or none, with a line on the console either way. Whether it wrote is not remembered, because a
 * payload with writable data cannot be applied again; the unload hook puts a number back where the new one still stands.
 *
 * In:  the places, by symbols of the running system, with old and new lines.
 * Out: the unit's text, and for each symbol of ours in it the running symbol that is meant. C has no way to write a name
 *      like `common/irq.c#foo`, so places go by stand-ins until the payload is linked.
 */

export interface TablePlace {
  /** A symbol of the running system, by its name there, and bytes from it. */
  readonly symbol: string
  readonly delta: number
  /** A number of that many bytes in code, or a bug frame (two words with seven bits each). */
  readonly kind: 'frame' | 1 | 2 | 4 | 8
  /** The bits of that number that hold the line, where it is not all of them. */
  readonly bits?: { readonly at: number; readonly count: number }
  readonly old: number
  readonly new: number
}

/**
 * Whether a field that holds `old` can hold `now` as well. Where the old number leaves the highest bit free, the new one
 * must, too: whoever reads it may take that for a sign.
 */
export function fitsField(bits: number, old: number, now: number): boolean {
  return now < 2 ** bits && (old >= 2 ** (bits - 1) || now < 2 ** (bits - 1))
}

export interface TableUnit {
  readonly text: string
  /** From the names in the text to the names in the running system. */
  readonly standIns: ReadonlyMap<string, string>
}

const STAND_IN = 'hotsplice_place_'

/** Text for Xen's own headers, 4.17 and later. */
export function tableUnit(places: readonly TablePlace[]): TableUnit {
  const symbols = [...new Set(places.map(({ symbol }) => symbol))].sort()
  const names = new Map(symbols.map((symbol, index) => [symbol, `${STAND_IN}${index}`]))
  const declarations = symbols.map(symbol => `extern unsigned char ${names.get(symbol)}[];`)
  const rows = places.map(
    ({ symbol, delta, kind, bits, old, new: now }) =>
      `    { ${names.get(symbol)} + ${delta}, ${kind === 'frame' ? 0 : kind}, ${bits?.at ?? 0}, ${bits?.count ?? 0}, ${old}, ${now} },`,
  )
  const text = [HEAD, ...declarations, TABLE_BEGINS, ...rows, TABLE_ENDS, CODE].join('\n')
  return { text, standIns: new Map([...names].map(([symbol, name]) => [name, symbol])) }
}

const HEAD = `#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/livepatch_payload.h>

struct hotsplice_line {
    unsigned char *at;
    unsigned int width; /* bytes; 0 for a bug frame */
    unsigned int low, bits; /* of a word that holds more; 0 for all of it */
    unsigned int old, new;
};

#ifdef CONFIG_ARM
#include <xen/livepatch.h>

/* Nothing is writable where it lies; meanwhile all of Xen is mapped once more. */
static void *hotsplice_writable(unsigned char *at)
{
    return vmap_of_xen_text + (at - (unsigned char *)_start);
}

static void hotsplice_written(const void *at, unsigned int size)
{
    clean_and_invalidate_dcache_va_range(at, size);
}
#else
static void *hotsplice_writable(unsigned char *at)
{
    return at;
}

static void hotsplice_written(const void *at, unsigned int size)
{
}
#endif
`

const TABLE_BEGINS = `
static const struct hotsplice_line hotsplice_lines[] = {`

const TABLE_ENDS = `};
`

/** A frame's two words hold 24 bits of signed displacement each, which borrow from the 7 bits of line above them. */
const CODE = `static unsigned int hotsplice_part(unsigned int word)
{
    return ((word >> 24) + ((word >> 23) & 1)) & 127;
}

static unsigned int hotsplice_with_part(unsigned int word, unsigned int part)
{
    return (word & 0x80ffffffU) | (((part - ((word >> 23) & 1)) & 127) << 24);
}

static unsigned long hotsplice_get(const struct hotsplice_line *line)
{
    const unsigned int *word = (const unsigned int *)line->at;

    if ( line->bits )
        return (*word >> line->low) & ((1U << line->bits) - 1);
    switch ( line->width )
    {
    case 0: return hotsplice_part(word[0]) * 128 + hotsplice_part(word[1]);
    case 1: return *line->at;
    case 2: return *(const unsigned short *)line->at;
    case 4: return *word;
    default: return *(const unsigned long *)line->at;
    }
}

static void hotsplice_set(const struct hotsplice_line *line, unsigned int to)
{
    void *at = hotsplice_writable(line->at);
    unsigned int *word = at, mask = ((1U << line->bits) - 1) << line->low;

    if ( line->bits )
        *word = (*word & ~mask) | (to << line->low);
    else switch ( line->width )
    {
    case 0:
        word[0] = hotsplice_with_part(word[0], to >> 7);
        word[1] = hotsplice_with_part(word[1], to & 127);
        break;
    case 1: *(unsigned char *)at = to; break;
    case 2: *(unsigned short *)at = to; break;
    case 4: *word = to; break;
    default: *(unsigned long *)at = to; break;
    }
    hotsplice_written(at, line->width ? line->width : 8);
}

static void hotsplice_load(void)
{
    unsigned int i;

    for ( i = 0; i < ARRAY_SIZE(hotsplice_lines); i++ )
    {
        unsigned long found = hotsplice_get(&hotsplice_lines[i]);

        if ( found == hotsplice_lines[i].old )
            continue;
        printk("hotsplice: line numbers left alone: entry %u is %lu, not %u\\n",
               i, found, hotsplice_lines[i].old);
        return;
    }
    for ( i = 0; i < ARRAY_SIZE(hotsplice_lines); i++ )
        hotsplice_set(&hotsplice_lines[i], hotsplice_lines[i].new);
    printk("hotsplice: %u line numbers set\\n", i);
}

static void hotsplice_unload(void)
{
    unsigned int i, count = 0;

    for ( i = ARRAY_SIZE(hotsplice_lines); i--; )
    {
        if ( hotsplice_get(&hotsplice_lines[i]) != hotsplice_lines[i].new )
            continue;
        hotsplice_set(&hotsplice_lines[i], hotsplice_lines[i].old);
        count++;
    }
    printk("hotsplice: %u line numbers put back\\n", count);
}

LIVEPATCH_LOAD_HOOK(hotsplice_load);
LIVEPATCH_UNLOAD_HOOK(hotsplice_unload);
`

/** Edits of the kernel's own code that several tests and scripts build live patches of. */
import type { Edit } from './made.ts'

const SHOW = '\tseq_puts(m, saved_command_line);\n'

/** What `/proc/cmdline` begins with. */
export const said = (words: string): Edit => ({
  file: 'fs/proc/cmdline.c',
  replace: SHOW,
  by: `\tseq_puts(m, "${words}: ");\n${SHOW}`,
})

/** A task that sleeps in it is in old code as long as it sleeps. */
export const SLEPT: Edit = {
  file: 'fs/pipe.c',
  replace: '\t/* Null read succeeds. */\n\tif (unlikely(total_len == 0))\n',
  by: '\t/* Null read succeeds. */\n\tif (unlikely(total_len == 0 || !pipe))\n',
}

/** What a kernel thread runs: it is never out of it. */
export const THREAD: Edit = {
  file: 'kernel/audit.c',
  replace: '\tset_freezable();\n\twhile (!kthread_should_stop()) {\n\t\t/* NOTE',
  by: '\tset_freezable();\n\twhile (!kthread_should_stop()) {\n\t\tcond_resched();\n\t\t/* NOTE',
}

/**
 * Five kinds of tests.
 * - light: beside the code, and across stages with small inputs. They build no Xen and start no machine.
 * - command: run the compiled command as a process of its own, or a browser with the page.
 * - sample: of Xen's tree, and of payloads on the real Xen in QEMU, enough to see each kind of thing once.
 * - live: the same of programs and machines that run on, are watched, stopped and killed.
 * - rest: more of the same kinds, and all there is of one: what takes the longest.
 *
 * `make test` takes the first four, `make test-all` and `.ci/run` everything. What needs a real target runs after the
 * others, and is patient; what is live, one file at a time. A new file below one of the folders of REAL is a sample; where
 * it takes more than some twenty seconds and shows what others show too, it is named in REST.
 */
import { defineConfig } from 'vitest/config'

/** What only looks at what comes out may run beside another. */
const BUILT = [
  'tests/xen/**/*.test.ts',
  'tests/build/**/*.test.ts',
  'tests/verify/**/*.test.ts',
  'tests/lines/*-on-xen.test.ts',
  'tests/shapes/xen.test.ts',
  'tests/run/judged-programs.test.ts',
  'tests/run/given-program.test.ts',
]
export const REAL = [...BUILT, 'tests/run/**/*.test.ts', 'tests/oracle/xen-objects.test.ts']
export const REST = [
  // Every option that a compiler's help names, where tests/kept/outputs.test.ts takes the known ones.
  'tests/kept/help-options.test.ts',
  // All objects of Xen, where the sample takes chosen edits (tests/xen/edits.test.ts).
  'tests/oracle/xen-objects.test.ts',
  // Wrong payloads drawn at random, where the light ones judge each rule by a written one (src/verify/xen/*.test.ts).
  'tests/verify/xen-is-the-judge.test.ts',
  // Kills and races at random moments, where others stop a run at chosen ones (tests/cli/interrupt.test.ts, src/system).
  'tests/cli/kills.test.ts',
  'tests/cli/lock-races.test.ts',
  // Agents that make things up, one by one, where the light ones read what they say (src/hosts/process).
  'tests/run/process-doubtful.test.ts',
  // A tool or a program that dies at any moment of a change, where the sample has the changes (tests/run/process.test.ts).
  'tests/run/process-death.test.ts',
  // What a foreign compiler's output says changed, over all cases, where the sample loads each payload (tests/xen/payload.test.ts).
  'tests/xen/oracle.test.ts',
  // A machine that is killed or stands still, where the sample rehearses (tests/run/rehearsal.test.ts).
  'tests/run/rehearsal-downfall.test.ts',
  // Every function of Xen, where the sample takes chosen ones.
  'tests/run/whole-xen.test.ts',
  'tests/verify/running-code.test.ts',
  // Edits drawn at random, where the sample takes written ones (tests/xen/edits.test.ts).
  'tests/xen/harmless.test.ts',
  'tests/lines/neutral-on-xen.test.ts',
  // Each kind of table that Xen's linker script gathers, where the light ones take four (src/compare/loaded.test.ts).
  'tests/xen/linker-sets.test.ts',
  // A large program and many threads, where the sample takes a small daemon (tests/run/process.test.ts).
  'tests/run/process-memcached.test.ts',
  'tests/run/process-crowd.test.ts',
  // Programs drawn at random, where the sample takes a few (tests/run/judged-programs.test.ts).
  'tests/run/judged-programs-more.test.ts',
  // A program that nobody here wrote, where the sample takes written and drawn ones (tests/run/judged-programs.test.ts).
  'tests/run/real-programs.test.ts',
  // All pages of the docs through the site’s builder, where the light ones look at links and indexes (tests/docs).
  'tests/docs/site.test.ts',
  // Builds of Xen at once, where the light ones have small programs (tests/flows/one-base.test.ts).
  'tests/xen/one-base.test.ts',
  // A function that goes to another file of the real Xen, where small programs have every kind (tests/flows/moved-functions.test.ts).
  'tests/xen/moved-function.test.ts',
  // The judge of fixes on their own bases, which is run where history is (scripts/coverage.ts --judge).
  'tests/xen/second-opinion.test.ts',
  // Hooks beside a patch on the real Xen, where the sample has hooks in one, and the light ones sources beside one.
  'tests/xen/own-source.test.ts',
  // What assist writes, filled in and run, where the light ones build it for small programs.
  'tests/xen/assist.test.ts',
  // New members and per-CPU variables there, under load, where the light ones have programs.
  'tests/xen/shadow.test.ts',
  // The same for callers that are replaced, where small programs have every kind (tests/flows/promoted-callers.test.ts).
  'tests/xen/promoted-callers.test.ts',
  // Calls that are switched off there, where the light ones have the texts and the rules (src/ctext, src/verify).
  'tests/xen/switched-off.test.ts',
  // Logs of the real Xen, where the command's tests have a program's (tests/cli/translate.test.ts).
  'tests/xen/log-lines.test.ts',
  // All public declarations made anew, where types are held by tests/library; `npm run api` writes them.
  'tests/api/declarations.test.ts',
  // Debuggers on a payload of Xen's, where the light ones ask them of small programs (tests/flows/debug-twin.test.ts).
  'tests/xen/debug-twin.test.ts',
  // Payloads upon another on the real Xen, where the sample rehearses two (tests/run/rehearsal.test.ts).
  'tests/xen/stack.test.ts',
  // Five machines at once, where the command's tests have hosts that are stand-ins (tests/cli/fleet-apply.test.ts).
  'tests/run/fleet-rollout.test.ts',
  // The same as a fleet makes and rehearses it, where the light ones have small programs (tests/flows/fleet-stack.test.ts).
  'tests/xen/fleet-stack.test.ts',
  // What a way costs, and what changes by itself, where the light ones say what each answers (tests/ways/ways.test.ts).
  'tests/ways/cost.test.ts',
  'tests/ways/volatile.test.ts',
  // The examples of the README and of the packed library as a whole, where the command's tests and types hold each part.
  'tests/cli/demo.test.ts',
  'tests/cli/live-demo.test.ts',
  'tests/library/packed.test.ts',
  // A process that may open few files, one number after another.
  'tests/cli/descriptors.test.ts',
  // Compilers in another root, where the light ones start those that are here (tests/build/opening.test.ts).
  'tests/build/toolchain.test.ts',
  // Each file of Xen, where the light ones have hard places (tests/lines/hard-places.test.ts).
  'tests/lines/lexer-on-xen.test.ts',
  // Sizes that the tree's compiler is asked for, where the sample asks before each build (tests/build/entry-sizes.test.ts).
  'tests/build/verify-sizes.test.ts',
  // A whole kernel's source and its machine, where the light ones read made-up tables and words (src/loaders/linux, src/trees/linux).
  'tests/linux/kernel-image.test.ts',
  'tests/linux/inspect.test.ts',
  'tests/linux/kinds.test.ts',
  'tests/linux/live-patch.test.ts',
  'tests/linux/modules.test.ts',
  'tests/linux/rehearsal.test.ts',
  'tests/linux/sections.test.ts',
  'tests/linux/signed.test.ts',
  'tests/linux/ssh-host.test.ts',
  'tests/linux/verify.test.ts',
  // Another way to the same hypervisor (tests/run/hosts.test.ts).
  'tests/run/ssh-xen.test.ts',
]
/** Drawn inputs held against other tools: a few light ones, and many in the rest. */
const DRAWN = [
  'tests/lines/neutral-oracle.test.ts',
  'tests/lines/token-map-oracle.test.ts',
  'tests/source/patch-oracle.test.ts',
]
/** Long tables of one kind of case: every tenth beside the others, and those between in the rest (tests/support/sampled.ts). */
const SAMPLED = [
  'src/select/kept-places.test.ts',
  'src/trees/reach/by-names.test.ts',
  'src/trees/reach/live-text.test.ts',
  'src/trees/reach/reach.test.ts',
  'tests/xen/arm64.test.ts',
  'tests/build/xen-tree.test.ts',
  'tests/flows/declared-statics.test.ts',
  'tests/flows/variable-forms.test.ts',
  'tests/kept/answers.test.ts',
  'tests/oracle/host-files.test.ts',
  'tests/ways/ways.test.ts',
  'tests/xen/bad-input.test.ts',
  'tests/xen/payload.test.ts',
  'tests/xen/refusals.test.ts',
  'tests/flows/given-program.test.ts',
  'tests/flows/assist.test.ts',
  'tests/flows/assist-members.test.ts',
  'tests/flows/own-program.test.ts',
  'tests/flows/promoted-callers.test.ts',
  'tests/flows/own-sources.test.ts',
  'tests/flows/values-left-to-hooks.test.ts',
  'tests/flows/changed-objects.test.ts',
  'tests/flows/outside-names.test.ts',
  'tests/flows/moved-functions.test.ts',
  'tests/flows/program-trees.test.ts',
  'tests/variations/variations.test.ts',
  'tests/shapes/cplusplus.test.ts',
  'tests/shapes/small.test.ts',
  'tests/xen/tree-untouched.test.ts',
  'tests/xen/reach.test.ts',
  'tests/cli/interrupt.test.ts',
  'tests/cli/small-cases.test.ts',
  'tests/cli/usage.test.ts',
  'tests/run/process.test.ts',
  'tests/run/process-shadow.test.ts',
]
const MANY = { HOTSPLICE_SAMPLED: 'rest', HOTSPLICE_NEUTRAL_RUNS: '60', HOTSPLICE_PATCH_RUNS: '300' }
export const COMMAND = ['tests/cli/**/*.test.ts', 'tests/library/**/*.test.ts', 'tests/page/*.test.ts']
/** Compiles src/ to dist/ once, unless it is up to date. */
const COMPILED = ['tests/cli/support/compile.ts']

const shared = { environment: 'node', pool: 'forks', maxWorkers: 2 } as const
const real = {
  ...shared,
  globalSetup: COMPILED,
  maxWorkers: 1,
  testTimeout: 600_000,
  hookTimeout: 1_200_000,
} as const

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'light',
          // No light test changes what another one of its worker sees; loading all of src/ for each took a fifth of the time.
          isolate: false,
          include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
          exclude: [...REAL, ...REST, ...COMMAND],
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'command',
          include: COMMAND,
          exclude: REST,
          globalSetup: COMPILED,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...real,
          name: 'sample',
          isolate: false,
          include: BUILT,
          exclude: REST,
          maxWorkers: shared.maxWorkers,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: { ...real, name: 'live', include: REAL, exclude: [...BUILT, ...REST], sequence: { groupOrder: 3 } },
      },
      {
        test: {
          ...real,
          name: 'rest',
          include: [...REST, ...DRAWN, ...SAMPLED],
          env: MANY,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
})

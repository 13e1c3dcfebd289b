/**
 * Three kinds of tests.
 * - light: beside the code, and across stages with small inputs.
 * - command: run the compiled command as a process of its own.
 * - heavy: need Xen's built tree or QEMU; one file at a time, after the others, and patient.
 */
import { defineConfig } from 'vitest/config'

const HEAVY = [
  'tests/xen/**/*.test.ts',
  'tests/run/**/*.test.ts',
  'tests/verify/**/*.test.ts',
  'tests/build/**/*.test.ts',
  'tests/oracle/xen-objects.test.ts',
]
const COMMAND = ['tests/cli/**/*.test.ts']
/** Compiles src/ to dist/ once, unless it is up to date. */
const COMPILED = ['tests/cli/support/compile.ts']

const shared = { environment: 'node', pool: 'forks', maxWorkers: 2 } as const

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'light',
          include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
          exclude: [...HEAVY, ...COMMAND],
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'command',
          include: COMMAND,
          globalSetup: COMPILED,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          name: 'heavy',
          include: HEAVY,
          globalSetup: COMPILED,
          maxWorkers: 1,
          testTimeout: 600_000,
          hookTimeout: 1_200_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})

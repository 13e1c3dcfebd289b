/** The ways to treat embedded source line numbers; what each does is told in `flows/hotpatch/judge.ts` and docs/lines.md. */
export type Way = 'auto' | 'neutral' | 'mask' | 'ignore' | 'table'

/** The ways to treat embedded source line numbers; docs/lines.md tells what each does. */
export type Way = 'auto' | 'neutral' | 'mask' | 'ignore' | 'table'

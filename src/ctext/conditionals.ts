/**
 * How many parentheses are open, where `#if` groups may open or close some of them.
 *
 * Each group begins with what was open before its `#if`. After `#endif` we take the most that any way through leaves
 * open: with too many, a place is called unsafe that is not, and the other way round would be the mistake. A `}` at the
 * start of a line ends all doubt.
 */
export class Conditionals {
  private readonly open: Group[] = []
  private skippedGroups = 0

  get skipping(): boolean {
    return this.skippedGroups > 0
  }

  begin(depth: number): void {
    this.open.push({ depthBefore: depth, deepest: 0, hasElse: false, skipped: false })
  }

  /** The group of the innermost `#if` is skipped whatever is defined. */
  skip(): void {
    const group = this.open.at(-1)
    if (group === undefined || group.skipped) return
    group.skipped = true
    this.skippedGroups++
  }

  /** At `#elif` and `#else`; returns the depth that the next group begins with. */
  next(depth: number, isElse: boolean): number {
    const group = this.open.at(-1)
    if (group === undefined) return depth
    this.close(group, depth)
    group.hasElse ||= isElse
    return group.depthBefore
  }

  /** At `#endif`; returns the depth that goes on behind it. */
  end(depth: number): number {
    const group = this.open.pop()
    if (group === undefined) return depth
    this.close(group, depth)
    return group.hasElse ? group.deepest : Math.max(group.deepest, group.depthBefore)
  }

  private close(group: Group, depth: number): void {
    if (group.skipped) this.skippedGroups--
    else group.deepest = Math.max(group.deepest, depth)
    group.skipped = false
  }
}

interface Group {
  readonly depthBefore: number
  deepest: number
  hasElse: boolean
  skipped: boolean
}

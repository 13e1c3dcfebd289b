/** Imports make no circle, not even of types within one folder: what two files need of each other stands in a third. */
import { type Breach, importsOf, product } from './sources.ts'

export function circleBreaches(): readonly Breach[] {
  const graph = new Map(product.map(source => [source.path, importsOf(source).map(({ target }) => target)]))
  return circlesIn(graph).map(files => ({
    file: files[0] ?? '',
    fact: `imports itself by way of ${files.slice(1).join(', ')}`,
    todo: 'put the types that both need into a file of their own',
  }))
}

/** Groups of more than one node each of which leads to each other (Tarjan, "Depth-first search", 1972). */
export function circlesIn(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const order = new Map<string, number>()
  const open: string[] = []
  const found: (readonly string[])[] = []
  const visit = (node: string): number => {
    const own = order.size
    order.set(node, own)
    open.push(node)
    let low = own
    for (const next of graph.get(node) ?? []) {
      if (!graph.has(next)) continue
      if (!order.has(next)) low = Math.min(low, visit(next))
      else if (open.includes(next)) low = Math.min(low, order.get(next) ?? own)
    }
    if (low === own) {
      const group = open.splice(open.indexOf(node))
      if (group.length > 1) found.push(group)
    }
    return low
  }
  for (const node of graph.keys()) if (!order.has(node)) visit(node)
  return found
}

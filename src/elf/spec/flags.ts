/** Tests one bit. Section flags may be wider than 32 bits, where `&` would not do. */
export function hasFlag(flags: number, flag: number): boolean {
  return Math.floor(flags / flag) % 2 === 1
}

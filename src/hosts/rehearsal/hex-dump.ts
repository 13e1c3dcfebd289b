/** Bytes as text: sixteen a line with what is printable beside them; equal lines in a row become one `*`. */

const PER_LINE = 16
const MOST_BYTES = 4096

export function hexDump(title: string, bytes: Uint8Array): string[] {
  const lines = [`${title}: ${bytes.length} bytes`]
  let before = ''
  let skipping = false
  for (let offset = 0; offset < Math.min(bytes.length, MOST_BYTES); offset += PER_LINE) {
    const row = [...bytes.subarray(offset, offset + PER_LINE)]
    const hex = row.map(byte => byte.toString(16).padStart(2, '0')).join(' ')
    if (hex === before) {
      if (!skipping) lines.push('  *')
      skipping = true
      continue
    }
    before = hex
    skipping = false
    const text = row.map(byte => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`  ${offset.toString(16).padStart(4, '0')}  ${hex.padEnd(3 * PER_LINE - 1)}  |${text}|`)
  }
  if (bytes.length > MOST_BYTES) lines.push(`  … ${bytes.length - MOST_BYTES} more bytes`)
  return lines
}

/** How a long step tells that it lives: one line that is drawn over on a terminal, one line a step elsewhere. */
import { shownName } from '../base/printable.ts'
import type { Progress } from '../trees/model.ts'

export interface ProgressDisplay extends Progress {
  /** Leaves a clean line for what comes next. */
  end(): void
}

export interface ProgressOutput {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

const CLEAR_LINE = '\r\u001b[2K'

export function progressOn(output: ProgressOutput): ProgressDisplay {
  return output.isTTY === true ? drawn(output) : lines(output)
}

/** Plain lines: no control characters, and no counting, which would fill a log. */
function lines(output: ProgressOutput): ProgressDisplay {
  return { step: text => output.write(`${shownName(text)}\n`), tick: () => undefined, end: () => undefined }
}

function drawn(output: ProgressOutput): ProgressDisplay {
  let current = ''
  const draw = (text: string) => output.write(CLEAR_LINE + text.slice(0, Math.max(1, (output.columns ?? 80) - 1)))
  return {
    step: text => {
      current = shownName(text)
      draw(`${current} …`)
    },
    tick: (done, total) => draw(`${current} … ${done} of ${total}`),
    end: () => {
      if (current !== '') output.write(CLEAR_LINE)
      current = ''
    },
  }
}

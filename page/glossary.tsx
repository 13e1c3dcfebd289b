/** The words of this page for whoever meets them for the first time. */
const WORDS: readonly (readonly [string, string])[] = [
  ['hotpatch', 'a change of a program that is applied while the program runs on; nothing is restarted.'],
  [
    'payload',
    'the file that holds the hotpatch. What runs loads it, and from then on calls its functions instead of the old ones.',
  ],
  ['build-id', 'the fingerprint of a program. A payload fits what has this one, and is refused elsewhere.'],
  ['unit', 'one source file, with all that it includes, as the compiler took it.'],
  ['changed, new, gone', 'a function’s code is another one, is there only after the patch, or only before it.'],
  ['line-only', 'a function whose code differs by the number of a source line and nothing else; it may stay as it is.'],
  ['refusal', 'something that cannot be changed while the program runs; no payload is made then.'],
  ['rules of the loader', 'what the running system checks before it takes a payload, tried beforehand without it.'],
  [
    'rehearsal',
    'the payload was loaded, applied, reverted and unloaded on the real system, in a machine made for that.',
  ],
]

export function Glossary() {
  return (
    <details class="glossary">
      <summary>What the words on this page mean</summary>
      <dl>
        {WORDS.map(([word, text]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

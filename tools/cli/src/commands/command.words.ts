// A command line as its words, with no shell asked: quotes hold together what they stand around, also within a word, and nothing is expanded,
// so that no character of it runs anything.

/** What a backslash takes its meaning from; before anything else it is itself, as in a path of Windows. */
const ESCAPED = { bare: /[\s"'\\]/, '"': /["\\]/, "'": /(?!)/ } as const;

/**
 * Splits at white space that no quotes stand around: `a="b c" d` is `a=b c` and `d`.
 * @returns undefined where quotes do not close
 */
export function wordsOf(line: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined; // '' is a word where quotes made it
  let within: keyof typeof ESCAPED = 'bare';
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    const next = line.charAt(at + 1);
    if (char === '\\' && next !== '' && ESCAPED[within].test(next)) {
      word = (word ?? '') + next;
      at += 1;
    } else if (within === 'bare' && (char === '"' || char === "'")) {
      word ??= '';
      within = char;
    } else if (char === within) within = 'bare';
    else if (within === 'bare' && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (within !== 'bare') return undefined;
  return word === undefined ? words : [...words, word];
}

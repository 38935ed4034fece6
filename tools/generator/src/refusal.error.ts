// A refusal is an answer, not a crash: it says what was refused and what to do instead, and nothing has been written (or it says so).

/** Something the generator will not do. `message` names the input; `remedy` says what to type or change instead. */
export class RefusalError extends Error {
  override readonly name = 'RefusalError';

  /** What became of the workspace, for people. */
  readonly written: string = 'Nothing was written.';

  constructor(
    message: string,
    readonly remedy: string,
  ) {
    super(message);
  }
}

/** Text from outside, safe to print: control, bidirectional and other invisible characters appear as `\u{…}`. */
export function quote(text: string): string {
  const visible = text.replace(/[^\x20-\x7e]/gu, (char) =>
    /[\p{L}\p{N}]/u.test(char) ? char : `\\u{${char.codePointAt(0)?.toString(16)}}`,
  );
  return `"${visible.length > 80 ? `${visible.slice(0, 80)}…` : visible}"`;
}

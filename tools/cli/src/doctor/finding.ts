/** What one look at something found. */
export interface Finding {
  /** What was looked at: `node`, `disk`, `state`, `ports`, … */
  readonly check: string;
  /** Of which service; nothing for the machine or the workspace. */
  readonly service?: string;
  /** `error` has to be mended; `warn` should be known. */
  readonly level: 'ok' | 'warn' | 'error';
  readonly message: string;
  /** What to do; always there unless the level is `ok`. */
  readonly remedy?: string;
}

/** The message and the remedy of an error of ours, whose remedy may stand on its second line. */
export function findingOf(error: unknown, where: Pick<Finding, 'check' | 'service'>): Finding {
  const { message, remedy } = error as { message: string; remedy?: string };
  const [first = '', ...rest] = message.split('\n');
  const other = rest.map((line) => line.trim()).join(' ');
  return { ...where, level: 'error', message: first, remedy: remedy ?? (other || 'Mend what the message names.') };
}

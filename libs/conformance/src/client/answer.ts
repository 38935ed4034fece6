// An HTTP answer as the checks look at it.

/** What came back for one request. `status` 0: the connection was closed without an answer, which refuses too. */
export interface Answer {
  /** What was asked, for people: `POST /v1/accounts with malformed JSON`. */
  readonly label: string;
  readonly status: number;
  /** Lower-case names; repeated fields joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Why there is no answer. */
  readonly failure?: string;
}

/** The answer in a few words: `201 {"id":…`. */
export function summary(answer: Answer): string {
  if (answer.status === 0) return `no answer (${answer.failure ?? 'connection closed'})`;
  return `${answer.status} ${answer.text.replace(/\s+/g, ' ').slice(0, 160)}`.trim();
}

/** Whether the answer refuses: a client error, or a closed connection. */
export function isRefusal(answer: Answer): boolean {
  return answer.status === 0 || (answer.status >= 400 && answer.status < 500);
}

/** The parsed body of a JSON answer; undefined when it is none. */
export function jsonOf(answer: Answer): unknown {
  try {
    return JSON.parse(answer.text);
  } catch {
    return undefined;
  }
}

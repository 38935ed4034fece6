// What was done to a journal, told from the first record that does not fit and those behind it. A guess about the hand, not about the
// fact: that something was done is certain.
import { leafOfBytes, readRecord } from '../journal/record.line.ts';

/** What can be done to a journal. */
export type Tampering = 'changed' | 'removed' | 'inserted' | 'swapped' | 'truncated' | 're-chained';

/**
 * @param line the one that does not fit
 * @param following those behind it
 * @param previous the hash that it should continue
 * @param expected the number that it should have
 */
export function diagnose(
  line: Buffer,
  following: readonly Buffer[],
  previous: string,
  expected: number,
): { kind: Tampering; message: string } {
  const number = sequenceOf(line);
  const resumes = following.findIndex((next) => continues(next, previous));
  if (number !== undefined && number > expected) {
    if (resumes < 0)
      return { kind: 'removed', message: `record ${expected} was removed: ${number} stands in its place` };
    const twice = following.some((next) => sequenceOf(next) === number);
    if (!twice) return { kind: 'swapped', message: `record ${number} stands before record ${expected}` };
  }
  if (resumes >= 0) {
    const lines = resumes === 0 ? 'a line' : `${resumes + 1} lines`;
    return { kind: 'inserted', message: `${lines} before record ${expected} were inserted` };
  }
  return { kind: 'changed', message: `record ${expected}, or the hash beside it, was changed` };
}

function continues(line: Buffer, previous: string): boolean {
  const record = readRecord(line);
  return record !== undefined && leafOfBytes(previous, record.json).toString('base64url') === record.hash;
}

/** Also of a line whose hash is damaged; undefined when it cannot be read. */
function sequenceOf(line: Buffer): number | undefined {
  const found = /"sequence":(\d{1,15})[,}]/.exec(line.toString('latin1'))?.[1];
  return found === undefined ? undefined : Number(found);
}

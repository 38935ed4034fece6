// A schema comes from the service under test, which may be hostile: a few lines of it can ask for more values than a machine holds, or
// for none at all. What one sample may cost is counted here, and beyond it there is no sample.
import { SkippedError } from '../check.ts';

/** There is no valid sample. Where nobody catches it, the check that needed one is skipped. */
export class NoSampleError extends SkippedError {}

/** Values in one sample, those that were made in vain too. */
const MAX_VALUES = 10_000;
/** Characters in one sample, and of the schemas that were read for it. */
const MAX_CHARACTERS = 1_000_000;
/** How deep a value of the document itself may be nested: it is written as JSON, which is recursive. */
const MAX_NESTING = 100;

/** Counts what one sample costs. */
export class SampleBudget {
  #values = MAX_VALUES;
  #characters = MAX_CHARACTERS;

  /** @throws {NoSampleError} */
  spendValues(count = 1): void {
    this.#values -= count;
    // not `< 0`: a count that is no number is none
    if (!(this.#values >= 0)) throw new NoSampleError(`its schema asks for more than ${MAX_VALUES} values`);
  }

  /** @throws {NoSampleError} */
  spendCharacters(count: number): void {
    this.#characters -= count;
    if (!(this.#characters >= 0)) throw new NoSampleError(`its schema asks for more than ${MAX_CHARACTERS} characters`);
  }

  /** A value that stands in the document as it is. @throws {NoSampleError} */
  spendGiven(value: unknown, nesting = 0): unknown {
    if (nesting > MAX_NESTING) throw new NoSampleError(`its example is nested more than ${MAX_NESTING} deep`);
    this.spendValues();
    if (typeof value === 'string') this.spendCharacters(value.length);
    if (Array.isArray(value)) for (const item of value) this.spendGiven(item, nesting + 1);
    else if (typeof value === 'object' && value !== null)
      for (const key in value) {
        this.spendCharacters(key.length);
        this.spendGiven((value as JsonObject)[key], nesting + 1);
      }
    return value;
  }
}

type JsonObject = Readonly<Record<string, unknown>>;

// A value that cannot be printed by accident: a log line, an error, a JSON answer or a template string shows `[secret]` (CWE-532,
// ASVS 5.0 V16.2.5). `.reveal()` is the one way in, so that one grep finds every use.
import { inspect } from 'node:util';

const SHOWN = '[secret]';

function refuseClone(): never {
  throw new TypeError('a secret is not cloned: reveal() it where it is used');
}

/** Holds a value of type T. Immutable: after a rotation there is a new one. */
export class Secret<T> {
  readonly #value: T;
  /** A function cannot be cloned: structuredClone and postMessage throw instead of handing over an empty object. */
  readonly refuseClone = refuseClone;

  constructor(value: T) {
    this.#value = value;
    Object.freeze(this);
  }

  /**
   * The value itself. Use it at once and do not keep it.
   * @example createHmac('sha256', secrets.get('tokenKey').reveal())
   */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [Symbol.toPrimitive](): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }

  get [Symbol.toStringTag](): string {
    return 'Secret';
  }
}

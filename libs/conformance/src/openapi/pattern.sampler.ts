// A string for the everyday regular expressions of API schemas (`^[A-Z]{3}$`, `^acc_[0-9a-f]{32}$`): literals, classes,
// groups, alternatives, quantifiers. What it does not know is taken literally; it never executes the pattern, which may be hostile.
import { NoSampleError, SampleBudget } from './sample.budget.ts';

const CLASS_ESCAPES: Readonly<Record<string, string>> = { d: '0', w: 'a', s: ' ', D: 'a', W: '-', S: 'a' };

/** How deep groups may be nested. */
const MAX_NESTING = 50;

/**
 * The shortest sample that the pattern spells out.
 * @throws {NoSampleError} where there is none, or it is too long
 */
export function samplePattern(pattern: string, budget = new SampleBudget()): string {
  budget.spendCharacters(pattern.length);
  return new PatternSampler(pattern, budget).alternatives();
}

class PatternSampler {
  #at = 0;
  #nesting = 0;
  readonly #pattern: string;
  readonly #budget: SampleBudget;

  constructor(pattern: string, budget: SampleBudget) {
    this.#pattern = pattern;
    this.#budget = budget;
  }

  /** The first of `a|b|c`. */
  alternatives(): string {
    const first = this.#sequence();
    while (this.#eat('|')) this.#sequence();
    return first;
  }

  #sequence(): string {
    let text = '';
    while (this.#at < this.#pattern.length && !'|)'.includes(this.#pattern[this.#at])) {
      const atom = this.#atom();
      const times = this.#quantifier();
      if (atom !== '') this.#budget.spendCharacters(atom.length * times);
      text += atom === '' ? '' : atom.repeat(times);
    }
    return text;
  }

  #atom(): string {
    const char = this.#pattern[this.#at++];
    if (char === '^' || char === '$') return '';
    if (char === '(') return this.#group();
    if (char === '[') return this.#class();
    if (char === '\\') return this.#escape();
    return char === '.' ? 'a' : char;
  }

  #group(): string {
    const look = /^\?(?:[:=!]|<[=!]|<\w+>)/.exec(this.#pattern.slice(this.#at))?.[0] ?? '';
    this.#at += look.length;
    if ((this.#nesting += 1) > MAX_NESTING) throw new NoSampleError('its pattern is nested too deep');
    const text = this.alternatives();
    this.#nesting -= 1;
    this.#eat(')');
    return /[=!]$/.test(look) ? '' : text;
  }

  #class(): string {
    const negated = this.#eat('^');
    const members: string[] = [];
    while (this.#at < this.#pattern.length && (this.#pattern[this.#at] !== ']' || members.length === 0)) {
      const char = this.#pattern[this.#at++];
      members.push(char === '\\' ? this.#escape() : char);
    }
    this.#eat(']');
    if (members.length === 0) throw new NoSampleError('a class in its pattern is empty');
    if (!negated) return members[0];
    return ['a', '0', '_', ' '].find((candidate) => !members.includes(candidate)) ?? 'a';
  }

  #escape(): string {
    const char = this.#pattern[this.#at++] ?? '';
    if (char === 'b' || char === 'B') return '';
    return CLASS_ESCAPES[char] ?? char;
  }

  #quantifier(): number {
    const found = /^(?:([*?])|(\+)|\{(\d+)(?:,\d*)?\})\??/.exec(this.#pattern.slice(this.#at));
    if (!found) return 1;
    this.#at += found[0].length;
    if (found[1]) return 0;
    return found[2] ? 1 : Number(found[3]);
  }

  #eat(char: string): boolean {
    if (this.#pattern[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }
}

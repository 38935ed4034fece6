// The series of one metric, by their label values. Their number is bounded: whoever can choose a label value could otherwise fill
// the memory of the service and of its monitoring (CWE-770).

/** Values for every label of a metric. */
export type Labels<L extends string> = Readonly<Record<L, string | number>>;

/** What all series beyond the bound are counted as. */
export const OTHER = '(other)';

/** Longest label value, in characters; the rest is cut. */
const MAX_VALUE = 200;

/** See the head of the file. */
export class SeriesMap<L extends string, V> {
  private readonly series = new Map<string, V>();
  private readonly text = new Map<string, string>();
  private other?: V;

  /**
   * @param max series, the one of the rest not counted
   * @param onOverflow called for every value that goes to the rest
   */
  constructor(
    private readonly names: readonly L[],
    private readonly make: () => V,
    private readonly max: number,
    private readonly onOverflow: () => void,
  ) {}

  /** The series of these values: made when it is new, that of the rest when there are too many. */
  at(labels: Labels<L>): V {
    let key = '';
    for (const name of this.names) key += `${labels[name]}\u0000`;
    const known = this.series.get(key);
    return known === undefined ? this.add(key, labels) : known;
  }

  /** Every series with its labels as they are printed: `route="/a",status="200"`. */
  *entries(): Generator<[labels: string, value: V]> {
    for (const [key, value] of this.series) yield [this.text.get(key) ?? '', value];
    if (this.other !== undefined) yield [printLabels(this.names, () => OTHER), this.other];
  }

  private add(key: string, labels: Labels<L>): V {
    if (this.series.size >= this.max) {
      this.onOverflow();
      return (this.other ??= this.make());
    }
    const value = this.make();
    this.series.set(key, value);
    this.text.set(
      key,
      printLabels(this.names, (name) => labels[name]),
    );
    return value;
  }
}

/** Labels in the text format: a value cannot end its line or its quotes. */
export function printLabels<L extends string>(names: readonly L[], value: (name: L) => string | number): string {
  return names.map((name) => `${name}="${escaped(String(value(name)))}"`).join(',');
}

function escaped(value: string): string {
  return value
    .slice(0, MAX_VALUE)
    .toWellFormed()
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('"', '\\"')
    .replaceAll(/\p{Cc}/gu, '?');
}

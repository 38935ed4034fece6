// Looks for secrets in what a program wrote: each in clear, percent-encoded, in base64, base64url, hex, and as Node prints bytes.

/** The spellings of the canaries that stand in `output`: none, when nothing leaked. */
export function canaryHits(output: string, canaries: readonly Uint8Array[]): string[] {
  return canaries.flatMap((canary) => spellings(Buffer.from(canary)).filter((spelling) => output.includes(spelling)));
}

function spellings(canary: Buffer): string[] {
  const head = canary.subarray(0, 12);
  const raw = canary.toString('utf8');
  return [
    ...new Set([
      raw,
      encodeURIComponent(raw),
      canary.toString('base64').replace(/=+$/, ''),
      canary.toString('base64url'),
      canary.toString('hex'),
      [...head].join(','), // JSON of a Uint8Array
      [...head].join(', '), // inspect of a Uint8Array
      head.toString('hex').match(/../g)?.join(' ') ?? '', // inspect of a Buffer
    ]),
  ];
}

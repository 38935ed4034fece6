// One token, one spelling: base64url leaves up to four bits of the last letter open, and lenient decoders take padding and foreign letters,
// so that a token could be written in many ways. What is counted, cached or bound by its text must have one (RFC 7515 §2, RFC 4648 §3.5).

/** @throws Error when a part is not as its issuer must have written it */
export function refuseOtherSpellings(token: string): void {
  const parts = token.split('.');
  if (parts.length !== 3 || !parts.every(isCanonical)) throw new Error('a part is not canonical base64url');
}

const isCanonical = (part: string): boolean => Buffer.from(part, 'base64url').toString('base64url') === part;

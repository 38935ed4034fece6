// A path is made of segments, each encoded: a name can never reach another secret by `../`, `?` or `#` (CWE-22).
import { VaultError } from './vault.error.ts';

/** `/v1/` and the encoded segments; a segment may itself be a path with slashes, whose parts are each encoded. */
export function vaultPath(segments: readonly string[]): string {
  const parts = segments.flatMap((segment) => segment.split('/'));
  for (const part of parts) {
    if (part !== '' && part !== '.' && part !== '..' && !hasControls(part)) continue;
    throw new VaultError(
      'refused',
      undefined,
      'a path of the vault has an empty, dotted or unprintable part',
      'Name it.',
    );
  }
  return `/v1/${parts.map(encodeURIComponent).join('/')}`;
}

function hasControls(part: string): boolean {
  for (let index = 0; index < part.length; index++) {
    const code = part.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

// Whether a path lies in a folder. A name may begin with two dots (Kubernetes: `..2026_11_24`) and still be inside.
import { isAbsolute, relative, sep } from 'node:path';

/** Both absolute, links resolved by the caller. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

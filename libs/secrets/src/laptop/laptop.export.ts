// Values in clear leave the laptop store only into a new private file, and never into the working folder of a repository.
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { createFile } from '@gatehouse/files';
import { isInside } from '../is-inside.ts';
import { SecretsError } from '../secrets.error.ts';
import type { Laptop } from './laptop.vault.ts';

/** Writes `{ name: value }` as JSON (0600). @throws SecretsError when the file exists, or lies in `repository` */
export async function exportLaptop(laptop: Laptop, service: string, file: string, repository: string): Promise<void> {
  const folder = dirname(resolve(file));
  if (!existsSync(folder)) throw refused(`there is no folder ${folder}`);
  const place = join(await realpath(folder), basename(file));
  if (isInside(await realpath(repository), place)) throw refused(`${file} lies inside the repository`);
  const values = `${JSON.stringify(await laptop.values(service), undefined, 2)}\n`;
  if (!(await createFile(place, values))) throw refused(`${file} exists already`);
}

const refused = (problem: string) =>
  new SecretsError('options-invalid', problem, 'Name a new file outside the repository.');

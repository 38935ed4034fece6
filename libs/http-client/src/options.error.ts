// What zod found wrong, with the place of each, and never the value: it may be a key.
import type { z } from 'zod';
import { HttpClientConfigError } from './http-client.error.ts';

export function configError(name: string, { issues }: z.ZodError): HttpClientConfigError {
  const places = issues.map(({ path, message }) => `${path.map(String).join('.') || '(options)'}: ${message}`);
  return new HttpClientConfigError(name, 'its options are not valid', places.join('; '));
}

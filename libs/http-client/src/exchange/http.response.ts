// An answer, read as a whole.
import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import { BadResponseError } from '../http-client.error.ts';

/** What a host answered; also 4xx and 5xx, which are answers and not errors. */
export class HttpResponse {
  /** Of the last hop, without its fragment. */
  readonly url: string;
  readonly status: number;
  /** Lower-case names; without content-encoding and content-length where the body was decompressed. */
  readonly headers: Readonly<IncomingHttpHeaders>;
  readonly #bytes: Buffer;

  constructor(url: URL, status: number, headers: IncomingHttpHeaders, bytes: Buffer) {
    this.url = url.origin + url.pathname + url.search;
    this.status = status;
    this.headers = decoded(headers);
    this.#bytes = bytes;
  }

  /** 200–299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  bytes(): Buffer {
    return this.#bytes;
  }

  /** As UTF-8. */
  text(): string {
    return this.#bytes.toString('utf8');
  }

  /**
   * The body as JSON, as the schema gives it: what another service says is input like any other.
   *
   * @throws BadResponseError when it is no JSON, or not what the schema says; the message names the places and no value
   */
  json<T extends z.ZodType>(schema: T): z.output<T> {
    const { host } = new URL(this.url);
    let value: unknown;
    try {
      value = JSON.parse(this.text());
    } catch {
      throw new BadResponseError(host, `its answer (${this.status}) is no JSON`, 'look at the status first');
    }
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const places = result.error.issues.map(({ path, code }) => `${path.join('.') || '(body)'} ${code}`).slice(0, 5);
    throw new BadResponseError(
      host,
      `its answer (${this.status}) is not as agreed (${places.join(', ')})`,
      'compare with its documentation',
    );
  }
}

function decoded(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { 'content-encoding': encoding, 'content-length': _length, ...rest } = headers;
  return encoding === undefined ? headers : rest;
}

// The account at a CA: its key is made once and kept with the account's address in one file (0600). A CA that has forgotten the account
// gets it registered anew; one that was deactivated stays so, since somebody meant it.
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writePrivate } from '../private.files.ts';
import { TlsError } from '../tls.error.ts';
import type { AcmeAnswer } from './acme.http.ts';
import { externalBinding, newAccountKey, publicJwk } from './acme.jws.ts';
import type { AcmeOptions } from './acme.options.ts';
import { AcmeRefusal } from './acme.problem.ts';
import { acmeUrl, header, readAnswer, type AcmeDirectory, type AcmeSession } from './acme.session.ts';

const storedSchema = z.object({ key: z.string(), url: acmeUrl.optional() });
const accountSchema = z.object({ status: z.string() });

/** See the head of the file. */
export class AcmeAccount {
  private constructor(
    private readonly session: AcmeSession,
    private readonly directory: AcmeDirectory,
    private readonly options: AcmeOptions,
    private readonly file: string,
    private readonly keyPem: string,
    readonly key: KeyObject,
    private url: string | undefined,
  ) {}

  /** The kept account, or a new one. @throws TlsError when it cannot be read, IssuerError when the CA refuses it */
  static async open(
    session: AcmeSession,
    directory: AcmeDirectory,
    options: AcmeOptions,
    file: string,
  ): Promise<AcmeAccount> {
    const stored = await readStored(file);
    const keyPem = stored?.key ?? newAccountKey();
    const key = createPrivateKey(keyPem);
    const account = new AcmeAccount(session, directory, options, file, keyPem, key, stored?.url);
    if (stored?.url === undefined) await account.register();
    return account;
  }

  /** @param payload left out: the resource is read */
  async post(url: string, payload?: unknown, accept?: string): Promise<AcmeAnswer> {
    try {
      return await this.send(url, payload, accept);
    } catch (error) {
      if (!(error instanceof AcmeRefusal)) throw error;
      if (error.kind === 'unauthorized') throw await this.explained(error);
      if (error.kind !== 'accountDoesNotExist') throw error;
      await this.register();
      return this.send(url, payload, accept);
    }
  }

  private send(url: string, payload: unknown, accept?: string): Promise<AcmeAnswer> {
    const identity = { kid: this.url ?? '' };
    return this.session.post({ url, key: this.key, identity, payload, accept });
  }

  /** Also finds the account of a key that has one (RFC 8555 §7.3.1). */
  private async register(): Promise<void> {
    const { newAccount } = this.directory;
    // The key first: an account whose key is lost could never be used again.
    await this.save(undefined);
    const payload = { termsOfServiceAgreed: true, ...this.contact(), ...(await this.binding(newAccount)) };
    const identity = { jwk: publicJwk(this.key) };
    const answer = await this.session.post({ url: newAccount, key: this.key, identity, payload });
    const { status } = readAnswer(answer, accountSchema, newAccount);
    if (status !== 'valid') throw this.ended(newAccount, status);
    this.url = acmeUrl.parse(header(answer, 'location'));
    await this.save(this.url);
  }

  /** Whether it is the account that the server does not want any more. */
  private async explained(error: AcmeRefusal): Promise<Error> {
    const url = this.url ?? '';
    try {
      const { status } = readAnswer(await this.send(url, undefined), accountSchema, url);
      return status === 'valid' ? error : this.ended(url, status);
    } catch (other) {
      return other instanceof AcmeRefusal ? this.ended(url, 'deactivated') : error;
    }
  }

  private ended(url: string, status: string): AcmeRefusal {
    const remedy = `If that was not meant to be, delete ${this.file}, and another account is made.`;
    return new AcmeRefusal(
      `${url}: the account is ${status}, so the CA signs nothing for it. ${remedy}`,
      'unauthorized',
    );
  }

  private contact(): object {
    return this.options.email === undefined ? {} : { contact: [`mailto:${this.options.email}`] };
  }

  private async binding(newAccount: string): Promise<object> {
    const { externalAccount } = this.options;
    if (!externalAccount) return {};
    const { keyId, hmacKeyFile } = externalAccount;
    const hmacKey = await readBindingKey(hmacKeyFile);
    return { externalAccountBinding: externalBinding(this.key, newAccount, keyId, hmacKey) };
  }

  private save(url: string | undefined): Promise<void> {
    return writePrivate(this.file, `${JSON.stringify({ key: this.keyPem, url })}\n`);
  }
}

/** The HMAC key of an external account. @throws TlsError when it cannot be read, or is none */
export async function readBindingKey(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new TlsError(`GATEHOUSE_TLS_ACME_EAB_KEY_FILE=${file} cannot be read (${error.code}): correct the path.`);
  });
  if (/^[\w-]{16,}={0,2}$/.test(text.trim())) return text.trim();
  throw new TlsError(
    `GATEHOUSE_TLS_ACME_EAB_KEY_FILE=${file}: no key in base64url in it: write the one line that the CA gave.`,
  );
}

async function readStored(file: string): Promise<z.output<typeof storedSchema> | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new TlsError(`${file} cannot be read (${error.code}): give this user the file.`);
  });
  if (text === undefined) return undefined;
  try {
    const stored = storedSchema.parse(JSON.parse(text));
    createPrivateKey(stored.key);
    return stored;
  } catch {
    throw new TlsError(`${file} is damaged: restore it, or delete it, and another account is made.`);
  }
}

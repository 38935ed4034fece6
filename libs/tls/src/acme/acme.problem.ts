// What an ACME server refused (RFC 8555 §6.7, RFC 7807), as one line for a person: where, what, and the remedy.
import { z } from 'zod';
import { IssuerError } from '../issued/issuer.error.ts';

const PREFIX = 'urn:ietf:params:acme:error:';

const REMEDIES: Record<string, string> = {
  accountDoesNotExist: 'The account is unknown there.',
  alreadyReplaced: 'The certificate was replaced already.',
  badPublicKey: 'The CA does not take P-256 keys: choose another CA.',
  caa: 'Allow this CA in the CAA record of the name.',
  connection:
    'Correct the DNS records of the name; let the CA reach port 80 there, forwarded to the plain-HTTP port of the service.',
  dns: 'Correct the DNS records of the name, or take it out of GATEHOUSE_TLS_NAMES.',
  externalAccountRequired: 'Set GATEHOUSE_TLS_ACME_EAB_KEY_ID and GATEHOUSE_TLS_ACME_EAB_KEY_FILE: the CA gives both.',
  incorrectResponse: 'Something else answers on port 80 of the name: forward it to the plain-HTTP port of the service.',
  invalidContact: 'Correct GATEHOUSE_TLS_ACME_EMAIL.',
  invalidProfile: 'Correct GATEHOUSE_TLS_ACME_PROFILE, or unset it.',
  rateLimited: 'Wait, and order fewer certificates.',
  rejectedIdentifier: 'Take that name out of GATEHOUSE_TLS_NAMES: the CA never signs for it.',
  serverInternal: 'That is a fault of the CA: it is asked again.',
  tls: 'Let nothing but this service answer on port 80 of the name.',
  unsupportedContact: 'Correct GATEHOUSE_TLS_ACME_EMAIL.',
  unsupportedIdentifier: 'Take that name out of GATEHOUSE_TLS_NAMES: the CA does not sign for its kind.',
  userActionRequired: 'The CA has new terms of service: read and accept them there.',
};

export const problemSchema = z.object({
  type: z.string().default('about:blank'),
  detail: z.string().default(''),
  subproblems: z.array(z.object({ type: z.string().default(''), detail: z.string().default('') })).default([]),
});

/** A problem document. */
export type AcmeProblem = z.output<typeof problemSchema>;

/** A refusal of an ACME server. */
export class AcmeRefusal extends IssuerError {
  constructor(
    message: string,
    /** The last part of the URN, such as `rateLimited`. */
    readonly kind: string,
    facts: { retryAfterMs?: number; isTransient?: boolean } = {},
  ) {
    super(message, facts);
  }
}

/** @param where a URL or a name; @param remedy where the usual one for the kind does not help */
export function refusal(where: string, problem: AcmeProblem, retryAfterMs?: number, remedy?: string): AcmeRefusal {
  const kind = problem.type.startsWith(PREFIX) ? problem.type.slice(PREFIX.length) : problem.type;
  const said = [problem.detail, ...problem.subproblems.map(({ detail }) => detail)].filter(Boolean).join('; ');
  const help = remedy ?? REMEDIES[kind] ?? 'See what the CA says about it.';
  return new AcmeRefusal(`${where}: ${printable(kind, 80)}: ${printable(said, 400)} ${help}`, kind, {
    retryAfterMs,
    isTransient: kind === 'serverInternal',
  });
}

/** What a server said, fit for a log. */
export const printable = (text: string, most: number): string => text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, most);

// ACME Renewal Information (RFC 9773): when the CA wants a certificate renewed, so that it can spread its load, and have certificates
// replaced before it revokes them.
import 'reflect-metadata'; // @peculiar/x509 refuses to load without it
import { AuthorityKeyIdentifierExtension, X509Certificate } from '@peculiar/x509';
import { z } from 'zod';
import type { RenewalWindow } from '../issued/certificate.issuer.ts';
import { readAnswer, retryAfterMs, type AcmeSession } from './acme.session.ts';

const date = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const schema = z.object({ suggestedWindow: z.object({ start: date, end: date }) });
const [MINUTE_MS, SIX_HOURS_MS, DAY_MS] = [60_000, 6 * 3_600_000, 24 * 3_600_000];

/** A window, and how long it is not asked for again, in milliseconds. */
export interface RenewalInfo {
  readonly window: RenewalWindow;
  readonly keepMs: number;
}

/** The name of a certificate there: key identifier of its CA and serial number; undefined where it has no identifier. */
export function renewalId(chain: string): string | undefined {
  const leaf = new X509Certificate(chain);
  const authority = leaf.getExtension(AuthorityKeyIdentifierExtension)?.keyId;
  if (authority === undefined) return undefined;
  const serial = leaf.serialNumber.length % 2 === 0 ? leaf.serialNumber : `0${leaf.serialNumber}`;
  // As DER writes it: a leading zero where the number would look negative.
  const bytes = Buffer.from(Number.parseInt(serial.slice(0, 2), 16) >= 0x80 ? `00${serial}` : serial, 'hex');
  return `${Buffer.from(authority, 'hex').toString('base64url')}.${bytes.toString('base64url')}`;
}

/** @throws IssuerError when the CA does not say, or says nonsense */
export async function readRenewalInfo(session: AcmeSession, renewalInfo: string, id: string): Promise<RenewalInfo> {
  const url = `${renewalInfo.replace(/\/$/, '')}/${id}`;
  const answer = await session.read(url);
  const { suggestedWindow: window } = readAnswer(answer, schema, url);
  const keepMs = Math.min(DAY_MS, Math.max(MINUTE_MS, retryAfterMs(answer) ?? SIX_HOURS_MS));
  return { window: { start: window.start, end: Math.max(window.start, window.end) }, keepMs };
}

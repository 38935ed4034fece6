// Who calls: one request in, one Principal out, or a problem. A credential that was verified before is answered without waiting, which is
// nearly every request.
import type { IncomingHttpHeaders } from 'node:http';
import type { ClientIdentity } from '@gatehouse/tls';
import { ProblemError } from '@gatehouse/problem-details';
import { CredentialRefusedError } from './authn.error.ts';
import type { AuthnOptions } from './authn.options.ts';
import type { ApiKeys } from './api-key/api-keys.ts';
import { showsCertificate } from './certificate.binding.ts';
import { missingCredential, refusedCredential } from './challenge.ts';
import { certificatePrincipal } from './client-certificates.ts';
import { type CachedCredential, CredentialCache } from './credential.cache.ts';
import { readCredential, type SentCredential } from './credential.reader.ts';
import { replayWindowMs, verifyProof } from './dpop/dpop.proof.ts';
import { ReplayGuard } from './dpop/replay.guard.ts';
import { SharedProofs } from './dpop/shared.proofs.ts';
import { type TrustedIssuer, verifyToken } from './jwt/token.verifier.ts';
import type { Principal } from './principal.ts';
import type { RevocationFeed } from './revocation/revocation.feed.ts';
import type { Revocations } from './revocation/revocations.ts';
import type { SharedMemory } from './shared.memory.ts';

/** What is looked at of a request. */
export interface AuthnRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** Absolute address, for DPoP; asked for only then. */
  readonly url: () => string;
  /** Who the client certificate of the connection names: `clientIdentity(socket)` of @gatehouse/tls. */
  readonly clientIdentity: () => ClientIdentity | undefined;
  /** Asked before a credential that is not known is looked at: throws when there were too many wrong ones. */
  readonly beforeVerify?: () => Promise<void>;
  /** 503 rather than a guess, while the replicas cannot know together whether a DPoP proof was shown before, or what was revoked. */
  readonly failClosed?: boolean;
}

/** What an authenticator is made of; see createAuthenticator. */
export interface AuthenticatorParts {
  readonly options: AuthnOptions;
  readonly issuers: ReadonlyMap<string, TrustedIssuer>;
  readonly revocations: Revocations;
  readonly feed?: RevocationFeed;
  readonly apiKeys?: ApiKeys;
  readonly shared?: SharedMemory;
}

export class Authenticator {
  readonly revocations: Revocations;
  private readonly cache: CredentialCache;
  private readonly proofs: SharedProofs;

  constructor(private readonly parts: AuthenticatorParts) {
    const { cache, dpop } = parts.options;
    this.revocations = parts.revocations;
    this.cache = new CredentialCache(cache.maxEntries, parts.revocations);
    const own = new ReplayGuard(replayWindowMs(dpop.maxAgeSeconds), dpop.maxProofs);
    this.proofs = new SharedProofs(own, parts.shared);
  }

  /** Whom a revocation reaches: every replica through one of these, or this process alone. */
  get revocationsReach(): 'database' | 'valkey' | 'this process alone' {
    return this.parts.feed?.through ?? 'this process alone';
  }

  /** Whose tokens are accepted. */
  get issuers(): { has(issuer: string): boolean } {
    return this.parts.issuers;
  }

  /** The same as a list. */
  get trusted(): readonly string[] {
    return [...this.parts.issuers.keys()];
  }

  /** Where keys are made and revoked; undefined where none are accepted. */
  get apiKeys(): ApiKeys | undefined {
    return this.parts.apiKeys;
  }

  /** DPoP proofs that were remembered, by the memory that decided; `local` while the shared one was gone. */
  get proofCounts(): { readonly shared: number; readonly local: number } {
    return this.proofs.counts;
  }

  /**
   * The caller.
   * @throws ProblemError 401 `unauthenticated` (its cause is a CredentialRefusedError, or none without a credential), 400 for two
   * credentials, 503 while it cannot be known
   */
  authenticate(request: AuthnRequest): Principal | Promise<Principal> {
    const sent = readCredential(request.headers, this.parts.options.maxTokenBytes);
    if (sent === 'malformed') throw refusedCredential(new CredentialRefusedError('malformed'), 'bearer');
    if (sent === undefined) return this.byCertificate(request);
    this.parts.feed?.refuseSilence(request.failClosed);
    const known = this.cache.get(sent.text, Date.now());
    if (!known) return this.verify(sent, request);
    if (sent.scheme === 'dpop' || known.jkt !== undefined) return this.possessed(known, sent, request);
    return this.bound(known, sent, request);
  }

  /** Refuses a token everywhere within a poll; without a feed in this process alone. Times in milliseconds since the epoch. */
  revokeToken(issuer: string, jti: string, until = this.lifeOfTokens(issuer, Date.now())): Promise<void> {
    return this.revoke({ kind: 'token', issuer, value: jti, at: Date.now(), until });
  }

  /** Refuses every token of a subject that was issued up to now. */
  revokeSubject(issuer: string, subject: string): Promise<void> {
    const at = Date.now();
    return this.revoke({ kind: 'subject', issuer, value: subject, at, until: this.lifeOfTokens(issuer, at) });
  }

  /** Has every replica fetch the keys of an issuer now: one that it removed is refused within a poll and a fetch. */
  refetchKeys(issuer: string): Promise<void> {
    const at = Date.now();
    return this.revoke({ kind: 'issuer-keys', issuer, value: '', at, until: at + 3_600_000 });
  }

  /** Refuses every token by this key, on every replica within a poll, whatever the issuer still shows; for as long as one could live. */
  revokeKey(issuer: string, kid: string): Promise<void> {
    const at = Date.now();
    return this.revoke({ kind: 'issuer-key', issuer, value: kid, at, until: this.lifeOfTokens(issuer, at) });
  }

  /** Ends timers and writes what is left to write. */
  async close(): Promise<void> {
    for (const { keys } of this.parts.issuers.values()) keys.close();
    this.parts.feed?.close();
    this.proofs.close();
    await this.parts.apiKeys?.close();
  }

  private async revoke(revocation: Parameters<RevocationFeed['revoke']>[0]): Promise<void> {
    if (this.parts.feed) await this.parts.feed.revoke(revocation);
    else this.revocations.add(revocation);
  }

  /** When nothing that an issuer signed up to now can be valid any more. */
  private lifeOfTokens(issuer: string, from: number): number {
    return from + (this.parts.issuers.get(issuer)?.options.maxLifetimeSeconds ?? 86_400) * 1_000;
  }

  private byCertificate({ clientIdentity }: AuthnRequest): Principal {
    const { clientCertificates } = this.parts.options;
    if (clientCertificates.length === 0) throw missingCredential();
    const identity = clientIdentity();
    const principal = identity && certificatePrincipal(identity, clientCertificates);
    if (principal) return principal;
    throw identity
      ? refusedCredential(new CredentialRefusedError('client-certificate'), 'bearer')
      : missingCredential();
  }

  private async verify(sent: SentCredential, request: AuthnRequest): Promise<Principal> {
    await request.beforeVerify?.();
    const entry = await this.verified(sent).catch((error: unknown) => {
      throw error instanceof CredentialRefusedError ? refusedCredential(error, sent.scheme) : error;
    });
    if (!this.revocations.accepts(entry)) throw refusedCredential(new CredentialRefusedError('revoked'), sent.scheme);
    this.cache.set(sent.text, entry);
    return this.possessed(entry, sent, request);
  }

  private async verified(sent: SentCredential): Promise<CachedCredential> {
    if (sent.kind === 'token') return { ...(await verifyToken(sent.text, this.parts.issuers)), seen: -1 };
    if (!this.parts.apiKeys) throw new CredentialRefusedError('api-key');
    return this.parts.apiKeys.verify(sent.text);
  }

  private async possessed(entry: CachedCredential, sent: SentCredential, request: AuthnRequest): Promise<Principal> {
    if ((sent.scheme === 'dpop') !== (entry.jkt !== undefined))
      throw refusedCredential(new CredentialRefusedError('unbound'), sent.scheme);
    if (entry.jkt !== undefined) {
      const proof = request.headers.dpop;
      if (typeof proof !== 'string') throw refusedCredential(new CredentialRefusedError('proof'), 'dpop');
      const { maxAgeSeconds } = this.parts.options.dpop;
      const { method, failClosed } = request;
      const expected = { method, url: request.url(), token: sent.text, jkt: entry.jkt, maxAgeSeconds, failClosed };
      await verifyProof(proof, expected, this.proofs).catch((error: unknown) => {
        throw error instanceof ProblemError ? error : refusedCredential(error, 'dpop');
      });
    }
    return this.bound(entry, sent, request);
  }

  private bound(entry: CachedCredential, sent: SentCredential, request: AuthnRequest): Principal {
    if (entry.x5t !== undefined && !showsCertificate(request.clientIdentity(), entry.x5t))
      throw refusedCredential(new CredentialRefusedError('unbound'), sent.scheme);
    if (sent.kind === 'api-key') this.parts.apiKeys?.touch(entry.principal.credentialId as string);
    return entry.principal;
  }
}

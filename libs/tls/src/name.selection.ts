// Which certificate a client gets that names a host (SNI): the one that is right for it. With several certificates, a client that asks
// for a name that none of them covers gets none at all, rather than a wrong one.
import { createSecureContext, type SecureContext, type TlsOptions } from 'node:tls';
import type { CertificateSlot } from './certificate.slot.ts';
import type { LiveCertificates } from './live.certificates.ts';
import { TlsError } from './tls.error.ts';
import { policyOptions } from './tls.policy.ts';

/** The options of a listener that select by name; none where there is one certificate only. */
export function nameSelection(live: LiveCertificates): Pick<TlsOptions, 'SNICallback'> {
  if (live.slots.length < 2) return {};
  const made = new WeakMap<CertificateSlot, { state: unknown[]; context: SecureContext }>();
  const contextOf = (slot: CertificateSlot): SecureContext => {
    const state = [slot.served, live.clientTrust];
    const known = made.get(slot);
    if (known && known.state.every((part, index) => part === state[index])) return known.context;
    const context = createSecureContext(policyOptions(live.material(slot)));
    made.set(slot, { state, context });
    return context;
  };
  return {
    SNICallback(servername, done) {
      const slot = slotFor(live.slots, servername);
      if (!slot) return done(new TlsError(`no certificate for ${servername}`));
      return slot === live.slots[0] ? done(null) : done(null, contextOf(slot));
    },
  };
}

/** A certificate that has the name itself goes before one with a wildcard for it. */
function slotFor(slots: readonly CertificateSlot[], servername: string): CertificateSlot | undefined {
  const name = servername.toLowerCase();
  const exact = slots.find(({ served }) => served?.facts.names.some((each) => each.toLowerCase() === name));
  return exact ?? slots.find((slot) => slot.covers(name));
}

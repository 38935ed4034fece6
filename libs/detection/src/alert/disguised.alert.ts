// An alert goes to logs, to a webhook and to whoever is on call: none of them needs to read who a person is in order to act (GDPR
// Art. 4(5), 25). Addresses stand in it as whoever made the detector says; principals and accounts come to it so already.
import type { Alert } from './alert.ts';

/** @param identify what stands for an address, or a network */
export function disguised(alert: Alert, identify: (identifier: string) => string): Alert {
  const { subject, request, evidence } = alert;
  return {
    ...alert,
    ...(subject.kind === 'address' && { subject: { ...subject, id: ofAddress(subject.id, identify) } }),
    ...(request && { request: { ...request, address: identify(request.address) } }),
    ...(evidence.network !== undefined && { evidence: { ...evidence, network: identify(String(evidence.network)) } }),
  };
}

/** `address`, or `address on account`. */
function ofAddress(id: string, identify: (identifier: string) => string): string {
  const [address = '', ...account] = id.split(' on ');
  return [identify(address), ...account].join(' on ');
}

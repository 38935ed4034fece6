// What a finished handshake gives: resumption, renegotiation, the protocol on top.
import { skip, type Check } from '../check.ts';
import type { Target } from '../target.ts';
import { alpnChoice, MANY_RENEGOTIATIONS, renegotiations, resumes } from './session.probe.ts';

/** No such protocol is registered. */
const NO_SUCH_PROTOCOL = 'gatehouse-audit/0';

export const auditClientRenegotiation: Check = {
  id: 'tls-client-renegotiation',
  title: 'A client cannot make the server renegotiate again and again',
  control: ['RFC 9325 §3.5', 'CVE-2011-1473', 'API4:2023'],
  severity: 'medium',
  remedy:
    'refuse renegotiation that a client starts, or bound it (Node: tls.CLIENT_RENEG_LIMIT), or speak TLS 1.3 alone',
  async run(target) {
    const accepted = await target.once('renegotiations', () => renegotiations(target));
    if (accepted === undefined) skip('the server speaks nothing older than TLS 1.3, which has no renegotiation');
    return accepted < MANY_RENEGOTIATIONS
      ? []
      : [{ message: `${accepted} handshakes on one connection, all started by the client` }];
  },
};

export const auditResumption: Check = {
  id: 'tls-resumption',
  title: 'A returning client resumes its session',
  control: ['RFC 8446 §2.2', 'RFC 9325 §3.4'],
  severity: 'low',
  remedy: 'hand out session tickets, and keep their keys across a reload of the certificate',
  async run(target) {
    const found = await resumptions(target);
    const not = Object.entries(found).filter(([, resumed]) => resumed === false);
    return not.map(([version]) => ({ message: `${version}: every visit pays for a full handshake` }));
  },
};

export const auditAlpn: Check = {
  id: 'tls-alpn',
  title: 'ALPN offers HTTP/2 and refuses what it does not know',
  control: ['RFC 7301 §3.2', 'RFC 9113 §3.2'],
  severity: 'low',
  remedy: 'offer h2 and http/1.1, and end a handshake for any other protocol (no_application_protocol; ALPACA)',
  async run(target) {
    const { offered, unknown } = await protocols(target);
    const findings = offered.includes('h2') ? [] : [{ message: 'h2 is not offered' }];
    return unknown === undefined
      ? findings
      : [...findings, { message: 'a client that asks for an unknown protocol is let in' }];
  },
};

/** By version, whether a second connection resumes; undefined where the version is not spoken. */
export function resumptions(target: Target): Promise<Readonly<Record<'TLS 1.2' | 'TLS 1.3', boolean | undefined>>> {
  return target.once('resumptions', async () => ({
    'TLS 1.2': await resumes(target, 'TLSv1.2'),
    'TLS 1.3': await resumes(target, 'TLSv1.3'),
  }));
}

/** The protocols that are agreed to, and what happens to one that does not exist. */
export function protocols(target: Target): Promise<{ offered: string[]; unknown: string | undefined }> {
  return target.once('protocols', async () => {
    const wanted = ['h2', 'http/1.1'];
    const choices = await Promise.all(wanted.map((protocol) => alpnChoice(target, protocol)));
    return {
      offered: wanted.filter((protocol, index) => choices[index] === protocol),
      unknown: await alpnChoice(target, NO_SUCH_PROTOCOL),
    };
  });
}

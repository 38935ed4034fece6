import { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate } from 'node:tls';
import { newKeys, testAuthority } from '../../test/fixtures/authority.ts';
import { isPin, pinOfKey, vouchedChain } from './spki.pin.ts';

/** What node:tls gives: each certificate with the one that it takes for its issuer, the root with itself. */
function peerOf(...chain: string[]): DetailedPeerCertificate {
  const objects = chain.map((pem) => ({ raw: new X509Certificate(pem).raw }) as DetailedPeerCertificate);
  objects.forEach((each, index) => (each.issuerCertificate = objects[index + 1] ?? each));
  return objects[0] as DetailedPeerCertificate;
}

const pinsOf = (peer: DetailedPeerCertificate) => vouchedChain(peer).map(({ publicKey }) => pinOfKey(publicKey));

describe('vouchedChain', () => {
  it('goes from the leaf to the root', async () => {
    const ca = await testAuthority();
    const leaf = await ca.issue();
    expect(pinsOf(peerOf(leaf.cert, ca.cert))).toEqual([leaf.pin, ca.pin]);
  });

  it('ends before a CA of another name that was appended', async () => {
    const [genuine, rogue] = [await testAuthority('CN=Genuine'), await testAuthority('CN=Rogue')];
    const leaf = await rogue.issue();
    expect(pinsOf(peerOf(leaf.cert, genuine.cert))).toEqual([leaf.pin]);
    expect(pinsOf(peerOf(leaf.cert, rogue.cert, genuine.cert))).toEqual([leaf.pin, rogue.pin]);
  });

  it('ends before a CA of the right name that did not sign', async () => {
    const [genuine, rogue] = [await testAuthority('CN=Same'), await testAuthority('CN=Same')];
    const leaf = await rogue.issue();
    expect(pinsOf(peerOf(leaf.cert, genuine.cert))).toEqual([leaf.pin]);
  });

  it('ends before a certificate that signed and is no CA', async () => {
    const genuine = await testAuthority('CN=Genuine');
    const keys = await newKeys();
    const holder = await genuine.issue({ subject: 'CN=Holder', keys });
    const forged = await genuine.issue({ signer: { name: 'CN=Holder', keys } });
    expect(new X509Certificate(forged.cert).verify(new X509Certificate(holder.cert).publicKey)).toBe(true);
    expect(pinsOf(peerOf(forged.cert, holder.cert, genuine.cert))).toEqual([forged.pin]);
  });

  it('ends on a chain in circles', async () => {
    const ca = await testAuthority();
    const peer = peerOf(ca.cert, ca.cert);
    expect(pinsOf(peer)).toEqual([ca.pin]);
  });
});

describe('isPin', () => {
  it.each(['', 'sha256/', `sha256/${'A'.repeat(43)}`, `sha256/${'A'.repeat(42)}B=`, `sha512/${'A'.repeat(43)}=`])(
    'refuses %j',
    (text) => expect(isPin(text)).toBe(false),
  );
});

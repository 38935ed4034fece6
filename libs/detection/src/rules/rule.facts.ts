// What each rule is called by people, how bad it is, and which technique of MITRE ATT&CK it sees.
import type { RuleName } from '../detection.options.ts';

export type Severity = 'low' | 'medium' | 'high' | 'critical';

/** See the head of the file. */
export interface RuleFacts {
  readonly title: string;
  readonly severity: Severity;
  readonly technique: { readonly uid: string; readonly name: string };
}

const facts = (title: string, severity: Severity, uid: string, name: string): RuleFacts => ({
  title,
  severity,
  technique: { uid, name },
});

export const RULE_FACTS: Readonly<Record<RuleName, RuleFacts>> = {
  bruteForce: facts('Brute force on an account', 'medium', 'T1110.001', 'Password Guessing'),
  passwordSpraying: facts('Credentials tried on many accounts', 'high', 'T1110.003', 'Password Spraying'),
  credentialStuffing: facts('Credential stuffing', 'high', 'T1110.004', 'Credential Stuffing'),
  distributedBruteForce: facts(
    'Brute force on an account from many addresses',
    'high',
    'T1110.001',
    'Password Guessing',
  ),
  scannerPath: facts('Scanner looking for sensitive files', 'medium', 'T1595.003', 'Wordlist Scanning'),
  scannerAgent: facts('Attack tool by its own name', 'medium', 'T1595.002', 'Vulnerability Scanning'),
  probing: facts('Probing for routes', 'medium', 'T1595.003', 'Wordlist Scanning'),
  objectProbing: facts('Probing for objects of others', 'high', 'T1087', 'Account Discovery'),
  limitPressure: facts('Going on after the limit', 'low', 'T1498', 'Network Denial of Service'),
  connectionAbuse: facts('Connections that never become a request', 'medium', 'T1499.002', 'Service Exhaustion Flood'),
  credentialNetworks: facts('Credential used from several networks', 'high', 'T1550.001', 'Application Access Token'),
  newNetworkAdmin: facts('Administration from a new network', 'medium', 'T1078', 'Valid Accounts'),
  unusualVolume: facts('Unusual volume of a caller', 'medium', 'T1119', 'Automated Collection'),
  credentialExposed: facts('Credential travelled in clear', 'high', 'T1040', 'Network Sniffing'),
  safeguardFailed: facts('A safeguard does not work', 'critical', 'T1562', 'Impair Defenses'),
};

// docs/detection.md is made from the code: UPDATE_DOCS=1 npx nx run @gatehouse/detection:test
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { detectionOptionsSchema, RULE_FACTS, type RuleName } from '../src/index.ts';

const page = new URL('../../../docs/detection.md', import.meta.url);

interface Described {
  readonly description?: string;
  readonly anyOf?: readonly Described[];
  readonly properties?: Readonly<Record<string, Described & { readonly default?: unknown }>>;
}

const INTRODUCTION = `# Suspicious traffic

Every service looks for attacks in what has become of its requests and connections: in the process, after the answer, at about a
microsecond a request. It tells, and does nothing to a caller unless \`detection.responses\` names the rules that may.

Where alerts are: the log (\`alert\`), the metrics (\`gatehouse_detection_alerts_total\`), \`/alerts\` on the management port, and the
webhook, where \`detection.webhook\` has an address. All as OCSF 1.5 Detection Findings (class 2004); the webhook signs as
[Standard Webhooks](https://www.standardwebhooks.com) say, with the secret \`gatehouseAlertKey\` (32 bytes): receivers take \`whsec_\`
and its base64.

## Rules

Each can be turned off (\`detection: { rules: { probing: false } }\`) or given other thresholds
(\`{ rules: { probing: { capacity: 30 } } }\`). Those below are of published rules, named with each; where they differ, it says why.
A caller is the principal where one is proven, else the address (IPv6: the /64).
`;

const REST = `
## An alert

- **Once.** The same rule on the same subject is told once in \`quietSeconds\` (300); what comes meanwhile is in the next one's \`count\`.
- **Grouped.** \`finding_info.uid\` is the incident: the same for every alert about one subject until 30 minutes have passed without one.
- **Bounded.** Above \`maxAlertsPerMinute\` (60) one alert, \`alertStorm\`, says that there are more. The metrics count on.
- **Matched, not read.** Addresses, accounts and principals stand in it as keyed HMACs (\`hmac:…\`), in log and webhook too: the same as in
  the audit events, where who may read those finds the address under the same requestId. \`identifiers: 'clear'\` of the descriptor writes
  them as they are: personal data then, wherever alerts go. Without the journal the key is a new one at each start.
- **Valid.** [libs/detection/schema/detection-finding.v1.json](../libs/detection/schema/detection-finding.v1.json) is its JSON Schema.
- **Correlated.** \`metadata.correlation_uid\` is the requestId of the request that was the last straw: log, audit and the caller's
  problem+json have it too.

## What to do

| alert | first steps |
| --- | --- |
| \`credentialStuffing\`, \`passwordSpraying\`, \`bruteForce\`, \`distributedBruteForce\` | Look in the audit for a success from the same address or on the same account; if there is one, revoke its credentials. |
| \`credentialNetworks\`, \`newNetworkAdmin\`, \`unusualVolume\` | Ask the holder. If it was not them: revoke the credential (\`resources[0].uid\`), then look what it did. |
| \`objectProbing\` | Somebody with a valid credential asks for the objects of others: look who, and whether any answer was 200. |
| \`scannerPath\`, \`scannerAgent\`, \`probing\`, \`connectionAbuse\` | The weather of the internet, unless it is your own network. Block at the edge if it costs. |
| \`limitPressure\` | A client that does not read \`Retry-After\`: tell its owner. |
| \`credentialExposed\` | Revoke the credential: it was in clear on the network. Mend the client. |
| \`safeguardFailed\` | The message says what and how. Nothing else matters until it works. |

## Replicas

Where the replicas of a service share a Valkey (\`valkey\` of the descriptor), they tell each other what the rules count: refused
credentials, 4xx, connections that failed, and where a credential is new. So each sees an attack that is spread over them as a whole, one of
them tells people (a mark in Valkey for \`quietSeconds\`), whom one blocks all block, and an incident has one id. What is told is gathered
for 100 ms, 200 events at most: the rules need tens. Addresses are in these messages, as they are in the limits' keys; principals and
accounts are keyed, comparable where the replicas have the same store of secrets.

While Valkey is away each replica judges alone, and \`gatehouse_detection_shared_total{outcome="failed"}\` counts; it is joined again without
a restart. \`unusualVolume\` is each replica's own: of its share. A failed safeguard is told by each replica that has it.

## Responses

None by default. \`block\` and \`slow\` hold the address for a time, \`revoke\` takes back the API key that was used, for good, on every replica:

\`\`\`ts
detection: { responses: { block: { rules: ['credentialStuffing'] }, revoke: { rules: ['credentialNetworks'] } } },
\`\`\`

## What it does not see

What is counted is forgotten at a restart. An attacker slower than a window, or
spread wider than a rule looks, is below every threshold. It knows neither countries nor reputation; a SIEM that gets the findings and the
audit can.
`;

function render(): string {
  const options = z.toJSONSchema(detectionOptionsSchema, { io: 'input', unrepresentable: 'any' }) as Described;
  const rules = options.properties?.rules?.properties ?? {};
  const rows = Object.entries(rules).map(([name, rule]) => {
    const { title, severity, technique } = RULE_FACTS[name as RuleName];
    const shape = rule.properties ?? rule.anyOf?.find(({ properties }) => properties)?.properties ?? {};
    const thresholds = Object.entries(shape).map(([key, value]) => `\`${key}\` ${String(value.default)}`);
    return `| \`${name}\` | ${title} (${severity}; ${technique.uid}) | ${thresholds.join(', ') || '–'} | ${rule.description} |`;
  });
  return [
    INTRODUCTION,
    '| rule | alert (severity; MITRE ATT&CK) | thresholds | what it counts, and whose thresholds |',
    '| --- | --- | --- | --- |',
    ...rows,
    REST,
  ].join('\n');
}

/** Prettier pads tables; the words are what counts. */
const words = (text: string) =>
  text
    .replaceAll(/[ \t]*\|[ \t]*/g, '|')
    .replaceAll(/-{3,}/g, '---')
    .trim();

it('docs/detection.md is what the rules are', () => {
  if (process.env.UPDATE_DOCS) writeFileSync(page, render());
  expect(words(readFileSync(page, 'utf8'))).toBe(words(render()));
});

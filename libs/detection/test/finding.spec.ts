// Every rule's finding, held against the JSON Schema that receivers have: schema/detection-finding.v1.json is made from the code,
// UPDATE_DOCS=1 npx nx run @gatehouse/detection:test
import { readFileSync, writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';
import { type Alert, detectionFinding, detectionFindingSchema, RULE_FACTS } from '../src/index.ts';
import { every, request, watched } from './traffic.script.ts';

const file = new URL('../schema/detection-finding.v1.json', import.meta.url);
const render = (): string =>
  `${JSON.stringify({ $id: 'urn:gatehouse:detection:finding:v1', title: 'Gatehouse detection finding: OCSF 1.5, class 2004', ...z.toJSONSchema(detectionFindingSchema) }, undefined, 2)}\n`;

if (process.env.UPDATE_DOCS) writeFileSync(file, render());
const valid = new Ajv2020({ strict: false, formats: { ipv4: true, ipv6: true } }).compile(
  JSON.parse(readFileSync(file, 'utf8')) as object,
);
const errorsOf = (finding: unknown) => (valid(finding) ? [] : valid.errors);

it('the JSON Schema in the repository is that of the code', () => {
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(render()));
});

it.each(Object.keys(RULE_FACTS) as (keyof typeof RULE_FACTS)[])('a finding of %s is valid', (rule) => {
  const alert: Alert = {
    id: 'a',
    incident: 'i',
    rule,
    ...RULE_FACTS[rule],
    subject: { kind: 'address', id: 'x'.repeat(5_000) },
    message: 'What was seen.',
    at: 1,
    firstSeenAt: 1,
    count: 2,
    evidence: { requests: 3, network: '203.0.113.0/24' },
    request: { address: '2001:db8::1', id: 'r', route: '/v1/accounts/:id' },
  };
  expect(errorsOf(detectionFinding(alert, 'api'))).toEqual([]);
  expect(errorsOf({ ...detectionFinding(alert, 'api'), principal: 'ada' })).not.toEqual([]);
});

it('says who it was as the one who asks wants it: in clear, or by what stands for it', () => {
  const attack = every(50, 2, (_, at) =>
    request(at, { status: 401, refused: { account: 'hmac:ada' }, address: '203.0.113.7', admin: true, principal: 'p' }),
  );
  const move = request(60, { admin: true, principal: 'p', address: '198.51.100.9' });
  const { detector, alerts } = watched({}, (address) => `<${address.length}>`);
  for (const event of [...attack, move]) detector.observe(event);
  expect(alerts.map(({ rule }) => rule)).toEqual(['bruteForce', 'newNetworkAdmin']);
  const findings = alerts.map((alert) => detectionFinding(alert, 'api'));
  expect(findings.flatMap(errorsOf)).toEqual([]);
  expect(findings[0]).toMatchObject({
    resources: [{ uid: '<11> on hmac:ada' }],
    evidences: [{ src_endpoint: { uid: '<11>' } }],
  });
  expect(JSON.stringify([findings, detector.recent()])).not.toMatch(/203\.0\.113|198\.51\.100/);
  const open = watched();
  for (const event of attack) open.detector.observe(event);
  expect(detectionFinding(open.alerts[0] as Alert, 'api').evidences[0]?.src_endpoint).toEqual({ ip: '203.0.113.7' });
});

// What is suspicious, in numbers. Each threshold is that of a published rule, named in its description, unless it says why not.
// The empty object is valid and safe: every rule is on, and no rule does anything to a caller.
import { z } from 'zod';

const seconds = (description: string, value: number) =>
  z.number().positive().max(86_400).default(value).meta({ description });
const count = (description: string, value: number) =>
  z.int().min(1).max(1_000_000).default(value).meta({ description });

/** A rule that counts in a leaky bucket; `false` turns it off. */
const bucket = (description: string, capacity: number, leakSeconds: number) =>
  z
    .strictObject({
      capacity: count('How many fit; one more is an alert.', capacity),
      leakSeconds: seconds('One leaks out in so many seconds.', leakSeconds),
    })
    .prefault({})
    .or(z.literal(false))
    .meta({ description });

const rule = <S extends z.ZodRawShape>(description: string, shape: S) =>
  z
    .strictObject(shape)
    .prefault({} as never)
    .or(z.literal(false))
    .meta({ description });

export const rulesSchema = z
  .strictObject({
    bruteForce: bucket(
      'Wrong credentials for one account from one address. CrowdSec crowdsecurity/http-generic-bf.',
      5,
      10,
    ),
    passwordSpraying: bucket(
      'Wrong credentials for different accounts from one address. CrowdSec crowdsecurity/ssh-bf_user-enum.',
      5,
      10,
    ),
    credentialStuffing: rule(
      'Many accounts tried once or twice from one address. Elastic "Potential Okta Credential Stuffing (Single Source)".',
      {
        attempts: count('Attempts within the window, at least.', 25),
        accounts: count('Different accounts, at least.', 15),
        fewShare: z.number().min(0).max(1).default(0.8).meta({ description: 'Share of them tried at most twice.' }),
        windowSeconds: seconds('The window.', 900),
      },
    ),
    distributedBruteForce: rule(
      'Wrong credentials for one account from many addresses. Elastic "Potential Okta Brute Force (Multi-Source)".',
      {
        addresses: count('Different addresses, at least.', 5),
        attempts: count('Attempts within the window, at least.', 10),
        manyAddresses: count('So many addresses are enough; fewer need as many different agents as below.', 8),
        agents: count('Different agents, at least, unless there are many addresses.', 3),
        windowSeconds: seconds('The window.', 1_800),
      },
    ),
    scannerPath: bucket(
      'Different paths that only scanners ask for (/.env, /.git, /wp-login.php). CrowdSec crowdsecurity/http-sensitive-files.',
      2,
      5,
    ),
    scannerAgent: bucket(
      'Agents of attack tools, by their own name. CrowdSec crowdsecurity/http-bad-user-agent.',
      1,
      60,
    ),
    probing: bucket('Different paths without a route, by one caller. CrowdSec crowdsecurity/http-probing.', 10, 10),
    objectProbing: bucket(
      'Different objects that are not there or not theirs (403, 404 on a route), by one caller. CrowdSec crowdsecurity/http-probing; the caller is the principal where there is one, so that an office behind one address is not one caller.',
      10,
      10,
    ),
    limitPressure: bucket('Going on after 429. CrowdSec crowdsecurity/http-crawl-non_statics.', 40, 0.5),
    connectionAbuse: bucket(
      'Connections that never become a request: failed handshakes, malformed HTTP. CrowdSec crowdsecurity/http-crawl-non_statics.',
      40,
      0.5,
    ),
    credentialNetworks: rule(
      'One token or key used from several networks. Elastic "Multiple Okta Client Addresses for a Single User Session" says two; a telephone that leaves its Wi-Fi has two, so here it is three, or going back and forth between two.',
      {
        networks: count('Different networks (/24, /48) of one family within the window, at least.', 3),
        changes: count('Changes of network within the window, at least: two places at once go back and forth.', 6),
        windowSeconds: seconds('The window.', 1_800),
      },
    ),
    newNetworkAdmin: rule(
      'Administration from a network that the principal has not used. Elastic "First Occurrence of Okta User Session Started via Proxy" looks back seven days; so does this, within the life of the process. The first network of a principal is learnt.',
      {
        rememberSeconds: z
          .int()
          .min(60)
          .max(7_776_000)
          .default(604_800)
          .meta({ description: 'How long a network is known.' }),
      },
    ),
    unusualVolume: rule(
      'Far more requests of a principal than it is used to: median and median absolute deviation (Iglewicz and Hoaglin; NIST/SEMATECH e-Handbook 1.3.5.17), with a floor and a factor, because callers are burstier than measuring errors.',
      {
        sliceSeconds: seconds('Requests are counted in slices of this length.', 10),
        slices: z.int().min(6).max(360).default(60).meta({ description: 'Slices that make the baseline.' }),
        minimumSlices: z.int().min(3).max(360).default(12).meta({ description: 'Fewer say nothing.' }),
        deviations: z.number().positive().default(6).meta({
          description: 'Robust z-score above which a slice is unusual; 3.5 is what the handbook calls an outlier.',
        }),
        factor: z.number().min(1).default(4).meta({ description: 'And so many times the median.' }),
        floor: count('And so many requests in a slice.', 100),
      },
    ),
    credentialExposed: z
      .boolean()
      .default(true)
      .meta({ description: 'A credential that came over plain HTTP. OWASP ASVS 5.0 V4.1.2.' }),
    safeguardFailed: z.boolean().default(true).meta({
      description:
        'Audit, secrets or certificates that do not work. Elastic "AWS CloudTrail Log Suspended" is the same of a log.',
    }),
  })
  .prefault({});

/** Names of the rules, as in options, alerts and metrics. */
export type RuleName = keyof z.output<typeof rulesSchema>;

const ruleName = z.enum(Object.keys(rulesSchema.unwrap().shape) as [RuleName, ...RuleName[]]);

export const detectionOptionsSchema = z.strictObject({
  enabled: z.boolean().default(true).meta({ description: 'Looks for suspicious traffic at all.' }),
  rules: rulesSchema.meta({ description: 'Each with its thresholds; false turns one off.' }),
  adminScopes: z.array(z.string().min(1)).default(['admin:*', 'audit:read', 'authn:revoke']).meta({
    description:
      'Scopes that make a caller an administrator, for newNetworkAdmin; `admin:*` is each that begins with `admin:`. Not what users do for themselves, such as managing their own API keys.',
  }),
  ignore: z
    .array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]))
    .default([])
    .meta({
      description: 'Addresses that are not judged, such as your own scanner. They are an attacker too, once taken.',
    }),
  quietSeconds: z.int().min(1).max(86_400).default(300).meta({
    description:
      'The same rule on the same subject alerts once in this time; CrowdSec calls it blackhole. What comes meanwhile is counted.',
  }),
  maxAlertsPerMinute: z.int().min(1).max(10_000).default(60).meta({
    description: 'Above it one alert says that there are more: an attack from everywhere must not fill the log.',
  }),
  maxKeys: z.int().min(100).max(1_000_000).default(10_000).meta({
    description: 'Callers that each rule remembers at most; some 1 KB each at worst.',
  }),
  shared: z.boolean().default(true).meta({
    description:
      'Where the replicas share a Valkey, they tell each other what their rules count, so that an attack spread over them alerts once, and a block holds on all. Off, each judges its own part.',
  }),
  webhook: z
    .strictObject({
      url: z.url({ protocol: /^https$/ }).meta({ description: 'Where alerts are posted, signed (Standard Webhooks).' }),
      caFile: z
        .string()
        .min(1)
        .optional()
        .meta({ description: 'The CA of the receiver in PEM, where it is a private one.' }),
    })
    .optional()
    .meta({
      description:
        'Left out, alerts are in the log, the metrics and /alerts of the management port alone. The key is the secret gatehouseAlertKey.',
    }),
  responses: z
    .strictObject({
      block: z
        .strictObject({
          rules: z.array(ruleName).min(1).meta({ description: 'The rules that block the address of a caller.' }),
          seconds: z.int().min(1).max(86_400).default(600).meta({ description: 'For how long it is answered 429.' }),
        })
        .optional(),
      slow: z
        .strictObject({
          rules: z.array(ruleName).min(1).meta({ description: 'The rules that slow the address of a caller down.' }),
          seconds: z.int().min(1).max(86_400).default(600).meta({ description: 'For how long.' }),
          delayMs: z
            .int()
            .min(1)
            .max(10_000)
            .default(1_000)
            .meta({ description: 'How long each request waits, in milliseconds.' }),
        })
        .optional(),
      revoke: z
        .strictObject({
          rules: z.array(ruleName).min(1).meta({
            description:
              'The rules that take back the API key of the caller that they are about, for good, on every replica. Sensible for credentialNetworks.',
          }),
        })
        .optional(),
      never: z
        .array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]))
        .default([])
        .meta({ description: 'Addresses that are never blocked nor slowed: an office, a partner behind one address.' }),
    })
    .prefault({})
    .meta({
      description:
        'What an alert does to its caller. Nothing by default: whoever can send in your name could shut you out.',
    }),
});

/** What a descriptor may say. */
export type DetectionOptions = z.input<typeof detectionOptionsSchema>;

/** The options with every default filled in. */
export type DetectionSettings = z.output<typeof detectionOptionsSchema>;

/** The thresholds of one rule that is on. */
export type Thresholds<R extends RuleName> = Exclude<DetectionSettings['rules'][R], boolean>;

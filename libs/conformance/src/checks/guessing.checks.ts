// Somebody who tries one wrong credential after the other is stopped before they are looked at: looking costs more than refusing.
// Only against a loopback address, and from one that nobody else has.
import { randomBytes, randomInt } from 'node:crypto';
import { skip, type Check } from '../check.ts';
import { bare } from '../client/http.client.ts';
import { protectedRoutes, requestTo } from '../credentials/protected.routes.ts';

const TRIES = 400;
const AT_ONCE = 20;

export const authGuessing: Check = {
  id: 'auth-guessing',
  title: 'Wrong credentials one after the other are refused before they are looked at',
  control: ['ASVS V6.3.1', 'API2:2023', 'CWE-307'],
  severity: 'medium',
  remedy: 'count wrong credentials by address, and answer 429 with Retry-After before the next is verified',
  alone: true,
  async run(target) {
    if (!/^(localhost|127\.)/.test(bare(target.url.hostname))) skip('guesses are sent to a loopback address only');
    const { api, operations } = await protectedRoutes(target);
    const [operation] = operations.toSorted((a, b) => Number(a.method !== 'GET') - Number(b.method !== 'GET'));
    const { path, method, headers } = requestTo(target, api, operation, 'harmless');
    const from = `127.63.${randomInt(256)}.${1 + randomInt(254)}`;
    const guess = () => {
      const authorization = `Bearer ${randomBytes(24).toString('base64url')}`;
      return target.fetch({ url: new URL(path, target.url), method, headers: { ...headers, authorization }, from });
    };
    for (let tried = 0; tried < TRIES; tried += AT_ONCE) {
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, guess));
      const refused = answers.find(({ status }) => status === 429);
      if (refused?.headers['retry-after'] !== undefined) return [];
      if (refused)
        return [{ message: 'a guesser is not told when to come back: Retry-After is missing', severity: 'low' }];
    }
    return [{ message: `${TRIES} wrong credentials from one address, and all were looked at` }];
  },
};

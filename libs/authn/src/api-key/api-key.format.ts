// gh_<environment>_<id>_<secret>: a prefix that scanners of repositories look for, and a checksum that tells them a key from a text that
// looks like one. The checksum is no secret and proves nothing to the service.
import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** A key taken apart; `text` is the whole. */
export interface ApiKeyText {
  readonly environment: string;
  readonly id: string;
  readonly text: string;
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 95 bits: no two keys meet. */
const ID_LENGTH = 16;
/** 190 bits: nobody guesses it, so that a plain keyed hash is enough (no password hashing). */
const SECRET_LENGTH = 32;
const CHECKSUM_LENGTH = 6;

const API_KEY = /^gh_([a-z0-9]{1,12})_([0-9A-Za-z]{16})_([0-9A-Za-z]{32})([0-9A-Za-z]{6})$/;

/** Makes a key. */
export function newApiKey(environment: string): ApiKeyText {
  const id = randomText(ID_LENGTH);
  const body = `gh_${environment}_${id}_${randomText(SECRET_LENGTH)}`;
  return { environment, id, text: body + checksum(body) };
}

/** Undefined for what is no key, or has another checksum than its own. */
export function readApiKey(text: string): ApiKeyText | undefined {
  const [, environment, id, , sum] = API_KEY.exec(text) ?? [];
  if (!environment || !id || sum !== checksum(text.slice(0, -CHECKSUM_LENGTH))) return undefined;
  return { environment, id, text };
}

/** Whether a credential claims to be an API key. */
export const looksLikeApiKey = (text: string): boolean => text.startsWith('gh_');

const randomText = (length: number): string =>
  Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');

/** CRC-32 in base 62. */
function checksum(body: string): string {
  let [rest, text] = [crc32(body), ''];
  for (let digit = 0; digit < CHECKSUM_LENGTH; digit++) {
    text = ALPHABET[rest % ALPHABET.length] + text;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text;
}

// Bad bodies: each is refused with the status that says what is wrong, and nothing is carried out.
import type { Check } from '../check.ts';
import { judge, judgeAgainstControl } from './bad.input.ts';

export const malformedJson: Check = {
  id: 'malformed-json',
  title: 'Malformed JSON is refused with 400',
  control: ['ASVS V2.2.1', 'ASVS V16.5.1'],
  severity: 'medium',
  remedy: 'answer 400 when the body does not parse',
  run: (target, note) => judge(target, 'malformed', [400], note),
};

export const wrongType: Check = {
  id: 'wrong-type',
  title: 'A field of the wrong type is refused',
  control: ['ASVS V2.2.1', 'API10:2023'],
  severity: 'high',
  remedy: 'validate every body against its schema on the server, without coercion',
  run: (target, note) => judge(target, 'wrongType', [400, 422], note),
};

export const unknownField: Check = {
  id: 'unknown-field',
  title: 'An unknown field is refused',
  control: ['ASVS V15.3.3', 'API3:2023'],
  severity: 'medium',
  remedy: 'make every schema strict: unknown members are an error, not ignored',
  run: (target, note) => judgeAgainstControl(target, ['unknownField'], note),
};

export const prototypeKeys: Check = {
  id: 'prototype-keys',
  title: 'The keys of prototype pollution are refused',
  control: ['ASVS V15.3.6'],
  severity: 'high',
  remedy: 'refuse __proto__ and constructor.prototype in the JSON parser',
  run: (target, note) => judgeAgainstControl(target, ['proto', 'constructorKey'], note),
};

export const deepNesting: Check = {
  id: 'deep-nesting',
  title: 'Deeply nested JSON is refused without harm',
  control: ['ASVS V15.2.2', 'API4:2023'],
  severity: 'high',
  remedy: 'bound the depth of a body before walking it',
  run: (target, note) => judge(target, 'deepNesting', [400, 413, 422], note),
};

export const invalidUtf8: Check = {
  id: 'invalid-utf8',
  title: 'A body that is not UTF-8 is refused',
  control: ['ASVS V1.5.3', 'RFC 8259 §8.1'],
  severity: 'medium',
  remedy: 'decode bodies with a fatal UTF-8 decoder, so that no parser downstream reads something else',
  run: (target, note) => judge(target, 'invalidUtf8', [400, 422], note),
};

export const mediaType: Check = {
  id: 'media-type',
  title: 'A body of another media type is refused with 415',
  control: ['ASVS V4.1.1', 'RFC 9110 §15.5.16'],
  severity: 'medium',
  remedy: 'accept application/json only, and answer 415 to the rest',
  run: (target, note) => judge(target, 'mediaType', [415], note),
};

export const oversizedBody: Check = {
  id: 'oversized-body',
  title: 'An oversized body is refused with 413 or cut off',
  control: ['ASVS V5.2.1', 'API4:2023'],
  severity: 'high',
  remedy: 'bound the size of a body (1 MiB is plenty for JSON) and answer 413',
  run: (target, note) => judge(target, 'oversized', [413, 0], note),
};

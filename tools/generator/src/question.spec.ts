import { answerQuestions, type Question } from './question.ts';
import { RefusalError } from './refusal.error.ts';

const facts = { root: '/nowhere', services: [] };
const questions: Question[] = [
  { name: 'name', flag: '<name>', message: 'Name', check: (value) => refuse(value === 'bad') },
  {
    name: 'colour',
    flag: '--colour <colour>',
    message: 'Colour',
    initial: ({ name }) => `${name}-red`,
    check: (value) => refuse(value === 'bad'),
  },
];
const refuse = (bad: boolean) => {
  if (bad) throw new RefusalError('it is bad', 'Make it good.');
};

describe('answering questions', () => {
  it('takes defaults with --yes, which may depend on earlier answers', async () => {
    const answers = await answerQuestions(questions, { name: 'x' }, facts, 'defaults');
    expect(answers).toEqual({ name: 'x', colour: 'x-red' });
  });

  it('names the flag of a missing answer when there is nobody to ask', async () => {
    await expect(answerQuestions(questions, { name: 'x' }, facts, 'refuse')).rejects.toThrow(
      /--colour <colour> is missing/,
    );
    await expect(answerQuestions(questions, {}, facts, 'refuse')).rejects.toThrow(/<name> is missing/);
  });

  it('with --yes still refuses a missing answer that has no default', async () => {
    await expect(answerQuestions(questions, {}, facts, 'defaults')).rejects.toThrow(/<name> is missing/);
  });

  it('checks a flag as it checks a prompt, before anybody is asked', async () => {
    await expect(answerQuestions(questions, { colour: 'bad' }, facts, 'ask')).rejects.toThrow(/it is bad/);
  });
});

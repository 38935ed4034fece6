import { renderTexts } from './template.renderer.ts';

const render = (text: string, variables: Record<string, string>) =>
  renderTexts([text], variables, () => 'templates/x.hbs');

describe('rendering', () => {
  it('does not escape HTML in code', async () => {
    expect(await render('const a: Map<{{{type}}}, 1>;', { type: 'A<"b">' })).toEqual(['const a: Map<A<"b">, 1>;']);
  });

  it('writes a text as a JSON string', async () => {
    expect(await render('{ "a": {{{json text}}} }', { text: 'say "x"' })).toEqual(['{ "a": "say \\"x\\"" }']);
  });

  it('refuses {{x}}, which would escape HTML', async () => {
    await expect(render('a {{name}}', { name: 'x' })).rejects.toThrow(/templates\/x\.hbs has \{\{…\}\}/);
  });

  it('refuses a variable that nothing fills', async () => {
    await expect(render('a {{{nmae}}}', { name: 'x' })).rejects.toThrow(/names nmae/);
  });
});

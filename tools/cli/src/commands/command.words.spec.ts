import { wordsOf } from './command.words.ts';

it.each<[string, string[]]>([
  ['node main.mjs --port 1', ['node', 'main.mjs', '--port', '1']],
  ['  node\t a\n b ', ['node', 'a', 'b']],
  ['env FOO="a b" node x.mjs', ['env', 'FOO=a b', 'node', 'x.mjs']],
  [`env FOO='a "b" c'd node`, ['env', 'FOO=a "b" cd', 'node']],
  [`a"b c"'d e'f`, ['ab cd ef']],
  [`a "" '' b`, ['a', '', '', 'b']],
  ['"a \\"b\\" \\\\ \\n c"', ['a "b" \\ \\n c']],
  [`'a \\'`, ['a \\']],
  ['a\\ b \\"c\\" d\\', ['a b', '"c"', 'd\\']],
  ['C:\\node\\node.exe "C:\\a b\\main.js"', ['C:\\node\\node.exe', 'C:\\a b\\main.js']],
  ['echo $HOME `id` $(id) a;b | c * ~', ['echo', '$HOME', '`id`', '$(id)', 'a;b', '|', 'c', '*', '~']],
  ['', []],
  [' \n', []],
])('splits %j', (line, words) => expect(wordsOf(line)).toEqual(words));

it.each(['node "a b', "node 'a", `"a'`, 'a"b"c"', '"a\\"'])('says that the quotes of %j do not close', (line) => {
  expect(wordsOf(line)).toBeUndefined();
});

// One service -> one folder of ESM files that needs no node_modules. Run with cwd = the service's folder. What V8 needs to read a file
// and what it keeps of it are memory for as long as the program runs: so what is loaded on demand, such as the traces, is a file of
// its own, and no file is so large that reading it leaves 30 MB behind.
import { join } from 'node:path';
import { defineConfig } from 'rolldown';

const root = process.cwd();
// optional peers that Nest and fastify load only on demand
const optional = [
  /^@nestjs\/(microservices|websockets|platform-express|mongoose|typeorm|sequelize|axios)/,
  /^@fastify\/(static|view|multipart)/,
  /^@mikro-orm\//,
  /^@grpc\//,
  /^@prisma\//,
  'class-validator',
  'class-transformer',
  'class-transformer/storage',
  'sequelize',
  'mongoose',
  'typeorm',
];

// No space, and no character beyond ASCII: one alone doubles what is kept of a file. Names stay, for whoever reads a stack trace.
const smaller = { compress: false, mangle: false, codegen: { removeWhitespace: true, asciiOnly: true } };

export default defineConfig({
  input: join(root, 'src/main.ts'),
  platform: 'node',
  external: optional,
  // 'import' and 'require' are added by the kind of each import: naming one would give the other kind the wrong file
  resolve: { conditionNames: ['@gatehouse/source', 'node', 'default'] },
  transform: { target: 'node24' }, // decorators + metadata come from the service's tsconfig
  output: {
    dir: join(root, 'bundle'),
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name].chunk.mjs', // beside main.mjs: import.meta.dirname stays the folder of the service
    codeSplitting: true,
    strictExecutionOrder: true, // reflect-metadata comes before what is decorated, however the files are cut
    keepNames: true,
    minify: smaller,
    comments: { legal: true, annotation: false, jsdoc: false },
    sourcemap: true,
    cleanDir: true,
  },
});

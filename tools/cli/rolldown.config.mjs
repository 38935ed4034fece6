// One service -> one ESM file. Run with cwd = the service's folder.
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
    codeSplitting: false,
    keepNames: true,
    minify: false,
    sourcemap: true,
    cleanDir: true,
  },
});

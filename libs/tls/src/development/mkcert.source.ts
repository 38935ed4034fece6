// mkcert, where a developer has it: its CA is often trusted by the browsers already. Nothing is installed for the developer, and what
// mkcert cannot do is said and left to the embedded CA. Its CA may sign for every name, so it stays where mkcert keeps it.
import { execFile } from 'node:child_process';
import { access, constants, mkdtemp, readFile, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { CertificateMaterial, CertificateSource, SourceContext } from '../certificate.source.ts';
import { withLock } from '../folder.lock.ts';
import { privateFolder } from '../private.files.ts';
import { TlsError } from '../tls.error.ts';
import { storedLeaf } from './stored.leaf.ts';

const TIMEOUT_MS = 20_000;
const run = promisify(execFile);

/** Makes the source, or undefined when mkcert is not on the PATH. */
export async function mkcertSource(context: SourceContext): Promise<CertificateSource | undefined> {
  const program = await onPath('mkcert', context.env);
  if (!program) return undefined;
  let caFile: string | undefined;
  return {
    name: 'mkcert',
    get caFile() {
      return caFile;
    },
    trustHint: ['Browsers: run `mkcert -install` once, if you have not (it asks for your password).'],
    current: async () => {
      const root = join(await caRoot(program, context.env), 'rootCA.pem');
      const material = await leaf(program, root, context);
      caFile = root;
      return material;
    },
    // A leaf is renewed when it is asked for, and the service asks from time to time.
    onChange: () => () => undefined,
    close: async () => undefined,
  };
}

async function leaf(program: string, root: string, context: SourceContext): Promise<CertificateMaterial> {
  const { stateFolder, service, names, env } = context;
  const folder = join(stateFolder, service, 'tls');
  await privateFolder(join(stateFolder, 'ca'));
  await privateFolder(folder);
  // mkcert makes its CA when it makes its first leaf: one process at a time.
  const make = () => withLock(join(stateFolder, 'ca', 'lock'), () => callMkcert(program, folder, names, env));
  const authority = await readFile(root, 'utf8').catch(() => undefined);
  return storedLeaf({ file: join(folder, 'mkcert.pem'), authority, names, now: context.now(), make });
}

/** Key and certificate are made in a folder of their own (0700) that is gone afterwards. */
async function callMkcert(
  program: string,
  folder: string,
  names: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<CertificateMaterial> {
  const temporary = await mkdtemp(join(folder, 'mkcert-'));
  const certFile = join(temporary, 'cert.pem');
  const keyFile = join(temporary, 'key.pem');
  try {
    await call(program, ['-ecdsa', '-cert-file', certFile, '-key-file', keyFile, ...names], env);
    const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
    return { cert, key };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** mkcert looks for its CA below HOME and writes into the root folder when there is no HOME: ask first. */
async function caRoot(program: string, env: NodeJS.ProcessEnv): Promise<string> {
  if (!env.CAROOT && !env.HOME && !env.XDG_DATA_HOME && process.platform !== 'win32')
    throw new TlsError('mkcert does not know where its CA is: set CAROOT, or HOME.');
  const folder = (await call(program, ['-CAROOT'], env)).trim();
  if (!folder) throw new TlsError('mkcert does not know where its CA is: set CAROOT, or HOME.');
  return folder;
}

async function call(program: string, parameters: string[], env: NodeJS.ProcessEnv): Promise<string> {
  try {
    return (await run(program, parameters, { env, timeout: TIMEOUT_MS, maxBuffer: 1 << 20 })).stdout;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    const why = (stderr || message).trim().split('\n').at(-1) ?? '';
    throw new TlsError(`${program} failed (${why.slice(0, 300)}): mend mkcert, or take it off the PATH.`);
  }
}

async function onPath(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const suffixes = process.platform === 'win32' ? ['.exe'] : [''];
  for (const folder of (env.PATH ?? '').split(delimiter).filter(Boolean)) {
    for (const suffix of suffixes) {
      const file = join(folder, name + suffix);
      if (
        await access(file, constants.X_OK).then(
          () => true,
          () => false,
        )
      )
        return file;
    }
  }
  return undefined;
}

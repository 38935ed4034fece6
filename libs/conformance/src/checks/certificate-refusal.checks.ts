// A certificate that cannot do stops the start: a service that listens without one refuses every caller, and with a wrong one every careful one.
import { basename } from 'node:path';
import type { Check, Finding } from '../check.ts';
import type { ServiceCommand } from '../conformance.options.ts';
import { CertificateFiles } from '../process/certificate.files.ts';
import { startService } from '../process/service.process.ts';
import { commandOf } from './service.command.ts';

interface Unfit {
  readonly what: string;
  readonly env: Readonly<Record<string, string>>;
  /** What the message has to name. */
  readonly names: string;
}

export const certRefusal: Check = {
  id: 'cert-refusal',
  title: 'A certificate or a source that cannot do stops the start, and is named',
  control: ['ASVS V12.2.1', 'ASVS V13.4.2'],
  severity: 'high',
  remedy: 'read and check the certificate before listening; exit with a code other than 0, and name path or setting',
  needs: 'command',
  slow: true,
  async run(target) {
    const command = commandOf(target);
    const folders: CertificateFiles[] = [];
    try {
      const unfit = await unfitSources(folders);
      return (await Promise.all(unfit.map((each) => starts(command, each)))).flat();
    } finally {
      for (const files of folders) await files.remove();
    }
  },
};

async function unfitSources(folders: CertificateFiles[]): Promise<Unfit[]> {
  const pair = async (what: string, prepare: (files: CertificateFiles) => Promise<unknown>): Promise<Unfit> => {
    const files = await CertificateFiles.open();
    folders.push(files);
    await prepare(files);
    return { what, env: files.env, names: files.certFile };
  };
  return [
    await pair('files that are not there', async () => undefined),
    await pair('a key of another certificate', async (files) => {
      const { cert } = await files.issue();
      return files.put({ cert, key: (await files.issue()).key });
    }),
    await pair('an expired certificate', async (files) => files.put(await files.issue({ fromDays: -2, toDays: -1 }))),
    {
      what: 'the PKI of a vault that nobody named',
      env: { GATEHOUSE_TLS_VAULT_PKI_ROLE: 'conformance', GATEHOUSE_TLS_NAMES: 'localhost' },
      names: 'GATEHOUSE_VAULT_ADDR',
    },
  ];
}

async function starts(command: ServiceCommand, { what, env, names }: Unfit): Promise<Finding[]> {
  const service = await startService(command, env);
  try {
    const ms = command.startSeconds * 1000;
    const listens = service.listens(ms);
    const code = await Promise.race([service.exit(ms), listens.then((yes) => (yes ? undefined : service.exit(0)))]);
    if (code === undefined) return [{ message: `it listens with ${what}` }];
    if (code === 0) return [{ message: `with ${what} the process ends with 0, as if all were well` }];
    if (await service.said(names)) return [];
    const message = `the refusal of ${what} does not name ${basename(names)}`;
    return [{ message, evidence: service.output().slice(-200), severity: 'low' }];
  } finally {
    await service.dispose();
  }
}

// A certificate that cannot do stops the start: a service that listens without one refuses every caller, and with a wrong one every careful one.
import type { Check } from '../check.ts';
import { CertificateFiles } from '../process/certificate.files.ts';
import { tryStart, type UnfitStart } from './refused.start.ts';
import { commandOf } from './service.command.ts';

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
      const tried = await Promise.all(unfit.map((each) => tryStart(command, { ...each, mayNot: 'listen' })));
      return tried.flatMap(({ findings }) => findings);
    } finally {
      for (const files of folders) await files.remove();
    }
  },
};

async function unfitSources(folders: CertificateFiles[]): Promise<UnfitStart[]> {
  const pair = async (what: string, prepare: (files: CertificateFiles) => Promise<unknown>): Promise<UnfitStart> => {
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

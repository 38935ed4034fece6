// The process of the service that the suite starts once, for every check that has to look at one: with certificate files and an audit
// journal of the suite's own. What waits for a certificate to be noticed and what asks questions look at it side by side.
import { dirname, join } from 'node:path';
import type { ServiceCommand } from '../conformance.options.ts';
import { CertificateFiles } from './certificate.files.ts';
import { makeFolder, removeFolder } from './keeper.ts';
import { goAhead, startService, type ServiceProcess } from './service.process.ts';
import type { Leaf } from './throwaway.certificates.ts';

/** See the head of the file. */
export class SuiteProcess {
  private constructor(
    readonly service: ServiceProcess,
    readonly files: CertificateFiles,
    /** The certificate that they held at its start. */
    readonly first: Leaf,
    /** Where it was told to write its audit journal. */
    readonly auditFolder: string,
  ) {}

  /** @throws {NotReadyError} */
  static start(command: ServiceCommand): Promise<SuiteProcess> {
    return goAhead(() => SuiteProcess.startNow(command));
  }

  private static async startNow(command: ServiceCommand, tries = 3): Promise<SuiteProcess> {
    const files = await CertificateFiles.open();
    const auditFolder = join(makeFolder('conformance-audit-'), 'audit');
    const first = await files.issue(SOON);
    await files.put(first);
    const env = { ...files.env, GATEHOUSE_AUDIT_FOLDER: auditFolder };
    const service = await startService({ ...command, argv: withoutSignal(command.argv) }, env, false);
    const started = new SuiteProcess(service, files, first, auditFolder);
    if (await service.ready(command.startSeconds * 1000)) return started;
    const ended = (await service.exit(0)) !== undefined;
    const output = service.output();
    await started.dispose();
    // its ports were free when they were chosen, and another took one since
    if (PORT_TAKEN.test(output) && tries > 1) return SuiteProcess.startNow(command, tries - 1);
    throw new NotReadyError(ended, command.startSeconds, output.slice(-SHOWN));
  }

  /** Ends what is left, and removes its folders. */
  async dispose(): Promise<void> {
    await this.service.dispose();
    await this.files.remove();
    await removeFolder(dirname(this.auditFolder));
  }
}

/** The process ended, or was not ready in time. */
export class NotReadyError extends Error {
  /** @param output what it wrote, its end */
  constructor(
    readonly hasEnded: boolean,
    seconds: number,
    readonly output: string,
  ) {
    super(`the command ${hasEnded ? 'ends and serves nothing' : `is not ready within ${seconds} s`}: ${output}`);
  }
}

/** Characters of its output in an error. */
const SHOWN = 16_384;

/** As Node.js says it, and as a Gatehouse service does. */
const PORT_TAKEN = /EADDRINUSE|port \d+ is taken/;

/** Days around now: a twentieth of its lifetime is left, which has to be announced. */
const SOON = { fromDays: -19, toDays: 1 };

/** A file that may not grow is a signal first, and only then an error: the checks of the disk want the error. */
function withoutSignal(argv: ServiceCommand['argv']): ServiceCommand['argv'] {
  return process.platform === 'linux' ? ['sh', '-c', 'trap "" XFSZ; exec "$@"', 'sh', ...argv] : argv;
}
